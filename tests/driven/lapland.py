"""The Lapland producer's services (S0): P1-P8 and their frame P0, every rule kept and broken.

A story is a service's usual course, with steps left out or told otherwise. Never here: what the rules say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.client.commands.tellings import ExpectBirth, GiveConsent, RecordBirth, WithdrawConsent
from domain.client.facts import ConsentScope
from domain.commands import AnyCommand
from domain.contact.facts import ContactChannel
from domain.episode.commands.agree_follow_up import AgreeFollowUp
from domain.episode.commands.assess_admission import AssessAdmission
from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.cancel_meeting import CancelMeeting
from domain.episode.commands.close_episode import CloseEpisode
from domain.episode.commands.decide_end import DecideEnd
from domain.episode.commands.decide_placement import DecidePlacement
from domain.episode.commands.deliver_document import DeliverDocument
from domain.episode.commands.evaluate_plan import EvaluatePlan
from domain.episode.commands.give_notice import GiveNotice
from domain.episode.commands.grant_extension import GrantExtension
from domain.episode.commands.handle_feedback_in_team import HandleFeedbackInTeam
from domain.episode.commands.make_agreement import MakeAgreement
from domain.episode.commands.make_follow_up_contact import MakeFollowUpContact
from domain.episode.commands.observe_change import ObserveChange
from domain.episode.commands.receive_feedback import ReceiveFeedback
from domain.episode.commands.receive_payment_commitment import ReceivePaymentCommitment
from domain.episode.commands.record_screen import RecordScreen
from domain.episode.commands.record_visitation_ground import RecordVisitationGround
from domain.episode.commands.reopen_episode import ReopenEpisode
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.commands.stop_follow_up import StopFollowUp
from domain.episode.commands.tell_birth import TellBirth
from domain.episode.commands.write_report import WriteReport
from domain.episode.commands.write_summary import WriteSummary
from domain.episode.facts import (
    AgreementSubject,
    CancelledBy,
    ClosureReason,
    Interruption,
    LateArrival,
    MeetingKind,
    MeetingMode,
    Observation,
    Outcome,
    PlanKind,
    Recipient,
    VisitationGround,
)
from domain.ledger.identity import new_id
from domain.register.facts import WorkerRole
from tests.domain.desk import OTHER_WORKER, WORKER, Desk, at, grant, meeting, plan
from tests.driven.harness import Driven, Story

SERVICES = {"P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8"}
VISITS, REHABILITATION = ("P3", "P4", "P5"), ("P7", "P8")
REFERRED, DECIDED, STARTED = dt.date(2023, 3, 1), dt.date(2023, 3, 6), dt.date(2023, 3, 8)
MET, LATER, CLOSED = dt.date(2023, 3, 14), dt.date(2023, 3, 15), dt.date(2023, 7, 12)
AFTER = CLOSED + dt.timedelta(days=5)

CODES = {
    "P1": ("mental_health",),
    "P2": ("substance_problem",),
    **dict.fromkeys(VISITS, ("contact_not_safe_otherwise",)),
    "P6": (),
    **dict.fromkeys(REHABILITATION, ("child_threatened", "serious_lack_parenting")),
}
ROLES = {
    "P1": WorkerRole.KEY_WORKER,
    "P2": WorkerRole.OWN_INSTRUCTOR,
    **dict.fromkeys(VISITS, WorkerRole.VISITATION_SUPERVISOR),
    **dict.fromkeys(("P6", *REHABILITATION), WorkerRole.FAMILY_INSTRUCTOR),
}


Step = Callable[["Work"], "AnyCommand | None"]
"""Gives the command to do next, or does something itself."""


@dataclass(frozen=True)
class Work:
    """An episode of a service under way, for a client."""

    desk: Desk
    service: str
    client: UUID
    episode: UUID

    def do(self, step: AnyCommand | Step) -> None:
        """Send a command, or take a step."""
        command = step(self) if callable(step) else step
        if command is not None:
            self.desk.do(self.episode, command)


def told(kind: type[AnyCommand], **usual: Any) -> Callable[..., Step]:
    """A step that sends the command as usual, but for what is told otherwise. Functions are asked anew each time."""

    def as_told(**otherwise: Any) -> Step:
        def step(work: Work) -> AnyCommand:
            fields = {**usual, **otherwise}
            return kind(**{name: value(work) if callable(value) else value for name, value in fields.items()})

        return step

    return as_told


def fresh(_work: Work) -> UUID:
    return new_id()


def its_client(work: Work) -> UUID:
    return work.client


def granted(**otherwise: Any) -> Step:
    def step(work: Work) -> AnyCommand:
        usual: dict[str, Any] = {
            "decided_on": DECIDED,
            "reasons": "Tarve on arvioitu.",
            "valid_from": STARTED,
            "codes": CODES[work.service],
            "clientship": "child_welfare",
        }
        return grant(work.service, **{**usual, **otherwise})

    return step


committed = told(
    ReceivePaymentCommitment,
    commitment_id=fresh,
    received_on=DECIDED,
    issuer="lapland",
    payer_service="child_welfare",
    valid_from=STARTED,
    units=30,
    cost_centre="4100",
    contract_reference="tender-1",
    quality_requirements=("national_criteria",),
)
agreed = told(
    MakeAgreement, agreement_id=fresh, agreed_on=DECIDED, agreed_with="referrer", subject=AgreementSubject.ARRIVAL
)
by_phone = told(
    MakeAgreement,
    agreement_id=fresh,
    agreed_on=DECIDED,
    agreed_with="purchaser_social_worker",
    subject=AgreementSubject.CLIENTSHIP,
    channel=ContactChannel.PHONE,
)
reporting = told(
    MakeAgreement,
    agreement_id=fresh,
    agreed_on=STARTED,
    agreed_with="purchaser_social_worker",
    subject=AgreementSubject.REPORTING,
    every_months=1,
)
admitted = told(
    AssessAdmission,
    assessed_on=DECIDED,
    worker_id=WORKER,
    manages_own_medication=True,
    behaves_fittingly=True,
    detoxification_needed=False,
    drug_screen_needed=False,
)
assigned = told(
    AssignWorker, assignment_id=fresh, worker_id=WORKER, role=lambda work: ROLES[work.service], from_on=DECIDED
)
grounded = told(
    RecordVisitationGround,
    ground=VisitationGround.COURT_DECISION,
    dated_on=REFERRED,
    authority="district_court",
    need_defined_by_authority=True,
)
screened = told(RecordScreen, taken_on=DECIDED, matches_medication=True)
placed = told(
    DecidePlacement,
    decision_id=fresh,
    client_id=its_client,
    decided_on=DECIDED,
    decision_maker="child_welfare",
    valid_from=STARTED,
)
ended = told(DecideEnd, decision_id=fresh, decided_on=DECIDED, decision_maker=WORKER, reasons="Tarve päättyi.")
extended = told(GrantExtension, decision_id=fresh, decided_on=MET, decision_maker=WORKER, reasons="Tarve jatkuu.")
started = told(StartEpisode, started_on=STARTED)
closed = told(CloseEpisode, closed_on=CLOSED, reason=ClosureReason.GOALS_MET, outcome=Outcome.NONE)
reopened = told(ReopenEpisode, reopened_on=LATER, reason="Tarve palasi.")
evaluated = told(EvaluatePlan, evaluated_on=MET, worker_id=WORKER, together_with=("family", "referrer"))
summarised = told(WriteSummary, summary_id=fresh, written_on=CLOSED, worker_id=WORKER)
reported = told(
    WriteReport,
    report_id=fresh,
    report_kind="agreed",
    covers_from=STARTED,
    covers_to=dt.date(2023, 3, 31),
    written_on=dt.date(2023, 4, 3),
    worker_id=WORKER,
    recipient=Recipient.PURCHASER_SOCIAL_WORKER,
    note_type="social_welfare",
)
monthly = told(
    WriteReport,
    report_id=fresh,
    report_kind="monthly",
    covers_from=STARTED,
    covers_to=dt.date(2023, 3, 31),
    written_on=dt.date(2023, 4, 3),
    worker_id=WORKER,
    client_id=its_client,
    recipient=Recipient.PURCHASER_SOCIAL_WORKER,
    sections=("change_since_start", "observations", "actions", "methods", "goals"),
)
delivered = told(
    DeliverDocument,
    document_kind="closing_summary",
    recipient=Recipient.CONTROLLER,
    delivered_on=AFTER,
    delivery_mode="handed_over",
    worker_id=WORKER,
)
noticed = told(
    GiveNotice,
    notice_kind="meeting_not_realised",
    recipient=Recipient.CHILD_SUPERVISOR,
    given_on=LATER,
    worker_id=WORKER,
)
feedback = told(ReceiveFeedback, feedback_id=fresh, received_on=AFTER, given_by="client")
contacted = told(
    MakeFollowUpContact,
    made_on=dt.date(2024, 1, 10),
    months_after=6,
    worker_id=WORKER,
    client_id=its_client,
    reached=True,
)


def planned(kind: PlanKind = PlanKind.IMPLEMENTATION_PLAN, **otherwise: Any) -> Step:
    """A plan that tells everything that any of the services asks for."""
    usual: dict[str, Any] = {
        "made_on": STARTED,
        "plan_kind": kind,
        "together_with": ("client", "family", "network", "referrer", "authority"),
        "services_mapped": ("family_centre",),
        "goal_texts": {"1": "Aamut sujuvat."},
        "content": "Arjen harjoittelua.",
        "methods": ("everyday_practice",),
        "contact_times": ("tuesday_10",),
        "estimated_months": 4,
        "weekly_minutes": 180,
        "planned_minutes": 600,
        "planned_remote_minutes": 120,
    }
    return lambda _work: plan(**{**usual, **otherwise})


def client_plan(**otherwise: Any) -> Step:
    usual: dict[str, Any] = {"made_by": Recipient.PURCHASER_SOCIAL_WORKER, "made_on": STARTED}
    return planned(PlanKind.CLIENT_PLAN, **{**usual, **otherwise})


def met(day: dt.date = MET, **otherwise: Any) -> Step:
    """A meeting of an hour that tells everything that any of the services asks for."""
    usual: dict[str, Any] = {
        "started_at": at(day),
        "ended_at": at(day, 11),
        "planned_starts_at": at(day),
        "planned_ends_at": at(day, 11),
        "participants": ("child", "visiting_parent"),
        "presence": ("start", "end", "within_reach", "in_sight_and_hearing", "present_throughout"),
        "presence_gap_minutes": 0,
        "support_given": ("talking_it_over",),
        "late_arrivals": (LateArrival(who="visiting_parent", minutes=5),),
    }
    return lambda _work: meeting(1, **{**usual, **otherwise})


def start_meeting(**otherwise: Any) -> Step:
    return met(STARTED, meeting_kind=MeetingKind.START_MEETING, **otherwise)


COURSE: dict[str, tuple[str, ...]] = {
    "P1": ("granted", "committed", "agreed", "admitted", "assigned", "started"),
    "P2": ("granted", "committed", "admitted", "assigned", "started"),
    **dict.fromkeys(VISITS, ("granted", "committed", "grounded", "assigned", "started")),
    "P6": ("granted", "committed", "by_phone", "assigned", "started"),
    **dict.fromkeys(
        REHABILITATION, ("granted", "committed", "by_phone", "assigned", "start_meeting", "client_plan", "started")
    ),
}
STEPS: Mapping[str, Callable[..., Step]] = {
    "granted": granted,
    "committed": committed,
    "agreed": agreed,
    "admitted": admitted,
    "assigned": assigned,
    "grounded": grounded,
    "by_phone": by_phone,
    "start_meeting": start_meeting,
    "client_plan": client_plan,
    "started": started,
}


def course(service: str, *then: Step, without: str = "", instead: Mapping[str, Step] | None = None) -> Story:
    """The usual course up to the start, but for what is left out or done instead; and what comes then."""

    def story(desk: Desk) -> UUID:
        client = desk.client(age=24 if service in ("P1", "P2") else 4, on=DECIDED)
        if service == "P2" and without != "expecting":
            desk.do(client, ExpectBirth(learnt_on=REFERRED, expected_on=dt.date(2023, 5, 1)))
        work = Work(desk, service, client, desk.referred(client, received_on=REFERRED))
        steps = [(instead or {}).get(name) or STEPS[name]() for name in COURSE[service] if name != without]
        for step in (*steps, *then):
            work.do(step)
        return work.episode

    return story


def with_child(age: int = 1, *, place: bool = True, **placement: Any) -> Step:
    """Instead of the start: the start with a child who comes along, placed or not."""

    def step(work: Work) -> None:
        child = work.desk.client(age=age, on=DECIDED)
        if place:
            work.do(placed(client_id=child, **placement))
        work.do(StartEpisode(started_on=STARTED, children_along=(child,)))

    return step


def bear(born_on: dt.date) -> Step:
    """The client's child is born, and told of on the client's own stream alone."""

    def step(work: Work) -> None:
        work.desk.do(work.client, RecordBirth(born_on=born_on))

    return step


def birth(*, place: bool) -> Step:
    """A birth told on the mother's stream and brought into the episode; the child placed then or not."""

    def step(work: Work) -> None:
        born_on = dt.date(2023, 5, 2)
        child = work.desk.client(age=0, on=born_on + dt.timedelta(days=40))
        work.desk.do(work.client, RecordBirth(born_on=born_on, child_client_id=child))
        work.do(TellBirth(mother_id=work.client, child_id=child))
        if place:
            decision = {"decision_id": new_id(), "client_id": child, "decided_on": born_on, "valid_from": born_on}
            work.do(DecidePlacement.model_validate({**decision, "decision_maker": "child_welfare"}))

    return step


