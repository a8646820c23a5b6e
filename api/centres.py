"""The questions on a family centre over HTTP: sessions by counts, cover of working days, steering; what each stands on.

Never here: the meaning of a figure, SQL. Every answer says which position it reflects.
"""

# Annotations are not postponed here: FastAPI reads those of closures, whose names only the closure knows.

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from api.asking import position_asked
from api.commands import REGISTER_PATH
from api.desk import Admitted, Desk
from api.parameters import declared_only
from api.problems import FieldError, malformed
from api.queries import Asking, AsOf, OnDay, WaitFor
from domain.calendar import day_in_helsinki
from projections.answers import Answer
from projections.centres import CentreFigure, GatheringsBy, GroupMeetingsBy, SessionsBy
from projections.queries import Reading

First = Annotated[dt.date, Query(alias="from", description="The first day of the period.")]
Last = Annotated[dt.date, Query(alias="to", description="The last day of the period.")]
Key = Annotated[str | None, Query(description="The group_key of one group; without it, all.")]
Question = Callable[[Reading, dict[str, Any]], Answer[Any]]

_FIGURES: tuple[tuple[CentreFigure, Any, str], ...] = (
    ("sessions", SessionsBy, "Sessions of open meeting places and peer groups, and how many came: never who."),
    ("group_meetings", GroupMeetingsBy, "Meetings of the steering groups, and where sectors were missing."),
    ("gatherings", GatheringsBy, "Gatherings of the network: coffees, fair, information meetings, events."),
)


def centres_router(desk: Desk) -> APIRouter:
    """The GET routes."""
    router = APIRouter(prefix=REGISTER_PATH, tags=["family centres"], dependencies=[Depends(declared_only(desk))])
    asked = _Asked(desk)
    for name, by, summary in _FIGURES:
        _add_figure(router, desk, asked, name=name, words=get_args(by), summary=summary)
    _add_coverage(router, desk, asked)
    _add_goals(router, desk, asked)
    return router


class _Asked:
    """How a question is asked: known when, and so on which day."""

    def __init__(self, desk: Desk) -> None:
        self._asking = Asking(desk)

    async def answer(
        self,
        admitted: Admitted,
        question: Question,
        as_of: str | None,
        on_day: dt.date | None,
        wait_for: int | None,
        *,
        period: tuple[dt.date, dt.date] | None = None,
    ) -> JSONResponse:
        """The answer. Raises a 422 problem when the period is the wrong way round."""
        if period and period[1] < period[0]:
            remedy = "Give a last day that is not before the first."
            raise malformed(FieldError("to", "Lies before from."), remedy=remedy)
        position = None if as_of is None else await run_in_threadpool(position_asked, admitted.book, as_of)
        world = {"as_of": position, "on_day": on_day or day_in_helsinki(admitted.book.clock())}
        return await self._asking.answer(admitted, wait_for, lambda reading: question(reading, world))


def _add_figure(
    router: APIRouter, desk: Desk, asked: _Asked, *, name: CentreFigure, words: tuple[str, ...], summary: str
) -> None:
    By = Annotated[str, Query(description="What it is counted by.", json_schema_extra={"enum": list(words)})]  # noqa: N806 -- a type, with this figure's own words
    path = f"/{name.replace('_', '-')}"

    @router.get(path, summary=summary, operation_id=name)
    async def figure(
        *,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        first: First,
        last: Last,
        by: By = words[0],
        as_of: AsOf = None,
        on_day: OnDay = None,
        wait_for: WaitFor = None,
    ) -> Any:
        def question(reading: Reading, world: dict[str, Any]) -> Answer[Any]:
            ask: Callable[..., Answer[Any]] = getattr(reading, name)
            return ask(by, first, last, **world)

        return await asked.answer(admitted, question, as_of, on_day, wait_for, period=(first, last))

    @router.get(f"{path}/explain", summary="What the figure stands on, down to the events.", operation_id=f"{name}_why")
    async def explain(
        *,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        first: First,
        last: Last,
        by: By = words[0],
        key: Key = None,
        as_of: AsOf = None,
        on_day: OnDay = None,
        wait_for: WaitFor = None,
    ) -> Any:
        def question(reading: Reading, world: dict[str, Any]) -> Answer[Any]:
            return reading.centre_explain(name, by, first, last, key=key, **world)

        return await asked.answer(admitted, question, as_of, on_day, wait_for, period=(first, last))


def _add_coverage(router: APIRouter, desk: Desk, asked: _Asked) -> None:
    @router.get("/place-coverage", summary="Every working day of the period, by area: was some meeting place open?")
    async def place_coverage(
        *,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        first: First,
        last: Last,
        as_of: AsOf = None,
        on_day: OnDay = None,
        wait_for: WaitFor = None,
    ) -> Any:
        def question(reading: Reading, world: dict[str, Any]) -> Answer[Any]:
            return reading.place_coverage(first, last, **world)

        return await asked.answer(admitted, question, as_of, on_day, wait_for, period=(first, last))


def _add_goals(router: APIRouter, desk: Desk, asked: _Asked) -> None:
    @router.get("/goals", summary="The goals of family centres that cover the day, measure by measure.")
    async def goals(
        *,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        as_of: AsOf = None,
        on_day: OnDay = None,
        wait_for: WaitFor = None,
    ) -> Any:
        def question(reading: Reading, world: dict[str, Any]) -> Answer[Any]:
            return reading.goals(**world)

        return await asked.answer(admitted, question, as_of, on_day, wait_for)
