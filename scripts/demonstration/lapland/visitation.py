"""Visitation services: supported (P3) and supervised (P4) visits, supervised exchanges (P5), occurrence by occurrence.

Never here: what the rules say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.episode.commands.decide_end import DecideEnd
from domain.episode.commands.evaluate_plan import EvaluatePlan
from domain.episode.commands.give_notice import GiveNotice
from domain.episode.commands.handle_feedback_in_team import HandleFeedbackInTeam
from domain.episode.commands.make_plan import MakePlan
from domain.episode.commands.record_visitation_ground import RecordVisitationGround
from domain.episode.commands.resume_episode import ResumeEpisode
from domain.episode.commands.suspend_episode import SuspendEpisode
from domain.episode.facts import (
    CancelledBy,
    ClosureReason,
    GoalResult,
    Interruption,
    LateArrival,
    MeetingMode,
    PlanKind,
    Recipient,
    VisitationGround,
)
from domain.register.facts import WorkerRole
from scripts.demonstration.course import Place
from scripts.demonstration.lapland.places import KEMI, ROVANIEMI, TORNIO, LaplandCourse
from scripts.demonstration.telling import DAY, Tale, Teller

PRESENCE = {
    "P3": ("start", "end", "within_reach"),
    "P4": ("in_sight_and_hearing", "present_throughout"),
    "P5": ("present_throughout",),
}
MINUTES = {"P3": 180, "P4": 120, "P5": 20}
COMMITTED = {"P3": 16, "P4": 12, "P5": 24}
"""Visits or exchanges of one payment commitment; when they are used up the purchaser makes another."""
HAPPENS = {
    "steady": ("held",) * 9 + ("late",),
    "restless": ("held",) * 4 + ("late", "interrupted", "visitor cancels", "home cancels", "missed"),
    "short of staff": ("held",) * 6 + ("gap", "worker cancels"),
}
"""What may come of an agreed visit: drawn from these."""
REPORTS_AFTER = {"steady": (1, 2), "restless": (1, 3, 11, None), "short of staff": (2, 6)}
"""After how many days what did not happen is reported; None: nobody does."""
ENDS_EARLY = ("visiting_parent_distressed", "child_wanted_home", "parents_quarrelled", "suspected_intoxication")


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits of a child, or of siblings: since when, how many, how often, and how they go."""

    service: str
    name: str
    days_ago: int
    times: int
    manner: str
    place: Place
    every_days: int = 14
    siblings: bool = False
    ground: VisitationGround = VisitationGround.COURT_DECISION
    paused: bool = False  # over the summer, or another long absence
    ends: ClosureReason = ClosureReason.GOALS_MET


AGREED = VisitationGround.CONFIRMED_AGREEMENT
VISITS = (
    Visits("P3", "every other Saturday", 340, 18, "steady", ROVANIEMI, ground=AGREED),
    Visits("P3", "a family of three", 290, 19, "restless", KEMI, siblings=True),
    Visits("P3", "far from home", 150, 14, "steady", TORNIO, 21, ground=AGREED, paused=True),
    Visits("P3", "newest", 58, 20, "restless", ROVANIEMI),
    Visits("P4", "first under supervision", 360, 15, "restless", ROVANIEMI, ground=AGREED),
    Visits("P4", "ended by the court", 275, 9, "restless", KEMI, ends=ClosureReason.OTHER),
    Visits("P4", "siblings together", 205, 14, "short of staff", TORNIO, siblings=True),
    Visits("P4", "newest", 72, 16, "steady", ROVANIEMI, 7),
    Visits("P5", "hand to hand", 310, 40, "steady", ROVANIEMI, 7),
    Visits("P5", "two homes far apart", 215, 20, "restless", TORNIO, 14, siblings=True, paused=True),
    Visits("P4", "waits for a decision", 10, 12, "steady", KEMI),
    Visits("P5", "newest", 49, 30, "short of staff", KEMI, 7, ground=AGREED),
)
SUPERVISORS = {ROVANIEMI.area: "L3", KEMI.area: "L9", TORNIO.area: "L11"}


