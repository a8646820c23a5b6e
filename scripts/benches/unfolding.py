"""The families of histories.py as a register sees them: one history, told in the order in which it happened.

A register grows by its workers and units: each worker has some twenty families at a time, whatever the size, each unit
seven workers. So a past position has its day, and what a worker has does not grow with the register. The last day falls
in the middle of the work. Every figure is drawn, none real. Never here: measuring.
"""

from __future__ import annotations

import datetime as dt
import heapq
import random
from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from domain.calendar import start_of_day
from domain.fact import Fact
from domain.ledger.identity import new_id
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.submission import Draft, Submission
from scripts.benches.histories import AREAS, FIRST_DAY, Place, draft, family, numbered

EVENTS_A_FAMILY = 20
FAMILIES_A_WORKER = 320
WORKERS_A_UNIT = 7
DAYS, DAYS_TOLD = 963, 900
_TOGETHER = 1000

Told = tuple[dt.datetime, int, tuple[UUID, int, Fact]]


def write_unfolding(recorder: RegisterRecorder, events: int) -> None:
    """Append so many events in the order in which they happened, a thousand at a time."""
    told = unfolding(events)
    while drafts := tuple(islice(told, _TOGETHER)):
        recorder.append(Submission(new_id(), b"bench", drafts))


def workers(events: int) -> int:
    """How many workers a register of so many events has: instructor-0 and so on."""
    return max(WORKERS_A_UNIT, _families(events) // FAMILIES_A_WORKER)


def unfolding(events: int, *, seed: int = 1) -> Iterator[Draft]:
    """So many events in the order in which they happened, families beginning evenly over the days."""
    return islice((draft(*placed, moment) for moment, _, placed in _in_order(events, seed)), events)


def _in_order(events: int, seed: int) -> Iterator[Told]:
    drawn, waiting, serial = random.Random(seed), list[Told](), 0
    for place in _places(events):
        begins = start_of_day(place.day)
        while waiting and waiting[0][0] < begins:
            yield heapq.heappop(waiting)
        moment = begins
        for placed in numbered(family(drawn, place)):
            moment, serial = max(moment, placed[2].happened_at() or moment), serial + 1
            heapq.heappush(waiting, (moment, serial, placed))
    while waiting:
        yield heapq.heappop(waiting)


def _families(events: int) -> int:
    return events * DAYS // (EVENTS_A_FAMILY * DAYS_TOLD) + 1


def _places(events: int) -> Iterator[Place]:
    families, there = _families(events), workers(events)
    for number in range(families):
        worker = number % there
        unit = worker // WORKERS_A_UNIT
        day = FIRST_DAY + dt.timedelta(days=number * DAYS // families)
        yield Place(AREAS[unit % len(AREAS)], f"instructor-{worker}", day, f"unit-{unit}")
