"""Substance rehabilitation joined with parenting (P2): screens, small children along, births, and the year after.

Never here: what the rules say; the unit's survey rounds and audits stand in its quality file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from domain.client.commands.tellings import ExpectBirth, GiveConsent, WithdrawConsent
from domain.client.facts import ConsentScope
from domain.episode.commands.agree_follow_up import AgreeFollowUp
from domain.episode.commands.assess_admission import AssessAdmission
from domain.episode.commands.bring_child_along import BringChildAlong
from domain.episode.commands.decide_end import DecideEnd
from domain.episode.commands.decide_placement import DecidePlacement
from domain.episode.commands.deliver_document import DeliverDocument
from domain.episode.commands.end_clientship import EndClientship
from domain.episode.commands.make_follow_up_contact import MakeFollowUpContact
from domain.episode.commands.make_plan import MakePlan
from domain.episode.commands.record_screen import RecordScreen
from domain.episode.commands.stop_follow_up import StopFollowUp
from domain.episode.commands.write_report import WriteReport
from domain.episode.facts import (
    AgreementSubject,
    ClientshipEndReason,
    ClosureReason,
    GoalResult,
    MeetingKind,
    PlanKind,
    Recipient,
)
from domain.register.facts import WorkerRole
from scripts.demonstration.lapland.mother_child import MotherAndChild
from scripts.demonstration.lapland.places import HOME, TOGETHER
from scripts.demonstration.telling import Tale, Teller


@dataclass(frozen=True, slots=True)
class Stay:
    """A period of rehabilitation: when it was asked for, how many weeks it lasts, with whom, and how it goes."""

    name: str
    days_ago: int
    weeks: int
    worker: str
    birth_in_days: int | None = None
    placed_after_days: int = 0  # the newborn child's placement
    toddler: bool = False
    follow_up: bool = False
    stops_follow_up: bool = False
    relapsed: bool = False


STAYS = (
    Stay("the whole way", 640, 36, "L2", birth_in_days=70, follow_up=True),
    Stay("with a toddler", 392, 20, "L7", toddler=True, follow_up=True, stops_follow_up=True),
    Stay("broken off", 250, 7, "L2", toddler=True, relapsed=True),
    Stay("born in autumn", 176, 30, "L7", birth_in_days=68, placed_after_days=9),
    Stay("newest", 61, 40, "L2", birth_in_days=90),
)


def tales(teller: Teller) -> Iterator[Tale]:
    """Every stay, and one who first needs detoxification elsewhere."""
    for stay in STAYS:
        tale = teller.tale(f"P2/{stay.name}", stay.days_ago, stay.worker)
        mother = tale.client(tale.draw.randint(20, 34), HOME.area)
        Rehabilitation(tale, HOME, [mother]).live(stay)
        yield tale
    tale = teller.tale("P2/detoxification first", 130, "L2")
    course = Rehabilitation(tale, HOME, [tale.client(27, HOME.area)])
    course.refer(referrer="substance_services")
    told = {"detoxification_needed": True, "detoxified": False, "drug_screen_needed": True}
    course.do(AssessAdmission, assessed_on=tale.day(2), **told)
    course.refuse("Vieroitushoito tarvitaan ensin.")
    yield tale


class Rehabilitation(MotherAndChild):
    """One period of rehabilitation."""

    service = "P2"

    def live(self, stay: Stay) -> None:
        """From the referral to the contacts of the year after."""
        last = stay.weeks * 7
        if stay.birth_in_days is not None:
            due = self.day(stay.birth_in_days)
            self.tale.do(self.clients[0], ExpectBirth, learnt_on=self.tale.day(self.after), expected_on=due)
        self.refer(referrer="substance_services")
        self._admit(self._toddler() if stay.toddler else ())
        self._plans(last)
        self.days(last, stay.birth_in_days)
        self._screens(last, relapsed=stay.relapsed)
        self._note_types(last)
        if stay.birth_in_days is not None:
            baby = self.birth(stay.birth_in_days, "baby")
            self._place(baby, stay.birth_in_days + 8 + stay.placed_after_days)
        elif stay.name == "with a toddler":
            self._sibling_comes()
        self._end(stay, last)

    def _admit(self, along: tuple[UUID, ...]) -> None:
        reasons = "Päihdekuntoutus yhdessä vauvan tai odotuksen kanssa."
        self.grant(reasons, codes=("substance_problem",), clientship="child_welfare")
        payer = "substance_services" if along else "child_welfare"
        self.pay(270, "4120", payer_service=payer)
        needed = {"detoxification_needed": True, "detoxified": True, "drug_screen_needed": True}
        fits = {"manages_own_medication": True, "behaves_fittingly": True}
        self.do(AssessAdmission, assessed_on=self.day(-4), **needed, **fits)
        self.do(RecordScreen, taken_on=self.day(-2), matches_medication=True)
        self.agree(AgreementSubject.REPORTING, every_months=2, note_types=("social_welfare", "health_care"))
        self.assign(WorkerRole.OWN_INSTRUCTOR)
        self.begin(children_along=along)

    def _toddler(self) -> tuple[UUID, ...]:
        child = self.tale.client(1, HOME.area, name="toddler")
        self._place(child, -1)
        return (child,)

    def _sibling_comes(self) -> None:
        """A brother or sister who was elsewhere comes along midway, and moves to the other parent before the end."""
        child = self.tale.client(5, HOME.area, name="sibling")
        self._place(child, 48)
        self.do(BringChildAlong, client_id=child, joined_on=self.day(49))
        told = {"reason": ClientshipEndReason.MOVED_AWAY, "explanation": "Muutti toisen vanhemman luo."}
        self.do(EndClientship, client_id=child, ended_on=self.day(91), **told)
        papers = {
            "document_kind": "client_documents",
            "recipient": Recipient.CONTROLLER,
            "delivery_mode": "handed_over",
        }
        self.do(DeliverDocument, delivered_on=self.day(95), client_id=child, **papers)

    def _place(self, child: UUID, number: int) -> None:
        told = {"valid_from": self.day(number), "decision_maker": "child_welfare", "reasons": "Yhteinen sijoitus."}
        self.do(DecidePlacement, client_id=child, decided_on=self.day(number), **told)

    def _plans(self, last: int) -> None:
        """A personal plan in the first week, gone through again every third month, once late."""
        plan = {"plan_id": self.tale.id("plan"), "plan_kind": PlanKind.PERSONAL_PLAN, "together_with": TOGETHER}
        for turn, number in enumerate((4, 86, 190, 268)):
            if number < last:
                told = self.goals("abstinence", "early_interaction", *(("parenting",) if turn else ()))
                self.do(MakePlan, made_on=self.day(number), with_family=True, **plan, **told)

    def _screens(self, last: int, *, relapsed: bool) -> None:
        """A drug screen now and then; one that does not match comes before a breaking off."""
        for number in range(12, last, self.tale.draw.choice((17, 24, 31))):
            matches = not (relapsed and number + 32 > last)
            note = {} if matches else {"note": "Keskusteltiin tuloksesta omaohjaajan kanssa."}
            self.do(RecordScreen, taken_on=self.day(number), matches_medication=matches, **note)

    def _note_types(self, last: int) -> None:
        for turn, number in enumerate(range(53, last, 60)):
            covers = {"covers_from": self.day(number - 53), "covers_to": self.day(number)}
            note_type = ("social_welfare", "health_care", None)[turn % 3]  # now and then it is forgotten
            told = {"report_kind": "agreed", "recipient": Recipient.PURCHASER_SOCIAL_WORKER, "note_type": note_type}
            self.do(WriteReport, written_on=self.day(number + 2), content="Kuntoutuksen kulku.", **covers, **told)

    def _end(self, stay: Stay, last: int) -> None:
        if stay.relapsed:
            told = {"decision_maker": self.decider, "reasons": "Kuntoutus keskeytyi, vieroitus tarvitaan ensin."}
            self.do(DecideEnd, decided_on=self.day(last - 1), **told)
            self.close(last, ClosureReason.OTHER, explanation="Päihteiden käyttö alkoi uudelleen.")
            self.deliver(last + 5)
            reason = "Asiakas siirtyi vieroitushoitoon ennen arviointia."
            self.tale.waive(self.episode, "client-evaluation", self.day(last + 8), reason)
            return
        self.meet(last - 5, meeting_kind=MeetingKind.CLOSING_NEGOTIATION)
        self.assess(last, GoalResult.MET)
        self.close(last)
        self.deliver(last + 6)
        self.hear(last + 3, "client", feedback_kind="evaluation", scores={"orientation": 4, "goals": 4, "working": 5})
        self.hear(last + 19, "partner", scores={"cooperation": self.tale.draw.randint(3, 5)})
        if stay.follow_up:
            self._after(last, stops=stay.stops_follow_up)

    def _after(self, last: int, *, stops: bool) -> None:
        """With consent, the client is contacted half a year and a year after; one takes the consent back."""
        mother, consent = self.clients[0], {"consent_id": self.tale.id("consent")}
        self.tale.do(
            mother, GiveConsent, given_on=self.day(last), scope=ConsentScope.FOLLOW_UP, closing=True, **consent
        )
        self.do(AgreeFollowUp, client_id=mother, agreed_on=self.day(last), closing=True)
        if stops:
            stopped = self.day(last + 75)
            self.tale.do(mother, WithdrawConsent, withdrawn_on=stopped, **consent)
            self.do(StopFollowUp, client_id=mother, stopped_on=stopped)
            return
        for months, days in ((6, 181), (12, 371)):
            self.do(
                MakeFollowUpContact, made_on=self.day(last + days), months_after=months, client_id=mother, reached=True
            )
