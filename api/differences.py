"""What changed in any figure between two moments, over HTTP.

Never here: how that is found, SQL.
"""

# Annotations are not postponed here: FastAPI reads those of closures, whose names only the closure knows.

import datetime as dt
import re
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from api.asking import moment_asked
from api.commands import REGISTER_PATH
from api.desk import Admitted, Desk
from api.parameters import declared_only
from api.problems import FieldError, malformed
from api.queries import Asking, OnDay, WaitFor
from domain.calendar import day_in_helsinki
from projections.comparing.difference import FIGURES, Moment, Wanted, difference, moment_of, told
from projections.queries import Reading

MOMENT = "A position, a time with its zone, or a date (the end of that day in Finland)."
Since = Annotated[str, Query(alias="from", description=f"The earlier moment. {MOMENT}")]
Until = Annotated[str | None, Query(alias="to", description=f"The later moment, now if not given. {MOMENT}")]
Figures = Annotated[
    list[str] | None,
    Query(alias="figure", description="Only these; all, if none is named.", json_schema_extra={"enum": list(FIGURES)}),
]
By = Annotated[str | None, Query(description="What the one figure that is named is counted by.")]
First = Annotated[dt.date | None, Query(description="The first day that is counted.")]
Last = Annotated[dt.date | None, Query(description="The last day that is counted.")]
Service = Annotated[str | None, Query(description="Quality, scores and audits: only of this service.")]


def differences_router(desk: Desk) -> APIRouter:
    """The one route."""
    router = APIRouter(prefix=REGISTER_PATH, tags=["questions"], dependencies=[Depends(declared_only(desk))])
    asking = Asking(desk)

    @router.get("/diff", summary="What changed in any figure between two moments, and which events changed it.")
    async def diff(
        *,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        since: Since,
        until: Until = None,
        figures: Figures = None,
        by: By = None,
        on_day: OnDay = None,
        counted_from: First = None,
        counted_to: Last = None,
        service: Service = None,
        wait_for: WaitFor = None,
    ) -> Any:
        if counted_from and counted_to and counted_to < counted_from:
            error = FieldError("counted_to", "Lies before counted_from.")
            raise malformed(error, remedy="Give a last day that is not before the first.")
        wanted = Wanted(
            figures=_named(figures), by=_grouping(figures, by), first=counted_from, last=counted_to, service=service
        )
        asked = (_moment(since, "from"), None if until is None else _moment(until, "to"))
        today = day_in_helsinki(admitted.book.clock())

        def question(reading: Reading) -> dict[str, Any]:
            return told(difference(reading, *_moments(reading, asked, today, on_day), wanted))

        return await asking.answer(admitted, wait_for, question)

    return router


def _named(figures: list[str] | None) -> tuple[str, ...]:
    if not set(figures or ()) <= FIGURES.keys():
        raise malformed(FieldError("figure", "There is no such figure."), remedy=f"There are {', '.join(FIGURES)}.")
    return tuple(figures or ())


def _grouping(figures: list[str] | None, by: str | None) -> str | None:
    if by is not None and len(figures or ()) != 1:
        raise malformed(FieldError("by", "Can be said of one figure only."), remedy="Name the one with figure.")
    return by


def _moment(text: str, field: str) -> int | dt.datetime:
    if re.fullmatch(r"\d{1,18}", text):
        return int(text)
    return moment_asked(text, field)


def _moments(
    reading: Reading, asked: tuple[int | dt.datetime, int | dt.datetime | None], today: dt.date, on_day: dt.date | None
) -> tuple[Moment, Moment]:
    """Raises a 422 problem when the later moment is the earlier one, or a position has not been reached."""
    head = reading.reflected().head
    for moment, field in zip(asked, ("from", "to"), strict=True):
        if isinstance(moment, int) and moment > head:
            remedy = f"Its last position is {head}; without to it is compared with now."
            raise malformed(FieldError(field, "The ledger does not reach so far."), remedy=remedy)
    since = moment_of(reading, asked[0], today)
    until = moment_of(reading, head if asked[1] is None else asked[1], today)
    if asked[1] is not None and since.is_after(until):
        raise malformed(FieldError("to", "Lies before from."), remedy="Give the earlier moment as from.")
    if asked[1] is None:
        until = replace(until, on_day=today)
    if on_day is not None:
        since, until = replace(since, on_day=on_day), replace(until, on_day=on_day)
    return since, until
