"""Moments are answered as they are stored, in UTC, in the same letters each time."""

from domain.ledger.identity import new_id
from tests.api.caller import Caller


def test_a_moment_is_answered_in_utc_whatever_offset_it_was_sent_with_at_first_again_and_in_the_history(
    caller: Caller,
) -> None:
    contact_id, key = new_id(), new_id()
    sent = {"received_at": "2022-03-01T09:15:00+02:00", "channel": "phone", "source": "family", "consent": "given"}
    first = caller.send(f"contacts/{contact_id}/receive-contact", sent, key=key)
    again = caller.send(f"contacts/{contact_id}/receive-contact", sent, key=key)
    assert (first.status_code, again.status_code) == (201, 201), first.text
    told = [answer.json()["facts"][0] for answer in (first, again)]
    assert told[0] == told[1]
    assert told[0]["occurred_at"] == "2022-03-01T07:15:00Z"
    (line,) = caller.ask(f"contacts/{contact_id}/history").json()["entries"]
    assert line["occurred_at"] == told[0]["occurred_at"]