def consented(*, withdrawn: bool = False) -> Step:
    """The client consents to being contacted after the end, and may take it back."""

    def step(work: Work) -> None:
        consent = new_id()
        work.desk.do(work.client, GiveConsent(consent_id=consent, scope=ConsentScope.FOLLOW_UP, given_on=LATER))
        work.do(AgreeFollowUp(client_id=work.client, agreed_on=LATER))
        if withdrawn:
            work.desk.do(work.client, WithdrawConsent(consent_id=consent, withdrawn_on=MET + dt.timedelta(days=9)))
            work.do(StopFollowUp(client_id=work.client, stopped_on=MET + dt.timedelta(days=9)))

    return step


def delivery_of_plan(*recipients: Recipient) -> Step:
    """The implementation plan, delivered to these."""

    def step(work: Work) -> None:
        plan_id = new_id()
        work.do(planned(plan_id=plan_id, made_on=LATER))
        for recipient in recipients:
            told_so = {"document_kind": "implementation_plan", "recipient": recipient, "delivered_on": LATER}
            work.do(delivered(**told_so, delivery_mode="electronic", plan_id=plan_id))

    return step


def unrealised(*, report: bool, cancelled: bool = True) -> Step:
    """An agreed meeting called off, or interrupted; reported or not."""

    def step(work: Work) -> None:
        meeting_id = new_id()
        work.do(called_off(meeting_id=meeting_id) if cancelled else interrupted(meeting_id=meeting_id))
        if report:
            work.do(noticed(meeting_id=meeting_id))

    return step


