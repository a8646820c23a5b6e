"""The application: routes, the problems they may end in, and what is opened and closed with it.

Never here: an application made at import, settings read from the environment, SQL.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import psycopg
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
from api.home import home_router
from api.identity import Doorkeeper
from api.problems import (
    Problem,
    field_errors,
    head_astray,
    keyring_astray,
    keyring_not_migrated,
    malformed,
    malformed_id,
    of_refusal,
    of_status,
    projections_astray,
    record_astray,
    register_not_migrated,
    unavailable,
    unknown_register,
)
from api.queries import queries_router
from api.registers import Clock, Registers
from api.request_log import RequestLog
from api.reviews import reviews_router
from api.sealing import workshop_of
from api.settings import Settings
from api.streams import streams_router
from domain.ledger.errors import HeadAstray, LedgerUnavailable, RegisterNotMigrated, UnknownRegister
from domain.ledger.secrecy.keyring import KeyringMissing, KeyringNotMigrated
from domain.ledger.secrecy.sealing import SegmentRefused
from domain.ledger.secrecy.wrapping import RegisterKeyFault
from domain.refusal import Refusal
from projections.store import ProjectionsAstray


def create_app(
    settings: Settings, *, dsn: str, clock: Clock | None = None, following: bool = False, beside: Beside | None = None
) -> FastAPI:
    """The API on the registers of one database. `clock` is the ledger's; only tests set it. Raises BadWitness.

    `beside`: the process that follows and seals beside this one, to tell in health how it is. `following`: keep the
    projections up to date in this process instead, so that what was written can be read a moment later.
    """
    registers = Registers(
        dsn,
        patience_seconds=settings.patience_seconds,
        keyring=settings.keyring(dsn),
        clock=clock,
        following=following,
        workshop=workshop_of(settings),
    )
    desk = Desk(settings, registers, Doorkeeper(settings), Carriers(), beside)

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

    @app.exception_handler(Problem)
    async def problem(request: Request, fault: Problem) -> JSONResponse:
        return fault.answer.response(request)

    @app.exception_handler(Refusal)
    async def refusal(request: Request, fault: Refusal) -> JSONResponse:
        return of_refusal(fault, asked_version="if-match" in request.headers).response(request)

    @app.exception_handler(LedgerUnavailable)
    @app.exception_handler(psycopg.OperationalError)
    async def away(request: Request, fault: Exception) -> JSONResponse:
        return unavailable().answer.response(request)

    @app.exception_handler(RegisterKeyFault)
    @app.exception_handler(KeyringMissing)
    async def keyring(request: Request, fault: Exception) -> JSONResponse:
        return keyring_astray().answer.response(request)

    @app.exception_handler(KeyringNotMigrated)
    async def older_keyring(request: Request, fault: Exception) -> JSONResponse:
        return keyring_not_migrated().answer.response(request)

    @app.exception_handler(RegisterNotMigrated)
    async def other_release(request: Request, fault: RegisterNotMigrated) -> JSONResponse:
        return register_not_migrated().answer.response(request)

    @app.exception_handler(HeadAstray)
    async def head(request: Request, fault: HeadAstray) -> JSONResponse:
        return head_astray().answer.response(request)

    @app.exception_handler(ProjectionsAstray)
    async def projections(request: Request, fault: ProjectionsAstray) -> JSONResponse:
        return projections_astray().answer.response(request)

    @app.exception_handler(SegmentRefused)
    async def segment(request: Request, fault: SegmentRefused) -> JSONResponse:
        return record_astray().answer.response(request)

    @app.exception_handler(UnknownRegister)
    async def no_register(request: Request, fault: UnknownRegister) -> JSONResponse:
        return unknown_register(fault.register).answer.response(request)

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
