"""Intensified family work at home (P6): long, with parents who live apart, hand-overs, deputies and reopenings.

Never here: what the rules say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.hand_over_episode import HandOverEpisode
from domain.episode.commands.make_plan import MakePlan
from domain.episode.commands.release_worker import ReleaseWorker
from domain.episode.commands.reopen_episode import ReopenEpisode
from domain.episode.commands.write_report import WriteReport
from domain.episode.facts import (
    AgreementSubject,
    CancelledBy,
    ClosureReason,
    GoalResult,
    MeetingKind,
    MeetingMode,
    Outcome,
    PlanKind,
    Recipient,
)
from domain.register.facts import WorkerRole
from scripts.demonstration.course import Place
from scripts.demonstration.lapland.places import KEMI, ROVANIEMI, SODANKYLA, TORNIO, LaplandCourse
from scripts.demonstration.telling import Tale, Teller


@dataclass(frozen=True, slots=True)
class Work:
    """The work with a family: since when, how many weeks, where, and what becomes of it."""

    name: str
    days_ago: int
    weeks: int
    place: Place
    worker: str
    theme: str
    turns: tuple[str, ...] = ()
    ends: ClosureReason = ClosureReason.GOALS_MET


WORKS = (
    Work("co-parents far apart", 350, 34, ROVANIEMI, "L4", "co_parenting", ("remote", "handed over")),
    Work("hardly begun", 270, 9, KEMI, "L10", "functioning", ("cancelled",), ClosureReason.FAMILY_WITHDREW),
    Work("closed too soon", 255, 16, TORNIO, "L12", "safety", ("reopened",)),
    Work("a deputy in summer", 222, 22, SODANKYLA, "L13", "interaction", ("deputy",)),
    Work("moved away", 160, 11, KEMI, "L10", "safety", ("no plan",), ClosureReason.FAMILY_MOVED_AWAY),
    Work("long and calm", 129, 40, ROVANIEMI, "L5", "interaction", ("remote",)),
    Work("in the village", 84, 30, SODANKYLA, "L13", "functioning"),
    Work("newest", 62, 26, KEMI, "L10", "earlier_experiences", ("cancelled",)),
    Work("about to begin", 21, 20, TORNIO, "L12", "interaction"),
    Work("waits for a decision", 9, 20, KEMI, "L10", "safety"),
)


def tales(teller: Teller) -> Iterator[Tale]:
    """Every family's work, and one for whom something lighter was enough."""
    for work in WORKS:
        tale = teller.tale(f"P6/{work.name}", work.days_ago, work.worker)
        children = [tale.client(tale.draw.randint(2, 14), work.place.area)]
        if work.name in ("long and calm", "closed too soon"):
            children.append(tale.client(tale.draw.randint(3, 16), work.place.area, name="sibling"))
        FamilyWork(tale, work.place, children).tell(work)
        yield tale
    tale = teller.tale("P6/lighter help", 205, "L12")
    course = FamilyWork(tale, TORNIO, [tale.client(8, TORNIO.area)])
    course.refer()
    course.refuse("Kevyempi tuki riittää.", legal_basis="Social Welfare Act (1301/2014) § 18")
    yield tale


