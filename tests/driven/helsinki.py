"""Helsinki (S4): H1, intensified family work; every rule kept and broken."""

from __future__ import annotations

import datetime as dt
from typing import Any

from domain.contact.facts import ContactSource
from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.close_episode import CloseEpisode
from domain.episode.commands.grant_extension import GrantExtension
from domain.episode.commands.grant_service import GrantService
from domain.episode.commands.make_plan import MakePlan
from domain.episode.commands.make_proposal import MakeProposal
from domain.episode.commands.plan_meeting import PlanMeeting
from domain.episode.commands.receive_referral import ReceiveReferral
from domain.episode.commands.record_meeting import RecordMeeting
from domain.episode.commands.resume_episode import ResumeEpisode
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.commands.suspend_episode import SuspendEpisode
from domain.episode.commands.write_summary import WriteSummary
from domain.episode.facts import ClosureReason, Goal, MeetingKind, MeetingMode, Outcome, PlanKind
from domain.ledger.identity import new_id
from domain.register.commands.enrol_worker import EnrolWorker
from domain.register.facts import WorkerRole
from tests.domain.desk import ENROLLED_ON, OTHER_WORKER, WORKER, Desk, at
from tests.driven.harness import Driven, Story
from tests.driven.steps import LEFT_OUT, Fields, Script, Step, from_to

SERVICES = {"H1"}
SOCIAL_WORKER = "S1"
DECIDED_ON, STARTED_ON, CLOSED_ON = dt.date(2023, 3, 6), dt.date(2023, 3, 8), dt.date(2023, 3, 29)
"""A Monday, a Wednesday and a Wednesday: two whole weeks between, from 13 and from 20 March."""
DAY, WEEK = dt.timedelta(days=1), dt.timedelta(days=7)
GOALS = (Goal(goal_id=new_id(), theme="being_a_parent"),)


def enrol_social_worker(desk: Desk) -> None:
    """The child's responsible social worker, who decides."""
    if SOCIAL_WORKER not in desk.book.register_state().workers:
        role = WorkerRole.RESPONSIBLE_SOCIAL_WORKER
        enrolment = EnrolWorker(worker_id=SOCIAL_WORKER, role=role, enrolled_on=ENROLLED_ON)
        desk.do(desk.register_id, enrolment)


def meeting(day: dt.date, kind: MeetingKind = MeetingKind.CLIENT_MEETING, **fields: Any) -> Step:
    """A meeting of an hour and a half at home, written down together."""
    told = {
        "meeting_kind": kind,
        "worker_ids": (WORKER, OTHER_WORKER),
        "mode": MeetingMode.HOME,
        "with_family_documented": True,
        "participants": ("parents", "children", "together"),
        "place": "home",
        **from_to(day),
    }
    return Step(RecordMeeting, {**told, **fields})


def agreed(day: dt.date) -> Step:
    """A meeting agreed upon for that day, and not held."""
    when = {"starts_at": at(day), "ends_at": at(day, 12), "planned_at": at(STARTED_ON)}
    return Step(PlanMeeting, {**when, "worker_ids": (WORKER, OTHER_WORKER), "mode": MeetingMode.HOME})


def extension(**fields: Any) -> Step:
    """A decision that the service goes on for longer."""
    told = {"decided_on": STARTED_ON, "decision_maker": SOCIAL_WORKER, "reasons": "Tarve jatkuu.", **fields}
    return Step(GrantExtension, told)


def instructor(worker_id: str) -> Step:
    """A social instructor of the pair."""
    role = WorkerRole.SOCIAL_INSTRUCTOR
    return Step(AssignWorker, {"worker_id": worker_id, "role": role, "from_on": DECIDED_ON})


STEPS = {
    "referral": Step(ReceiveReferral, {"received_on": dt.date(2023, 3, 1), "source": ContactSource.CHILD_WELFARE}),
    "proposal": Step(
        MakeProposal,
        {
            "proposed_on": dt.date(2023, 3, 2),
            "service": "H1",
            "proposer_id": SOCIAL_WORKER,
            "proposer_role": WorkerRole.RESPONSIBLE_SOCIAL_WORKER,
        },
    ),
    "decision": Step(
        GrantService,
        {
            "service": "H1",
            "decided_on": DECIDED_ON,
            "decision_maker": SOCIAL_WORKER,
            "clientship": "child_welfare",
            "valid_from": STARTED_ON,
            "codes": ("homecoming_assessment",),
            "reasons": "Vuorovaikutuksen tuki.",
        },
    ),
    "client_plan": Step(
        MakePlan,
        {"plan_kind": PlanKind.CLIENT_PLAN, "made_on": DECIDED_ON, "worker_id": SOCIAL_WORKER, "goals": GOALS},
    ),
    "first_of_pair": instructor(WORKER),
    "second_of_pair": instructor(OTHER_WORKER),
    "start": Step(StartEpisode, {"started_on": STARTED_ON, "motivation_recognised": True, "codes": ("portal_in_use",)}),
    "first": meeting(STARTED_ON),
    "service_plan": Step(
        MakePlan,
        {
            "plan_kind": PlanKind.SERVICE_PLAN,
            "made_on": STARTED_ON,
            "worker_id": WORKER,
            "with_family": True,
            "goals": GOALS,
            "content": "Tuen tarpeet, toteutus ja sisältö.",
            "weekly_meetings": 2,
            "weekly_minutes": 180,
        },
    ),
    "second": meeting(STARTED_ON + WEEK, child_documented=True),
    "third": agreed(STARTED_ON + 2 * WEEK),
    "summary": Step(WriteSummary, {"written_on": CLOSED_ON, "worker_id": WORKER, "content": "Yhteenveto."}),
    "negotiation": meeting(CLOSED_ON, MeetingKind.CLOSING_NEGOTIATION, topics=("summary", "plans_onward")),
    "closure": Step(CloseEpisode, {"closed_on": CLOSED_ON, "reason": ClosureReason.GOALS_MET, "outcome": Outcome.NONE}),
}
H1 = Script(STEPS, 9, DECIDED_ON, prepared=enrol_social_worker)