called_off = told(
    CancelMeeting,
    meeting_id=fresh,
    worker_ids=(WORKER,),
    cancelled_at=at(MET, 8),
    starts_at=at(MET),
    cancelled_by=CancelledBy.VISITING_PARENT,
)


UNTOLD = (Interruption(minutes=10),)
"""Interrupted once, and nobody said why."""


def interrupted(**otherwise: Any) -> Step:
    return met(**{"interruptions": (Interruption(reason="child_upset", minutes=10),), **otherwise})


def change(observation: Observation, *, tell: bool) -> Step:
    """A change that the purchaser must be told of, and is or is not."""

    def step(work: Work) -> None:
        change_id = new_id()
        work.do(ObserveChange(change_id=change_id, observation=observation, observed_on=MET, worker_id=WORKER))
        if tell:
            fields: dict[str, Any] = {"notice_kind": "change", "recipient": Recipient.PURCHASER_DEPUTY}
            work.do(GiveNotice(given_on=LATER, worker_id=WORKER, change_id=change_id, **fields))

    return step


def feedback_gone_through(*, handle: bool) -> Step:
    def step(work: Work) -> None:
        feedback_id = new_id()
        work.do(ReceiveFeedback(feedback_id=feedback_id, received_on=MET, given_by="client", oral=True))
        if handle:
            work.do(HandleFeedbackInTeam(feedback_id=feedback_id, handled_on=LATER, worker_id=WORKER))

    return step


