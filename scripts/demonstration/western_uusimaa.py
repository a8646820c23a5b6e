"""Western Uusimaa (S3): the arranged services L1 and L2, from preparation to feedback, with what goes wrong on the way.

Never here: what the rules say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from domain.contact.facts import ContactSource
from domain.episode.commands.assess_coordination import AssessCoordination
from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.cancel_meeting import CancelMeeting
from domain.episode.commands.close_episode import CloseEpisode
from domain.episode.commands.evaluate_plan import EvaluatePlan
from domain.episode.commands.grant_exception import GrantException
from domain.episode.commands.grant_extension import GrantExtension
from domain.episode.commands.grant_service import GrantService
from domain.episode.commands.make_plan import MakePlan
from domain.episode.commands.make_proposal import MakeProposal
from domain.episode.commands.receive_feedback import ReceiveFeedback
from domain.episode.commands.receive_payment_commitment import ReceivePaymentCommitment
from domain.episode.commands.receive_referral import ReceiveReferral
from domain.episode.commands.record_home_practice import RecordHomePractice
from domain.episode.commands.record_meeting import RecordMeeting
from domain.episode.commands.refuse_service import RefuseService
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.facts import (
    CancelledBy,
    ClosureReason,
    Goal,
    MeetingKind,
    MeetingMode,
    Outcome,
    PlanKind,
    PracticePlace,
)
from domain.register.facts import WorkerRole
from scripts.demonstration.telling import DAY, Tale

SERVICES = ("L1", "L2")
AREAS = ("Espoo", "Lohja", "Raasepori")
WORKERS = {
    "U1": WorkerRole.RESPONSIBLE_SOCIAL_WORKER,
    "U2": WorkerRole.RESPONSIBLE_SOCIAL_WORKER,
    "U3": WorkerRole.FAMILY_INSTRUCTOR,
}
START = 11
"""How many days after the referral the work begins."""
WEIGHED = ("change_work_needed", "individual_work_justified", "family_work_weighed", "outside_services_weighed")
TOGETHER = ("child", "family", "producer", "responsible_social_worker")
CODES = {
    "L1": ("special_support", "none_unsuitable"),
    "L2": ("serious_parenting", "home_support_not_enough", "none_unsuitable"),
}
COURSES = {
    "sound": (dt.date(2025, 1, 13), None),
    "extended": (dt.date(2025, 2, 17), None),
    "breaches": (dt.date(2025, 3, 24), 104),
    "exception": (dt.date(2025, 5, 12), None),
    "withdrew": (dt.date(2025, 8, 18), 50),
    "running": (dt.date(2025, 10, 20), 70),
    "refused": (dt.date(2025, 6, 2), 0),
}
"""The courses of each service: from which day on, and how many days of work; None: the months granted, to the day."""
AGES = {"L1": 12, "L2": 4}


def tales(register: str, seed: str) -> Iterator[Tale]:
    """Every story of the register."""
    for service in SERVICES:
        for number, (course, (base, days)) in enumerate(COURSES.items()):
            tale = Tale(register, f"{service}/{course}", base, f"U{1 + number % 2}", seed=seed)
            _Course(tale, service, course, days, AREAS[number % len(AREAS)]).tell()
            yield tale


def _last_of(tale: Tale, course: str) -> int:
    """The number of the last day of the months granted from the start on."""
    start = tale.day(START)
    ended_on = start.replace(month=start.month + (4 if course == "extended" else 3)) - DAY
    return (ended_on - tale.base).days


class _Course:
    """One episode of a service."""

    def __init__(self, tale: Tale, service: str, course: str, days: int | None, area: str) -> None:
        self.tale, self.service, self.course = tale, service, course
        age = 6 if (service, course) == ("L1", "exception") else AGES[service]
        self.clients = [tale.client(age, area)]
        if service == "L2":
            self.clients.append(tale.client(7, area, name="sibling", code=False))
        self.episode = tale.id("episode")
        self.start = START
        self.end = _last_of(tale, course) if days is None else START + days
        self.bad = course == "breaches"

    def do(self, kind: type[Any], /, **fields: Any) -> UUID:
        return self.tale.do(self.episode, kind, **fields)

    def tell(self) -> None:
        """From the referral to where the course ends."""
        self._propose()
        if self.course == "refused":
            reasons = "Perheen tilanne ei edellytä palvelua."
            self.do(RefuseService, service=self.service, decided_on=self.tale.day(7), reasons=reasons)
            return
        self._authorise()
        self._prepare()
        self.do(
            StartEpisode,
            started_on=self.tale.day(self.start),
            codes=("realistic_expectations", "whole_family"),
            motivation_recognised=True,
        )
        self._work()
        if self.course == "extended":
            self._extend()
        if self.course != "running":
            self._close()

    def _propose(self) -> None:
        day = self.tale.day
        source = ContactSource.CHILD_WELFARE
        self.do(ReceiveReferral, client_ids=tuple(self.clients), received_on=day(0), source=source)
        assessed = {"need_assessed": True, "other_services_fit": True, "codes": WEIGHED}
        self.do(AssessCoordination, assessed_on=day(2), **assessed)
        self.do(
            MakeProposal,
            proposed_on=day(3),
            service=self.service,
            proposer_role=WorkerRole.RESPONSIBLE_SOCIAL_WORKER,
            channel="Laava" if not self.bad else None,
            decided_by_team="arranging_team",
            cancellation_conditions=("day_before",),
        )

    def _authorise(self) -> None:
        day = self.tale.day
        special = self.course == "exception"
        if special and self.service == "L1":
            mature = {"service": "L1", "codes": ("age",), "reasons": "Poikkeuksellisen kypsä."}
            self.do(GrantException, decided_on=day(6), **mature)
        self.do(
            GrantService,
            service=self.service,
            decided_on=day(7),
            valid_from=day(self.start),
            months_granted=3,
            reasons="Muutostyön tarve.",
            clientship="child_welfare",
            codes=CODES[self.service],
            voluntary_consent=True if self.service == "L2" else None,
            special_reasons="Harkittu yhdessä." if special else None,
        )
        self.do(
            ReceivePaymentCommitment,
            received_on=day(8),
            issuer="western_uusimaa",
            payer_service="child_welfare",
            valid_from=day(self.start),
            units=30 if not self.bad else None,
            cost_centre="4711",
        )

    def _prepare(self) -> None:
        day = self.tale.day
        if self.service == "L2":
            self._meet(8, MeetingKind.FAMILIARISATION_VISIT)
            self._meet(9, MeetingKind.START_NEGOTIATION)
        goals = (Goal(goal_id=self.tale.id("goal"), theme="everyday_skills"),)
        plan = {"plan_kind": PlanKind.CLIENT_PLAN, "with_family": True, "goals": goals, "together_with": TOGETHER}
        self.do(MakePlan, made_on=day(9), planned_meetings=20, **plan)
        self.do(AssignWorker, role=WorkerRole.RESPONSIBLE_SOCIAL_WORKER, from_on=day(9))
        self.do(AssignWorker, worker_id="U3", role=WorkerRole.FAMILY_INSTRUCTOR, from_on=day(9))

    def _meet(self, number: int, kind: MeetingKind = MeetingKind.CLIENT_MEETING, /, **fields: Any) -> UUID:
        began = self.tale.at(number, self.tale.draw.randint(9, 15))
        told = {"started_at": began, "ended_at": began + dt.timedelta(minutes=90), "mode": MeetingMode.HOME}
        return self.do(RecordMeeting, **{**told, "meeting_kind": kind, "worker_ids": ("U3",), **fields})

    def _work(self) -> None:
        """A meeting a week, a negotiation a month; in the course with breaches not every one, and mistakes."""
        meetings = []
        for week, number in enumerate(range(self.start, self.end - 2, 7)):
            late = self.tale.draw.choice((0, 0, 0, 2, 8))
            more = {"mode": MeetingMode.OFFICE} if self.bad and week % 4 == 1 else {}
            meetings.append(self._meet(number, late=late, **more))
            if week % 4 == 3 and not (self.bad and week == 3):
                self._meet(number + 2, MeetingKind.INTERIM_NEGOTIATION)
        if self.service == "L2" and self.course in ("sound", "extended"):
            days = {"started_on": self.tale.day(40), "ended_on": self.tale.day(44)}
            self.do(RecordHomePractice, place=PracticePlace.OWN_HOME, **days)
        if self.course in ("breaches", "withdrew"):
            self._mistakes(meetings)

    def _mistakes(self, meetings: list[UUID]) -> None:
        self.tale.correct(self.episode, meetings[1], mode=MeetingMode.OTHER_PLACE)
        again = self._meet(self.start + 14, late=1)
        self.tale.strike_out(self.episode, again)
        at = self.tale.at(self.end - 3)
        when = {"cancelled_at": at - dt.timedelta(hours=20), "starts_at": at, "cancelled_by": CancelledBy.FAMILY}
        self.do(CancelMeeting, **when, cancellation_condition="day_before" if not self.bad else None)

    def _extend(self) -> None:
        decided = self.tale.day(self.start + 86)
        self.do(GrantExtension, decided_on=decided, months_granted=1, reasons="Muutos on vielä kesken.")

    def _close(self) -> None:
        day, end = self.tale.day, self.end
        if not self.bad:
            self.do(EvaluatePlan, evaluated_on=day(end))
        withdrew = self.course == "withdrew"
        reason = ClosureReason.FAMILY_WITHDREW if withdrew else ClosureReason.GOALS_MET
        outcome = Outcome.OTHER_SERVICE if self.bad else Outcome.NONE
        self.do(CloseEpisode, closed_on=day(end), reason=reason, outcome=outcome, late=6 if self.bad else 0)
        if self.course in ("sound", "extended", "exception"):
            self.do(ReceiveFeedback, received_on=day(end + 3), given_by="responsible_social_worker")
