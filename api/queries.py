"""The questions about a register: figures, what each stands on, and the rows of every projection. No SQL.

Never here: the meaning of a figure. Every answer says which position it reflects and how far behind that is.
"""

# Annotations are not postponed here: FastAPI reads those of closures, whose names only the closure knows.

import asyncio
import datetime as dt
import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, NamedTuple, TypeVar
from uuid import UUID

import psycopg
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic_core import to_jsonable_python

from api.asking import AS_OF, position_asked
from api.commands import REGISTER_PATH
from api.desk import Admitted, Desk
from api.figures import EXPLAINED, EXPLAINED_BESIDE, FIGURES, Asked
from api.owed import require_known, with_words
from api.paging import page_of, read_cursor
from api.parameters import check_known, declared_only
from api.problems import FieldError, Problem, malformed
from api.rights import require_side_by_side
from domain.calendar import day_in_helsinki
from projections import queries
from projections.answers import Answer
from projections.pages import PAGE_ROWS, TABLES
from projections.queries import Reading

MOST_ROWS = 1000
WAIT_STEP_SECONDS = 0.01

T = TypeVar("T")
AsOf = Annotated[str | None, Query(description=AS_OF)]
_ON = partial(Query, alias="on", description="As it was in the world on that day; today if not given.")
_FROM = partial(Query, alias="from", description="The first day of the period.")
_TO = partial(Query, alias="to", description="The last day of the period.")
_SERVICE = partial(Query, alias="service", description="Only these services.")
OnDay = Annotated[dt.date | None, _ON()]
FromOn = Annotated[dt.date | None, _FROM()]
ToOn = Annotated[dt.date | None, _TO()]
Services = Annotated[list[str] | None, _SERVICE()]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description="Rows on a page; next_cursor asks for the next.")]
WaitFor = Annotated[
    int | None,
    Query(ge=0, le=2**62, description="Answer only when this position is reflected: that of a command of your own."),
]

_EXPLAINED_BY = ("by", "key", "on", "from", "to", "service")
"""What a figure may be explained by; each by those that it depends on."""