def case(service: str, rule_id: str, kept: Story, broken: Story | None = None) -> Driven:
    """A case; one story is enough of a rule that only informs."""
    return Driven(service, rule_id, kept, broken or kept)


def without(service: str, rule_id: str, step: str, **kept: Any) -> Driven:
    """A rule that is kept by the usual course, and broken when the step is left out."""
    return case(service, rule_id, course(service, **kept), course(service, without=step, **kept))


def otherwise(service: str, rule_id: str, **instead: Step) -> Driven:
    """A rule that is kept by the usual course, and broken when a step of it is told otherwise."""
    return case(service, rule_id, course(service), course(service, instead=instead))


def after(service: str, rule_id: str, keeping: Step, breaking: Step | None) -> Driven:
    """A rule that is kept or broken by what comes after the start."""
    return case(service, rule_id, course(service, keeping), course(service, *([breaking] if breaking else [])))


def at_the_end(service: str, rule_id: str, *keeping: Step) -> Driven:
    """A duty that the closure opens."""
    return case(service, rule_id, course(service, *keeping), course(service, closed()))


FRAME = [
    otherwise("P6", "P0.decision-before-start", granted=granted(decided_on=LATER)),
    otherwise("P6", "P0.decision-contents", granted=granted(reasons=None)),
    after("P6", "P0.decisions-reasoned", extended(), extended(reasons=None)),
    otherwise("P6", "P0.decision-before-start", granted=granted(valid_from=LATER)),
    otherwise("P6", "P0.decision-before-start", granted=granted(valid_to=DECIDED, valid_from=DECIDED)),
    case("P6", "P0.decision-before-start", course("P6"), course("P6", ended(), started(), without="started")),
    without("P6", "P0.commitment-before-start", "committed"),
    otherwise("P6", "P0.commitment-before-start", committed=committed(valid_from=LATER)),
    otherwise("P6", "P0.commitment-before-start", committed=committed(valid_from=REFERRED, valid_to=DECIDED)),
    otherwise("P6", "P0.commitment-extent", committed=committed(cost_centre=None)),
    after("P6", "P0.work-within-service", met(), met(DECIDED)),
    after("P6", "P0.plan-goals", planned(), planned(goals=())),
    case("P6", "P0.goals-assessed", course("P6", evaluated(), closed()), course("P6", closed())),
    case("P6", "P0.reports-as-agreed", course("P6", reporting(), reported()), course("P6", reporting())),
    case(
        "P6",
        "P0.delivery-mode",
        course("P6", closed(), summarised(), delivered()),
        course("P6", closed(), summarised(), delivered(delivery_mode="by_word_of_mouth")),
    ),
    case(
        "P6",
        "P0.summary-written",
        course("P6", closed(), summarised(), delivered()),
        course("P6", closed(), delivered()),
    ),
    case("P6", "P0.referral-to-start", course("P6")),
    case("P6", "P0.staff", course("P6")),
]
DELIVERY = [
    driven
    for service in sorted(SERVICES)
    for driven in (
        at_the_end(service, "summary-delivered", closed(), summarised(), delivered()),
        at_the_end(service, "summary-delivered", summarised(written_on=MET), delivered(delivered_on=MET), closed()),
        at_the_end(service, "documents-delivered", closed(), delivered(document_kind="client_documents")),
    )
]
BY_PHONE = [
    driven
    for service in ("P6", *REHABILITATION)
    for driven in (
        without(service, "clientship-by-phone", "by_phone"),
        otherwise(service, "clientship-with-whom", by_phone=by_phone(agreed_with="")),
    )
]
P1 = [
    otherwise("P1", "need", granted=granted(codes=())),
    without("P1", "arrival-agreed", "agreed"),
    otherwise("P1", "able-to-arrive", admitted=admitted(behaves_fittingly=False)),
    without("P1", "named-worker", "assigned"),
    after("P1", "plan", planned(), None),
    after("P1", "plan-together", planned(), planned(together_with=("family",))),
    after("P1", "regular-evaluation", evaluated(), evaluated(together_with=("family",))),
    at_the_end("P1", "follow-up-plan", planned(PlanKind.FOLLOW_UP_PLAN, made_on=CLOSED), closed()),
    after(
        "P1",
        "follow-up-plan-together",
        planned(PlanKind.FOLLOW_UP_PLAN),
        planned(PlanKind.FOLLOW_UP_PLAN, services_mapped=None),
    ),
    case(
        "P1",
        "extra-staff",
        course(
            "P1",
            agreed(subject=AgreementSubject.EXTRA_STAFF, agreed_with="purchaser_social_worker"),
            assigned(worker_id=OTHER_WORKER, extra_staff=True),
        ),
        course("P1", assigned(worker_id=OTHER_WORKER, extra_staff=True)),
    ),
    case(
        "P1",
        "extra-staff",
        course(
            "P1",
            agreed(subject=AgreementSubject.EXTRA_STAFF, agreed_with="purchaser"),
            assigned(worker_id=OTHER_WORKER, extra_staff=True),
        ),
        course(
            "P1",
            agreed(subject=AgreementSubject.EXTRA_STAFF),
            assigned(worker_id=OTHER_WORKER, extra_staff=True),
        ),
    ),
    at_the_end("P1", "client-feedback", closed(), feedback()),
    at_the_end("P1", "partner-feedback", closed(), feedback(given_by="partner")),
    case("P1", "content", course("P1", met())),
    case("P1", "quality-criteria", course("P1")),
]
P2 = [
    otherwise("P2", "target", granted=granted(codes=())),
    case(
        "P2",
        "expecting-or-under-three",
        course("P2", without="expecting", instead={"started": with_child(2)}),
        course("P2", without="expecting", instead={"started": with_child(3)}),
    ),
    case(
        "P2",
        "expecting-or-under-three",
        course("P2", bear(DECIDED), with_child(0), without="started"),
        course("P2", bear(DECIDED), started(), without="started"),
    ),
    otherwise("P2", "commitment-payer", committed=committed(payer_service="elderly_care")),
    case(
        "P2",
        "commitment-payer",
        course("P2"),
        course(
            "P2",
            committed(payer_service="elderly_care"),
            started(),
            without="started",
            instead={"committed": committed(valid_from=LATER)},
        ),
    ),
    case(
        "P2",
        "placement-before-arrival",
        course("P2", instead={"started": with_child()}),
        course("P2", instead={"started": with_child(place=False)}),
    ),
    case(
        "P2",
        "placement-before-arrival",
        course("P2", instead={"started": with_child(valid_to=STARTED)}),
        course("P2", instead={"started": with_child(valid_from=REFERRED, valid_to=DECIDED)}),
    ),
    case(
        "P2",
        "placement-renewed",
        course("P2", placed(valid_to=MET), placed(decided_on=MET, valid_from=LATER), closed()),
        course("P2", placed(valid_to=MET), closed()),
    ),
    after("P2", "placement-after-birth", birth(place=True), birth(place=False)),
    otherwise("P2", "detoxified", admitted=admitted(detoxification_needed=True)),
    case(
        "P2",
        "drug-screen",
        course("P2", screened(), started(), without="started", instead={"admitted": admitted(drug_screen_needed=True)}),
        course("P2", instead={"admitted": admitted(drug_screen_needed=True)}),
    ),
    without("P2", "named-worker", "assigned"),
    after("P2", "three-to-twelve-months", closed(), closed(closed_on=dt.date(2023, 4, 12))),
    after("P2", "personal-plan", planned(PlanKind.PERSONAL_PLAN), None),
    case(
        "P2",
        "plan-updated",
        course("P2", planned(PlanKind.PERSONAL_PLAN), planned(PlanKind.PERSONAL_PLAN, made_on=MET)),
        course("P2", planned(PlanKind.PERSONAL_PLAN)),
    ),
    after("P2", "report-note-types", reported(), reported(note_type=None)),
    at_the_end("P2", "client-evaluation", closed(), feedback(feedback_kind="evaluation")),
    case(
        "P2",
        "follow-up-half-a-year",
        course("P2", consented(), closed(), contacted()),
        course("P2", consented(), closed()),
    ),
    case(
        "P2",
        "follow-up-a-year",
        course(
            "P2",
            consented(),
            closed(closed_on=dt.date(2023, 6, 8)),
            contacted(made_on=dt.date(2024, 6, 3), months_after=12),
        ),
        course("P2", consented(), closed()),
    ),
    case(
        "P2",
        "no-contact-without-consent",
        course("P2", consented(), closed(), contacted()),
        course("P2", closed(), contacted()),
    ),
    case(
        "P2",
        "no-contact-without-consent",
        course("P2", consented(withdrawn=True), consented(), closed(), contacted()),
        course("P2", consented(withdrawn=True), closed(), contacted()),
    ),
    case(
        "P1",
        "client-feedback",
        course("P1", feedback(received_on=MET), closed()),
        course("P1", feedback(received_on=MET), closed(closed_on=MET), reopened(), closed()),
    ),
    at_the_end("P2", "partner-feedback", closed(), feedback(given_by="partner")),
    case("P2", "rehabilitation", course("P2", met())),
]


