"""Helsinki (S4): H1, intensified family work by pairs; kept well, and with what goes wrong on the way.

Never here: what the rules say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.hand_over_episode import HandOverEpisode
from domain.episode.commands.make_plan import MakePlan
from domain.episode.commands.make_proposal import MakeProposal
from domain.episode.commands.release_worker import ReleaseWorker
from domain.episode.commands.resume_episode import ResumeEpisode
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.commands.suspend_episode import SuspendEpisode
from domain.episode.commands.write_summary import WriteSummary
from domain.episode.facts import ClosureReason, MeetingKind, MeetingMode, Outcome, PlanKind, Reference
from domain.register.facts import WorkerRole
from scripts.demonstration.course import Course, Place
from scripts.demonstration.telling import Tale, Teller

SERVICES = ("H1",)
ITA = Place("Itä", "ita-perhetyo", "Itäinen tehostettu perhetyö", (20, 42), 0.18)
ETELA = Place("Etelä", "etela-perhetyo", "Eteläinen tehostettu perhetyö", (10, 18), 0.06)
LANSI = Place("Länsi", "lansi-perhetyo", "Läntinen tehostettu perhetyö", (12, 26), 0.10)
PLACES = (ITA, ETELA, LANSI)
WORKERS: dict[str, tuple[WorkerRole, Place]] = {
    "S1": (WorkerRole.RESPONSIBLE_SOCIAL_WORKER, ITA),
    "S2": (WorkerRole.RESPONSIBLE_SOCIAL_WORKER, LANSI),
    "I1": (WorkerRole.SOCIAL_INSTRUCTOR, ITA),
    "I2": (WorkerRole.SOCIAL_INSTRUCTOR, ITA),
    "I3": (WorkerRole.SOCIAL_INSTRUCTOR, LANSI),
    "I4": (WorkerRole.SOCIAL_INSTRUCTOR, LANSI),
    "I5": (WorkerRole.SOCIAL_INSTRUCTOR, ETELA),
    "I6": (WorkerRole.SOCIAL_INSTRUCTOR, ETELA),
    "I7": (WorkerRole.OTHER_PROFESSIONAL, ITA),
}
PAIRS = {ITA.area: ("I1", "I2"), LANSI.area: ("I3", "I4"), ETELA.area: ("I5", "I6")}
OFFICES = {
    ITA.area: ("office_itakeskus", "office_vuosaari"),
    ETELA.area: ("office_kallio",),
    LANSI.area: ("office_lassila",),
}
SETTINGS = (
    ("home", ("parents", "children", "together")),
    ("home", ("parents",)),
    ("school", ("children", "apart")),
    ("day_care", ("children",)),
    ("office", ("parents", "peer_group")),
)


@dataclass(frozen=True, slots=True)
class Work:
    """The work with a child's family: since when, how many weeks, where, and what becomes of it."""

    name: str
    days_ago: int
    weeks: int
    place: Place
    turns: tuple[str, ...] = ()
    ends: ClosureReason = ClosureReason.GOALS_MET


WORKS = (
    Work("kept well", 340, 16, ETELA),
    Work("a year and more", 480, 54, ITA, ("handed over",)),
    Work("one instructor fell ill", 300, 18, LANSI, ("deputy",)),
    Work("written down alone", 262, 11, ITA, ("breaches",)),
    Work("summer apart", 235, 15, LANSI, ("suspended",)),
    Work("homecoming assessed", 205, 20, ETELA, ("homecoming", "substitute care")),
    Work("withdrew", 182, 5, ITA, (), ClosureReason.FAMILY_WITHDREW),
    Work("two siblings", 150, 24, ITA, ("sibling", "handed over")),
    Work("with the school", 121, 30, LANSI, ("other professional",)),
    Work("too seldom", 96, 22, ITA, ("breaches",)),
    Work("just suspended", 92, 30, ETELA, ("suspended",)),
    Work("newest", 47, 20, ITA),
    Work("waits for its pair", 19, 20, ITA),
    Work("asked last week", 7, 20, LANSI),
)
REFUSED = ((215, LANSI, "Perhetyö riittää."), (101, ITA, "Perhe ei vielä tunnista muutoksen tarvetta."))


def tales(teller: Teller) -> Iterator[Tale]:
    """Every family's work, and those that were refused."""
    for work in WORKS:
        tale = teller.tale(f"H1/{work.name}", work.days_ago, PAIRS[work.place.area][0])
        children = [tale.client(tale.draw.randint(4, 15), work.place.area)]
        if "sibling" in work.turns:
            children.append(tale.client(9, work.place.area, name="sibling"))
        Pair(tale, work.place, children, work).tell()
        yield tale
    for days_ago, place, reasons in REFUSED:
        tale = teller.tale(f"H1/refused {days_ago}", days_ago, "S1")
        course = Pair(tale, place, [tale.client(11, place.area)], Work("refused", days_ago, 0, place))
        course.propose()
        course.refuse(reasons)
        yield tale


