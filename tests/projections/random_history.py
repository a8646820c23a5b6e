"""Random histories that touch every projection: facts of many streams in any order, corrected and struck at random.

Each stream's own facts keep their order. Nothing is refused: a projection must fold whatever was recorded.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from random import Random
from uuid import UUID, uuid4

from domain.clock import CalendarReached
from domain.consequence import DutyMet, DutyOpened, DutyWithdrawn
from domain.correction import EntryStruckOut, MistakeKind
from domain.entry import Entry
from domain.episode.facts import EpisodeTransferred
from domain.fact import Fact
from domain.ledger.submission import Draft, Submission
from domain.registry import REGISTRY
from tests.projections.history import History, assigned, day, decision, entry_of, held, referral, started, whole_episode
from tests.projections.test_conformance import everything

LEAST, MOST = 0.1, 0.3
"""How often an entry is followed by a strike-out or a correction."""


def duty_of(number: int) -> DutyOpened:
    return DutyOpened(
        duty_key=f"month-{number}", rule_id="report", service="K1", model_version=1, strength="norm",
        due_on=day(5 + 7 * number), started_by=1,
    )  # fmt: skip


def told_by_the_clock(history: History) -> None:
    """An episode for which the clock told a day, and the duty that it opened was withdrawn, or met."""
    episode = uuid4()
    history.record(episode, referral(uuid4()), decision(), started())
    history.record(episode, CalendarReached(reached_on=day(9)))
    consequence(history, episode, duty_of(1), 4)
    consequence(history, episode, duty_of(2), 4)
    history.record(episode, DutyMet(duty_key="month-1", met_by=4, met_on=day(10)))
    history.record(episode, DutyWithdrawn(duty_key="month-2"))


def consequence(
    history: History, stream_id: UUID, fact: Fact, caused_by: int, *, happened_at: dt.datetime | None = None
) -> int:
    """Record what follows from the entry of that version, and happened then; its position."""
    version = history.versions[stream_id] = history.versions.get(stream_id, 0) + 1
    told: Entry = entry_of(stream_id, version, fact)
    followed = replace(told, caused_by=caused_by, occurred_at=happened_at or told.occurred_at)
    draft = Draft(stream_id, version, fact.stored_name(), REGISTRY.encode(followed))
    return history.recorder.append(Submission(uuid4(), b"test", (draft,))).positions[-1]


def families() -> list[list[Fact]]:
    """Episodes of the same clients one after the other, some of two siblings, one that moves to another area."""
    child, sibling = uuid4(), uuid4()
    return [
        whole_episode(child, begins=0),
        whole_episode(child, sibling, begins=30),
        [
            referral(sibling, on=40), decision(on=41, service="K2"), assigned("bo", on=41), started(42),
            EpisodeTransferred(transferred_on=day(50), area="south", from_area="north", worker_id="bo"),
            held(uuid4(), sibling, on=55, worker_ids=("bo",)),
        ],
    ]  # fmt: skip


def write_random(history: History, random: Random) -> list[int]:
    """Write such a history; the positions at which it stood after each act."""
    streams: dict[UUID, list[Fact]] = {}
    for stream_id, fact in everything():
        streams.setdefault(stream_id, []).append(fact)
    streams |= {uuid4(): facts for facts in families()}
    said: dict[UUID, list[Fact]] = {stream_id: [] for stream_id in streams}
    positions = []
    often = random.uniform(LEAST, MOST)
    while streams:
        stream_id = random.choice(list(streams))
        fact = streams[stream_id].pop(0)
        positions.append(history.record(stream_id, fact))
        said[stream_id].append(fact)
        if not streams[stream_id]:
            del streams[stream_id]
        if random.random() < often:
            positions.append(_amended(history, random, stream_id, said[stream_id]))
    told_by_the_clock(history)
    return positions


def _amended(history: History, random: Random, stream_id: UUID, said: list[Fact]) -> int:
    """Strike an entry of the stream, of whatever kind; or correct one of what was said first, to other days."""
    if random.random() < 0.5:
        entry, mistake = random.randint(1, history.versions[stream_id]), random.choice(list(MistakeKind))
        return history.record(stream_id, EntryStruckOut(entry=entry, mistake=mistake, reason="x"))
    return history.correct(stream_id, 1, moved(said[0], random.randint(-3, 3)))


def moved(fact: Fact, days: int) -> Fact:
    """The same, so many days later."""
    later = dt.timedelta(days=days)
    names = [name for name in (fact.happened, "ended_at") if name is not None and name in type(fact).model_fields]
    return fact.model_copy(update={name: getattr(fact, name) + later for name in names})
