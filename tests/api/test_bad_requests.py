"""What requests get that are not as HTTP or the API would have them: addresses, media, size, tokens, parameters."""

import base64
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from api.commands import REGISTER_PATH
from api.figures import EXPLAINED_BESIDE
from api.identity import issue_token
from api.settings import Settings
from domain.ledger.identity import new_id
from tests.api.caller import Caller, fields_of, problem
from tests.api.conftest import served


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


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


@pytest.mark.parametrize("place", ["caseload", "projections/episodes"])
def test_a_position_that_the_ledger_has_not_come_to_is_refused_with_its_last_one(place: str, caller: Caller) -> None:
    head = caller.told("caseload")["head"]
    beyond = problem(caller.ask(place, as_of=str(head + 1_000)), 422, "malformed_request")
    assert fields_of(beyond) == ["as_of"]
    last = beyond["remedy"].removeprefix("Its last position is ").partition(";")[0]
    assert head <= int(last) < head + 1_000
    assert caller.told(place, as_of=str(head), wait_for=str(head))["as_of"] == head


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
        ("explain/visits", {"cursor": "matti"}, "cursor"),
        ("explain/visits", {"cursor": "WzEsIDJd"}, "cursor"),
        ("explain/visits", {"cursor": cursor('[Infinity, "2022-01-01", 0]')}, "cursor"),
        ("explain/visits", {"cursor": cursor('[1e400, "2022-01-01", 0]')}, "cursor"),
        ("explain/visits", {"cursor": cursor("[" * 3000)}, "cursor"),
        ("projections/episodes", {"cursor": cursor("[" * 3000)}, "cursor"),
        ("explain/visits", {"limit": "1001"}, "limit"),
        ("projections/episodes", {"episode_id": "matti"}, "filters"),
        ("projections/episodes", {"area": "\x00"}, "filters"),
        ("episodes/01a20122-0000-7000-8000-000000000000/history", {"lang": "xx"}, "lang"),
    ],
)
def test_a_malformed_question_is_refused_by_field(
    place: str, asked: dict[str, str], field: str, caller: Caller
) -> None:
    answer = caller.ask(place, **asked)
    assert fields_of(problem(answer, 422, "malformed_request")) == [field]
    assert "matti" not in answer.text


@pytest.mark.parametrize("day", ["2.3.2026", "2026-02-30", "yesterday"])
def test_a_day_that_is_none_is_told_with_one_that_is(day: str, caller: Caller) -> None:
    told = problem(caller.ask("caseload", on=day), 422, "malformed_request")["errors"]
    assert told == [{"field": "on", "message": "Should be a day that there is, such as 2026-03-31."}]


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({}, "mode", "Is missing."),
        ({"mode": "koti"}, "mode", "Should be one of 'home', 'office', 'phone', 'video' or 'other_place'."),
        ({"worker_ids": []}, "worker_ids", "Should name 1 at least."),
        ("not json", "body", "Is no JSON: expected ident at line 1 column 2."),
    ],
)
def test_what_is_wrong_with_a_field_is_told_in_words_and_not_in_those_of_a_program(
    body: dict[str, Any] | str, field: str, message: str, caller: Caller
) -> None:
    answer = caller.client.post(
        caller.path(f"episodes/{new_id()}/record-meeting"),
        content=body if isinstance(body, str) else json.dumps(body),
        headers={"Idempotency-Key": str(new_id()), "Content-Type": "application/json"},
    )
    told = problem(answer, 422, "malformed_command")["errors"]
    assert {"field": field, "message": message} in told
    assert not any("nput should" in one["message"] or "Field required" in one["message"] for one in told)


@pytest.mark.parametrize("place", ["explain/happiness", "projections/matti"])
def test_an_unknown_figure_or_projection_is_told_with_those_there_are(place: str, caller: Caller) -> None:
    answer = caller.ask(place)
    assert answer.status_code == 404
    assert "caseload" in answer.json()["remedy"] or "episodes" in answer.json()["remedy"]


@pytest.mark.parametrize("figure", EXPLAINED_BESIDE)
def test_a_figure_that_is_explained_beside_itself_says_where(figure: str, caller: Caller) -> None:
    told = problem(caller.ask(f"explain/{figure}"), 404, "explained_elsewhere")
    assert f"/{EXPLAINED_BESIDE[figure]}." in told["remedy"]
    place, _, parameter = EXPLAINED_BESIDE[figure].partition("?")
    asked = {"from": "2022-01-01", "to": "2022-12-31"}
    asked |= {"explain": "true"} if parameter else {}
    asked |= {"service": "K1"} if figure == "quality-review" else {}
    assert "rows" in caller.told(place, **asked)


def test_every_figure_that_is_explained_anywhere_is_known_where_figures_are_explained(caller: Caller) -> None:
    beside = set()
    for path, methods in caller.client.get("/openapi.json").json()["paths"].items():
        place = path.removeprefix(f"{REGISTER_PATH}/")
        asked = {one["name"] for one in methods.get("get", {}).get("parameters", ())}
        if place.endswith("/explain"):
            beside.add(place.removesuffix("/explain"))
        elif "explain" in asked:
            beside.add(place)
    assert beside == set(EXPLAINED_BESIDE)


def test_a_register_without_projections_is_told_as_such(register: tuple[str, str], settings: Settings) -> None:
    dsn, name = register
    token = issue_token(settings, "worker-1", [name])
    with served(settings, dsn) as address, Caller(address, name, token) as caller:
        answer = caller.ask("caseload")
    problem(answer, 503, "projections_not_installed")
