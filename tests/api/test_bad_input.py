"""What bad input gets: one shape, a stable code, what would be right, and nothing of what was sent."""

import json
from typing import Any

import pytest

from domain.ledger.identity import new_id
from tests.api.caller import Caller, fields_of, problem
from tests.api.test_commands import a_client, an_episode


def meeting(**changes: Any) -> dict[str, Any]:
    return {
        "meeting_id": str(new_id()),
        "meeting_kind": "familiarisation_visit",
        "started_at": "2022-03-02T10:00:00+02:00",
        "ended_at": "2022-03-02T11:00:00+02:00",
        "mode": "home",
        "worker_ids": ["worker-1"],
        **changes,
    }


@pytest.mark.parametrize("place", ["caseload", "projections/episodes", "services", "duties?by=worker"])
def test_an_unknown_register_cannot_be_asked(place: str, caller: Caller) -> None:
    problem(caller.client.get(f"/v1/registers/nowhere/{place}"), 404, "unknown_register")


def test_an_unknown_register_cannot_be_written_to(caller: Caller) -> None:
    answer = caller.client.post(
        f"/v1/registers/nowhere/clients/{new_id()}/register-client",
        json={"born_on": "2015-05-05"},
        headers={"Idempotency-Key": str(new_id())},
    )
    problem(answer, 404, "unknown_register")


@pytest.mark.parametrize("kind", ["episode", "client", "contact"])
@pytest.mark.parametrize("rest", ["", "/history", "/history?as_of=1"])
def test_an_unknown_stream_cannot_be_read(kind: str, rest: str, caller: Caller) -> None:
    problem(caller.ask(f"{kind}s/{new_id()}{rest}"), 404, f"unknown_{kind}")


@pytest.mark.parametrize(
    ("kind", "command", "body"),
    [
        ("episode", "start-episode", {"started_on": "2022-03-01"}),
        ("client", "join-family", {"family_id": str(new_id()), "joined_on": "2022-03-01"}),
        ("contact", "close-contact", {"closed_on": "2022-03-01"}),
    ],
)
def test_nothing_is_recorded_of_an_unknown_stream(kind: str, command: str, body: Any, caller: Caller) -> None:
    told = problem(caller.send(f"{kind}s/{new_id()}/{command}", body), 404, f"unknown_{kind}")
    assert told["remedy"]


def test_a_referral_for_an_unknown_client_is_refused(caller: Caller) -> None:
    referral = {"client_ids": [str(new_id())], "received_on": "2022-03-01", "source": "family"}
    problem(caller.send(f"episodes/{new_id()}/receive-referral", referral), 404, "unknown_client")


def test_an_episode_of_before_its_referral_was_not_known_then(caller: Caller) -> None:
    before = caller.told("caseload")["head"]
    episode_id = an_episode(caller)
    problem(caller.ask(f"episodes/{episode_id}/history", as_of=str(before)), 404, "unknown_episode")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["client_ids", "received_on"]),
        ({"client_ids": [], "received_on": "2022-03-01", "source": "family"}, ["client_ids"]),
        ({"client_ids": ["matti"], "received_on": "2022-03-01", "source": "family"}, ["client_ids.0", "client_ids"]),
        ({"client_ids": [str(new_id())], "received_on": "yesterday"}, ["received_on"]),
        (
            {"client_ids": [str(new_id())], "received_on": "2022-03-01", "source": "family", "recieved_on": 1},
            ["recieved_on"],
        ),
        (
            {"client_ids": [str(new_id())], "received_on": "2022-03-01", "source": "family", "Matti Meikäläinen": 1},
            ["body"],
        ),
        ({"client_ids": [str(new_id())], "received_on": "2022-03-01", "source": "neighbour"}, ["source"]),
        ([], ["body"]),
        (None, ["body"]),
        ("matti", ["body"]),
    ],
)
def test_a_malformed_body_is_refused_by_field(body: Any, fields: list[str], caller: Caller) -> None:
    answer = caller.client.post(
        caller.path(f"episodes/{new_id()}/receive-referral"),
        content=json.dumps(body),
        headers={"Idempotency-Key": str(new_id()), "Content-Type": "application/json"},
    )
    told = problem(answer, 422, "malformed_command")
    assert fields_of(told) == fields
    assert all(error["message"] for error in told["errors"])
    assert "atti" not in answer.text


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b'{"born_on": "2015-05-05",}', b'{"a": NaN}', b'"\\ud800"', b"[" * 5000, b"9" * 9000],
)
def test_what_is_not_json_is_refused(body: bytes, caller: Caller) -> None:
    answer = caller.client.post(
        caller.path(f"clients/{new_id()}/register-client"),
        content=body,
        headers={"Idempotency-Key": str(new_id()), "Content-Type": "application/json"},
    )
    assert fields_of(problem(answer, 422, "malformed_command")) == ["body"] or body == b'{"a": NaN}'


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"need": "a\x00b"}, "need"), ({"area": "\x00"}, "area"), ({"referrer": "\\\x00"}, "referrer")],
)
def test_a_character_that_cannot_be_kept_is_refused(changes: dict[str, str], field: str, caller: Caller) -> None:
    body = {"client_ids": [str(a_client(caller))], "received_on": "2022-03-01", "source": "family", **changes}
    told = problem(caller.send(f"episodes/{new_id()}/receive-referral", body), 422, "malformed_command")
    assert fields_of(told) == [field]