def tales(teller: Teller) -> Iterator[Tale]:
    """Every family, and one of each service for whom it was not the right one."""
    for visits in VISITS:
        tale = teller.tale(f"{visits.service}/{visits.name}", visits.days_ago, SUPERVISORS[visits.place.area])
        children = [tale.client(tale.draw.randint(3, 9), visits.place.area, code=visits.name != "far from home")]
        if visits.siblings:
            children.append(tale.client(tale.draw.randint(4, 12), visits.place.area, name="sibling"))
        Visitation(tale, visits.place, children, visits.service).tell(visits)
        yield tale
    for days_ago, service, place in ((180, "P3", KEMI), (96, "P4", ROVANIEMI), (133, "P5", TORNIO)):
        tale = teller.tale(f"{service}/no agreement yet", days_ago, SUPERVISORS[place.area])
        course = Visitation(tale, place, [tale.client(6, place.area)], service)
        course.refer()
        course.refuse("Vahvistettua sopimusta tai tuomioistuimen päätöstä ei ole.")
        yield tale


class Visitation(LaplandCourse):
    """The visits of one family."""

    mode = MeetingMode.OTHER_PLACE

    def __init__(self, tale: Tale, place: Place, clients: list[UUID], service: str, **named: Any) -> None:
        self.service = service
        super().__init__(tale, place, clients, **named)

    def tell(self, visits: Visits) -> None:
        """From the referral to the end."""
        self.prepare(visits.ground)
        last = self.visit(visits.manner, visits.times, visits.every_days, paused=visits.paused)
        self._feedback(last // 2, prompt=visits.manner == "steady")
        if visits.ends is ClosureReason.OTHER:
            told = {"decision_maker": self.decider, "reasons": "Tuomioistuin muutti päätöstään."}
            self.do(DecideEnd, decided_on=self.day(last + 1), **told)
        self._close(last + 2, visits)

    def prepare(self, ground: VisitationGround) -> None:
        """The ground, the decision, the commitment, the supervisor, the goals on the first day."""
        self.refer()
        authority = "district_court" if ground is VisitationGround.COURT_DECISION else "child_supervisor"
        told = {"dated_on": self.tale.base - 24 * DAY, "when": self.tale.day(self.after + 1)}
        self.do(RecordVisitationGround, ground=ground, authority=authority, need_defined_by_authority=True, **told)
        self.grant("Yhteydenpito ei ole muuten turvallista.", codes=("contact_not_safe_otherwise",))
        self.pay(COMMITTED[self.service], "4130")
        self.assign(WorkerRole.VISITATION_SUPERVISOR)
        plan = {"plan_kind": PlanKind.SERVICE_PLAN, "with_family": True, "together_with": ("authority", "family")}
        self.do(MakePlan, made_on=self.day(0), **plan, **self.goals("safe_contact"))
        self.begin()

    def visit(self, manner: str, times: int, every_days: int, *, paused: bool = False) -> int:
        """Agreed visits one after another, on Saturdays; answers the day after the start of the last one."""
        saturday = (5 - self.day(0).weekday()) % 7 + (self.day(0) - self.tale.base).days - self.start + 7
        number = saturday
        for turn in range(times):
            number = saturday + turn * every_days
            if paused and turn >= 5:
                number += 45
            if turn and turn % COMMITTED[self.service] == 0:
                self.pay(COMMITTED[self.service], "4130", number - 4, valid_from=self.day(number - 3))
            self._occurrence(manner, turn, number)
        if paused:
            self.do(SuspendEpisode, suspended_on=self.day(saturday + 4 * every_days + 2), reason="Pitkä poissaolo.")
            self.do(ResumeEpisode, resumed_on=self.day(saturday + 5 * every_days + 43))
        return number

    def _occurrence(self, manner: str, turn: int, number: int) -> None:
        """One agreed visit, and what came of it."""
        happened, due = self.tale.draw.choice(HAPPENS[manner]), {"weekends": True, "minutes": MINUTES[self.service]}
        meeting: UUID | None = None
        match happened:
            case "visitor cancels":
                meeting = self.call_off(
                    number, CancelledBy.VISITING_PARENT, hours=self.tale.draw.choice((2, 26, 50)), **due
                )
            case "home cancels":
                meeting = self.call_off(number, CancelledBy.RESIDENT_PARENT, note="Lapsi sairastui.", **due)
            case "worker cancels":
                meeting = self.call_off(number, CancelledBy.WORKER, note="Valvojaa ei saatu.", **due)
            case "missed":
                meeting = self.miss(number, **due)
            case _:
                meeting = self._held(number, happened, turn)
        if happened == "gap" and turn % 2:
            reason = "Valvojan äkillinen sairastuminen."
            self.tale.explain(self.episode, "presence-gap", self.day(number + 4), reason)
        if meeting is not None:
            self._report(manner, meeting, number)

    def _held(self, number: int, happened: str, turn: int) -> UUID | None:
        """A visit that was held; answers it where it has to be reported."""
        planned = self.tale.at(self.start + number, self.tale.draw.choice((10, 12, 14)), weekends=True)
        ends = planned + dt.timedelta(minutes=MINUTES[self.service])
        came = dt.timedelta(minutes=self.tale.draw.choice((0, 0, 5)))
        told: dict[str, Any] = {
            "meeting_id": self.tale.id(),
            "planned_starts_at": planned,
            "planned_ends_at": ends,
            "started_at": planned + came,
            "ended_at": ends,
            "participants": ("child", "visiting_parent"),
            "agreed": True,
            "presence": PRESENCE[self.service],
            "presence_gap_minutes": 0,
            "support_given": ("talking_it_over",) if turn % 3 else ("guidance_in_play", "talking_it_over"),
        }
        told |= self._odd(happened, told)
        order = self.meet(number, **told)
        if turn == 2:
            self.tale.correct(self.episode, order, participants=["child", "visiting_parent", "grandparent"])
        meeting: UUID = told["meeting_id"]
        return meeting if happened == "interrupted" else None

    def _odd(self, happened: str, told: dict[str, Any]) -> dict[str, Any]:
        """What is otherwise than agreed."""
        draw = self.tale.draw
        if happened == "late":
            minutes = draw.choice((10, 15, 25))
            begins = told["planned_starts_at"] + dt.timedelta(minutes=min(minutes, MINUTES[self.service] // 2))
            return {"started_at": begins, "late_arrivals": (LateArrival(who="visiting_parent", minutes=minutes),)}
        if happened == "gap":
            return {"presence": ("start",), "presence_gap_minutes": draw.choice((5, 12, 20))}
        if happened == "interrupted":
            reason = draw.choice(ENDS_EARLY)
            ended = told["started_at"] + dt.timedelta(minutes=MINUTES[self.service] // 2)
            cut = {"ended_at": ended, "interruption_reason": reason}
            return {**cut, "interruptions": (Interruption(reason=reason, minutes=MINUTES[self.service] // 2),)}
        return {}

    def _report(self, manner: str, meeting: UUID, number: int) -> None:
        """What was not held as agreed is reported to the child supervisor or the purchaser: in time, late or never."""
        after = self.tale.draw.choice(REPORTS_AFTER[manner])
        if after is None:
            return
        recipient = self.tale.draw.choice((Recipient.CHILD_SUPERVISOR, Recipient.PURCHASER_SOCIAL_WORKER))
        told = {"notice_kind": "meeting_not_realised", "recipient": recipient, "meeting_id": meeting}
        self.do(GiveNotice, given_on=self.day(number + after + 1), closing=True, **told)

    def _feedback(self, number: int, *, prompt: bool) -> None:
        """What the family says, and what the team makes of it, in time or late."""
        feedback = self.hear(number, "client", oral=True, scores={"safety": self.tale.draw.randint(2, 5)})
        told = {"change_code": "waiting_room", "change": "Odotustila järjestettiin uudelleen."}
        self.do(
            HandleFeedbackInTeam, feedback_id=feedback, handled_on=self.day(number + (12 if prompt else 44)), **told
        )

    def _close(self, number: int, visits: Visits) -> None:
        if visits.manner != "short of staff":
            told = {"overall_result": GoalResult.PARTLY_MET, "together_with": ("authority", "family")}
            self.do(EvaluatePlan, evaluated_on=self.day(number), **told)
        self.close(number, visits.ends)
        self.deliver(number + 5)
