"""Two registers and three bundles, made once: tests change copies of them."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from domain.amend.correct_entry import CorrectEntry
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.correction import MistakeKind
from domain.episode.facts import MeetingHeld
from domain.ledger.migrate import create_register
from domain.ledger.proof.note import VerifierKey
from tests.domain.desk import STARTED_ON, Desk, at, meeting, meeting_day
from tests.evidence.office import Auditor, Office

CANARY = "A word <b>that</b> #only the family *knows*"


@dataclass(frozen=True, slots=True)
class Story:
    """An episode that was corrected and struck, sealed along the way; bundles of it and of others.

    `then`: as of the first sealing; `now`: of everything, tied to `first_size`; `other`: another episode;
    `foreign`: another register's.
    """

    office: Office
    episode: UUID
    other_episode: UUID
    keys: tuple[VerifierKey, ...]
    first_size: int
    middle_size: int
    last_size: int
    corrected: int
    struck: int
    then: Path
    now: Path
    other: Path
    foreign: Path

    @property
    def auditor(self) -> Auditor:
        """Holds every key and the first checkpoint."""
        return Auditor(self.keys, (self.office.notes[self.first_size],))


def _late_meeting(desk: Desk, episode: UUID) -> None:
    """A meeting with a note, long after the others, one more than were granted."""
    day = STARTED_ON + dt.timedelta(days=300)
    desk.do(episode, meeting(9, started_at=at(day), ended_at=at(day, 11), note=CANARY))


def _amended(desk: Desk, episode: UUID) -> tuple[int, int]:
    """Correct one meeting and strike another; their entries."""
    corrected, struck = desk.number(episode, MeetingHeld, 1), desk.number(episode, MeetingHeld, 2)
    changes = {"ended_at": at(meeting_day(1), 12).isoformat(), "note": CANARY}
    desk.do(episode, CorrectEntry(entry=corrected, mistake=MistakeKind.TYPING_ERROR, changes=changes, reason=CANARY))
    desk.do(episode, StrikeOutEntry(entry=struck, mistake=MistakeKind.ENTERED_TWICE, reason=CANARY))
    return corrected, struck


@pytest.fixture(scope="session")
def story(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Told once; nobody writes into it."""
    names = [f"evidence-{os.getpid()}", f"evidence-other-{os.getpid()}"]
    for name in names:
        create_register(postgres, name)
    office, abroad = (Office(postgres, name, tmp_path_factory.mktemp(name)) for name in names)
    desk = office.desk
    first_key = office.key()
    episode = desk.started(meetings=8)
    first = office.seal().size
    _late_meeting(desk, episode)
    other = desk.started(meetings=1)
    middle = office.seal().size
    corrected, struck = _amended(desk, episode)
    second_key = office.key()
    last = office.seal().size
    abroad.key()
    foreign = abroad.desk.started(meetings=3)
    abroad.seal()
    yield Story(
        office=office,
        episode=episode,
        other_episode=other,
        keys=(first_key.verifier(), second_key.verifier()),
        first_size=first,
        middle_size=middle,
        last_size=last,
        corrected=corrected,
        struck=struck,
        then=office.bundle(episode, as_of=first),
        now=office.bundle(episode, against=[first]),
        other=office.bundle(other),
        foreign=abroad.bundle(foreign),
    )
    desk.book.close()
    abroad.desk.book.close()
