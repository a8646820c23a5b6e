"""The ledger's clock: tells streams that the calendar has reached a day, where that opens a duty that no entry opens.

It runs beside the API, and by hand as `jaksokirja clock`. Nothing hangs on how often: a command's id follows from
register, stream and day, a day that tells nothing new is not recorded, and two clocks at once come to what one does.
Never here: what a day opens (the rules say it), SQL.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

import structlog

from api.logging import where_of
from domain.amend.reach_calendar import ReachCalendar
from domain.calendar import day_in_helsinki, start_of_day
from domain.clock import CLOCK
from domain.consequence import DeviationNoted, DutyOpened
from domain.fact import StreamKind
from domain.ledger.book import Book, Order
from domain.ledger.errors import LedgerUnavailable
from domain.ledger.identity import id_from_name
from domain.refusal import Refusal
from domain.rules.reaching import Reach, reach_of, reaching_tells
from projections.queries import Reading
from projections.under_way import streams_under_way

AFTER_MIDNIGHT = dt.timedelta(minutes=1)
MOST_SECONDS_BETWEEN = 3600.0
"""What is imported or corrected during the day waits no longer than this."""

RETRY_SECONDS = 30.0

Progress = Callable[[int, int], None]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reached:
    """A stream that was told of the day, and what that opened."""

    stream_id: UUID
    duties: tuple[DutyOpened, ...]
    deviations: tuple[DeviationNoted, ...]


def candidates(book: Book, read: Reading) -> list[UUID]:
    """The streams of the register in which the calendar may open something, in order."""
    models = book.register_state().models.values()
    reaches = {f"{one.service}.{one.model_version}": reach_of(one, StreamKind.EPISODE) for one in models}
    until_closed, for_ever = (
        [model for model, reach in reaches.items() if reach is wanted]
        for wanted in (Reach.UNTIL_THE_END, Reach.FOR_EVER)
    )
    return streams_under_way(read.connection, until_closed, for_ever)


def reach(
    book: Book, stream_ids: Iterable[UUID], day: dt.date | None = None, progress: Progress | None = None
) -> list[Reached]:
    """Tell these streams of the day (today, by the book's clock) where it opens something; those that were told.

    A stream that refuses is left for the next time, and logged. Raises LedgerUnavailable: ask again, safely.
    """
    reached_on = day or day_in_helsinki(book.clock())
    told, streams = [], list(stream_ids)
    for number, stream_id in enumerate(streams, 1):
        try:
            one = _reach_stream(book, stream_id, reached_on)
        except Refusal as refusal:
            log.error("calendar_not_reached", register=book.register_name, stream=str(stream_id), code=refusal.code)
        else:
            told += [one] if one else []
        if progress is not None:
            progress(number, len(streams))
    return told


def _reach_stream(book: Book, stream_id: UUID, day: dt.date) -> Reached | None:
    state = book.state(stream_id, StreamKind.EPISODE)
    if state.pin is None:
        return None
    model = book.register_state().model(state.pin.service, state.pin.model_version)
    if not reaching_tells(model, state.in_force, day):
        return None  # asked first, so that a night on which nothing begins leaves no trace
    order = Order(
        stream_id=stream_id,
        command=ReachCalendar(reached_on=day),
        command_id=_command_id(book.register_name, stream_id, day),
        actor=CLOCK,
    )
    outcome = book.execute(order)
    if outcome.replayed or not outcome.entries:
        return None  # another clock was there first
    return Reached(stream_id, tuple(outcome.opened_duties), tuple(outcome.deviations))


def _command_id(register: str, stream_id: UUID, day: dt.date) -> UUID:
    return id_from_name(register, CLOCK, str(stream_id), day.isoformat(), moment=start_of_day(day))


def seconds_to_wait(now: dt.datetime) -> float:
    """Until shortly after the next midnight in Helsinki, at most an hour. A day there may have 23 hours, or 25."""
    tomorrow = start_of_day(day_in_helsinki(now) + dt.timedelta(days=1))
    due = tomorrow.astimezone(dt.UTC) + AFTER_MIDNIGHT
    return min((due - now.astimezone(dt.UTC)).total_seconds(), MOST_SECONDS_BETWEEN)


def keep_time(
    names: Callable[[], list[str]],
    run: Callable[[str], int],
    now: Callable[[], dt.datetime],
    stop: threading.Event,
) -> None:
    """Run the clock of every register at once and whenever it is due, until stopped.

    `run` answers how many streams of the register it told. What fails is logged, keeps no other register from its
    day, and is done again a little later.
    """
    while not stop.is_set():
        well = _run_all(names, run, stop)
        stop.wait(seconds_to_wait(now()) if well else RETRY_SECONDS)


def _run_all(names: Callable[[], list[str]], run: Callable[[str], int], stop: threading.Event) -> bool:
    try:
        registers = names()
    except LedgerUnavailable:
        return False
    well = True
    for name in registers:
        if stop.is_set():
            return well
        try:
            streams = run(name)
        except Exception as fault:
            log.error("clock_failed", register=name, **where_of(fault))
            well = False
        else:
            log.info("clock_ran", register=name, streams=streams)
    return well