class Asking:
    """How any question is asked of the register: waited for, in a thread, its faults told."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def answer(
        self, admitted: Admitted, wait_for: int | None, question: Callable[[Reading], Answer[Any] | dict[str, Any]]
    ) -> JSONResponse:
        """The answer, as JSON. Raises problems."""
        if wait_for is not None:
            await self._wait(admitted, wait_for)
        found = await run_in_threadpool(self._read, admitted, question)
        return JSONResponse(to_jsonable_python(found))

    def _read(self, admitted: Admitted, question: Callable[[Reading], T]) -> T:
        try:
            return self._desk.registers.read(admitted.register, question)
        except queries.UnknownGrouping:
            raise malformed(FieldError("by", "It cannot be counted by that."), remedy="See /openapi.json.") from None
        except queries.MalformedCursor:
            error = FieldError("cursor", "It is not one that an answer gave.")
            raise malformed(error, remedy="Send the next_cursor of the answer before, or none.") from None
        except psycopg.DataError:
            raise malformed(FieldError("filters", "A value does not fit its column.")) from None
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction):
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "projections_not_installed",
                "This register has no projections yet, so that it cannot be asked.",
                remedy="`jaksokirja rebuild` makes them. Commands are recorded meanwhile.",
            ) from None

    async def _wait(self, admitted: Admitted, position: int) -> None:
        """Until every projection has come to the position, for as long as the settings have patience."""
        deadline = time.monotonic() + self._desk.settings.patience_seconds
        while True:
            reflected = await run_in_threadpool(self._read, admitted, Reading.reflected)
            if reflected.position >= position:
                return
            if position > reflected.head:
                error = FieldError("wait_for", "The ledger does not reach so far.")
                raise malformed(error, remedy=f"Its last position is {reflected.head}.")
            if time.monotonic() > deadline:
                raise Problem(
                    HTTPStatus.GATEWAY_TIMEOUT,
                    "not_reflected_yet",
                    "The projections have not come to that position yet. What was recorded is recorded.",
                    remedy="Ask again, or without wait_for; /health tells whether a projection has stopped.",
                    headers={"Retry-After": "1"},
                    reflected=reflected.position,
                    head=reflected.head,
                    stopped=reflected.stopped,
                )
            await asyncio.sleep(WAIT_STEP_SECONDS)


def queries_router(desk: Desk) -> APIRouter:
    """The GET routes. Those of rows take any column for a parameter, all others only what they declare."""
    figures = APIRouter(dependencies=[Depends(declared_only(desk))])
    rows = APIRouter()
    asking = Asking(desk)
    for name in FIGURES:
        _add_figure(figures, desk, asking, name)
    for one in ONE_BY_ONE:
        _add_one_by_one(figures, desk, asking, one)
    _add_line_of_episode(figures, desk, asking)
    _add_services_of_client(figures, desk, asking)
    _add_clients_of_family(figures, desk, asking)
    _add_explain(figures, desk, asking)
    _add_rows(rows, desk, asking)
    router = APIRouter(prefix=REGISTER_PATH, tags=["questions"])
    router.include_router(figures)
    router.include_router(rows)
    return router


def _asked(admitted: Admitted, as_of: str | None, on_day: dt.date | None, **more: Any) -> Asked:
    position = None if as_of is None else position_asked(admitted.book, as_of)
    return Asked(as_of=position, on_day=on_day or day_in_helsinki(admitted.book.clock()), **more)


def _add_figure(router: APIRouter, desk: Desk, asking: Asking, name: str) -> None:
    """Of the parameters that figures have, those that this one does not depend on are not described, nor known."""
    figure = FIGURES[name]
    words = {"enum": list(figure.by)}
    by_words = Query(
        description="What it is counted by.", json_schema_extra=words, include_in_schema=figure.takes("by")
    )

    async def endpoint(
        *,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        by: Annotated[str, by_words] = figure.by[0] if figure.by else "",
        as_of: AsOf = None,
        on_day: Annotated[dt.date | None, _ON(include_in_schema=figure.takes("on"))] = None,
        from_on: Annotated[dt.date | None, _FROM(include_in_schema=figure.takes("from"))] = None,
        to_on: Annotated[dt.date | None, _TO(include_in_schema=figure.takes("to"))] = None,
        services: Annotated[list[str] | None, _SERVICE(include_in_schema=figure.takes("service"))] = None,
        wait_for: WaitFor = None,
    ) -> Any:
        period = {"from_on": from_on, "to_on": to_on, "services": services}
        asked = await run_in_threadpool(_asked, admitted, as_of, on_day, by=by, **period)
        figure.check(asked)
        return await asking.answer(admitted, wait_for, lambda reading: figure.ask(reading, asked))

    router.add_api_route(f"/{name}", endpoint, methods=["GET"], summary=figure.summary, operation_id=name)


class OneByOne(NamedTuple):
    """A list of what a worker, a unit or an area has, and how it is told."""

    path: str
    summary: str
    list: Callable[..., Answer[Any]]
    """Of a reading, by keywords: `on_day`, `as_of`, `worker`, `unit`, `area`."""
    told: Callable[[Answer[Any], Admitted], Answer[Any] | dict[str, Any]]


ONE_BY_ONE = (
    OneByOne(
        "/caseload/episodes",
        "Open episodes one by one, of a worker, a unit or an area.",
        Reading.caseload_episodes,
        lambda answer, _: answer,
    ),
    OneByOne(
        "/duties/open",
        "What is still to be done, one by one: by a worker, in a unit or an area.",
        Reading.open_duties,
        lambda answer, admitted: with_words(answer, admitted.book.register_state()),
    ),
)


def _add_one_by_one(router: APIRouter, desk: Desk, asking: Asking, of: OneByOne) -> None:
    async def endpoint(
        *,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        worker: str | None = None,
        unit: str | None = None,
        area: str | None = None,
        as_of: AsOf = None,
        on_day: OnDay = None,
        wait_for: WaitFor = None,
    ) -> Any:
        asked = await run_in_threadpool(_asked, admitted, as_of, on_day)
        given = {"on_day": asked.on_day, "as_of": asked.as_of, "worker": worker, "unit": unit, "area": area}

        def question(reading: Reading) -> Answer[Any] | dict[str, Any]:
            answer = of.list(reading, **given)
            if not answer.rows:
                require_known(admitted.book.register_state(), worker, unit)
            return of.told(answer, admitted)

        return await asking.answer(admitted, wait_for, question)

    router.add_api_route(of.path, endpoint, methods=["GET"], summary=of.summary, operation_id=of.list.__name__)


def _add_line_of_episode(router: APIRouter, desk: Desk, asking: Asking) -> None:
    @router.get("/episodes/{episode_id}/line", summary="One line of history, across transfers, moves and episodes.")
    async def line_of_episode(
        *,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        episode_id: UUID,
        as_of: AsOf = None,
        wait_for: WaitFor = None,
    ) -> Any:
        asked = await run_in_threadpool(_asked, admitted, as_of, None)
        return await asking.answer(admitted, wait_for, lambda read: read.line_of_episode(episode_id, as_of=asked.as_of))


def _add_services_of_client(router: APIRouter, desk: Desk, asking: Asking) -> None:
    @router.get("/clients/{client_id}/services", summary="One child, one plan: what runs side by side for a client.")
    async def services_of_client(
        *,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        client_id: UUID,
        as_of: AsOf = None,
        on_day: OnDay = None,
        wait_for: WaitFor = None,
    ) -> Any:
        asked = await run_in_threadpool(_asked, admitted, as_of, on_day)

        def question(reading: Reading) -> Answer[Any]:
            require_side_by_side(admitted, reading, "client", client_id)
            return reading.services_of_client(client_id, on_day=asked.on_day, as_of=asked.as_of)

        return await asking.answer(admitted, wait_for, question)


def _add_clients_of_family(router: APIRouter, desk: Desk, asking: Asking) -> None:
    @router.get("/families/{family_id}", summary="The clients of a family, and what each of them has.")
    async def clients_of_family(
        *,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        family_id: UUID,
        as_of: AsOf = None,
        on_day: OnDay = None,
        wait_for: WaitFor = None,
    ) -> Any:
        asked = await run_in_threadpool(_asked, admitted, as_of, on_day)

        def question(reading: Reading) -> Answer[Any]:
            require_side_by_side(admitted, reading, "family", family_id)
            return reading.clients_of_family(family_id, on_day=asked.on_day, as_of=asked.as_of)

        return await asking.answer(admitted, wait_for, question)


def _add_explain(router: APIRouter, desk: Desk, asking: Asking) -> None:
    @router.get("/explain/{figure}", summary="What a figure stands on: episodes or contacts, and their events.")
    async def explain(
        *,
        request: Request,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        figure: Annotated[str, Path(json_schema_extra={"enum": list(EXPLAINED)})],
        by: str | None = None,
        key: Annotated[str | None, Query(description="The group_key of one group; without it, all.")] = None,
        as_of: AsOf = None,
        on_day: OnDay = None,
        from_on: FromOn = None,
        to_on: ToOn = None,
        services: Services = None,
        cursor: str | None = None,
        limit: Limit = PAGE_ROWS,
        wait_for: WaitFor = None,
    ) -> Any:
        _check_explained_here(figure)
        taken = [name for name in _EXPLAINED_BY if EXPLAINED[figure].takes(name)]
        check_known(request, ["as_of", "cursor", "limit", "wait_for", *taken])
        went_on = read_cursor(cursor) if cursor is not None else None
        if went_on is not None:
            as_of, on_day = str(went_on.as_of), went_on.on_day
        period = {"from_on": from_on, "to_on": to_on, "services": services}
        asked = await run_in_threadpool(_asked, admitted, as_of, on_day, by=by, key=key, **period)
        EXPLAINED[figure].check(asked)

        def question(reading: Reading) -> Answer[Any]:
            answer = EXPLAINED[figure].ask(reading, asked)
            return page_of(answer, asked.on_day, went_on.offset if went_on else 0, limit)

        return await asking.answer(admitted, wait_for, question)


def _check_explained_here(figure: str) -> None:
    """Raises a 404 problem that says where the figure is explained, or which figures there are."""
    if figure in EXPLAINED:
        return
    if figure in EXPLAINED_BESIDE:
        detail = "This figure is explained at an address of its own."
        place = f"{REGISTER_PATH}/{EXPLAINED_BESIDE[figure]}"
        raise Problem(HTTPStatus.NOT_FOUND, "explained_elsewhere", detail, remedy=f"Ask GET {place}.")
    named = ", ".join([*EXPLAINED, *EXPLAINED_BESIDE])
    raise Problem(HTTPStatus.NOT_FOUND, "unknown_figure", "There is no such figure.", remedy=f"There are {named}.")


def _add_rows(router: APIRouter, desk: Desk, asking: Asking) -> None:
    @router.get("/projections/{name}", summary="The rows of a projection's table; other parameters filter by column.")
    async def rows(
        *,
        request: Request,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        name: Annotated[str, Path(json_schema_extra={"enum": list(TABLES)})],
        as_of: AsOf = None,
        cursor: str | None = None,
        limit: Limit = PAGE_ROWS,
        wait_for: WaitFor = None,
    ) -> Any:
        if name not in TABLES:
            detail = "There is no such projection."
            raise Problem(HTTPStatus.NOT_FOUND, "unknown_projection", detail, remedy=f"There are {', '.join(TABLES)}.")
        own = {"as_of", "cursor", "limit", "wait_for"}
        filters = {column: value for column, value in request.query_params.items() if column not in own}
        table = TABLES[name]
        columns = {table.stream, *table.key, *table.columns}
        if not filters.keys() <= columns:
            error = FieldError("filters", "There is no such column to filter by.")
            raise malformed(error, remedy=f"Filter by {', '.join(sorted(columns))}.")
        position = None if as_of is None else await run_in_threadpool(position_asked, admitted.book, as_of)

        def question(reading: Reading) -> Answer[Any]:
            return reading.rows(name, filters=filters, as_of=position, cursor=cursor, limit=limit)

        return await asking.answer(admitted, wait_for, question)
