"""The counter takes every command at its plain address, and leaves the rest to the framework."""

from __future__ import annotations

import asyncio
from typing import Any, cast
from uuid import UUID

import pytest
from fastapi import Request
from fastapi.responses import Response
from starlette.types import ASGIApp

from api.commands import CommandRoute, command_routes
from api.counter import Addressed, CommandCounter
from api.desk import Desk
from domain.fact import StreamKind
from domain.ledger.identity import register_stream_id
from tests.api.caller import Caller, problem

STREAM = UUID("01890000-0000-7000-8000-000000000001")
NO_DESK, NO_APP = cast("Desk", None), cast("ASGIApp", None)
ROUTES = sorted(command_routes(), key=lambda route: route.path)


def asked(path: str, method: str = "POST") -> Addressed | None:
    return CommandCounter(NO_APP, NO_DESK, {}).addressed({"type": "http", "method": method, "path": path})


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_every_command_is_taken_at_its_address(route: CommandRoute) -> None:
    path = route.path.format(register="kymenlaakso", stream_id=STREAM)
    stream_id = STREAM if "{stream_id}" in route.path else register_stream_id("kymenlaakso")
    assert asked(path) == (route, "kymenlaakso", stream_id)
    assert asked(path, "GET") is None
    assert asked(path + "/") is None
    assert asked(path.upper()) is None


def test_commands_of_one_kind_are_not_taken_at_the_address_of_another() -> None:
    own = next(route for route in ROUTES if route.kind is StreamKind.REGISTER)
    name = own.command_type.command_name()
    assert asked(f"/v1/registers/r/{name}") is not None
    assert asked(f"/v1/registers/r/episodes/{STREAM}/{name}") is None
    assert asked(f"/v1/registers/r/episodes/{name}") is None
    assert asked("/v1/registers/r/record-meeting") is None


def test_what_nobody_handles_is_raised_and_what_somebody_does_is_answered_by_the_nearest() -> None:
    async def answered(request: Request, fault: Exception) -> Response:
        return Response(type(fault).__name__, 418)

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/v1/registers/r/episodes/{STREAM}/record-meeting",
        "headers": [],
    }
    with pytest.raises(AttributeError):  # there is no desk
        asyncio.run(CommandCounter(NO_APP, NO_DESK, {KeyError: answered})(scope, receive, send))
    assert sent == []
    asyncio.run(CommandCounter(NO_APP, NO_DESK, {Exception: answered})(scope, receive, send))
    assert [sent[0]["status"], sent[1]["body"]] == [418, b"AttributeError"]


def test_what_is_no_plain_address_is_answered_by_the_framework(caller: Caller) -> None:
    problem(caller.send("episodes/7/record-meeting", {}), 404, "malformed_id")
    problem(caller.send(f"episodes/{STREAM}/record-everything", {}), 404, "no_such_address")
    problem(caller.ask(f"episodes/{STREAM}/record-meeting"), 405, "method_not_allowed")
    at_the_counter = caller.send(f"episodes/{STREAM}/record-meeting", {}).json()
    elsewhere = caller.send(f"episodes/{str(STREAM).upper()}/record-meeting", {}).json()
    assert at_the_counter == elsewhere
    assert at_the_counter["code"] == "malformed_command"
