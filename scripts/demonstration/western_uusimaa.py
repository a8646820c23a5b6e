"""Western Uusimaa (S3): the arranged services L1 and L2, from preparation to feedback, with what goes wrong on the way.

Never here: what the rules say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from domain.contact.facts import ContactSource
from domain.episode.commands.assess_coordination import AssessCoordination
from domain.episode.commands.evaluate_plan import EvaluatePlan
from domain.episode.commands.grant_exception import GrantException
from domain.episode.commands.grant_extension import GrantExtension
from domain.episode.commands.hand_over_episode import HandOverEpisode
from domain.episode.commands.make_plan import MakePlan
from domain.episode.commands.make_proposal import MakeProposal
from domain.episode.commands.receive_feedback import ReceiveFeedback
from domain.episode.commands.record_home_practice import RecordHomePractice
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.facts import (
    CancelledBy,
    ClosureReason,
    GoalResult,
    MeetingKind,
    MeetingMode,
    Outcome,
    PlanKind,
    PracticePlace,
    Reference,
)
from domain.register.facts import WorkerRole
from scripts.demonstration.course import Course, Place
from scripts.demonstration.telling import DAY, Tale, Teller

SERVICES = ("L1", "L2")
ESPOO = Place("Espoo", "espoo-tuki", "Espoon tukipalvelut", (16, 26), 0.05)
LOHJA = Place("Lohja", "lohja-tuki", "Lohjan tukipalvelut", (28, 52), 0.25, 5)
RAASEPORI = Place("Raasepori", "raasepori-tuki", "Raaseporin tukipalvelut", (14, 20), 0.12)
PLACES = (ESPOO, LOHJA, RAASEPORI)
WORKERS: dict[str, tuple[WorkerRole, Place]] = {
    "U1": (WorkerRole.RESPONSIBLE_SOCIAL_WORKER, ESPOO),
    "U2": (WorkerRole.RESPONSIBLE_SOCIAL_WORKER, LOHJA),
    "U3": (WorkerRole.FAMILY_INSTRUCTOR, ESPOO),
    "U4": (WorkerRole.FAMILY_INSTRUCTOR, LOHJA),
    "U5": (WorkerRole.FAMILY_INSTRUCTOR, RAASEPORI),
    "U6": (WorkerRole.KEY_WORKER, ESPOO),
}
SOCIAL_WORKERS, INSTRUCTORS = {LOHJA.area: "U2"}, {"Espoo": "U3", "Lohja": "U4", "Raasepori": "U5"}
WEIGHED = ("change_work_needed", "individual_work_justified", "family_work_weighed", "outside_services_weighed")
TOGETHER = ("child", "family", "producer", "responsible_social_worker")
CODES = {
    "L1": ("special_support", "none_unsuitable"),
    "L2": ("serious_parenting", "home_support_not_enough", "none_unsuitable"),
}


@dataclass(frozen=True, slots=True)
class Order:
    """An ordered service: since when, where, how old the child is, how many days of work; None: the months granted."""

    service: str
    name: str
    days_ago: int
    place: Place
    age: int
    turns: tuple[str, ...] = ()
    days: int | None = None
    siblings: int = 0
    ends: ClosureReason = ClosureReason.GOALS_MET


ORDERS = (
    Order("L1", "a friend for football", 345, ESPOO, 13, ("feedback",)),
    Order("L1", "talks in the car", 300, LOHJA, 15, ("extended", "late proposal")),
    Order("L1", "by exception", 262, RAASEPORI, 6, ("exception", "feedback")),
    Order("L1", "seldom at home", 228, ESPOO, 16, ("missed", "no plan", "office"), 96),
    Order("L1", "eight years old", 190, ESPOO, 8, ("special", "handed over", "feedback")),
    Order("L1", "stopped coming", 140, LOHJA, 14, ("missed",), 46, ends=ClosureReason.FAMILY_WITHDREW),
    Order("L1", "school starts", 92, RAASEPORI, 11),
    Order("L1", "newest", 58, ESPOO, 17),
    Order("L2", "to the full six months", 330, ESPOO, 4, ("extended", "again", "yet again", "practice"), None, 1),
    Order("L2", "negotiation forgotten", 285, LOHJA, 6, ("no negotiation", "practice"), None, 2),
    Order("L2", "extended late", 240, RAASEPORI, 3, ("extended late", "practice", "feedback")),
    Order("L2", "ended early", 200, LOHJA, 9, ("cancelled",), 41, 1, ClosureReason.OTHER_SERVICE),
    Order("L2", "well under way", 105, ESPOO, 5, ("practice", "extended"), None, 1),
    Order("L1", "waits for a decision", 11, LOHJA, 12),
    Order("L2", "decided", 14, ESPOO, 7),
    Order("L2", "newest", 64, RAASEPORI, 2, ("late negotiation",)),
)
REFUSED = (("L1", 170, LOHJA, 12), ("L2", 120, ESPOO, 10), ("L2", 66, LOHJA, 7))
NEEDLESS = "Perheen tilanne ei edellytä palvelua."


def tales(teller: Teller) -> Iterator[Tale]:
    """Every order, and those that were refused."""
    for order in ORDERS:
        instructor = INSTRUCTORS[order.place.area]
        tale = teller.tale(f"{order.service}/{order.name}", order.days_ago, instructor)
        clients = [tale.client(order.age, order.place.area)]
        for number in range(order.siblings):
            clients.append(tale.client(3 + 5 * number, order.place.area, name=f"sibling {number}", code=number == 0))
        Arranged(tale, order.place, clients, order).tell()
        yield tale
    for service, days_ago, place, age in REFUSED:
        tale = teller.tale(f"{service}/refused {days_ago}", days_ago, "U1")
        order = Order(service, "refused", days_ago, place, age)
        course = Arranged(tale, place, [tale.client(age, place.area)], order)
        course.propose()
        course.refuse(NEEDLESS)
        yield tale


class Arranged(Course):
    """One ordered service."""

    def __init__(self, tale: Tale, place: Place, clients: list[Any], order: Order) -> None:
        self.service, self.order = order.service, order
        super().__init__(tale, place, clients)
        self.decider = SOCIAL_WORKERS.get(place.area, "U1")
        months = 3 + sum(turn in order.turns for turn in ("extended", "again", "yet again", "extended late"))
        self.last = order.days if order.days is not None else (self._ends(months) - self.day(0)).days

    def tell(self) -> None:
        """From the preparation to the feedback."""
        turns = self.order.turns
        self.propose()
        self._authorise()
        self._prepare()
        codes = ("realistic_expectations", "whole_family") if "no plan" not in turns else ("whole_family",)
        self.do(StartEpisode, started_on=self.day(0), codes=codes, motivation_recognised="missed" not in turns)
        self._work()
        self._extend()
        self._close()

    def propose(self) -> None:
        """The referral, the assessment before the decision, and the proposal to the arranging team."""
        day, late = self.tale.day, "late proposal" in self.order.turns
        self.refer(ContactSource.CHILD_WELFARE if self.service == "L2" else ContactSource.FAMILY_SOCIAL_WORK)
        assessed = {"need_assessed": True, "other_services_fit": True, "codes": WEIGHED, "assessor_id": self.decider}
        self.do(AssessCoordination, assessed_on=day(2), **assessed)
        told: dict[str, Any] = {"proposer_role": WorkerRole.RESPONSIBLE_SOCIAL_WORKER, "proposer_id": self.decider}
        told |= {"decided_by_team": "arranging_team", "cancellation_conditions": ("day_before", "illness")}
        self.do(MakeProposal, proposed_on=day(3), service=self.service, channel=None if late else "Laava", **told)

    def _authorise(self) -> None:
        turns, decided = self.order.turns, self.tale.day(self.wait // 2)
        if "exception" in turns:
            mature = {"service": "L1", "codes": ("age",), "reasons": "Poikkeuksellisen kypsä ikäisekseen."}
            expected = {"expected_effect": "Tuen tarve päättyy.", "decision_maker": self.decider}
            self.do(GrantException, decided_on=decided - DAY, **mature, **expected)
        special = "exception" in turns or "special" in turns
        self.grant(
            "Muutostyön tarve on arvioitu.",
            months_granted=3,
            clientship="child_welfare",
            codes=CODES[self.service],
            voluntary_consent=True if self.service == "L2" else None,
            special_reasons="Harkittu yhdessä perheen ja koulun kanssa." if special else None,
            references=(Reference(system="Laava", reference=f"L-{self.tale.draw.randint(1000, 9999)}"),),
        )
        self.commit(-5, units=30 if "late proposal" not in turns else None, cost_centre="4711")

    def _prepare(self) -> None:
        if self.service == "L2":
            self.meet(-9, meeting_kind=MeetingKind.FAMILIARISATION_VISIT, late=0)
            self.meet(-7, meeting_kind=MeetingKind.START_NEGOTIATION, late=0)
        plan = {"plan_kind": PlanKind.CLIENT_PLAN, "with_family": True, "together_with": TOGETHER}
        if "no plan" not in self.order.turns:
            self.do(MakePlan, made_on=self.day(-1), planned_meetings=14, **plan, **self.goals("everyday_skills"))
        self.assign(WorkerRole.RESPONSIBLE_SOCIAL_WORKER, -1, self.decider)
        self.instructor = self.assign(WorkerRole.FAMILY_INSTRUCTOR, -1)

    def _work(self) -> None:
        """A meeting or two a week, a negotiation a month, practice at home; what is missed or called off."""
        turns, orders = self.order.turns, []
        for week, number in enumerate(self.weekly(1, self.last - 5)):
            if "missed" in turns and week in (3, 5):
                self.miss(number)
                continue
            if "cancelled" in turns and week == 3:
                self.call_off(number, CancelledBy.FAMILY, cancellation_condition="day_before")
                continue
            told = {"mode": MeetingMode.OFFICE} if "office" in turns and week % 3 == 1 else {}
            orders.append(self.meet(number, agreed=week % 2 == 0, **told))
            if self.service == "L2" and week % 2:
                self.meet(number + 3, minutes=120)
        self._negotiate(turns)
        if "practice" in turns:
            self._practise()
        if len(orders) > 3:
            self.tale.correct(self.episode, orders[1], mode=MeetingMode.OTHER_PLACE)
            self.tale.strike_out(self.episode, self.meet(22, minutes=60))
        if "handed over" in turns:
            self.do(
                HandOverEpisode,
                from_assignment_id=self.instructor,
                assignment_id=self.tale.id("successor"),
                worker_id="U6",
                handed_over_on=self.day(40),
            )

    def _negotiate(self, turns: tuple[str, ...]) -> None:
        """An interim negotiation a month, unless it is forgotten or late; a closing one."""
        if self.service == "L1":
            return
        for month, number in enumerate(range(28, self.last, 29)):
            if "no negotiation" in turns and month == 1:
                continue
            late = 13 if "late negotiation" in turns and month == 0 else 0
            self.meet(number + late, meeting_kind=MeetingKind.INTERIM_NEGOTIATION, agreed=True, late=0)
        self.meet(self.last - 4, meeting_kind=MeetingKind.CLOSING_NEGOTIATION, late=0)

    def _practise(self) -> None:
        """The family practises everyday life at home for a few days, twice; once at a grandparent's."""
        for number, place in ((20, PracticePlace.OWN_HOME), (55, PracticePlace.NEAR_ONES_HOME)):
            days = {"started_on": self.day(number), "ended_on": self.day(number + self.tale.draw.randint(3, 5))}
            self.do(RecordHomePractice, place=place, **days)

    def _extend(self) -> None:
        """Extensions of a month each, decided in the last week; one is decided late, after days without a decision."""
        for months, turn in enumerate(("extended", "again", "yet again", "extended late"), 1):
            if turn not in self.order.turns:
                continue
            before = self._ends(3 + (months - 1 if turn != "extended late" else 0))
            late = turn == "extended late"
            decided = before + 5 * DAY if late else before - self.tale.draw.randint(2, 6) * DAY
            told = {"valid_from": decided if late else before + DAY, "decision_maker": self.decider}
            reasons = "Muutos on vielä kesken."
            self.do(GrantExtension, decided_on=decided, months_granted=1, reasons=reasons, **told)

    def _ends(self, months: int) -> Any:
        """The last day of so many months from the start on: the day before the same-numbered one."""
        start = self.day(0)
        year, month = divmod(start.month - 1 + months, 12)
        first = start.replace(year=start.year + year, month=month + 1, day=1)
        last_of_month = ((first + 32 * DAY).replace(day=1) - DAY).day
        return first.replace(day=start.day) - DAY if start.day <= last_of_month else first.replace(day=last_of_month)

    def _close(self) -> None:
        order, last = self.order, self.tale.base + (self.day(0) - self.tale.base) + self.last * DAY
        if "no plan" not in order.turns:
            self.do(EvaluatePlan, evaluated_on=last, overall_result=GoalResult.PARTLY_MET)
        outcome = Outcome.OTHER_SERVICE if order.ends is ClosureReason.OTHER_SERVICE else Outcome.NONE
        told = {"closed_on": last, "outcome": outcome, "late": self.place.reports_late_days}
        self.close(0, order.ends, **told)
        if "feedback" in order.turns or self.tale.draw.random() < 0.4:
            scores = {"arranging": self.tale.draw.randint(2, 5), "result": self.tale.draw.randint(2, 5)}
            told = {"given_by": "responsible_social_worker", "scores": scores}
            self.do(ReceiveFeedback, received_on=self.tale.day((last - self.tale.base).days + 4), **told)