def test_text_that_only_looks_like_such_a_character_is_taken(caller: Caller) -> None:
    body = {
        "client_ids": [str(a_client(caller))],
        "received_on": "2022-03-01",
        "source": "family",
        "need": "\\u0000",
    }
    assert caller.send(f"episodes/{new_id()}/receive-referral", body).status_code == 201


def test_a_key_of_any_shape_tells_a_command_that_is_sent_again(caller: Caller) -> None:
    path, body = caller.path(f"clients/{new_id()}/register-client"), {"born_on": "2015-05-05"}
    first, again = (
        caller.client.post(path, json=body, headers={"Idempotency-Key": "desk 3, 2022-03-01, visit 7"}) for _ in "12"
    )
    assert (first.status_code, again.json()["replayed"]) == (201, True)
    assert again.json()["position"] == first.json()["position"]


@pytest.mark.parametrize("key", ["", "7", "too few"])
def test_a_command_needs_a_key(key: str, caller: Caller) -> None:
    headers = {"Idempotency-Key": key} if key else {}
    body = {"born_on": "2015-05-05"}
    answer = caller.client.post(caller.path(f"clients/{new_id()}/register-client"), json=body, headers=headers)
    told = problem(answer, 422, "malformed_request")
    assert fields_of(told) == ["Idempotency-Key"]
    assert "UUID" in told["remedy"]


@pytest.mark.parametrize("version", ["7", "*", 'W/"7"', '"seven"', '"1", "2"', '"-1"'])
def test_a_malformed_version_is_refused(version: str, caller: Caller) -> None:
    answer = caller.send(f"episodes/{new_id()}/start-episode", {}, headers={"If-Match": version})
    assert fields_of(problem(answer, 422, "malformed_request")) == ["If-Match"]


@pytest.mark.parametrize("place", ["episodes/matti", "clients/matti/services", "families/matti", "events/matti"])
def test_an_address_with_a_malformed_id_leads_nowhere_like_one_with_an_unknown_id(place: str, caller: Caller) -> None:
    told = problem(caller.ask(place), 404, "malformed_id")
    assert "UUID" in told["remedy"]
    assert "matti" not in str(told)


def test_a_command_to_a_malformed_id_is_refused_as_such(caller: Caller) -> None:
    problem(caller.send("clients/matti/register-client", {}), 404, "malformed_id")


def test_what_ended_before_it_began_is_refused(caller: Caller) -> None:
    answer = caller.send(f"episodes/{an_episode(caller)}/record-meeting", meeting(ended_at="2022-03-02T09:00:00+02:00"))
    told = problem(answer, 422, "ended_before_it_began")
    assert fields_of(told) == ["ended_at"]
    assert told["title"] == "An end cannot lie before its beginning."


def test_what_was_held_in_the_future_is_refused(caller: Caller) -> None:
    held = meeting(started_at="2199-03-02T10:00:00+02:00", ended_at="2199-03-02T11:00:00+02:00")
    told = problem(caller.send(f"episodes/{an_episode(caller)}/record-meeting", held), 422, "in_the_future")
    assert "planned" in told["remedy"]


def test_what_was_done_by_somebody_not_of_the_register_is_refused(caller: Caller) -> None:
    held = meeting(worker_ids=["worker-of-elsewhere"])
    told = problem(caller.send(f"episodes/{an_episode(caller)}/record-meeting", held), 422, "worker_not_of_register")
    assert fields_of(told) == ["worker_ids"]


def test_what_was_done_by_nobody_is_refused(caller: Caller) -> None:
    answer = caller.send(f"episodes/{an_episode(caller)}/record-meeting", meeting(worker_ids=[]))
    assert fields_of(problem(answer, 422, "malformed_command")) == ["worker_ids"]


def test_what_concerns_a_client_of_another_episode_is_refused(caller: Caller) -> None:
    held = meeting(client_ids=[str(a_client(caller))])
    problem(caller.send(f"episodes/{an_episode(caller)}/record-meeting", held), 422, "client_not_of_episode")


def test_what_is_out_of_order_is_refused(caller: Caller) -> None:
    told = problem(
        caller.send(f"episodes/{an_episode(caller)}/start-episode", {"started_on": "2022-03-02"}), 409, "out_of_order"
    )
    assert told["remedy"]


def test_what_has_begun_cannot_begin_again(caller: Caller) -> None:
    client_id = a_client(caller)
    problem(caller.send(f"clients/{client_id}/register-client", {"born_on": "2015-05-05"}), 409, "already_there")


def test_a_service_that_is_not_there_is_refused_with_those_that_are(caller: Caller) -> None:
    decision = {"decision_id": str(new_id()), "decided_on": "2022-03-02", "decision_maker": "worker-1", "service": "Z9"}
    told = problem(caller.send(f"episodes/{an_episode(caller)}/grant-service", decision), 422, "service_not_in_force")
    assert "K1" in told["remedy"]
