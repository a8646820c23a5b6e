"""What each row says, as commands of the domain. What the export does not say is left unsaid.

Never here: the ledger, the order of things (`telling`). Readings of our own: the decision maker is the family's
instructor, since in the export every meeting is held by whoever decided. When a meeting was called off is not told:
at the latest when it should have begun, or when it was entered, whichever came first.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from domain.calendar import day_in_helsinki
from domain.client.commands.register_client import RegisterClient
from domain.contact.commands.receive_contact import ReceiveContact
from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.cancel_meeting import CancelMeeting
from domain.episode.commands.evaluate_plan import EvaluatePlan
from domain.episode.commands.grant_exception import GrantException
from domain.episode.commands.grant_service import GrantService
from domain.episode.commands.make_plan import MakePlan
from domain.episode.commands.receive_referral import ReceiveReferral
from domain.episode.commands.record_meeting import RecordMeeting
from domain.episode.commands.record_no_show import RecordNoShow
from domain.episode.commands.refuse_service import RefuseService
from domain.episode.facts import Goal, PlanKind
from domain.register.commands.enrol_worker import EnrolWorker
from domain.register.facts import WorkerRole
from scripts.legacy import files
from scripts.legacy.codes import RESULTS, MeetingStatus
from scripts.legacy.faults import RowKey
from scripts.legacy.naming import Naming
from scripts.legacy.rows import ClientRow, ContactRow, EpisodeRow, MeetingRow, PlanRow, WorkerRow

MODELS_FROM = dt.date(2022, 2, 1)
"""From this day the area works by the models K1 and K2; before it, by none (K0)."""
SERVICES = {"OHJAUS": "K1", "MUUTOSTYO": "K2"}
ASKED_FOR = {f"legacy:{code}": service for code, service in SERVICES.items()}
"""Which service the codes that an import keeps asked for, of an episode from before the models too."""
_LETTERS = str.maketrans({"ä": "a", "ö": "o", "å": "a", " ": "-"})


def unit_of(area: str) -> str:
    """The family centre of an area: `perhekeskus-kouvola-pohjoinen`."""
    plain = area.lower().translate(_LETTERS)
    return "perhekeskus-" + "".join(letter for letter in plain if letter.isalnum() or letter == "-")


def service_of(episode: EpisodeRow) -> str:
    """The service whose model is in force on the day of the decision."""
    return SERVICES[episode.service] if episode.decided_on >= MODELS_FROM else "K0"


def enrolment(worker: WorkerRow, first_day: dt.date) -> EnrolWorker:
    """`first_day`: nothing of the export is older; when a worker came is not told."""
    return EnrolWorker(
        worker_id=worker.worker_id,
        role=WorkerRole.FAMILY_INSTRUCTOR,
        unit_id=unit_of(worker.area),
        area=worker.area,
        display_name=worker.display_name,
        enrolled_on=first_day,
    )


def registration(client: ClientRow, naming: Naming) -> RegisterClient:
    """The client enters the register."""
    return RegisterClient(
        identity_code=client.identity_code,
        born_on=client.born_on,
        family_id=naming.family(client.family) if client.family else None,
        municipality=client.municipality,
        area=client.area,
        expecting_birth_on=client.expecting_birth_on,
        non_disclosure=client.non_disclosure,
    )


def service_asked(contact: ContactRow, episode: EpisodeRow | None) -> str | None:
    """The service that the contact came to, if its model was in force on the day of the contact already."""
    if episode is None:
        return None
    service = service_of(episode)
    by_new_model = day_in_helsinki(contact.received_at) >= MODELS_FROM
    return service if by_new_model == (service != "K0") else None


def contact_received(contact: ContactRow, episode: EpisodeRow | None, naming: Naming) -> ReceiveContact:
    """The contact, judged by the service that its episode tells."""
    return ReceiveContact(
        received_at=contact.received_at,
        channel=contact.channel,
        source=contact.source,
        consent=contact.consent,
        client_id=naming.stream(RowKey(files.CLIENTS, contact.client)),
        service=service_asked(contact, episode),
    )


def referral(episode: EpisodeRow, contact: ContactRow, client: ClientRow, naming: Naming) -> ReceiveReferral:
    """The episode begins with the contact."""
    return ReceiveReferral(
        client_ids=(naming.stream(RowKey(files.CLIENTS, episode.client)),),
        received_on=day_in_helsinki(contact.received_at),
        channel=contact.channel,
        source=contact.source,
        consent=contact.consent,
        contact_id=naming.stream(RowKey(files.CONTACTS, episode.contact)),
        requested_service=f"legacy:{episode.service}",
        area=client.area,
        unit_id=unit_of(client.area),
    )


def decision(episode: EpisodeRow, key: RowKey, naming: Naming) -> GrantService | RefuseService:
    """Granted or refused."""
    kind = GrantService if episode.granted else RefuseService
    return kind(
        decision_id=naming.part(key, "decision"),
        decided_on=episode.decided_on,
        decision_maker=episode.decision_maker,
        legal_basis=episode.legal_basis,
        codes=(f"legacy:{episode.service}",),
        service=service_of(episode),
    )


def assignment(episode: EpisodeRow, key: RowKey, naming: Naming) -> AssignWorker:
    """The decision maker is the family's instructor."""
    return AssignWorker(
        assignment_id=naming.part(key, "assignment"),
        worker_id=episode.decision_maker,
        role=WorkerRole.FAMILY_INSTRUCTOR,
        from_on=episode.decided_on,
    )


