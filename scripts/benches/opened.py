"""Episodes under way, as many as a bench wants: one is brought there by its commands, the others are written like it.

Never here: measuring.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from domain.catalogue.loader import load_catalogue
from domain.client.commands.register_client import RegisterClient
from domain.commands import AnyCommand
from domain.contact.facts import ContactSource, FamilyConsent
from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.grant_service import GrantService
from domain.episode.commands.make_plan import MakePlan
from domain.episode.commands.receive_referral import ReceiveReferral
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.facts import Goal, PlanKind
from domain.ledger.book import Book, Order
from domain.ledger.identity import new_id
from domain.ledger.submission import Draft, StoredRecord, Submission
from domain.register.commands.enrol_worker import EnrolWorker
from domain.register.commands.open_register import OpenRegister
from domain.register.commands.publish_service_model import PublishServiceModel
from domain.register.facts import WorkerRole

WORKER, FIRST_DAY = "instructor-1", dt.date(2022, 3, 1)
_AT_A_TIME = 100


def open_register(book: Book) -> None:
    """A register with one worker and every model of the catalogue."""
    begun = FIRST_DAY.replace(year=FIRST_DAY.year - 1)
    _do(book, book.register_id, OpenRegister(register_name=book.register_name, controller="Bench", opened_on=begun))
    role = WorkerRole.FAMILY_INSTRUCTOR
    _do(book, book.register_id, EnrolWorker(worker_id=WORKER, role=role, enrolled_on=begun))
    for model in load_catalogue():
        _do(book, book.register_id, PublishServiceModel(content=model))


def open_episodes(book: Book, count: int) -> list[UUID]:
    """So many episodes of family work, each of a child of its own, planned and begun, with no meeting yet.

    They hold nothing sensitive: that is sealed for one episode's place, and could not be written like another's.
    """
    client_id, episode_id = _brought_there(book)
    records = [*book.ledger.read_stream(client_id), *book.ledger.read_stream(episode_id)]
    made: list[UUID] = []
    while len(made) < count:
        drafts: list[Draft] = []
        for _ in range(min(_AT_A_TIME, count - len(made))):
            ids = {client_id: new_id(), episode_id: new_id()}
            drafts += [_like(record, ids) for record in records]
            made.append(ids[episode_id])
        book.ledger.append(Submission(new_id(), b"bench", tuple(drafts)))
    return made


def _brought_there(book: Book) -> tuple[UUID, UUID]:
    client_id, episode_id = new_id(), new_id()
    day = FIRST_DAY
    _do(book, client_id, RegisterClient(born_on=day.replace(year=day.year - 4), area="north"))
    referral = ReceiveReferral(
        client_ids=(client_id,), received_on=day, source=ContactSource.FAMILY, consent=FamilyConsent.GIVEN, area="north"
    )
    _do(book, episode_id, referral)
    _do(book, episode_id, GrantService(service="K2", decision_id=new_id(), decided_on=day, decision_maker=WORKER))
    role = WorkerRole.FAMILY_INSTRUCTOR
    _do(book, episode_id, AssignWorker(assignment_id=new_id(), worker_id=WORKER, role=role, from_on=day))
    _do(book, episode_id, StartEpisode(started_on=day))
    goals = (Goal(goal_id=new_id(), theme="parenting"),)
    plan = MakePlan(
        plan_id=new_id(),
        plan_kind=PlanKind.FAMILY_WORK_PLAN,
        made_on=day,
        worker_id=WORKER,
        with_family=True,
        goals=goals,
    )
    _do(book, episode_id, plan)
    return client_id, episode_id


def _like(record: StoredRecord, ids: dict[UUID, UUID]) -> Draft:
    """The same event of another client and episode."""
    state = record.state
    for one, other in ids.items():
        state = state.replace(str(one).encode(), str(other).encode())
    return Draft(ids[record.stream_id], record.version, record.name, state)


def _do(book: Book, stream_id: UUID, command: AnyCommand) -> None:
    book.execute(Order(stream_id=stream_id, command=command, command_id=new_id(), actor=WORKER))
