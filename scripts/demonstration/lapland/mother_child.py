"""The mother-and-child home (P1): demanding infant work round the clock, in the days of parents and their babies.

Never here: what the rules say, and substance rehabilitation (`pidakiinni`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.client.commands.tellings import ExpectBirth, RecordBirth
from domain.episode.commands.assess_admission import AssessAdmission
from domain.episode.commands.make_plan import MakePlan
from domain.episode.commands.release_worker import ReleaseWorker
from domain.episode.commands.tell_birth import TellBirth
from domain.episode.commands.write_report import WriteReport
from domain.episode.facts import (
    AgreementSubject,
    ClosureReason,
    GoalResult,
    MeetingKind,
    MeetingMode,
    Outcome,
    PlanKind,
    Recipient,
)
from domain.register.facts import WorkerRole
from scripts.demonstration.lapland.places import HOME, TOGETHER, LaplandCourse
from scripts.demonstration.telling import DAY, Tale, Teller

BABY_DAYS = (
    ("infant_care", "early_interaction"),
    ("own_instructor_work",),
    ("attachment", "early_interaction"),
    ("peer_group",),
    ("infant_care", "empowerment"),
)
"""What a meeting with the own instructor is about, in turn: the content that the service names."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay: how long ago it was asked for, how many weeks it lasts, why, and how it goes."""

    name: str
    days_ago: int
    weeks: int
    need: str
    worker: str = "L1"
    birth_in_days: int | None = None
    ends: ClosureReason = ClosureReason.GOALS_MET
    hurried: bool = False  # ends suddenly: without a plan onwards, documents late
    extra_staff: bool = False


STAYS = (
    Stay("first child", 330, 17, "crisis", birth_in_days=31),
    Stay("exhausted", 300, 9, "exhaustion", "L6"),
    Stay("fled from violence", 262, 6, "violence", ends=ClosureReason.FAMILY_MOVED_AWAY, hurried=True),
    Stay("long stay", 238, 26, "difficulty_understanding_or_learning", "L6", extra_staff=True),
    Stay("weak network", 149, 12, "weak_network", birth_in_days=50),
    Stay("left early", 117, 3, "substances", "L6", ends=ClosureReason.FAMILY_WITHDREW, hurried=True),
    Stay("mental health", 88, 20, "mental_health", birth_in_days=12),
    Stay("newest", 34, 16, "exhaustion", "L6"),
)
REFUSED = ("not fitting", 190), ("lighter help", 70)


def tales(teller: Teller) -> Iterator[Tale]:
    """Every stay, and those who did not come."""
    for stay in STAYS:
        tale = teller.tale(f"P1/{stay.name}", stay.days_ago, stay.worker)
        mother = tale.client(tale.draw.randint(19, 38), HOME.area)
        MotherAndChild(tale, HOME, [mother]).tell(stay)
        yield tale
    for name, days_ago in REFUSED:
        tale = teller.tale(f"P1/{name}", days_ago, "L1")
        course = MotherAndChild(tale, HOME, [tale.client(24, HOME.area)])
        course.refer(referrer="maternity_clinic")
        if name == "not fitting":
            told = {"manages_own_medication": False, "behaves_fittingly": False}
            course.do(AssessAdmission, assessed_on=tale.day(3), note="Tarvitsee ensin muuta hoitoa.", **told)
        course.refuse("Ympärivuorokautista tukea ei tarvita tai se ei ole nyt oikea palvelu.")
        yield tale


