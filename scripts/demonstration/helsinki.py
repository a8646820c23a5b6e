"""Helsinki (S4): H1, intensified family work by pairs; kept well, and with what goes wrong on the way.

Never here: what the rules say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from domain.contact.facts import ContactSource
from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.close_episode import CloseEpisode
from domain.episode.commands.grant_service import GrantService
from domain.episode.commands.make_plan import MakePlan
from domain.episode.commands.make_proposal import MakeProposal
from domain.episode.commands.receive_referral import ReceiveReferral
from domain.episode.commands.record_meeting import RecordMeeting
from domain.episode.commands.record_no_show import RecordNoShow
from domain.episode.commands.refuse_service import RefuseService
from domain.episode.commands.release_worker import ReleaseWorker
from domain.episode.commands.resume_episode import ResumeEpisode
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.commands.suspend_episode import SuspendEpisode
from domain.episode.commands.write_summary import WriteSummary
from domain.episode.facts import ClosureReason, Goal, MeetingKind, MeetingMode, Outcome, PlanKind
from domain.register.facts import WorkerRole
from scripts.demonstration.telling import Tale

SERVICES = ("H1",)
AREAS = ("Itä", "Etelä", "Länsi")
WORKERS = {
    "S1": WorkerRole.RESPONSIBLE_SOCIAL_WORKER,
    "S2": WorkerRole.RESPONSIBLE_SOCIAL_WORKER,
    **dict.fromkeys(("I1", "I2", "I3", "I4"), WorkerRole.SOCIAL_INSTRUCTOR),
}
PAIRS = (("I1", "I2"), ("I3", "I4"))
COURSES = {
    "sound": (dt.date(2025, 1, 13), 10),
    "handed over": (dt.date(2025, 2, 10), 14),
    "breaches": (dt.date(2025, 3, 3), 9),
    "suspended": (dt.date(2025, 4, 7), 8),
    "withdrew": (dt.date(2025, 8, 4), 4),
    "autumn": (dt.date(2025, 8, 25), 12),
    "running": (dt.date(2025, 10, 6), 11),
    "late running": (dt.date(2025, 11, 10), 6),
    "refused": (dt.date(2025, 5, 19), 0),
}
"""From which day on, and how many weeks of work."""


def tales(register: str, seed: str) -> Iterator[Tale]:
    """Every story of the register."""
    for number, (course, (base, weeks)) in enumerate(COURSES.items()):
        tale = Tale(register, f"H1/{course}", base, f"S{1 + number % 2}", seed=seed)
        _Course(tale, course, weeks, AREAS[number % len(AREAS)], PAIRS[number % 2]).tell()
        yield tale


class _Course:
    """One episode of H1."""

    def __init__(self, tale: Tale, course: str, weeks: int, area: str, pair: tuple[str, str]) -> None:
        self.tale, self.course, self.weeks, self.pair = tale, course, weeks, pair
        self.client = tale.client(tale.draw.randint(5, 15), area)
        self.episode = tale.id("episode")
        self.start, self.end = 9, 9 + 7 * weeks
        self.bad = course == "breaches"

    def do(self, kind: type[Any], /, **fields: Any) -> UUID:
        return self.tale.do(self.episode, kind, **fields)

    def tell(self) -> None:
        """From the referral to where the course ends."""
        day = self.tale.day
        source = ContactSource.CHILD_WELFARE
        self.do(ReceiveReferral, client_ids=(self.client,), received_on=day(0), source=source)
        role = WorkerRole.RESPONSIBLE_SOCIAL_WORKER
        self.do(MakeProposal, proposed_on=day(1), service="H1", proposer_role=role)
        if self.course == "refused":
            self.do(RefuseService, service="H1", decided_on=day(7), reasons="Perhetyö riittää.")
            return
        self._begin()
        self._work()
        if "running" not in self.course:
            self._close()

    def _begin(self) -> None:
        day = self.tale.day
        self.do(
            GrantService,
            service="H1",
            decided_on=day(7),
            clientship="child_welfare",
            valid_from=day(self.start),
            codes=("homecoming_assessment",),
            reasons="Vuorovaikutuksen tuki." if not self.bad else "Tuki.",
        )
        goals = (Goal(goal_id=self.tale.id("goal"), theme="being_a_parent"),)
        self.do(MakePlan, plan_kind=PlanKind.CLIENT_PLAN, made_on=day(7), goals=goals)
        for worker in self.pair:
            instructor = {"worker_id": worker, "role": WorkerRole.SOCIAL_INSTRUCTOR}
            self.do(AssignWorker, assignment_id=self.tale.id(worker), from_on=day(7), **instructor)
        self.do(StartEpisode, started_on=day(self.start), motivation_recognised=True, codes=("portal_in_use",))
        self._meet(self.start)
        self.do(
            MakePlan,
            plan_kind=PlanKind.SERVICE_PLAN,
            made_on=day(self.start + (30 if self.bad else 0)),
            worker_id=self.pair[0],
            with_family=True if not self.bad else None,
            goals=goals,
            content="Tuen tarpeet, toteutus ja sisältö.",
            weekly_meetings=2,
            weekly_minutes=180,
        )

    def _meet(self, number: int, kind: MeetingKind = MeetingKind.CLIENT_MEETING, /, **fields: Any) -> UUID:
        began = self.tale.at(number, self.tale.draw.randint(9, 16))
        told = {
            "started_at": began,
            "ended_at": began + dt.timedelta(minutes=self.tale.draw.choice((75, 90, 120))),
            "meeting_kind": kind,
            "worker_ids": self.pair,
            "mode": MeetingMode.HOME,
            "with_family_documented": True,
            "participants": ("parents", "children", "together"),
            "place": "home",
        }
        return self.do(RecordMeeting, **{**told, **fields})

    def _work(self) -> None:
        """Two meetings a week; a week of one, a long evening and a mistake where the course has breaches."""
        monday = self.start + 7 - self.tale.day(self.start).weekday()
        meetings = []
        for week in range(self.weeks - 1):
            if self.course == "suspended" and week in (3, 4):
                continue
            for number in (monday + 7 * week, monday + 7 * week + 3):
                late = self.tale.draw.choice((0, 0, 0, 2, 7))
                meetings.append(self._meet(number, late=late))
                if self.bad and week == 3:
                    break
        if self.course == "suspended":
            self.do(SuspendEpisode, suspended_on=self.tale.day(monday + 18))
            self.do(ResumeEpisode, resumed_on=self.tale.day(monday + 35))
        if self.course in ("breaches", "withdrew", "autumn"):
            self._mistakes(meetings, monday)
        if self.course == "handed over":
            self._hand_over(monday + 21)

    def _mistakes(self, meetings: list[UUID], monday: int) -> None:
        self.tale.correct(self.episode, meetings[1], participants=["parents"])
        evening = self.tale.at(monday + 1, 19)
        late = {"started_at": evening, "ended_at": evening + dt.timedelta(minutes=150)}
        self._meet(monday + 1, late=3, **late)
        self.tale.strike_out(self.episode, self._meet(monday + 8, late=1))
        starts = self.tale.at(monday + 9)
        self.do(RecordNoShow, starts_at=starts, worker_ids=self.pair)
        if self.bad:
            reason = "Perhe toivoi pitkää iltakäyntiä."
            self.tale.explain(self.episode, "length", self.tale.day(monday + 10), reason)

    def _hand_over(self, number: int) -> None:
        day = self.tale.day(number)
        self.do(ReleaseWorker, assignment_id=self.tale.id(self.pair[1]), to_on=day)
        successor = {"worker_id": PAIRS[0][0] if self.pair == PAIRS[1] else PAIRS[1][0]}
        self.do(AssignWorker, role=WorkerRole.SOCIAL_INSTRUCTOR, from_on=day + dt.timedelta(days=1), **successor)

    def _close(self) -> None:
        day, end = self.tale.day, self.end
        withdrew = self.course == "withdrew"
        if not (self.bad or withdrew):
            self.do(WriteSummary, written_on=day(end), worker_id=self.pair[0], content="Yhteenveto.")
            self._meet(end, MeetingKind.CLOSING_NEGOTIATION, topics=("summary", "plans_onward"))
        reason = ClosureReason.FAMILY_WITHDREW if withdrew else ClosureReason.GOALS_MET
        self.do(CloseEpisode, closed_on=day(end), reason=reason, outcome=Outcome.NONE)