def of_visits(service: str) -> list[Driven]:
    """What P3, P4 and P5 have in common."""
    return [
        otherwise(service, "unsafe-otherwise", granted=granted(codes=())),
        without(service, "ground", "grounded"),
        otherwise(service, "need-by-authority", grounded=grounded(need_defined_by_authority=False)),
        after(service, "goals-with-authority", planned(), planned(together_with=("family",))),
        after(service, "plan", planned(), None),
        after(service, "presence", met(), met(presence=("start",))),
        after(service, "presence-gap", met(), met(presence_gap_minutes=7)),
        after(service, "occurrence", met(), met(participants=())),
        after(service, "cancellation", called_off(), called_off(cancelled_by=CancelledBy.OTHER)),
        after(service, "interruption-reason", interrupted(), interrupted(interruptions=UNTOLD)),
        after(
            service,
            "interruption-reason",
            interrupted(interruptions=UNTOLD, interruption_reason="child_upset"),
            interrupted(interruptions=(*UNTOLD, Interruption())),
        ),
        after(service, "unrealised-reported", unrealised(report=True), unrealised(report=False, cancelled=False)),
        otherwise(service, "commitment-quality", committed=committed(quality_requirements=())),
        otherwise(service, "contract", committed=committed(contract_reference=None)),
        after(service, "feedback-handled", feedback_gone_through(handle=True), feedback_gone_through(handle=False)),
        case(service, "support-given", course(service, met())),
        case(service, "quality-criteria", course(service)),
        case(service, "named-worker", course(service)),
    ]


