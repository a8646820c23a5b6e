"""Lapland's producer (S0): P1-P8, each with a sound course, one with breaches, one that goes on, and a refusal.

Never here: what the rules say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from domain.client.commands.register_client import RegisterClient
from domain.client.commands.tellings import ExpectBirth, GiveConsent, RecordBirth, WithdrawConsent
from domain.client.facts import ConsentScope
from domain.contact.facts import ContactChannel, ContactSource
from domain.episode.commands.agree_follow_up import AgreeFollowUp
from domain.episode.commands.assess_admission import AssessAdmission
from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.cancel_meeting import CancelMeeting
from domain.episode.commands.close_episode import CloseEpisode
from domain.episode.commands.decide_placement import DecidePlacement
from domain.episode.commands.deliver_document import DeliverDocument
from domain.episode.commands.evaluate_plan import EvaluatePlan
from domain.episode.commands.give_notice import GiveNotice
from domain.episode.commands.grant_service import GrantService
from domain.episode.commands.make_agreement import MakeAgreement
from domain.episode.commands.make_follow_up_contact import MakeFollowUpContact
from domain.episode.commands.make_plan import MakePlan
from domain.episode.commands.observe_change import ObserveChange
from domain.episode.commands.receive_feedback import ReceiveFeedback
from domain.episode.commands.receive_payment_commitment import ReceivePaymentCommitment
from domain.episode.commands.receive_referral import ReceiveReferral
from domain.episode.commands.record_meeting import RecordMeeting
from domain.episode.commands.record_visitation_ground import RecordVisitationGround
from domain.episode.commands.refuse_service import RefuseService
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.commands.stop_follow_up import StopFollowUp
from domain.episode.commands.tell_birth import TellBirth
from domain.episode.commands.write_report import WriteReport
from domain.episode.commands.write_summary import WriteSummary
from domain.episode.facts import (
    AgreementSubject,
    CancelledBy,
    ClosureReason,
    Goal,
    LateArrival,
    MeetingKind,
    MeetingMode,
    Observation,
    Outcome,
    PlanKind,
    Recipient,
    VisitationGround,
)
from domain.register.facts import WorkerRole
from scripts.demonstration.telling import Tale

SERVICES = ("P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8")
VISITS, ADULTS, REHABILITATION = ("P3", "P4", "P5"), ("P1", "P2"), ("P7", "P8")
AREAS = ("Rovaniemi", "Kemi", "Tornio", "Sodankylä")
WORKERS = {
    "L1": WorkerRole.KEY_WORKER,
    "L2": WorkerRole.OWN_INSTRUCTOR,
    "L3": WorkerRole.VISITATION_SUPERVISOR,
    "L4": WorkerRole.FAMILY_INSTRUCTOR,
    "L5": WorkerRole.FAMILY_INSTRUCTOR,
}
WORKER_OF = {"P1": "L1", "P2": "L2", **dict.fromkeys(VISITS, "L3"), "P6": "L4", "P7": "L5", "P8": "L5"}
CODES = {
    "P1": ("mental_health",),
    "P2": ("substance_problem",),
    **dict.fromkeys(VISITS, ("contact_not_safe_otherwise",)),
    "P6": (),
    **dict.fromkeys(REHABILITATION, ("child_threatened", "serious_lack_parenting")),
}
TOGETHER = ("client", "family", "network", "referrer", "authority")
SECTIONS = ("change_since_start", "observations", "actions", "methods", "goals")
BEGINNINGS = {
    "sound": dt.date(2025, 1, 20),
    "breaches": dt.date(2025, 3, 10),
    "called_off": dt.date(2025, 5, 5),
    "running": dt.date(2025, 9, 29),
    "refused": dt.date(2025, 8, 11),
}
"""The courses of each service, and from about which day on."""
LENGTHS = {"sound": 120, "breaches": 110, "called_off": 40, "running": 74}
"""How many days of work a course has."""


def tales(register: str, seed: str) -> Iterator[Tale]:
    """Every story of the register."""
    for number, service in enumerate(SERVICES):
        for course, beginning in BEGINNINGS.items():
            base = beginning + dt.timedelta(days=7 * (number % 3))
            tale = Tale(register, f"{service}/{course}", base, WORKER_OF[service], seed=seed)
            _Course(tale, service, course, AREAS[number % len(AREAS)]).tell()
            yield tale


class _Course:
    """One episode of a service."""

    def __init__(self, tale: Tale, service: str, course: str, area: str) -> None:
        self.tale, self.service, self.course = tale, service, course
        self.clients = [tale.client(26 if service in ADULTS else 5, area, code=course != "called_off")]
        if service in REHABILITATION and course != "called_off":
            self.clients.append(tale.client(9, area, name="sibling"))
        self.episode = tale.id("episode")
        self.start = 10 + tale.draw.choice((0, 0, 1, 4, 8))
        self.end = self.start + LENGTHS.get(course, 0)
        self.well = course == "sound"

    def do(self, kind: type[Any], /, **fields: Any) -> UUID:
        return self.tale.do(self.episode, kind, **fields)

    def tell(self) -> None:
        """From the referral to where the course ends."""
        day = self.tale.day
        self.do(
            ReceiveReferral,
            client_ids=tuple(self.clients),
            received_on=day(0),
            source=ContactSource.CHILD_WELFARE,
            purchaser="lapland",
            requested_service=self.service,
        )
        if self.course == "refused":
            self.do(RefuseService, service=self.service, decided_on=day(9), reasons="Kevyempi tuki riittää.")
            return
        if self.service == "P2":
            self.tale.do(self.clients[0], ExpectBirth, learnt_on=day(1), expected_on=day(60))
        self._authorise()
        self._prepare()
        along = self._child_along() if self.service == "P2" and self.course in ("breaches", "running") else ()
        self.do(StartEpisode, started_on=day(self.start), children_along=along)
        self._plan()
        if self.service == "P2" and self.well:
            self._birth()
        self._work()
        if self.course != "running":
            self._close()

    def _authorise(self) -> None:
        day, valid_from = self.tale.day, self.tale.day(self.start)
        clientship = {"clientship": "child_welfare", "codes": CODES[self.service], "valid_from": valid_from}
        self.do(GrantService, service=self.service, decided_on=day(5), reasons="Tarve on arvioitu.", **clientship)
        self.do(
            ReceivePaymentCommitment,
            received_on=day(6),
            issuer="lapland",
            payer_service="child_welfare",
            valid_from=valid_from,
            units=30,
            cost_centre="4100" if self.course != "breaches" else None,
            contract_reference="tender-1",
            quality_requirements=("national_criteria",),
        )

    def _prepare(self) -> None:
        day, start = self.tale.day, self.tale.day(self.start)
        role = WORKERS[self.tale.worker]
        self.do(AssignWorker, role=role, from_on=day(6))
        if self.service in ADULTS:
            fits = {"manages_own_medication": True, "behaves_fittingly": True}
            screens = {"detoxification_needed": False, "drug_screen_needed": False}
            self.do(AssessAdmission, assessed_on=day(6), **fits, **screens)
        if self.service == "P1":
            self.do(MakeAgreement, agreed_on=day(6), agreed_with="referrer", subject=AgreementSubject.ARRIVAL)
        if self.service in VISITS:
            ground = {"ground": VisitationGround.COURT_DECISION, "authority": "district_court"}
            self.do(RecordVisitationGround, dated_on=day(-30), need_defined_by_authority=True, **ground)
        if self.service in ("P6", *REHABILITATION):
            by_phone = {"subject": AgreementSubject.CLIENTSHIP, "channel": ContactChannel.PHONE}
            self.do(MakeAgreement, agreed_on=day(6), agreed_with="purchaser_social_worker", **by_phone)
        if self.service in REHABILITATION:
            self._meet(self.start, meeting_kind=MeetingKind.START_MEETING)
            purchaser = {"made_by": Recipient.PURCHASER_SOCIAL_WORKER}
            self.do(MakePlan, plan_kind=PlanKind.CLIENT_PLAN, made_on=start, **purchaser, **self._told())

    def _child_along(self) -> tuple[UUID, ...]:
        """A small child who comes along with the parent, placed."""
        child = self.tale.client(1, "Kemi", name="child")
        self._place(child, self.start - 1)
        return (child,)

    def _birth(self) -> None:
        """The child that was expected is born, comes into the episode and is placed."""
        born, child = self.start + 45, self.tale.id("child")
        born_on = self.tale.day(born)
        family = {"family_id": self.tale.id("family"), "area": "Kemi"}
        self.tale.do(child, RegisterClient, born_on=born_on, **family)
        self.tale.do(self.clients[0], RecordBirth, born_on=born_on, child_client_id=child)
        self.do(TellBirth, mother_id=self.clients[0], child_id=child)
        self._place(child, born)

    def _place(self, child: UUID, number: int) -> None:
        day = self.tale.day(number)
        self.do(DecidePlacement, client_id=child, decided_on=day, valid_from=day, decision_maker="child_welfare")

    def _told(self) -> dict[str, Any]:
        return {
            "goals": (Goal(goal_id=self.tale.id("goal"), theme="everyday_skills"),),
            "together_with": TOGETHER,
            "with_family": True if self.course != "breaches" else None,
            "goal_texts": {"1": "Aamut sujuvat."},
            "content": "Arjen harjoittelua.",
            "methods": ("everyday_practice",),
            "contact_times": ("tuesday_10",),
            "estimated_months": 4,
            "weekly_minutes": 180,
            "planned_minutes": 1200,
            "planned_remote_minutes": 200,
        }

    def _plan(self) -> None:
        made = self.start + (2 if self.course != "breaches" else 40)
        kind = PlanKind.PERSONAL_PLAN if self.service == "P2" else PlanKind.IMPLEMENTATION_PLAN
        plan_id = self.tale.id("plan")
        self.do(MakePlan, plan_id=plan_id, plan_kind=kind, made_on=self.tale.day(made), **self._told())
        self.plan_id = plan_id
        if self.service in REHABILITATION:
            told = {"document_kind": kind, "delivered_on": self.tale.day(made + 1), "plan_id": plan_id}
            for recipient in (Recipient.PURCHASER_SOCIAL_WORKER, Recipient.CLIENT)[: 1 + self.well]:
                self.do(DeliverDocument, recipient=recipient, delivery_mode="electronic", **told)

    def _meet(self, number: int, **fields: Any) -> UUID:
        """A meeting of an hour that tells what any of the services asks for."""
        tale, hour = self.tale, self.tale.draw.randint(9, 14)
        began = tale.at(number, hour)
        lasted = dt.timedelta(minutes=fields.pop("minutes", tale.draw.choice((45, 60, 60, 90))))
        usual: dict[str, Any] = {
            "started_at": began,
            "ended_at": began + lasted,
            "planned_starts_at": began,
            "planned_ends_at": began + lasted,
            "mode": MeetingMode.OTHER_PLACE if self.service in VISITS else MeetingMode.HOME,
            "participants": ("child", "visiting_parent" if self.service in VISITS else "parents"),
            "presence": ("start", "end", "within_reach", "in_sight_and_hearing", "present_throughout"),
            "presence_gap_minutes": 0,
            "support_given": ("talking_it_over",),
        }
        return self.do(RecordMeeting, **{**usual, **fields})

    def _work(self) -> None:
        """A meeting a week; in the course with breaches, what people forget and put right."""
        meetings: list[UUID] = []
        for week, number in enumerate(range(self.start + 4, self.end, 7)):
            late = self.tale.draw.choice((*[0] * 10, 3, 9))
            remote = week % (3 if self.course == "breaches" else 6) == (
                2 if self.course == "breaches" else 5
            ) and self.service not in (*VISITS, *ADULTS)
            more: dict[str, Any] = {"mode": MeetingMode.VIDEO, "minutes": 45} if remote else {}
            if self.course == "breaches" and week == 3:
                more |= {"presence": ("start",), "presence_gap_minutes": 12, "participants": ()}
            if self.service in VISITS and week == 4:
                more |= {"late_arrivals": (LateArrival(who="visiting_parent", minutes=10),)}
            meetings.append(self._meet(number, late=late, **more))
        if self.course in ("breaches", "called_off"):
            self._mistakes(meetings)
        self._report()

    def _mistakes(self, meetings: list[UUID]) -> None:
        tale, at = self.tale, self.tale.at(self.end - 9)
        self.tale.correct(self.episode, meetings[0], mode=MeetingMode.OFFICE)
        again = self._meet(self.start + 11, late=4)
        self.tale.strike_out(self.episode, again)
        meeting_id = tale.id("called_off")
        when = {"starts_at": at, "cancelled_at": at - dt.timedelta(hours=2)}
        by = CancelledBy.VISITING_PARENT if self.service in VISITS else CancelledBy.FAMILY
        self.do(CancelMeeting, meeting_id=meeting_id, cancelled_by=by, **when)
        if self.course == "called_off":
            told = {"notice_kind": "meeting_not_realised", "recipient": Recipient.CHILD_SUPERVISOR}
            self.do(GiveNotice, given_on=tale.day(self.end - 8), meeting_id=meeting_id, **told)
        if self.service in REHABILITATION:
            seen = {"observation": Observation.CHANGE_IN_FAMILY, "content": "Perheen tilanne muuttui."}
            self.do(ObserveChange, observed_on=tale.day(self.end - 7), **seen)
        if self.course == "breaches" and self.service in VISITS:
            self.tale.explain(self.episode, "presence", tale.day(self.end - 5), "Valvojan äkillinen sairastuminen.")

    def _report(self) -> None:
        """A report a month and child; the course with breaches forgets the second month."""
        if self.service not in REHABILITATION:
            return
        first = self.tale.day(self.start)
        month = first
        for number in range(self.end // 30):
            next_month = (month.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
            if next_month > self.tale.day(self.end):
                return
            covers = {"covers_from": month, "covers_to": next_month - dt.timedelta(days=1)}
            for child in self.clients if self.course != "breaches" or number != 1 else ():
                told = {"report_kind": "monthly", "sections": SECTIONS, "recipient": Recipient.PURCHASER_SOCIAL_WORKER}
                self.do(WriteReport, written_on=next_month + dt.timedelta(days=2), client_id=child, **covers, **told)
            month = next_month

    def _close(self) -> None:
        day, end, after = self.tale.day, self.end, self.end + 7
        self.do(EvaluatePlan, evaluated_on=day(end), together_with=("family", "referrer"))
        if self.service == "P2" and self.well:
            consent = {"consent_id": self.tale.id("consent"), "scope": ConsentScope.FOLLOW_UP}
            self.tale.do(self.clients[0], GiveConsent, given_on=day(end), **consent)
            self.do(AgreeFollowUp, client_id=self.clients[0], agreed_on=day(end))
        if self.well and self.service in ("P1", *REHABILITATION):
            mapped = {"services_mapped": ("family_centre",), **self._told()}
            self.do(MakePlan, plan_kind=PlanKind.FOLLOW_UP_PLAN, made_on=day(end), **mapped)
        withdrew = self.course == "called_off"
        reason = ClosureReason.FAMILY_WITHDREW if withdrew else ClosureReason.GOALS_MET
        self.do(CloseEpisode, closed_on=day(end), reason=reason, outcome=Outcome.NONE)
        if self.course == "breaches":
            return
        self.do(WriteSummary, written_on=day(end), content="Yhteenveto.")
        for document in ("closing_summary", "client_documents"):
            told = {"document_kind": document, "recipient": Recipient.CONTROLLER, "delivery_mode": "handed_over"}
            self.do(DeliverDocument, delivered_on=day(after), **told)
        if self.well:
            self._listen(after)

    def _listen(self, after: int) -> None:
        day = self.tale.day
        for giver in ("client", "partner"):
            self.do(ReceiveFeedback, received_on=day(after), given_by=giver, oral=giver == "client")
        if self.service == "P2":
            self.do(ReceiveFeedback, received_on=day(after), given_by="client", feedback_kind="evaluation")
            contact = {"made_on": day(self.end + 181), "months_after": 6, "client_id": self.clients[0]}
            self.do(MakeFollowUpContact, reached=True, **contact)
            stopped = day(self.end + 195)
            self.tale.do(self.clients[0], WithdrawConsent, consent_id=self.tale.id("consent"), withdrawn_on=stopped)
            self.do(StopFollowUp, client_id=self.clients[0], stopped_on=stopped)