class Pair(Course):
    """The work of two instructors with one family."""

    service = "H1"

    def __init__(self, tale: Tale, place: Place, clients: list[Any], work: Work) -> None:
        super().__init__(tale, place, clients)
        self.work, self.pair = work, PAIRS[place.area]
        self.decider = "S1" if place is ITA else "S2"
        self.careless = "breaches" in work.turns

    def tell(self) -> None:
        """From the referral to the closing negotiation."""
        self.propose()
        self._begin()
        self._plan()
        self._meetings()
        for turn in self.work.turns:
            match turn:
                case "suspended":
                    self.do(SuspendEpisode, suspended_on=self.day(28), reason="Perhe on poissa.", closing=True)
                    self.do(ResumeEpisode, resumed_on=self.day(56))
                case "handed over":
                    self._hand_over(45)
                case "deputy":
                    self._deputy(30)
        self._close()

    def propose(self) -> None:
        """The referral, and the application by the child's responsible social worker."""
        self.refer()
        told = {"proposer_role": WorkerRole.RESPONSIBLE_SOCIAL_WORKER, "proposer_id": self.decider}
        self.do(MakeProposal, proposed_on=self.tale.day(1), service="H1", grounds="Vuorovaikutus on juuttunut.", **told)

    def _begin(self) -> None:
        codes = ("homecoming_assessment",) if "homecoming" in self.work.turns else ()
        apotti = (Reference(system="Apotti", reference=f"A-{self.tale.draw.randint(10000, 99999)}"),)
        self.grant("Vuorovaikutuksen tuki.", clientship="child_welfare", codes=codes, references=apotti)
        told = self.goals("being_a_parent", "everyday_life")
        self.do(MakePlan, plan_kind=PlanKind.CLIENT_PLAN, made_on=self.day(-3), worker_id=self.decider, **told)
        self.assignments = [self.assign(WorkerRole.SOCIAL_INSTRUCTOR, -2, worker) for worker in self.pair]
        if "other professional" in self.work.turns:
            self.assign(WorkerRole.OTHER_PROFESSIONAL, 20, "I7")
        codes = ("portal_in_use",) if self.tale.draw.random() < 0.6 else ()
        self.do(StartEpisode, started_on=self.day(0), motivation_recognised=not self.careless, codes=codes)

    def _plan(self) -> None:
        """The service plan, made with the family before the second meeting, or late and without it."""
        told: dict[str, Any] = {"weekly_meetings": 2, "weekly_minutes": 210, **self.goals("interaction")}
        made = self.day(33 if self.careless else 1)
        family = None if self.careless else True
        content = "Tuen tarpeet, toteutus ja sisältö."
        self.do(MakePlan, plan_kind=PlanKind.SERVICE_PLAN, made_on=made, with_family=family, content=content, **told)

    def _meetings(self) -> None:
        """Two agreed meetings a week; in careless weeks none, or long evenings; some are missed or called off."""
        turn, orders = 0, []
        for number in self.weekly(1, self.work.weeks * 7 - 3, 2):
            turn += 1
            if "suspended" in self.work.turns and 27 <= number <= 56:
                continue
            if self.careless and number // 7 in (4, 5):
                continue
            if turn % 11 == 7:
                self.miss(number, note="Ovea ei avattu.")
            elif turn % 14 == 9:
                self.call_off(number)
            else:
                orders.append(self.meet(number, **self._setting(turn)))
        self.tale.correct(self.episode, orders[1], participants=["parents"])
        self.tale.strike_out(self.episode, self.meet(9, **self._setting(0)), after=2)
        if self.careless:
            self.tale.explain(self.episode, "length", self.day(40), "Perhe toivoi pitkää iltakäyntiä.")
            self.tale.waive(self.episode, "service-plan", self.day(25), "Sovittu suullisesti, kirjataan myöhemmin.")

    def _setting(self, turn: int) -> dict[str, Any]:
        """Where and with whom, by turns; a careless pair now and then stays late, and writes it down alone."""
        place, present = SETTINGS[turn % len(SETTINGS)]
        if "substitute care" in self.work.turns and turn % 3 == 1:
            place = "substitute_care"
        modes = {"home": MeetingMode.HOME, "office": MeetingMode.OFFICE}
        place_code = self.tale.draw.choice(OFFICES[self.place.area]) if place == "office" else place
        told: dict[str, Any] = {
            "mode": modes.get(place, MeetingMode.OTHER_PLACE),
            "place": place_code,
            "participants": present,
        }
        long_evening = self.careless and turn % 4 == 3
        told |= {"hour": 18, "minutes": 165} if long_evening else {"minutes": self.tale.draw.choice((90, 105, 120))}
        told |= {"with_family_documented": not (self.careless and turn % 3 == 0), "child_documented": turn % 4 == 1}
        return {**told, "worker_ids": self.pair if turn % 4 else self.pair[:1], "agreed": turn % 2 == 0}

    def _hand_over(self, number: int) -> None:
        """One of the pair is followed by another, in one act."""
        other = PAIRS[LANSI.area if self.place is ITA else ITA.area][1]
        told = {"from_assignment_id": self.assignments[1], "assignment_id": self.tale.id("successor")}
        self.do(HandOverEpisode, worker_id=other, handed_over_on=self.day(number), **told)

    def _deputy(self, number: int) -> None:
        """Somebody stands in for one of the pair for five weeks."""
        deputy = {"assignment_id": self.tale.id("deputy"), "worker_id": "I6", "deputy_for": self.assignments[1]}
        self.do(AssignWorker, role=WorkerRole.SOCIAL_INSTRUCTOR, from_on=self.day(number), **deputy)
        self.do(ReleaseWorker, assignment_id=deputy["assignment_id"], to_on=self.day(number + 35))

    def _close(self) -> None:
        end, withdrew = self.work.weeks * 7, self.work.ends is ClosureReason.FAMILY_WITHDREW
        if not (self.careless or withdrew):
            self.do(WriteSummary, written_on=self.day(end - 1), content="Yhteenveto.")
            told = {"topics": ("summary", "plans_onward"), "participants": ("parents", "children"), "late": 0}
            self.meet(end, meeting_kind=MeetingKind.CLOSING_NEGOTIATION, worker_ids=self.pair, **told)
        outcome = Outcome.LONG_TERM_FAMILY_WORK if self.work.name == "a year and more" else Outcome.NONE
        self.close(end, self.work.ends, outcome=outcome)
