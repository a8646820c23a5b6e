"""What is not JSON of a field's own kind, beyond its bounds, or named twice, is refused by field, and stops nothing."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest

from domain.ledger.identity import new_id
from tests.api.caller import Caller, fields_of, problem
from tests.api.test_bad_input import meeting
from tests.api.test_commands import a_client, an_episode


def send_raw(caller: Caller, place: str, body: str) -> httpx.Response:
    """POST a body as it is written: JSON's own writer would refuse some of these."""
    headers = {"Idempotency-Key": str(new_id()), "Content-Type": "application/json"}
    return caller.client.post(caller.path(place), content=body, headers=headers)


def referral(*client_ids: UUID, **changes: Any) -> dict[str, Any]:
    return {"client_ids": [str(one) for one in client_ids], "received_on": "2022-03-01", "source": "family", **changes}


def a_quality_file(caller: Caller) -> UUID:
    quality_id = new_id()
    caller.tell(f"quality/{quality_id}/open-quality-file", opened_on="2022-03-01", service="K2", area="Kotka")
    return quality_id


@pytest.mark.parametrize("received_on", [0, "0", "86400", 1646092800, True, "2022-03-01T00:00:00Z", "0001-01-01"])
def test_what_is_no_day_is_refused_with_how_one_is_written(received_on: Any, caller: Caller) -> None:
    body = referral(a_client(caller), received_on=received_on)
    told = problem(caller.send(f"episodes/{new_id()}/receive-referral", body), 422, "malformed_command")
    assert told["errors"] == [
        {"field": "received_on", "message": "Should be a date, such as 2026-03-31, from 1900 to 2999"}
    ]


@pytest.mark.parametrize("started_at", [0, "0", "1646215200", "2022-03-02T10:00:00", "9999-12-31T23:59:59-12:00"])
def test_what_is_no_time_is_refused_with_how_one_is_written(started_at: Any, caller: Caller) -> None:
    answer = caller.send(f"episodes/{an_episode(caller)}/record-meeting", meeting(started_at=started_at))
    (error,) = problem(answer, 422, "malformed_command")["errors"]
    assert error["field"] == "started_at"
    assert "2026-03-31T10:30:00+03:00" in error["message"]


@pytest.mark.parametrize("meetings_granted", [True, "3", 3.0, -1, 3_000_000_000])
def test_what_is_no_count_is_refused(meetings_granted: Any, caller: Caller) -> None:
    decision = {"decision_id": str(new_id()), "decided_on": "2022-03-02", "decision_maker": "worker-1", "service": "K1"}
    body = {**decision, "meetings_granted": meetings_granted}
    answer = caller.send(f"episodes/{an_episode(caller)}/grant-service", body)
    assert fields_of(problem(answer, 422, "malformed_command")) == ["meetings_granted"]


@pytest.mark.parametrize(("field", "value"), [("units", 3_000_000_000), ("units", -3), ("amount_cents", -5000)])
def test_what_a_commitment_cannot_hold_is_refused_also_as_a_correction(field: str, value: int, caller: Caller) -> None:
    episode_id = an_episode(caller)
    commitment = {"commitment_id": str(new_id()), "received_on": "2022-03-02", "valid_from": "2022-03-02"}
    commitment |= {"issuer": "County", "payer_service": "K1"}
    place = f"episodes/{episode_id}"
    refused = caller.send(f"{place}/receive-payment-commitment", {**commitment, field: value})
    assert fields_of(problem(refused, 422, "malformed_command")) == [field]

    entry = caller.tell(f"{place}/receive-payment-commitment", **commitment, units=30)["version"]
    correction = {"entry": entry, "mistake": "typing_error", "reason": "x", "changes": {field: value}}
    refused = caller.send(f"{place}/correct-entry", correction)
    assert fields_of(problem(refused, 422, "bad_correction")) == [f"changes.{field}"]


@pytest.mark.parametrize("score", ["NaN", "Infinity", "-Infinity", "1e400", '"NaN"', '"4,5"', "true", "-1e300"])
def test_a_score_that_is_no_number_is_refused_and_the_stream_is_read_and_followed_on(
    score: str, caller: Caller
) -> None:
    quality_id = a_quality_file(caller)
    round_ = {"round_id": str(new_id()), "held_on": "2022-03-02", "instrument": "Survey", "topics": ["own_goals"]}
    body = json.dumps({**round_, "respondents": 10, "scores": {"q1": "here"}}).replace('"here"', score)
    refused = send_raw(caller, f"quality/{quality_id}/record-survey-round", body)
    assert fields_of(problem(refused, 422, "malformed_command")) == ["scores"]

    told = caller.tell(f"quality/{quality_id}/record-survey-round", **round_, respondents=10, scores={"q1": 4.5})
    assert caller.told(f"quality/{quality_id}/history")["version"] == told["version"]
    assert caller.told("scores", **{"from": "2022-01-01", "to": "2022-12-31", "wait_for": str(told["position"])})


def test_a_correction_is_read_as_strictly_as_a_command(caller: Caller) -> None:
    place = f"episodes/{an_episode(caller)}"
    for changes in ({"received_on": "0"}, {"received_on": 0}, {"area": 7}):
        correction = {"entry": 1, "mistake": "typing_error", "reason": "x", "changes": changes}
        told = problem(caller.send(f"{place}/correct-entry", correction), 422, "bad_correction")
        assert fields_of(told) == [f"changes.{next(iter(changes))}"]


def test_a_correction_with_an_unknown_field_is_refused_without_repeating_it(caller: Caller) -> None:
    correction = {"entry": 1, "mistake": "typing_error", "reason": "x", "changes": {"Matti sanoi": 1}}
    answer = caller.send(f"episodes/{an_episode(caller)}/correct-entry", correction)
    assert fields_of(problem(answer, 422, "bad_correction")) == ["changes"]
    assert "Matti" not in answer.text


def test_a_client_named_twice_in_a_referral_is_refused(caller: Caller) -> None:
    client_id = a_client(caller)
    answer = caller.send(f"episodes/{new_id()}/receive-referral", referral(client_id, client_id))
    told = problem(answer, 422, "named_twice")
    assert fields_of(told) == ["client_ids"]
    assert told["remedy"]


def test_who_is_named_twice_in_a_meeting_is_refused_also_as_a_correction(caller: Caller) -> None:
    client_id, episode_id = a_client(caller), new_id()
    place = f"episodes/{episode_id}"
    caller.tell(f"{place}/receive-referral", **referral(client_id))
    for field, one in (("client_ids", str(client_id)), ("worker_ids", "worker-1")):
        refused = caller.send(f"{place}/record-meeting", meeting(**{field: [one, one]}))
        assert fields_of(problem(refused, 422, "named_twice")) == [field]

        entry = caller.tell(f"{place}/record-meeting", **meeting())["version"]
        correction = {"entry": entry, "mistake": "typing_error", "reason": "x", "changes": {field: [one, one]}}
        refused = caller.send(f"{place}/correct-entry", correction)
        assert fields_of(problem(refused, 422, "named_twice")) == [f"changes.{field}"]