class MotherAndChild(LaplandCourse):
    """One stay in the home."""

    service = "P1"
    mode = MeetingMode.OTHER_PLACE

    def tell(self, stay: Stay) -> None:
        """From the referral to the feedback."""
        if stay.birth_in_days is not None:
            due = self.day(stay.birth_in_days)
            self.tale.do(self.clients[0], ExpectBirth, learnt_on=self.tale.day(self.after), expected_on=due)
        self.refer(referrer="maternity_clinic")
        self.arrive(stay.need)
        if stay.extra_staff:
            self._extra_staff()
        self.days(stay.weeks * 7, stay.birth_in_days)
        self._reports(stay.weeks * 7)
        if stay.birth_in_days is not None:
            self.birth(stay.birth_in_days, "baby")
        self._leave(stay)

    def arrive(self, need: str) -> None:
        """Decision, commitment, what is agreed on the arrival, the key worker, the plan."""
        self.grant("Vauvan ja vanhemman tuen tarve on ympärivuorokautinen.", codes=(need,), clientship="child_welfare")
        self.pay(120, "4110")
        fits = {"manages_own_medication": True, "behaves_fittingly": True}
        self.do(AssessAdmission, assessed_on=self.day(-4), **fits)
        self.agree(AgreementSubject.ARRIVAL, agreed_with="referrer")
        self.agree(AgreementSubject.REPORTING, every_months=1)
        self.assign(WorkerRole.KEY_WORKER)
        self.begin()
        plan = {"plan_kind": PlanKind.IMPLEMENTATION_PLAN, "with_family": True, "together_with": TOGETHER}
        told = {
            "content": "Vauvan päivärytmi ja vanhemman jaksaminen.",
            **self.goals("early_interaction", "everyday_life"),
        }
        self.do(MakePlan, made_on=self.day(self.tale.draw.randint(3, 16)), **plan, **told)

    def birth(self, number: int, name: str) -> UUID:
        """The child that was expected is born and is along from then on; answers the child."""
        number += self.tale.draw.randint(-6, 6)
        born_on = self.tale.base + (self.start + number) * DAY
        baby = self.tale.client(0, self.place.area, name=name, born_on=born_on, on=born_on + DAY)
        self.tale.do(self.clients[0], RecordBirth, born_on=born_on, child_client_id=baby, when=born_on + DAY)
        self.do(TellBirth, mother_id=self.clients[0], child_id=baby, when=born_on + DAY)
        return baby

    def days(self, last: int, birth: int | None = None) -> None:
        """Two talks a week, a network meeting and an evaluation a month; in the ward days little is held."""
        for turn, number in enumerate(self.weekly(1, last, 2)):
            if birth is not None and abs(number - birth) < 7:
                continue
            self.meet(number, topics=BABY_DAYS[turn % len(BABY_DAYS)], minutes=self.tale.draw.choice((45, 60, 90)))
        for month, number in enumerate(range(27, last, 29)):
            self.meet(number, meeting_kind=MeetingKind.NETWORK_MEETING, agreed=True, participants=("client", "network"))
            held_back = self.tale.draw.random() < 0.2
            result = GoalResult.PARTLY_MET if month else GoalResult.NOT_MET
            self.assess(number + (9 if held_back else 1), result)

    def _extra_staff(self) -> None:
        """A night worker is agreed upon with the purchaser, comes for three weeks and goes."""
        self.agree(AgreementSubject.EXTRA_STAFF, 19)
        night = self.assign(WorkerRole.COMMUNITY_INSTRUCTOR, 21, "L8", extra_staff=True)
        self.do(ReleaseWorker, assignment_id=night, to_on=self.day(42))

    def _reports(self, last: int) -> None:
        told: dict[str, Any] = {"report_kind": "agreed", "recipient": Recipient.PURCHASER_SOCIAL_WORKER}
        for number in range(24, last, 30):
            late = self.tale.draw.choice((-2, 0, 0, 8))
            covers = {"covers_from": self.day(number - 24), "covers_to": self.day(number)}
            self.do(
                WriteReport, written_on=self.day(number + max(late, 0)), content="Kuukauden raportti.", **covers, **told
            )

    def _leave(self, stay: Stay) -> None:
        end = stay.weeks * 7
        if not stay.hurried:
            plan = {"plan_kind": PlanKind.FOLLOW_UP_PLAN, "services_mapped": ("family_centre", "home_service")}
            told = {"content": "Tuki jatkuu kotona.", "together_with": TOGETHER, **self.goals("parenting")}
            self.do(MakePlan, made_on=self.day(end), with_family=True, **plan, **told)
            self.assess(end, GoalResult.MET)
        outcome = Outcome.OTHER_SERVICE if stay.name == "long stay" else Outcome.NONE
        self.close(end, stay.ends, outcome=outcome)
        self.deliver(end + (24 if stay.hurried else 6))
        if stay.hurried:
            self.tale.waive(self.episode, "client-feedback", self.day(end + 12), "Perhettä ei enää tavoitettu.")
            return
        for given_by in ("client", "partner"):
            scores = {"heard": self.tale.draw.randint(3, 5), "helped": self.tale.draw.randint(2, 5)}
            self.hear(end + self.tale.draw.randint(1, 20), given_by, scores=scores, oral=given_by == "client")
