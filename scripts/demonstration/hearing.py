"""How stories get into a book: month by month of story time, side by side, each in its own order.

The book's clock says the end of the month that is told of, and the ledger's own clock runs when each month is over, as
it does every night beside the API. What was told before is left alone, so that a telling that was cut off is taken up
again. Never here: what happens in any story.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from api.clock import reach
from domain.activity.commands.end_activity import EndActivity
from domain.calendar import HELSINKI, day_in_helsinki
from domain.command import Command
from domain.episode.commands.close_episode import CloseEpisode
from domain.ledger.book import Order
from domain.network.commands.tellings import EndNetwork
from scripts.demonstration.telling import DAY, Hearing, Tale, Telling

TALES_AT_A_TIME = 8
SECOND = dt.timedelta(seconds=1)
ENDINGS = (CloseEpisode, EndActivity, EndNetwork)
"""After the month in which one of these is told nothing opens by the calendar."""

Progress = Callable[[int, int], None]


class StoryClock:
    """A clock that stands still until it is set on."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now


def tell_all(
    hearing: Hearing, tales: Sequence[Tale], clock: StoryClock, until: dt.date, progress: Progress | None = None
) -> int:
    """Tell every tale up to that day; answers how many entries were recorded."""
    tellings = [tale.tellings for tale in tales]
    steps, done, before = sum(map(len, tellings)), 0, hearing.book.ledger.head()[0]
    with ThreadPoolExecutor(TALES_AT_A_TIME) as threads:
        for first, last in _months(tellings, until):
            clock.now = last
            parts = [[one for one in tale if first < one.told_at <= last] for tale in tellings]
            for told in threads.map(lambda part: _tell(hearing, part), parts):
                done += told
                if progress is not None and told:
                    progress(done, steps)
            _reach(hearing, tellings, first, last)
    return hearing.book.ledger.head()[0] - before


def _reach(hearing: Hearing, tellings: Sequence[Sequence[Telling]], first: dt.datetime, last: dt.datetime) -> None:
    """Tell the streams that were under way that the month's last day was reached: those in which nobody wrote in it.

    What somebody wrote opened what the month opens; when the time ends, all are told.
    """
    told = [one for tale in tellings for one in tale if one.told_at <= last and one.counts_time]
    over = {one.stream_id for one in told if one.kind in ENDINGS and one.told_at <= first}
    if any(one.told_at > last for tale in tellings for one in tale):
        over |= {one.stream_id for one in told if one.told_at > first}
    streams = dict.fromkeys(one.stream_id for one in told if one.stream_id not in over)
    reach(hearing.book, streams, day_in_helsinki(last))


def _months(tellings: Sequence[Sequence[Telling]], until: dt.date) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """From just before the first telling, the moments between which each month lies; the last ends on that day."""
    end = dt.datetime.combine(until, dt.time(23, 59), HELSINKI)
    first = min((tale[0].told_at for tale in tellings if tale), default=end) - DAY
    while first < end:
        month = (first + SECOND).astimezone(HELSINKI).date().replace(day=1)
        following = dt.datetime.combine((month + 32 * DAY).replace(day=1), dt.time(), HELSINKI)
        last = min(following - SECOND, end)
        yield first, last
        first = last


def _tell(hearing: Hearing, tellings: Sequence[Telling]) -> int:
    """Tell one tale's part; answers how many orders that was."""
    for told in tellings:
        if hearing.book.ledger.read_command(told.command_id) is not None:
            continue
        command = told.command if isinstance(told.command, Command) else told.command(hearing)
        if command is not None:
            order = Order(
                stream_id=told.stream_id,
                command=command,
                command_id=told.command_id,
                actor=told.actor,
                provenance=told.provenance,
            )
            hearing.book.execute(order)
    return len(tellings)