def exception(episode: EpisodeRow, exception_on: dt.date, key: RowKey, naming: Naming) -> GrantException:
    """The exception decision for a second period. The export has one field of reasons, and no expected effect."""
    return GrantException(
        decision_id=naming.part(key, "exception"),
        decided_on=exception_on,
        decision_maker=episode.decision_maker,
        legal_basis=episode.legal_basis,
        codes=(f"legacy:{episode.service}",),
        reasons=episode.exception_reasons,
    )


def goal_texts(text: str | None) -> list[str]:
    """The goals of a plan: what follows "Tavoitteet:", parted by commas."""
    label, colon, goals = (text or "").partition(":")
    if not colon or label.strip().lower() != "tavoitteet":
        return []
    return [goal.strip() for goal in goals.split(",") if goal.strip()]


def plan(row: PlanRow, key: RowKey, naming: Naming) -> MakePlan:
    """The family-work plan. A text that names no goals is its content."""
    goals = {naming.part(key, "goal", str(n)): text for n, text in enumerate(goal_texts(row.text), 1)}
    return MakePlan(
        plan_id=naming.stream(key),
        plan_kind=PlanKind.FAMILY_WORK_PLAN,
        made_on=row.told_on,
        worker_id=row.worker_id,
        goals=tuple(Goal(goal_id=goal_id) for goal_id in goals),
        goal_texts={str(goal_id): text for goal_id, text in goals.items()} or None,
        content=None if goals else row.text,
    )


def evaluation(row: PlanRow, plan_id: UUID | None) -> EvaluatePlan:
    """The evaluation; its result where the text says it in the words that the legacy system uses."""
    return EvaluatePlan(
        plan_id=plan_id,
        evaluated_on=row.told_on,
        worker_id=row.worker_id,
        overall_result=RESULTS.get((row.text or "").lower().rstrip(".")),
        evaluation=row.text,
    )


def meeting(row: MeetingRow, meeting_id: UUID) -> RecordMeeting | CancelMeeting | RecordNoShow:
    """What became of a client meeting. Phone and video were recorded as client meetings too."""
    if row.status is MeetingStatus.HELD:
        return RecordMeeting(
            meeting_id=meeting_id,
            worker_ids=(row.worker_id,),
            started_at=row.starts_at,
            ended_at=row.ends_at,
            mode=row.mode,
            participants=row.participants,
            note=row.note,
        )
    if row.status.cancelled_by is None:
        return RecordNoShow(
            meeting_id=meeting_id,
            worker_ids=(row.worker_id,),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            mode=row.mode,
            note=row.note,
        )
    return CancelMeeting(
        meeting_id=meeting_id,
        worker_ids=(row.worker_id,),
        cancelled_at=min(row.entered_at, row.starts_at),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        mode=row.mode,
        cancelled_by=row.status.cancelled_by,
        note=row.note,
    )
