"""Family rehabilitation in the unit (P7) and at home (P8): plans, monthly reports a child, minutes held remotely.

Never here: what the rules say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from domain.episode.commands.decide_end import DecideEnd
from domain.episode.commands.deliver_document import DeliverDocument
from domain.episode.commands.give_notice import GiveNotice
from domain.episode.commands.make_plan import MakePlan
from domain.episode.commands.move_to_model import MoveToModel
from domain.episode.commands.observe_change import ObserveChange
from domain.episode.commands.write_report import WriteReport
from domain.episode.facts import (
    AgreementSubject,
    ClosureReason,
    GoalResult,
    MeetingKind,
    MeetingMode,
    Observation,
    Outcome,
    PlanKind,
    Recipient,
)
from domain.register.facts import WorkerRole
from scripts.demonstration.course import Place
from scripts.demonstration.lapland.places import HOME, KEMI, ROVANIEMI, SODANKYLA, TORNIO, LaplandCourse
from scripts.demonstration.telling import DAY, Tale, Teller

SECTIONS = ("change_since_start", "observations", "actions", "methods", "goals")
PARTLY = SECTIONS[:3]


@dataclass(frozen=True, slots=True)
class Period:
    """A period of rehabilitation: since when, how many weeks, where, with how many children, how it goes."""

    service: str
    name: str
    days_ago: int
    weeks: int
    place: Place
    worker: str
    children: int = 1
    remote_every: int = 6  # every so many-th contact is by video or phone
    reports: str = "in time"  # or: late, some missing
    change: Observation | None = None
    moves_home_after: int | None = None
    two_workers: bool = False
    ends: ClosureReason = ClosureReason.GOALS_MET


PERIODS = (
    Period("P7", "to the unit and home", 345, 26, HOME, "L7", 2, moves_home_after=10, two_workers=True),
    Period("P7", "short and hard", 252, 7, HOME, "L6", 1, reports="late", ends=ClosureReason.OTHER_SERVICE,
           change=Observation.NO_LONGER_FITTING),
    Period("P7", "three children", 196, 18, HOME, "L7", 3, reports="some missing"),
    Period("P7", "newest", 66, 15, HOME, "L6", 2, change=Observation.CHANGE_IN_FAMILY),
    Period("P8", "by the book", 320, 20, ROVANIEMI, "L5", 2, 7, two_workers=True),
    Period("P8", "long roads", 265, 19, SODANKYLA, "L13", 1, 3, change=Observation.BEARS_ON_WORK),
    Period("P8", "reports forgotten", 240, 17, KEMI, "L10", 2, 5, reports="some missing"),
    Period("P8", "too much by phone", 170, 22, TORNIO, "L12", 1, 2, reports="late"),
    Period("P8", "running well", 120, 30, ROVANIEMI, "L4", 3, 8, change=Observation.CHANGE_IN_FAMILY),
    Period("P8", "about to begin", 17, 20, TORNIO, "L12", 2),
    Period("P8", "newest", 74, 24, KEMI, "L10", 1, 4, reports="late"),
)  # fmt: skip


def tales(teller: Teller) -> Iterator[Tale]:
    """Every period, and one that was not granted."""
    for period in PERIODS:
        tale = teller.tale(f"{period.service}/{period.name}", period.days_ago, period.worker)
        ages = [tale.draw.randint(2, 15) for _ in range(period.children)]
        children = [tale.client(age, period.place.area, name=f"child {turn}") for turn, age in enumerate(ages)]
        Rehabilitation(tale, period.place, children, period.service).tell(period)
        yield tale
    for service, place, days_ago in (("P7", HOME, 142), ("P8", KEMI, 111)):
        tale = teller.tale(f"{service}/not now", days_ago, "L14")
        course = Rehabilitation(tale, place, [tale.client(10, place.area)], service)
        course.refer()
        course.refuse("Perhe ei ole lastensuojelun asiakas.")
        yield tale


class Rehabilitation(LaplandCourse):
    """The rehabilitation of one family."""

    def __init__(self, tale: Tale, place: Place, clients: list[Any], service: str, **named: Any) -> None:
        self.service = service
        super().__init__(tale, place, clients, **named)
        self.mode = MeetingMode.OTHER_PLACE if service == "P7" else MeetingMode.HOME

    def tell(self, period: Period) -> None:
        """From the referral to the end."""
        last = period.weeks * 7
        self.refer()
        self.open(two_workers=period.two_workers)
        self.plan(prompt=period.reports != "some missing", remote_every=period.remote_every)
        self.work(last, period.remote_every, moves_home_after=period.moves_home_after)
        self.report(last, period.reports)
        if period.change is not None:
            self._observe(last // 2, period.change, prompt=period.reports == "in time")
        if period.moves_home_after is not None:
            self._move_home(period.moves_home_after * 7)
        self._close(last, period)

    def open(self, *, two_workers: bool = False) -> None:
        """Decision, commitment, agreement, named workers, start meeting, the client plan by the social worker."""
        codes = ("child_threatened", self.tale.draw.choice(("serious_lack_parenting", "interaction_behind_behaviour")))
        self.grant("Lapsen huolenpito on vaarassa.", clientship="child_welfare", codes=codes)
        self.pay(90, "4150")
        self.agree_by_phone()
        if self.place is SODANKYLA:
            self.agree(AgreementSubject.REPORTING, due_day=5)
        self.assign(WorkerRole.FAMILY_INSTRUCTOR)
        if two_workers:
            self.assign(WorkerRole.FAMILY_INSTRUCTOR, worker="L4" if self.worker != "L4" else "L5")
        self.meet(0, meeting_kind=MeetingKind.START_MEETING, hour=9, minutes=60, late=0)
        maker = {"made_by": Recipient.PURCHASER_SOCIAL_WORKER, "with_family": True}
        told = {"closing": True, **self.goals("care", "safety")}
        self.do(MakePlan, plan_kind=PlanKind.CLIENT_PLAN, made_on=self.day(0), **maker, **told)
        self.begin(closing=True)

    def plan(self, *, prompt: bool, remote_every: int) -> None:
        """The implementation plan, delivered to both, and gone through anew after three months."""
        planned = 60 * 4 * 4 * 5
        told: dict[str, Any] = {
            "plan_id": self.tale.id("plan"),
            "plan_kind": PlanKind.IMPLEMENTATION_PLAN,
            "with_family": True,
            "content": "Arjen harjoittelua ja vuorovaikutusta.",
            "methods": ("everyday_practice", "video_guidance"),
            "contact_times": ("tuesday_10", "thursday_14"),
            "estimated_months": 5,
            "weekly_minutes": 240,
            "planned_minutes": planned,
            "planned_remote_minutes": min(planned // 5, planned // (2 * remote_every)),
        }
        for number in (6 if prompt else 19, 92):
            self.do(MakePlan, made_on=self.day(number), **told, **self.goals("care", "interaction"))
            self._deliver_plan(number, told["plan_id"], prompt=prompt)

    def _deliver_plan(self, number: int, plan_id: Any, *, prompt: bool) -> None:
        about = {"document_kind": "implementation_plan", "delivery_mode": "electronic", "plan_id": plan_id}
        to_worker = self.day(number + (1 if prompt else 8))
        self.do(DeliverDocument, recipient=Recipient.PURCHASER_SOCIAL_WORKER, delivered_on=to_worker, **about)
        if prompt:
            self.do(DeliverDocument, recipient=Recipient.CLIENT, delivered_on=self.day(number + 2), **about)

    def work(self, last: int, remote_every: int, *, moves_home_after: int | None = None) -> None:
        """Two contacts a week, a negotiation a month; each so many-th by video or phone, children apart at times."""
        for turn, number in enumerate(self.weekly(1, last - 2, 2)):
            at_home = moves_home_after is None or number > moves_home_after * 7
            told: dict[str, Any] = {"minutes": self.tale.draw.choice((90, 120, 120, 150))}
            if not at_home:
                told["mode"] = MeetingMode.OTHER_PLACE
            elif self.service == "P8" and turn % remote_every == remote_every - 1:
                phone = turn % (2 * remote_every) == remote_every - 1
                told = {"mode": MeetingMode.PHONE if phone else MeetingMode.VIDEO, "minutes": 60}
                told |= {"meeting_kind": MeetingKind.PHONE_CALL} if phone else {}
            if len(self.clients) > 1 and turn % 5 == 3:
                told["client_ids"] = (self.clients[turn // 5 % len(self.clients)],)
            self._one(turn, number, told)
            if turn % 8 == 7:
                self.meet(number + 1, meeting_kind=MeetingKind.INTERIM_NEGOTIATION, agreed=True)

    def _one(self, turn: int, number: int, told: dict[str, Any]) -> None:
        """One contact; some are not held, some corrected or entered twice."""
        if turn % 13 == 11:
            self.call_off(number)
        elif turn % 17 == 12:
            self.miss(number)
        else:
            order = self.meet(number, **told)
            if turn == 6:
                self.tale.correct(self.episode, order, note="Mukana myös isovanhempi.")
            if turn == 9:
                self.tale.strike_out(self.episode, self.meet(number, **told))

    def report(self, last: int, manner: str) -> None:
        """A report a child and calendar month."""
        told = {
            "report_kind": "monthly",
            "recipient": Recipient.PURCHASER_SOCIAL_WORKER,
            "content": "Kuukausiraportti.",
        }
        for month, (first, end) in enumerate(self.months(last)):
            for turn, child in enumerate(self.clients):
                if manner == "some missing" and (month + turn) % 3 == 1:
                    continue
                days = self.tale.draw.randint(2, 8) + (9 if manner == "late" and month % 2 else 0)
                sections = PARTLY if manner == "late" and month == 1 else SECTIONS
                written = first.replace(day=1) + dt.timedelta(days=31 + days)
                covers = {"covers_from": first, "covers_to": end, "client_id": child, "sections": sections}
                self.do(WriteReport, written_on=max(written, end + DAY), **covers, **told)

    def _observe(self, number: int, seen: Observation, *, prompt: bool) -> None:
        """Something changes, which the purchaser's social worker or the deputy is told; sometimes child welfare too."""
        change, deputy = self.tale.id("change"), seen is Observation.BEARS_ON_WORK
        self.do(ObserveChange, change_id=change, observation=seen, observed_on=self.day(number), content="Muutos.")
        recipient = Recipient.PURCHASER_DEPUTY if deputy else Recipient.PURCHASER_SOCIAL_WORKER
        told = {"notice_kind": "change", "recipient": recipient, "change_id": change}
        self.do(GiveNotice, given_on=self.day(number + (1 if prompt else 10)), **told)
        if seen is Observation.CHANGE_IN_FAMILY:
            told = {"notice_kind": "child_welfare_notification", "recipient": Recipient.CHILD_WELFARE}
            self.do(GiveNotice, given_on=self.day(number + 1), content="Lastensuojeluilmoitus tehty.", **told)

    def _move_home(self, number: int) -> None:
        """The family moves home: from that day on the rehabilitation is the one that is given at home."""
        told: dict[str, Any] = {"reasons": "Kuntoutus jatkuu kotona.", "clientship": "child_welfare"}
        told |= {"codes": ("child_threatened", "serious_lack_parenting"), "valid_from": self.day(number)}
        decided = self.day(number - 2)
        self.do(MoveToModel, service="P8", decided_on=decided, decision_maker=self.decider, **told)

    def _close(self, last: int, period: Period) -> None:
        heavier = period.ends is ClosureReason.OTHER_SERVICE
        if heavier:
            told = {"decision_maker": self.decider, "reasons": "Palvelu ei enää vastaa tarvetta."}
            self.do(DecideEnd, decided_on=self.day(last - 2), **told)
        elif period.reports != "some missing":
            plan = {
                "plan_kind": PlanKind.FOLLOW_UP_PLAN,
                "with_family": True,
                "services_mapped": ("family_counselling",),
            }
            told = {"content": "Riskit, muutokset ja tarvittavat palvelut.", **self.goals("interaction")}
            self.do(MakePlan, made_on=self.day(last), **plan, **told)
            self.assess(last, GoalResult.PARTLY_MET)
        self.close(last, period.ends, outcome=Outcome.OTHER_SERVICE if heavier else Outcome.NONE)
        self.deliver(last + 6)
