"""The counter at which commands are taken: one look into a table, where the framework would try hundreds of routes.

It stands before the framework's routes and leaves to them whatever is not the plain address of a command: those tell
what is wrong with it, and describe the commands. What is done with a command is the same (`commands.taken`).
Never here: the name of any one command.
"""

from __future__ import annotations

import re
from http import HTTPMethod
from uuid import UUID

from fastapi import Request
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from api.commands import PLURALS, REGISTER_PATH, CommandRoute, command_routes, taken
from api.desk import Desk
from domain.ledger.identity import register_stream_id

_BEFORE = REGISTER_PATH.partition("{")[0]
_UUID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_ADDRESS = re.compile(rf"{_BEFORE}([a-z0-9-]+)(?:/([a-z]+)/({_UUID}))?/([a-z-]+)")


class CommandCounter(BaseRoute):
    """The commands' routes, as one."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._routes = {
            (PLURALS.get(route.kind), route.command_type.command_name()): route for route in command_routes()
        }

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether it is a command's address, and which command's."""
        if scope["type"] != "http" or scope["method"] != HTTPMethod.POST or scope.get("root_path"):
            return Match.NONE, {}
        found = _ADDRESS.fullmatch(scope["path"])
        route = self._routes.get((found[2], found[4])) if found else None
        if found is None or route is None:
            return Match.NONE, {}
        return Match.FULL, {"route": route, "path_params": {"register": found[1], "stream_id": found[3]}}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer it. Raises problems, refusals and faults of the ledger."""
        route: CommandRoute = scope["route"]
        register, stream_id = scope["path_params"]["register"], scope["path_params"]["stream_id"]
        stream = UUID(stream_id) if stream_id else register_stream_id(register)
        request = Request(scope, receive, send)
        answer = await taken(self._desk, request, route, await self._desk.admit(request, register), stream)
        await answer(scope, receive, send)
