"""What bad input gets: one shape, a stable code, what would be right, and nothing of what was sent."""

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from api.identity import issue_token
from api.settings import Settings
from domain.ledger.identity import new_id
from tests.api.caller import Caller
from tests.api.test_commands import a_client, an_episode


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem in the answer, which is of the shape that every problem has."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["code"] == code
    assert told["status"] == status
    assert told["type"].startswith("urn:jaksokirja:")
    assert told["type"].endswith(f":{code}")
    assert told["title"]
    assert told["detail"]
    return told


def fields_of(told: dict[str, Any]) -> list[str]:
    return [error["field"] for error in told["errors"]]


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
    referral = {"client_ids": [str(new_id())], "received_on": "2022-03-01"}
    problem(caller.send(f"episodes/{new_id()}/receive-referral", referral), 404, "unknown_client")


def test_an_episode_of_before_its_referral_was_not_known_then(caller: Caller) -> None:
    before = caller.told("caseload")["head"]
    episode_id = an_episode(caller)
    problem(caller.ask(f"episodes/{episode_id}/history", as_of=str(before)), 404, "unknown_episode")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["client_ids", "received_on"]),
        ({"client_ids": [], "received_on": "2022-03-01"}, ["client_ids"]),
        ({"client_ids": ["matti"], "received_on": "2022-03-01"}, ["client_ids.0", "client_ids"]),
        ({"client_ids": [str(new_id())], "received_on": "yesterday"}, ["received_on"]),
        ({"client_ids": [str(new_id())], "received_on": "2022-03-01", "recieved_on": 1}, ["recieved_on"]),
        ({"client_ids": [str(new_id())], "received_on": "2022-03-01", "Matti Meikäläinen": 1}, ["body"]),
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
    body = {"client_ids": [str(a_client(caller))], "received_on": "2022-03-01", **changes}
    told = problem(caller.send(f"episodes/{new_id()}/receive-referral", body), 422, "malformed_command")
    assert fields_of(told) == [field]


def test_text_that_only_looks_like_such_a_character_is_taken(caller: Caller) -> None:
    body = {"client_ids": [str(a_client(caller))], "received_on": "2022-03-01", "need_code": "\\u0000"}
    assert caller.send(f"episodes/{new_id()}/receive-referral", body).status_code == 201


@pytest.mark.parametrize("key", ["", "7", "not-a-key"])
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


def test_an_id_that_is_none_is_refused(caller: Caller) -> None:
    assert fields_of(problem(caller.send("clients/matti/register-client", {}), 422, "malformed_request")) == [
        "stream_id"
    ]


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


def test_an_unknown_address_is_told_as_such(caller: Caller) -> None:
    problem(caller.client.get("/v1/nothing"), 404, "no_such_address")
    problem(caller.send(f"episodes/{new_id()}/do-something", {}), 404, "no_such_address")


def test_a_method_that_is_not_there_is_told_with_those_that_are(caller: Caller) -> None:
    answer = caller.client.put(caller.path("caseload"))
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET"


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": ""},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_what_is_not_sent_as_json_is_not_read(headers: dict[str, str], caller: Caller) -> None:
    answer = caller.client.post(
        caller.path(f"clients/{new_id()}/register-client"),
        content=b'{"born_on": "2015-05-05"}',
        headers={"Idempotency-Key": str(new_id()), **headers},
    )
    problem(answer, 415, "unsupported_media_type")


def test_a_body_of_the_limit_is_read_and_one_larger_is_not(caller: Caller, settings: Settings) -> None:
    limit = settings.max_body_bytes
    frame = len(json.dumps({"born_on": "2015-05-05", "municipality": ""}).encode())
    for size, status in ((limit, 201), (limit + 1, 413)):
        body = json.dumps({"born_on": "2015-05-05", "municipality": "x" * (size - frame)})
        answer = caller.client.post(
            caller.path(f"clients/{new_id()}/register-client"),
            content=body,
            headers={"Idempotency-Key": str(new_id()), "Content-Type": "application/json"},
        )
        assert answer.status_code == status
    assert problem(answer, 413, "body_too_large")["limit_bytes"] == limit


