"""The questions on quality over HTTP: a service's review, audits, feedback, scores, outcomes, and what each stands on.

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
from projections.queries import Reading
from projections.reviews import FeedbackBy, OutcomesBy, ReviewBy

Service = Annotated[str, Query(description="The service, by its code.")]
OneService = Annotated[str | None, Query(description="Only this service.")]
First = Annotated[dt.date, Query(alias="from", description="The first day of the period.")]
Last = Annotated[dt.date, Query(alias="to", description="The last day of the period.")]
Key = Annotated[str | None, Query(description="The group_key of one group; without it, all.")]
Measure = Annotated[str | None, Query(description="A measure of the review; without it, all.")]
Question = Callable[[Reading, dict[str, Any]], Answer[Any]]


def reviews_router(desk: Desk) -> APIRouter:
    """The GET routes."""
    router = APIRouter(prefix=REGISTER_PATH, tags=["quality"], dependencies=[Depends(declared_only(desk))])
    asked = _Asked(desk)
    _add_review(router, desk, asked)
    _add_audits(router, desk, asked)
    _add_feedback(router, desk, asked)
    _add_outcomes(router, desk, asked)
    return router


class _Asked:
    """How a question on quality is asked: known when, and so on which day."""

    def __init__(self, desk: Desk) -> None:
        self._asking = Asking(desk)

    async def answer(
        self,
        admitted: Admitted,
        question: Question,
        *,
        as_of: str | None,
        wait_for: int | None,
        on_day: dt.date | None = None,
        period: tuple[dt.date, dt.date] | None = None,
    ) -> JSONResponse:
        """The answer. Raises a 422 problem when the period is the wrong way round."""
        if period and period[1] < period[0]:
            remedy = "Give a last day that is not before the first."
            raise malformed(FieldError("to", "Lies before from."), remedy=remedy)
        position = None if as_of is None else await run_in_threadpool(position_asked, admitted.book, as_of)
        world = {"as_of": position, "on_day": on_day or day_in_helsinki(admitted.book.clock())}
        return await self._asking.answer(admitted, wait_for, lambda reading: question(reading, world))


def _one_of(words: Any) -> Any:
    return Query(description="What it is counted by.", json_schema_extra={"enum": list(get_args(words))})


def _add_review(router: APIRouter, desk: Desk, asked: _Asked) -> None:
    @router.get("/quality-review", summary="The quality review of a service and period: over all, by area, by unit.")
    async def quality_review(
        *,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        service: Service,
        first: First,
        last: Last,
        as_of: AsOf = None,
        on_day: OnDay = None,
        wait_for: WaitFor = None,
    ) -> Any:
        def question(reading: Reading, world: dict[str, Any]) -> Answer[Any]:
            return reading.quality_review(service, first, last, **world)

        period = (first, last)
        return await asked.answer(admitted, question, as_of=as_of, on_day=on_day, wait_for=wait_for, period=period)

    @router.get("/quality-review/explain", summary="What a figure of the quality review stands on, down to the events.")
    async def quality_review_explain(
        *,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        service: Service,
        first: First,
        last: Last,
        measure: Measure = None,
        by: Annotated[str, _one_of(ReviewBy)] = "all",
        key: Key = None,
        as_of: AsOf = None,
        on_day: OnDay = None,
        wait_for: WaitFor = None,
    ) -> Any:
        def question(reading: Reading, world: dict[str, Any]) -> Answer[Any]:
            chosen: dict[str, Any] = {"measure": measure, "by": by, "key": key}
            return reading.quality_review_explain(service, first, last, **chosen, **world)

        period = (first, last)
        return await asked.answer(admitted, question, as_of=as_of, on_day=on_day, wait_for=wait_for, period=period)


def _add_audits(router: APIRouter, desk: Desk, asked: _Asked) -> None:
    @router.get("/audits", summary="Audits: samples, findings, actions, and by what a sample can be drawn again.")
    async def audits(
        *,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        service: OneService = None,
        as_of: AsOf = None,
        on_day: OnDay = None,
        wait_for: WaitFor = None,
    ) -> Any:
        def question(reading: Reading, world: dict[str, Any]) -> Answer[Any]:
            return reading.audits(service=service, **world)

        return await asked.answer(admitted, question, as_of=as_of, on_day=on_day, wait_for=wait_for)

    @router.get("/audits/population", summary="The episodes from which an audit draws its sample, known at a position.")
    async def audit_population(
        *,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        service: Service,
        first: First,
        last: Last,
        unit: str | None = None,
        area: str | None = None,
        as_of: AsOf = None,
        wait_for: WaitFor = None,
    ) -> Any:
        def question(reading: Reading, world: dict[str, Any]) -> Answer[Any]:
            return reading.audit_population(service, first, last, unit=unit, area=area, as_of=world["as_of"])

        return await asked.answer(admitted, question, as_of=as_of, wait_for=wait_for, period=(first, last))


def _add_feedback(router: APIRouter, desk: Desk, asked: _Asked) -> None:
    @router.get("/feedback", summary="Feedback: how much was handled, how much led to a change.")
    async def feedback(
        *,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        first: First,
        last: Last,
        by: Annotated[str, _one_of(FeedbackBy)] = "service",
        explain: Annotated[bool, Query(description="What it stands on instead.")] = False,
        key: Key = None,
        as_of: AsOf = None,
        on_day: OnDay = None,
        wait_for: WaitFor = None,
    ) -> Any:
        def question(reading: Reading, world: dict[str, Any]) -> Answer[Any]:
            if explain:
                return reading.feedback_explain(by, first, last, key=key, **world)  # type: ignore[arg-type] # checked there
            return reading.feedback(by, first, last, **world)  # type: ignore[arg-type] # checked there

        period = (first, last)
        return await asked.answer(admitted, question, as_of=as_of, on_day=on_day, wait_for=wait_for, period=period)

    @router.get("/scores", summary="Scores of surveys and feedback over time, by service, unit, question and quarter.")
    async def scores(
        *,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        first: First,
        last: Last,
        service: OneService = None,
        as_of: AsOf = None,
        on_day: OnDay = None,
        wait_for: WaitFor = None,
    ) -> Any:
        def question(reading: Reading, world: dict[str, Any]) -> Answer[Any]:
            return reading.scores(first, last, service=service, **world)

        period = (first, last)
        return await asked.answer(admitted, question, as_of=as_of, on_day=on_day, wait_for=wait_for, period=period)


def _add_outcomes(router: APIRouter, desk: Desk, asked: _Asked) -> None:
    @router.get("/outcomes", summary="Closures by reason, moves to heavier and lighter services, returns in 12 months.")
    async def outcomes(
        *,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        first: First,
        last: Last,
        by: Annotated[str, _one_of(OutcomesBy)] = "service",
        explain: Annotated[bool, Query(description="What it stands on instead.")] = False,
        key: Key = None,
        as_of: AsOf = None,
        on_day: OnDay = None,
        wait_for: WaitFor = None,
    ) -> Any:
        def question(reading: Reading, world: dict[str, Any]) -> Answer[Any]:
            if explain:
                return reading.outcomes_explain(by, first, last, key=key, **world)  # type: ignore[arg-type] # checked there
            return reading.outcomes(by, first, last, **world)  # type: ignore[arg-type] # checked there

        period = (first, last)
        return await asked.answer(admitted, question, as_of=as_of, on_day=on_day, wait_for=wait_for, period=period)
