"""The counter at which commands are taken: one look into a table, where the framework would try hundreds of routes.

It stands before the framework's router and leaves to it whatever is not the plain address of a command: the routes tell
what is wrong with it, and describe the commands. What is done with a command is the same (`commands.taken`), and what
is raised is answered by the same handlers. Never here: the name of any one command.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPMethod
from typing import Any, NamedTuple
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.commands import PLURALS, REGISTER_PATH, CommandRoute, command_routes, taken
from api.desk import Desk
from domain.ledger.identity import register_stream_id

Handler = Callable[[Request, Any], Awaitable[Response]]

_BEFORE = REGISTER_PATH.partition("{")[0]
_UUID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_ADDRESS = re.compile(rf"{_BEFORE}([a-z0-9-]+)(?:/([a-z]+)/({_UUID}))?/([a-z-]+)")


class Addressed(NamedTuple):
    """What an address says: the command, the register and the stream."""

    route: CommandRoute
    register: str
    stream_id: UUID


class CommandCounter:
    """The commands' routes, as one. `handlers`: what answers what is raised, by the class of the exception."""

    def __init__(self, app: ASGIApp, desk: Desk, handlers: Mapping[Any, Any]) -> None:
        self.app = app
        self._desk = desk
        self._handlers = handlers
        self._routes = {
            (PLURALS.get(route.kind), route.command_type.command_name()): route for route in command_routes()
        }

    def addressed(self, scope: Scope) -> Addressed | None:
        """Which command it is the plain address of, if it is one's."""
        if scope["type"] != "http" or scope["method"] != HTTPMethod.POST or scope.get("root_path"):
            return None
        found = _ADDRESS.fullmatch(scope["path"])
        route = self._routes.get((found[2], found[4])) if found else None
        if found is None or route is None:
            return None
        return Addressed(route, found[1], UUID(found[3]) if found[3] else register_stream_id(found[1]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer it, or leave it to the framework. Raises what nobody handles."""
        addressed = self.addressed(scope)
        if addressed is None:
            await self.app(scope, receive, send)
            return
        scope["route"] = addressed.route
        request = Request(scope, receive, send)
        try:
            admitted = await self._desk.admit(request, addressed.register)
            answer = await taken(self._desk, request, addressed.route, admitted, addressed.stream_id)
        except Exception as fault:
            handler = self._handler(fault)
            if handler is None:
                raise
            answer = await handler(request, fault)
        await answer(scope, receive, send)

    def _handler(self, fault: Exception) -> Handler | None:
        """That of the nearest class that has one."""
        return next((self._handlers[one] for one in type(fault).__mro__ if one in self._handlers), None)
