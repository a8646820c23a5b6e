"""Pauses: from what ended something to what resumed it, and the days that lie between.

Pure. The day of the end and that of the resumption are days on which it went on. Must never hold: what is due.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from domain.rules.case import Hit


class Pause(NamedTuple):
    """An end and what resumed it, if anything did."""

    end: Hit
    again: Hit | None

    def has(self, day: dt.date) -> bool:
        """Whether the day lies between the two."""
        return self.end.day < day and (self.again is None or day < self.again.day)


class Course(NamedTuple):
    """How something went on: its pauses in the order of their days."""

    pauses: tuple[Pause, ...] = ()

    @classmethod
    def between(cls, ends: Sequence[Hit], resumptions: Sequence[Hit]) -> Course:
        """Each end with the first resumption recorded after it that is not before it: a pause told late has its own.

        What was resumed by the day of its end is no pause.
        `ends` in the order of the world, `resumptions` in that of recording. Of several ends that nothing resumed the
        last is the one.
        """
        found = [Pause(end, _resumption(end, resumptions)) for end in ends]
        final = [pause for pause in found if pause.again is None][-1:]
        return cls((*(pause for pause in found if pause.again and pause.again.day > pause.end.day), *final))

    def beside(self, other: Course) -> Course:
        """How it went on where both did: with the pauses of both, and the earlier of their last ends."""
        finals = sorted((pause for pause in (*self.pauses, *other.pauses) if pause.again is None), key=_ended)[:1]
        resumed = (pause for pause in (*self.pauses, *other.pauses) if pause.again is not None)
        return Course((*sorted(resumed, key=_ended), *finals))

    @property
    def final(self) -> Pause | None:
        """The end that nothing resumed, if there is one."""
        return next((pause for pause in self.pauses if pause.again is None), None)

    def first_from(self, day: dt.date) -> dt.date:
        """The first day from that one on that is in no pause; the day itself when it went on no more."""
        for pause in self.pauses:
            if pause.again is not None and pause.has(day):
                day = pause.again.day
        return day

    def last_until(self, day: dt.date) -> dt.date:
        """The last day up to that one that is in no pause."""
        for pause in reversed(self.pauses):
            if pause.has(day):
                day = pause.end.day
        return day

    def went_on(self, first: dt.date, last: dt.date) -> bool:
        """Whether any day from the first to the last is in no pause."""
        return self.first_from(first) <= self.last_until(last)

    def stopped(self, first: dt.date, last: dt.date) -> Pause | None:
        """The pause that had begun by the `last` of two days and that the `first` does not come after, if any."""
        return next(
            (one for one in self.pauses if one.end.day <= last and (one.again is None or first < one.again.day)), None
        )


def _resumption(end: Hit, resumptions: Sequence[Hit]) -> Hit | None:
    return next((one for one in resumptions if one.version > end.version and one.day >= end.day), None)


def _ended(pause: Pause) -> tuple[dt.date, int]:
    return pause.end.in_world
