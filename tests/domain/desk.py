"""A desk to work at: one fresh register in a real PostgreSQL, and the few lines that bring an episode to a phase.

The clock stands at NOW, so that no test depends on today. Never here: assertions about what the ledger should do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, TypeVar, cast
from uuid import UUID

import pytest

from domain.calendar import HELSINKI
from domain.catalogue.loader import load_catalogue
from domain.client.commands.register_client import RegisterClient
from domain.client.state import ClientState
from domain.commands import AnyCommand
from domain.contact.commands.receive_contact import ReceiveContact
from domain.contact.facts import ContactChannel, ContactSource, FamilyConsent
from domain.contact.state import ContactState
from domain.entry import Entry
from domain.episode.commands.grant_service import GrantService
from domain.episode.commands.make_plan import MakePlan
from domain.episode.commands.receive_referral import ReceiveReferral
from domain.episode.commands.record_meeting import RecordMeeting
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.facts import Goal, MeetingMode, PlanKind
from domain.episode.state import EpisodeState
from domain.fact import Fact, StreamKind
from domain.ledger.book import Book, Order, Outcome
from domain.ledger.identity import new_id
from domain.ledger.secrecy.keyring import Keyring
from domain.ledger.submission import Draft, StoredRecord, Submission
from domain.refusal import Refusal
from domain.register.commands.enrol_worker import EnrolWorker
from domain.register.commands.open_register import OpenRegister
from domain.register.commands.publish_service_model import PublishServiceModel
from domain.register.facts import WorkerRole
from scripts.commandline.session import keyring_of

NOW = dt.datetime(2024, 6, 3, 12, 0, tzinfo=HELSINKI)
TODAY = NOW.date()
TOMORROW = TODAY + dt.timedelta(days=1)
REFERRED_ON = dt.date(2022, 3, 1)
DECIDED_ON = dt.date(2022, 3, 7)
STARTED_ON = dt.date(2022, 3, 8)
FIRST_MEETING_ON = dt.date(2022, 3, 10)
ENROLLED_ON = dt.date(2015, 1, 1)
WORKER, OTHER_WORKER = "O1", "O2"
MODELS = load_catalogue()
FactT = TypeVar("FactT", bound=Fact)
_opened_with: list[StoredRecord] = []
"""What the first register of this process was opened with, after its opening: the same everywhere."""


def at(day: dt.date, hour: int = 10) -> dt.datetime:
    """The hour of the day in Helsinki."""
    return dt.datetime.combine(day, dt.time(hour), HELSINKI)


def meeting_day(number: int) -> dt.date:
    """The day of the `number`th meeting, from 1: one a day."""
    return FIRST_MEETING_ON + dt.timedelta(days=number - 1)


def meeting(number: int = 1, **fields: Any) -> RecordMeeting:
    """The `number`th client meeting, an hour at home."""
    day = meeting_day(number)
    told: dict[str, Any] = {
        "meeting_id": new_id(),
        "worker_ids": (WORKER,),
        "started_at": at(day),
        "ended_at": at(day, 11),
        "mode": MeetingMode.HOME,
    }
    return RecordMeeting(**{**told, **fields})


def plan(made_on: dt.date = STARTED_ON, **fields: Any) -> MakePlan:
    """A family-work plan with a goal, made together."""
    told: dict[str, Any] = {
        "plan_id": new_id(),
        "plan_kind": PlanKind.FAMILY_WORK_PLAN,
        "made_on": made_on,
        "worker_id": WORKER,
        "with_family": True,
        "goals": (Goal(goal_id=new_id(), theme="parenting"),),
    }
    return MakePlan(**{**told, **fields})


def grant(service: str = "K2", decided_on: dt.date = DECIDED_ON, **fields: Any) -> GrantService:
    """A decision that grants the service."""
    told: dict[str, Any] = {"decision_id": new_id(), "decision_maker": WORKER}
    return GrantService(service=service, decided_on=decided_on, **{**told, **fields})


def the(facts: Iterable[Fact], kind: type[FactT]) -> FactT:
    """The one fact of that kind among these."""
    found = [fact for fact in facts if isinstance(fact, kind)]
    assert len(found) == 1, f"{len(found)} of {kind.__name__}"
    return found[0]


class Desk:
    """A book, its clock, and what has been sent to it."""

    def __init__(self, dsn: str, register: str) -> None:
        self.now = NOW
        self.dsn = dsn
        self.book = Book(dsn, register, keyring=keyring_of(dsn, register), clock=lambda: self.now)
        self.register_id = self.book.register_id
        self.recorded: set[type[AnyCommand]] = set()
        self.turned_down: set[type[AnyCommand]] = set()
        self.last_refusal: Refusal | None = None

    def keyring(self) -> Keyring:
        """Another keyring of the register, as another process has it."""
        return keyring_of(self.dsn, self.book.register_name)

    def open(self) -> None:
        """Open the register, enrol two workers and publish every model of the catalogue.

        The first desk of a process does it by commands; what they recorded is recorded again at the others.
        """
        opening = OpenRegister(register_name=self.book.register_name, controller="Kymsote", opened_on=ENROLLED_ON)
        self.do(self.register_id, opening)
        if _opened_with:
            self.book.ledger.append_many(
                [Submission(new_id(), one.name.encode(), (self._again(one),)) for one in _opened_with]
            )
            self.recorded |= {EnrolWorker, PublishServiceModel}
            return
        self._staff_and_publish()
        _opened_with.extend(self.book.ledger.read_stream(self.register_id, after=1))

    def _staff_and_publish(self) -> None:
        for worker_id in (WORKER, OTHER_WORKER):
            self.do(
                self.register_id,
                EnrolWorker(worker_id=worker_id, role=WorkerRole.FAMILY_INSTRUCTOR, enrolled_on=ENROLLED_ON),
            )
        for model in MODELS:
            self.do(self.register_id, PublishServiceModel(content=model))

    def _again(self, record: StoredRecord) -> Draft:
        return Draft(self.register_id, record.version, record.name, record.state)

    def order(self, stream_id: UUID, command: AnyCommand, **order: Any) -> Order:
        """The order of a command, with an id of its own unless one is given."""
        told: dict[str, Any] = {"command_id": new_id(), "actor": WORKER}
        return Order(stream_id=stream_id, command=command, **{**told, **order})

    def do(self, stream_id: UUID, command: AnyCommand, **order: Any) -> Outcome:
        """What comes of the command."""
        outcome = self.book.execute(self.order(stream_id, command, **order))
        if outcome.entries:
            self.recorded.add(type(command))
        return outcome

    def refused(self, stream_id: UUID, command: AnyCommand, **order: Any) -> Refusal:
        """The refusal of the command, of which no trace may stay behind."""
        sent, before = self.order(stream_id, command, **order), self.last_position()
        with pytest.raises(Refusal) as caught:
            self.book.execute(sent)
        assert self.last_position() == before, "a refused command was recorded"
        if "command_id" not in order:
            assert self.book.ledger.read_command(sent.command_id) is None, "a refused command's id was recorded"
        self.turned_down.add(type(command))
        self.last_refusal = caught.value
        return caught.value

    def last_position(self) -> int:
        """The register's last position; 0 when it is empty."""
        return self.book.recorder.max_notification_id() or 0

    def client(self, age: int = 4, on: dt.date = DECIDED_ON, **fields: Any) -> UUID:
        """A client who is `age` years old on that day, and has been for a month."""
        client_id = new_id()
        born_on = on.replace(year=on.year - age, day=1) - dt.timedelta(days=28)
        self.do(client_id, RegisterClient(**{"born_on": born_on, "area": "Kotka", **fields}))
        return client_id

    def contact(self, **fields: Any) -> UUID:
        """A contact from a clinic, with the family's consent."""
        contact_id = new_id()
        told: dict[str, Any] = {
            "received_at": at(REFERRED_ON),
            "channel": ContactChannel.PHONE,
            "source": ContactSource.MATERNITY_CLINIC,
            "consent": FamilyConsent.GIVEN,
        }
        self.do(contact_id, ReceiveContact(**{**told, **fields}))
        return contact_id

    def referred(self, *client_ids: UUID, **fields: Any) -> UUID:
        """An episode that began with a family's own request; for a child of four unless clients are named."""
        episode_id = new_id()
        told: dict[str, Any] = {"received_on": REFERRED_ON, "source": ContactSource.FAMILY}
        self.do(episode_id, ReceiveReferral(client_ids=client_ids or (self.client(),), **{**told, **fields}))
        return episode_id

    def granted(self, service: str = "K2", *client_ids: UUID, **fields: Any) -> UUID:
        """An episode with a grant."""
        episode_id = self.referred(*client_ids)
        self.do(episode_id, grant(service, **fields))
        return episode_id

    def started(self, service: str = "K2", *client_ids: UUID, meetings: int = 0, **fields: Any) -> UUID:
        """An episode whose work has begun, with so many client meetings held; in K2 with its plan."""
        episode_id = self.granted(service, *client_ids, **fields)
        self.do(episode_id, StartEpisode(started_on=STARTED_ON))
        if service == "K2":
            self.do(episode_id, plan())
        for number in range(1, meetings + 1):
            self.do(episode_id, meeting(number))
        return episode_id

    def episode(self, episode_id: UUID) -> EpisodeState:
        """What is so of the episode."""
        return cast("EpisodeState", self.book.state(episode_id, StreamKind.EPISODE))

    def client_state(self, client_id: UUID) -> ClientState:
        """What is so of the client."""
        return cast("ClientState", self.book.state(client_id, StreamKind.CLIENT))

    def contact_state(self, contact_id: UUID) -> ContactState:
        """What is so of the contact."""
        return cast("ContactState", self.book.state(contact_id, StreamKind.CONTACT))

    def entries(self, stream_id: UUID) -> tuple[Entry, ...]:
        """Every entry of the stream, of whatever kind."""
        return self.book.state(stream_id, StreamKind.EPISODE).entries

    def number(self, stream_id: UUID, kind: type[Fact], nth: int = 1) -> int:
        """The entry number of the `nth` fact of that kind in the stream."""
        return [entry.version for entry in self.entries(stream_id) if isinstance(entry.fact, kind)][nth - 1]

    def deviations(self, stream_id: UUID) -> dict[str, int]:
        """The deviations that stand: rule and entry by key."""
        state = self.book.state(stream_id, StreamKind.EPISODE)
        return {deviation.rule_id: deviation.entry for deviation in state.concluded.deviations.values()}