P6 = [
    after("P6", "goals-with-authority", planned(), planned(together_with=("family",))),
    after("P6", "plan", planned(), None),
    after("P6", "place", met(), met(mode=MeetingMode.OFFICE)),
    otherwise("P6", "contract", committed=committed(contract_reference=None)),
    case("P6", "long-term", course("P6", met())),
    case("P6", "remote-far-apart", course("P6", met(mode=MeetingMode.VIDEO))),
    case("P6", "named-worker", course("P6")),
]


def of_rehabilitation(service: str) -> list[Driven]:
    """What P7 and P8 have in common."""
    both = (Recipient.PURCHASER_SOCIAL_WORKER, Recipient.CLIENT)
    return [
        otherwise(service, "child-welfare-client", granted=granted(clientship="social_welfare")),
        case(
            service,
            "child-welfare-client",
            course(service, instead={"granted": granted(legal_basis="Lastensuojelulaki (417/2007) 36 §")}),
            course(service, instead={"granted": granted(legal_basis="Child Welfare Act (417/2007) § 40")}),
        ),
        otherwise(service, "ground", granted=granted(codes=("child_threatened",))),
        without(service, "named-worker", "assigned"),
        without(service, "start-meeting", "start_meeting"),
        otherwise(service, "named-workers-present", start_meeting=start_meeting(worker_ids=(OTHER_WORKER,))),
        without(service, "client-plan", "client_plan"),
        otherwise(service, "client-plan", client_plan=client_plan(made_on=REFERRED)),
        otherwise(service, "client-plan-by-purchaser", client_plan=client_plan(made_by=None)),
        after(service, "implementation-plan", planned(), None),
        case(
            service,
            "from-client-plan",
            course(service, planned()),
            course(service, planned(), without="client_plan"),
        ),
        after(service, "implementation-plan-contents", planned(), planned(methods=None)),
        case(
            service,
            "plan-updated",
            course(service, planned(), planned(made_on=MET)),
            course(service, planned()),
        ),
        after(service, "plan-to-social-worker", delivery_of_plan(*both), delivery_of_plan(Recipient.CLIENT)),
        after(service, "plan-to-client", delivery_of_plan(*both), delivery_of_plan(Recipient.PURCHASER_SOCIAL_WORKER)),
        after(service, "monthly-report", monthly(), None),
        after(service, "monthly-report-contents", monthly(), monthly(sections=("goals",))),
        after(
            service,
            "changes-told",
            change(Observation.BEARS_ON_WORK, tell=True),
            change(Observation.CHANGE_IN_FAMILY, tell=False),
        ),
        after(
            service,
            "no-longer-fitting-told",
            change(Observation.NO_LONGER_FITTING, tell=True),
            change(Observation.NO_LONGER_FITTING, tell=False),
        ),
        at_the_end(service, "outcome-picture", planned(PlanKind.FOLLOW_UP_PLAN, made_on=CLOSED), closed()),
        otherwise(service, "contract", committed=committed(contract_reference=None)),
        case(
            service,
            "child-welfare-notification",
            course(service, noticed(notice_kind="child_welfare_notification", recipient=Recipient.CHILD_WELFARE)),
        ),
        case(service, "work", course(service, met())),
    ]


def minutes_of(minutes: int, mode: MeetingMode, day: dt.date = MET) -> Step:
    return met(day, ended_at=at(day) + dt.timedelta(minutes=minutes), mode=mode)


P8 = [
    after("P8", "planned-minutes", planned(), planned(planned_minutes=None, planned_remote_minutes=None)),
    case(
        "P8",
        "remote-share",
        course("P8", planned(), minutes_of(80, MeetingMode.OTHER_PLACE), minutes_of(20, MeetingMode.VIDEO)),
        course("P8", planned(planned_remote_minutes=121)),
    ),
]
CASES = [
    *FRAME,
    *DELIVERY,
    *BY_PHONE,
    *P1,
    *P2,
    *(driven for service in VISITS for driven in of_visits(service)),
    *P6,
    *(driven for service in REHABILITATION for driven in of_rehabilitation(service)),
    *P8,
]