def at_the_start() -> dict[str, tuple[Story, Story]]:
    """Who decides for whom, and what must be there when the work begins."""
    granted, started = H1.until("decision"), H1.until("start")
    other_act, family_work = "Social Welfare Act (1301/2014)", "family_social_work"
    early = {name: {"from_on": dt.date(2023, 3, 1)} for name in ("first_of_pair", "second_of_pair")}
    too_early = {**early, "client_plan": {"made_on": dt.date(2023, 3, 1)}, "start": {"started_on": DECIDED_ON - DAY}}
    professional = Step(
        AssignWorker, {"worker_id": WORKER, "role": WorkerRole.OTHER_PROFESSIONAL, "from_on": STARTED_ON}
    )
    with_another = {"role": WorkerRole.OTHER_PROFESSIONAL}
    of_others = {"first_of_pair": with_another, "second_of_pair": with_another}
    return {
        "legal-basis": (granted, H1.until("decision", decision={"legal_basis": other_act})),
        "clientship": (granted, H1.until("decision", decision={"clientship": family_work})),
        "age": (H1.aged(17).until("decision"), H1.aged(18).until("decision")),
        "applied-for-by": (granted, H1.until("decision", proposal=LEFT_OUT)),
        "decided-by": (granted, H1.until("decision", decision={"decision_maker": WORKER})),
        "decision-contents": (granted, H1.until("decision", decision={"reasons": None})),
        "decisions-reasoned": (H1.until("start", extension()), H1.until("start", extension(reasons=None))),
        "decision-before-start": (started, H1.until("start", **too_early)),
        "pair": (started, H1.until("start", second_of_pair=LEFT_OUT)),
        "pair ": (H1.until("start", second_of_pair=with_another), H1.until("start", **of_others)),
        "pair-with-others": (H1.until("start", professional), started),
        "client-plan": (started, H1.until("start", client_plan=LEFT_OUT)),
        "key-condition": (started, H1.until("start", start={"motivation_recognised": None})),
        "free-of-charge": (started, started),
        "homecoming-assessment": (granted, granted),
        "portal": (started, started),
    }


def at_work() -> dict[str, tuple[Story, Story]]:
    """The plan, the meetings and the end."""
    worked, whole = H1.until("second"), H1.until("closure")
    saturday = H1.until("second", meeting(dt.date(2023, 3, 18), **from_to(dt.date(2023, 3, 18), hour=21)))
    late = {**from_to(STARTED_ON + WEEK, hour=19)}
    a_year_on = dt.date(2024, 3, 7)
    long: dict[str, Fields | None] = {"service_plan": {}, "third": LEFT_OUT, "summary": {}, "negotiation": LEFT_OUT}
    four = [agreed(dt.date(2023, 3, day)) for day in (13, 14, 16)]
    return {
        "service-plan": (worked, H1.until("second", service_plan=LEFT_OUT)),
        "service-plan-contents": (worked, H1.until("second", service_plan={"content": None})),
        "service-plan-together": (worked, H1.until("second", service_plan={"with_family": None})),
        "frequency-agreed": (worked, H1.until("second", service_plan={"weekly_meetings": None})),
        "frequency": (whole, H1.until("closure", third=LEFT_OUT)),
        "held-meetings": (whole, whole),
        "length": (
            H1.until("second", second=from_to(STARTED_ON + WEEK, minutes=135)),
            H1.until("second", second=from_to(STARTED_ON + WEEK, minutes=136)),
        ),
        "hours": (saturday, H1.until("second", second=late)),
        "weekends": (saturday, saturday),
        "duration": (
            H1.until("closure", closure={"closed_on": a_year_on}, **long),
            H1.until("closure", closure={"closed_on": a_year_on + DAY}, **long),
        ),
        "work-within-service": (whole, H1.until("closure", meeting(CLOSED_ON + DAY))),
        "places": (worked, worked),
        "with-whom": (worked, worked),
        "documented-together": (worked, H1.until("second", second={"with_family_documented": None})),
        "child-documents": (worked, worked),
        "closing-negotiation": (whole, H1.until("closure", negotiation=LEFT_OUT)),
        "closing-negotiation-topics": (whole, H1.until("closure", negotiation={"topics": ("summary",)})),
        "summary-for-negotiation": (whole, H1.until("closure", summary=LEFT_OUT)),
        "frequency ": (suspended(), H1.until("closure", *four)),
    }


def suspended() -> Story:
    """The week without meetings lies in a suspension."""
    pause = Step(SuspendEpisode, {"suspended_on": dt.date(2023, 3, 17)})
    again = Step(ResumeEpisode, {"resumed_on": dt.date(2023, 3, 27)})
    return H1.until("second", pause, again, Step(CloseEpisode, STEPS["closure"].fields))


CASES = [
    Driven("H1", rule_id.strip(), kept, broken) for rule_id, (kept, broken) in {**at_the_start(), **at_work()}.items()
]
