"""The application: routes, the problems they may end in, and what is opened and closed with it.

Never here: an application made at import, settings read from the environment, SQL.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.beside import Beside
from api.bundles import bundles_router
from api.carriers import Carriers
from api.centres import centres_router
from api.commands import commands_router
from api.counter import CommandCounter
from api.description import describe
from api.desk import Desk
from api.differences import differences_router
from api.faults import FAULTS, problem_of
from api.home import home_router
from api.identity import Doorkeeper
from api.problems import field_errors, malformed, malformed_id, of_status, unexpected
from api.queries import queries_router
from api.registers import Clock, Registers
from api.request_log import RequestLog
from api.reviews import reviews_router
from api.scribe import Scribe
from api.sealing import workshop_of
from api.settings import Settings
from api.streams import streams_router
from api.taking import take


def create_app(
    settings: Settings,
    *,
    dsn: str,
    clock: Clock | None = None,
    following: bool = False,
    beside: Beside | None = None,
    scribe: Scribe | None = None,
) -> FastAPI:
    """The API on the registers of one database. `clock` is the ledger's; only tests set it. Raises BadWitness.

    `beside`: the process that follows and seals beside this one, to tell in health how it is. `following`: keep the
    projections up to date in this process instead, so that what was written can be read a moment later. `scribe`: the
    process that takes commands to their books; without one this process does.
    """
    registers = Registers(
        dsn,
        patience_seconds=settings.patience_seconds,
        keyring=settings.keyring(dsn),
        clock=clock,
        following=following,
        workshop=workshop_of(settings),
    )
    carriers = Carriers(partial(take, registers) if scribe is None else scribe.ask)
    companions = tuple(one for one in (scribe, beside) if one is not None)
    desk = Desk(settings, registers, Doorkeeper(settings), carriers, companions)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(registers.open_all)
        try:
            yield
        finally:
            await run_in_threadpool(desk.carriers.close)
            await run_in_threadpool(registers.close)

    app = FastAPI(
        title="Jaksokirja",
        version="1",
        summary="A service-episode ledger: every figure explained by its events.",
        lifespan=lifespan,
        docs_url=None,  # the pages that come with the framework load their scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.add_middleware(CommandCounter, desk, app.exception_handlers)
    app.add_middleware(RequestLog)  # the last is the outermost
    for router in (
        home_router(desk),
        queries_router(desk),
        reviews_router(desk),
        centres_router(desk),
        differences_router(desk),
        streams_router(desk),
        bundles_router(desk),
        commands_router(desk),
    ):
        app.include_router(router)
    _add_problems(app)
    describe(app)
    return app


def _add_problems(app: FastAPI) -> None:
    """Whatever is raised comes out as a problem of one shape; what is not named here is the log's to answer."""

    async def told(request: Request, fault: Exception) -> JSONResponse:
        problem = problem_of(fault, asked_version="if-match" in request.headers)
        return (problem or unexpected().answer).response(request)

    for kind in FAULTS:
        app.add_exception_handler(kind, told)

    @app.exception_handler(RequestValidationError)
    async def bad_parameter(request: Request, fault: RequestValidationError) -> JSONResponse:
        faults = list(fault.errors())
        if any(one["loc"][0] == "path" for one in faults):
            return malformed_id().answer.response(request)
        declared = frozenset(str(one["loc"][1]) for one in faults if len(one["loc"]) > 1)
        return malformed(*field_errors(faults, declared, skip=1)).answer.response(request)

    @app.exception_handler(HTTPException)
    async def framework(request: Request, fault: HTTPException) -> JSONResponse:
        headers = {name.lower(): value for name, value in (fault.headers or {}).items()}
        return of_status(HTTPStatus(fault.status_code), headers).answer.response(request)
