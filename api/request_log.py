"""One line of the log a request, an id for it, and the last resort of what nobody answered.

Never in it: bodies, query values, headers, names, free text, messages of unexpected errors. What a request is about is
told by its route's template, its register and its command's name.
"""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from typing import Any

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.logging import where_of
from api.problems import unavailable, unexpected
from domain.ledger.identity import new_id

REQUEST_ID = "X-Request-Id"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

log = structlog.get_logger()


class RequestLog:
    """Outermost: gives each request an id, logs one line when it is done, and answers what nobody else did.

    No answer may be kept on its way (RFC 9111, 5.2.2.5): a cache would hold what is destroyed here.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        line = _Line(scope)

        async def send_noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                line.status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = line.request_id
                headers["Cache-Control"] = "no-store"
            elif not message.get("more_body", False):
                line.write()  # before the caller has the whole answer, so that whoever has it finds it in the log
            await send(message)

        try:
            await self.app(scope, receive, send_noted)
        except asyncio.CancelledError:  # the server ends: what was under way may have been recorded
            if not line.status:
                await unavailable().answer.response(Request(scope))(scope, receive, send_noted)
            line.write()
            raise
        except Exception as fault:  # the last resort: told without its message, which may hold anything
            line.fault = fault
            if not line.status:
                await unexpected().answer.response(Request(scope))(scope, receive, send_noted)
        line.write()


class _Line:
    """What one request comes to, written once."""

    def __init__(self, scope: Scope) -> None:
        self.request_id = str(new_id())
        self.status = 0
        self.fault: Exception | None = None
        self._scope = scope
        self._state = scope.setdefault("state", {})
        self._started = time.perf_counter()
        self._written = False

    def write(self) -> None:
        if self._written:
            return
        self._written = True
        about = {
            "request_id": self.request_id,
            "status": self.status,
            "duration_ms": round((time.perf_counter() - self._started) * 1000, 1),
            **_about(self._scope, self._state),
        }
        if self.fault is not None:
            log.error("request", **about, **where_of(self.fault))
        elif self.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.warning("request", **about)
        else:
            log.info("request", **about)


def _about(scope: Scope, state: dict[str, Any]) -> dict[str, Any]:
    """What the request was about, in words of our own: nothing here was chosen by the caller but among our names."""
    about: dict[str, Any] = {"method": scope["method"] if scope["method"] in METHODS else "other"}
    route = scope.get("route")
    about["route"] = getattr(route, "path", None) or "none"
    about |= {name: state[name] for name in ("register", "command", "code") if name in state}
    return about