class FamilyWork(LaplandCourse):
    """The work with one family."""

    service = "P6"

    def tell(self, work: Work) -> None:
        """From the referral to the end."""
        self.refer()
        self.open(work.theme, planned="no plan" not in work.turns)
        last = work.weeks * 7
        self.work(last, work.turns)
        for turn in work.turns:
            match turn:
                case "handed over":
                    self._hand_over(last // 2)
                case "deputy":
                    self._deputy(35)
                case "reopened":
                    self._reopen(last)
        self._close(last, work)

    def open(self, theme: str, *, planned: bool = True) -> None:
        """Decision, commitment, agreement, worker, plan."""
        self.grant("Perhe tarvitsee pitkäkestoista tukea kotiin.", clientship="child_welfare", codes=(theme,))
        self.pay(60, "4140", amount_cents=self.tale.draw.choice((540_000, 720_000, 960_000)))
        self.agree_by_phone()
        self.agree(AgreementSubject.REPORTING, every_months=3)
        self.assignment = self.assign(WorkerRole.FAMILY_INSTRUCTOR)
        self.begin()
        if planned:
            plan = {
                "plan_kind": PlanKind.FAMILY_WORK_PLAN,
                "with_family": True,
                "together_with": ("authority", "family"),
            }
            made = self.day(self.tale.draw.choice((5, 8, 11, 24)))
            self.do(MakePlan, made_on=made, weekly_minutes=180, **plan, **self.goals(theme, "everyday_life"))

    def work(self, last: int, turns: tuple[str, ...] = ()) -> None:
        """A visit a week and sometimes two; with the parent who lives elsewhere by video, each child apart at times."""
        orders = []
        for week, number in enumerate(self.weekly(1, last - 3)):
            told: dict[str, Any] = {"minutes": self.tale.draw.choice((75, 90, 120)), "topics": ("co_parenting",)}
            if "remote" in turns and week % 3 == 2:
                told = {"mode": MeetingMode.VIDEO, "minutes": 45, "participants": ("parent_elsewhere",)}
            if "cancelled" in turns and week in (2, 3, 6):
                self._not_held(number, week)
                continue
            if len(self.clients) > 1 and week % 4 == 1:
                told["client_ids"] = (self.clients[week // 4 % 2],)
            orders.append(self.meet(number, **told))
            if week % 8 == 7:
                self.meet(number + 2, meeting_kind=MeetingKind.NETWORK_MEETING, agreed=True)
        wrong = {"mode": MeetingMode.OFFICE} if self.place is KEMI else {"participants": ["child", "mother"]}
        self.tale.correct(self.episode, orders[1], **wrong)
        again = self.meet(4, minutes=75)
        self.tale.strike_out(self.episode, again, wrong=True)
        self._reports(last)

    def _not_held(self, number: int, week: int) -> None:
        if week == 3:
            self.miss(number)
        else:
            by = CancelledBy.FAMILY if week == 2 else CancelledBy.WORKER
            self.call_off(number, by)

    def _reports(self, last: int) -> None:
        for number in range(84, last, 91):
            covers = {"covers_from": self.day(number - 84), "covers_to": self.day(number)}
            written = self.day(number + self.place.reports_late_days)
            told = {"report_kind": "agreed", "recipient": Recipient.PURCHASER_SOCIAL_WORKER}
            self.do(WriteReport, written_on=written, content="Väliraportti.", **covers, **told)

    def _hand_over(self, number: int) -> None:
        """Another worker goes on with it."""
        self.do(
            HandOverEpisode,
            from_assignment_id=self.assignment,
            assignment_id=self.tale.id("successor"),
            worker_id="L5",
            handed_over_on=self.day(number),
        )

    def _deputy(self, number: int) -> None:
        """Somebody else stands in for a month, and is released."""
        deputy = {"assignment_id": self.tale.id("deputy"), "worker_id": "L4", "deputy_for": self.assignment}
        self.do(AssignWorker, role=WorkerRole.FAMILY_INSTRUCTOR, from_on=self.day(number), **deputy)
        self.do(ReleaseWorker, assignment_id=deputy["assignment_id"], to_on=self.day(number + 30))

    def _reopen(self, last: int) -> None:
        """It was closed, and three weeks after it goes on for another six."""
        self.assess(last, GoalResult.PARTLY_MET)
        self.close(last)
        told = {"reason": "Väkivallan uhka palasi."}
        self.do(ReopenEpisode, reopened_on=self.day(last + 21), **told)
        for week in range(6):
            self.meet(last + 23 + 7 * week, minutes=90)

    def _close(self, last: int, work: Work) -> None:
        end = last + (66 if "reopened" in work.turns else 0)
        if work.ends is ClosureReason.GOALS_MET:
            self.assess(end, GoalResult.MET)
        outcome = Outcome.OTHER_SERVICE if "handed over" in work.turns else Outcome.NONE
        self.close(end, work.ends, outcome=outcome, outcome_service="L1" if "handed over" in work.turns else None)
        if work.ends is not ClosureReason.FAMILY_WITHDREW:
            self.deliver(end + 7)
        else:
            self.tale.waive(self.episode, "documents-delivered", self.day(end + 15), "Asiakirjoja ei kertynyt.")