def test_a_body_larger_than_the_limit_is_not_read_when_it_comes_in_chunks(caller: Caller, settings: Settings) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"municipality": "'
        for _ in range(settings.max_body_bytes // 65536 + 1):
            yield b"x" * 65536

    answer = caller.client.post(
        caller.path(f"clients/{new_id()}/register-client"),
        content=chunks(),
        headers={"Idempotency-Key": str(new_id()), "Content-Type": "application/json"},
    )
    assert "Content-Length" not in answer.request.headers
    problem(answer, 413, "body_too_large")


def test_a_body_announced_as_far_too_large_is_not_waited_for(caller: Caller) -> None:
    where = urlsplit(caller.address)
    with socket.create_connection((str(where.hostname), where.port or 80), timeout=10) as sender:
        head = (
            f"POST {caller.path(f'clients/{new_id()}/register-client')} HTTP/1.1\r\nHost: here\r\n"
            f"Authorization: {caller.client.headers['Authorization']}\r\nIdempotency-Key: {new_id()}\r\n"
            "Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n"
        )
        sender.sendall(head.encode())
        assert sender.recv(4096).startswith(b"HTTP/1.1 413")


def test_nobody_writes_or_reads_without_a_token(caller: Caller) -> None:
    with httpx.Client(base_url=caller.address) as stranger:
        answers = [
            stranger.get("/v1/registers"),
            stranger.get(caller.path("caseload")),
            stranger.get(caller.path(f"episodes/{new_id()}/history")),
            stranger.post(caller.path(f"clients/{new_id()}/register-client"), json={}),
        ]
    for answer in answers:
        problem(answer, 401, "unauthenticated")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_every_route_about_registers_asks_who_is_there(caller: Caller) -> None:
    with httpx.Client(base_url=caller.address) as stranger:
        for path, operations in stranger.get("/openapi.json").json()["paths"].items():
            if path.startswith("/v1"):
                address = path.replace("{stream_id}", str(new_id())).replace("{register}", caller.register)
                for method in operations:
                    assert stranger.request(method, address).status_code == 401, path


def test_a_token_for_one_register_opens_no_other(caller: Caller, settings: Settings) -> None:
    elsewhere = issue_token(settings, "worker-1", ["elsewhere"])
    headers = {"Authorization": f"Bearer {elsewhere}"}
    problem(caller.client.get(caller.path("caseload"), headers=headers), 403, "register_not_yours")
    assert caller.client.get("/v1/registers", headers=headers).json() == {"registers": []}


@pytest.mark.parametrize("as_of", ["soon", "2022-13-01", "2022-03-01T12:00:00", "-1", "9" * 30])
def test_a_time_that_is_none_is_refused(as_of: str, caller: Caller) -> None:
    assert fields_of(problem(caller.ask("caseload", as_of=as_of), 422, "malformed_request")) == ["as_of"]


@pytest.mark.parametrize(
    ("place", "asked", "field"),
    [
        ("caseload", {"by": "matti"}, "by"),
        ("caseload", {"on": "matti"}, "on"),
        ("visits", {"from": "2022-02-01", "to": "2022-01-01"}, "to"),
        ("early-support", {"from": "2022-02-01"}, "to"),
        ("explain/early-support-moved-on", {"to": "2022-02-01"}, "from"),
        ("caseload", {"wait_for": "999999999"}, "wait_for"),
        ("caseload", {"wait_for": "-1"}, "wait_for"),
        ("projections/episodes", {"limit": "0"}, "limit"),
        ("projections/episodes", {"cursor": "matti"}, "cursor"),
        ("projections/episodes", {"matti": "1"}, "filters"),
        ("projections/episodes", {"episode_id": "matti"}, "filters"),
        ("projections/episodes", {"area": "\x00"}, "filters"),
        (f"episodes/{new_id()}/history", {"lang": "xx"}, "lang"),
    ],
)
def test_a_malformed_question_is_refused_by_field(
    place: str, asked: dict[str, str], field: str, caller: Caller
) -> None:
    answer = caller.ask(place, **asked)
    assert fields_of(problem(answer, 422, "malformed_request")) == [field]
    assert "matti" not in answer.text


@pytest.mark.parametrize("place", ["explain/happiness", "projections/matti"])
def test_an_unknown_figure_or_projection_is_told_with_those_there_are(place: str, caller: Caller) -> None:
    answer = caller.ask(place)
    assert answer.status_code == 404
    assert "caseload" in answer.json()["remedy"] or "episodes" in answer.json()["remedy"]


def test_a_register_without_projections_is_told_as_such(
    caller: Caller, register: tuple[str, str], settings: Settings
) -> None:
    token = issue_token(settings, "worker-1", [register[1]])
    answer = caller.client.get(f"/v1/registers/{register[1]}/caseload", headers={"Authorization": f"Bearer {token}"})
    problem(answer, 503, "projections_not_installed")
