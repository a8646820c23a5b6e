"""Western Uusimaa (S3): L1 and L2, and through them the process of arranging, L0; every rule kept and broken."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any
from uuid import UUID

from domain.catalogue.model import ServiceModel
from domain.client.commands.tellings import ExpectBirth
from domain.contact.facts import ContactSource
from domain.episode.commands.assess_coordination import AssessCoordination
from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.cancel_meeting import CancelMeeting
from domain.episode.commands.close_episode import CloseEpisode
from domain.episode.commands.evaluate_plan import EvaluatePlan
from domain.episode.commands.grant_exception import GrantException
from domain.episode.commands.grant_extension import GrantExtension
from domain.episode.commands.grant_service import GrantService
from domain.episode.commands.handle_feedback_in_team import HandleFeedbackInTeam
from domain.episode.commands.make_plan import MakePlan
from domain.episode.commands.make_proposal import MakeProposal
from domain.episode.commands.receive_feedback import ReceiveFeedback
from domain.episode.commands.receive_payment_commitment import ReceivePaymentCommitment
from domain.episode.commands.receive_referral import ReceiveReferral
from domain.episode.commands.record_home_practice import RecordHomePractice
from domain.episode.commands.record_meeting import RecordMeeting
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
from domain.ledger.identity import new_id
from domain.register.facts import WorkerRole
from tests.domain.desk import MODELS, WORKER, Desk, at
from tests.driven.harness import Driven, Story
from tests.driven.steps import LEFT_OUT, Script, Step, from_to

SERVICES = {"L1", "L2"}
ASSESSED_ON, DECIDED_ON = dt.date(2023, 3, 2), dt.date(2023, 3, 6)
NEGOTIATED_ON, STARTED_ON, CLOSED_ON = dt.date(2023, 3, 9), dt.date(2023, 3, 10), dt.date(2023, 6, 9)
"""Three months to the day: 10.3.-9.6."""
WEIGHED = ("change_work_needed", "individual_work_justified", "family_work_weighed", "outside_services_weighed")
FEEDBACK = {
    "feedback_id": new_id(),
    "received_on": dt.date(2023, 6, 12),
    "given_by": "responsible_social_worker",
}
HANDLED = {"feedback_id": FEEDBACK["feedback_id"], "handled_on": dt.date(2023, 6, 20), "worker_id": WORKER}
GOAL = (Goal(goal_id=new_id(), theme="everyday_skills"),)
DAY = dt.timedelta(days=1)


def steps(service: str, *own: tuple[str, Step], **granted: Any) -> dict[str, Step]:
    """The course of an arranged service; `own` steps come between commitment and start."""
    by_worker = {"worker_id": WORKER}
    together = ("child", "family", "producer", "responsible_social_worker")
    plan = {"plan_kind": PlanKind.CLIENT_PLAN, "made_on": NEGOTIATED_ON, "with_family": True, "goals": GOAL}
    assignment = {"role": WorkerRole.RESPONSIBLE_SOCIAL_WORKER, "from_on": NEGOTIATED_ON, **by_worker}
    closure = {"closed_on": CLOSED_ON, "reason": ClosureReason.GOALS_MET, "outcome": Outcome.NONE}
    return {
        "referral": Step(ReceiveReferral, {"received_on": dt.date(2023, 3, 1), "source": ContactSource.CHILD_WELFARE}),
        "assessment": Step(
            AssessCoordination,
            {
                "assessed_on": ASSESSED_ON,
                "assessor_id": WORKER,
                "need_assessed": True,
                "other_services_fit": True,
                "codes": WEIGHED,
            },
        ),
        "proposal": Step(
            MakeProposal,
            {
                "proposed_on": dt.date(2023, 3, 3),
                "service": service,
                "proposer_id": WORKER,
                "proposer_role": WorkerRole.RESPONSIBLE_SOCIAL_WORKER,
                "channel": "Laava",
                "decided_by_team": "arranging_team",
                "cancellation_conditions": ("day_before",),
            },
        ),
        "decision": Step(
            GrantService,
            {
                "service": service,
                "decided_on": DECIDED_ON,
                "decision_maker": WORKER,
                "valid_from": STARTED_ON,
                "months_granted": 3,
                "reasons": "Muutostyön tarve.",
                **granted,
            },
        ),
        "commitment": Step(
            ReceivePaymentCommitment,
            {
                "received_on": dt.date(2023, 3, 7),
                "issuer": "Länsi-Uusimaa",
                "payer_service": "child_welfare",
                "valid_from": STARTED_ON,
                "units": 30,
                "cost_centre": "4711",
            },
        ),
        **dict(own),
        "plan": Step(MakePlan, {**plan, **by_worker, "together_with": together, "planned_meetings": 20}),
        "assignment": Step(AssignWorker, assignment),
        "start": Step(
            StartEpisode,
            {
                "started_on": STARTED_ON,
                "codes": ("realistic_expectations", "whole_family"),
                "motivation_recognised": True,
            },
        ),
        "first": meeting(STARTED_ON),
        "second": meeting(STARTED_ON + 7 * DAY),
        "interim": meeting(dt.date(2023, 4, 11), MeetingKind.INTERIM_NEGOTIATION),
        "evaluation": Step(EvaluatePlan, {"evaluated_on": CLOSED_ON, **by_worker}),
        "closure": Step(CloseEpisode, closure),
        "feedback": Step(ReceiveFeedback, FEEDBACK),
    }


def meeting(day: dt.date, kind: MeetingKind = MeetingKind.CLIENT_MEETING, **fields: Any) -> Step:
    """A meeting of an hour and a half at home."""
    told = {"meeting_kind": kind, "worker_ids": (WORKER,), "mode": MeetingMode.HOME, **from_to(day), **fields}
    return Step(RecordMeeting, told)


def extension(decided_on: dt.date, months: int = 1, **fields: Any) -> Step:
    """An extension of so many months."""
    told = {"decided_on": decided_on, "decision_maker": WORKER, "months_granted": months, "reasons": "Jatko.", **fields}
    return Step(GrantExtension, told)


def cancelled(condition: str | None) -> Step:
    """A meeting called off, with the condition that applied."""
    when = {"cancelled_at": at(STARTED_ON), "starts_at": at(STARTED_ON + 2 * DAY), "cancelled_by": CancelledBy.FAMILY}
    return Step(CancelMeeting, {**when, "worker_ids": (WORKER,), "cancellation_condition": condition})


SUITED = ("special_support", "none_unsuitable")
L1 = Script(steps("L1", clientship="child_welfare", codes=SUITED), 12, DECIDED_ON)
L2 = Script(
    steps(
        "L2",
        ("visit", meeting(dt.date(2023, 3, 8), MeetingKind.FAMILIARISATION_VISIT)),
        ("negotiation", meeting(NEGOTIATED_ON, MeetingKind.START_NEGOTIATION)),
        clientship="child_welfare",
        voluntary_consent=True,
        codes=("serious_parenting", "home_support_not_enough", "none_unsuitable"),
    ),
    5,
    DECIDED_ON,
)


EXCEPTION_ON_AGE = {
    "service": "L1",
    "decided_on": DECIDED_ON - DAY,
    "decision_maker": WORKER,
    "codes": ("age",),
    "reasons": "Poikkeuksellisen kypsä.",
}
BY_EXCEPTION = L1.with_step("exception", Step(GrantException, EXCEPTION_ON_AGE), before="decision")


Stories = dict[str, tuple[Story, Story]]


def l0() -> Stories:
    """The frame's rules, through L2 where its own do not speak first."""
    granted, started, whole = L2.until("decision"), L2.until("start"), L2.until("feedback")
    referenced = L2.until("decision", decision={"references": ({"system": "Laava", "reference": "7"},)})
    early = {"assignment": {"from_on": ASSESSED_ON}, "start": {"started_on": DECIDED_ON - DAY}}
    return {
        "preparation": (granted, L2.until("decision", assessment=LEFT_OUT)),
        "need-assessed": (granted, L2.until("decision", assessment={"need_assessed": False})),
        "proposal-before-decision": (granted, L2.until("decision", proposal=LEFT_OUT)),
        "proposer": (granted, L2.until("decision", proposal={"proposer_role": WorkerRole.TEAM_LEADER})),
        "proposal-channel": (granted, L2.until("decision", proposal={"channel": None})),
        "arranging-team": (granted, L2.until("decision", proposal={"decided_by_team": None})),
        "cancellation-conditions": (granted, L2.until("decision", proposal={"cancellation_conditions": ()})),
        "cancellation-says-condition": (
            L2.until("second", cancelled("day_before")),
            L2.until("second", cancelled(None)),
        ),
        "decision-contents": (granted, L2.until("decision", decision={"reasons": None})),
        "decisions-reasoned": (
            L2.until("interim", extension(dt.date(2023, 6, 9))),
            L2.until("interim", extension(dt.date(2023, 6, 9), reasons=None)),
        ),
        "decision-references": (referenced, referenced),
        "decision-before-start": (started, L1.until("start", **early)),
        "commitment-before-start": (started, L2.until("start", commitment=LEFT_OUT)),
        "cost-centre": (started, L2.until("start", commitment={"cost_centre": None})),
        "commitment-extent": (started, L2.until("start", commitment={"units": None})),
        "plan-goals": (L1.until("plan"), L1.until("plan", plan={"goals": ()})),
        "goals-assessed": (whole, L2.until("closure", evaluation=LEFT_OUT)),
        "feedback": (whole, L2.until("closure")),
        "feedback-assessed": (L2.until("feedback", Step(HandleFeedbackInTeam, HANDLED)), whole),
        "work-within-service": (whole, L2.until("closure", meeting(CLOSED_ON + DAY))),
        "proposal-to-decision": (whole, whole),
        "decision-to-start": (whole, granted),
        "supervision": (whole, whole),
        "technical-ending": (whole, whole),
    }


def l1() -> Stories:
    """The professional support person."""
    granted, started, worked = L1.until("decision"), L1.until("start"), L1.until("second")
    special = {"special_reasons": "Harkittu yhdessä."}
    speaks_against = ("special_support", "volunteer_would_do")
    other_client = {"clientship": "family_social_work", "codes": ("prevents_heavier_need", "none_unsuitable")}
    network = L1.until("second", meeting(STARTED_ON + 8 * DAY, MeetingKind.NETWORK_MEETING))

    def without(code: str) -> Story:
        return L1.until("decision", assessment={"codes": tuple(one for one in WEIGHED if one != code)})

    return {
        "age": (granted, L1.aged(9).until("decision", decision=special)),
        "young-by-special-consideration": (
            L1.aged(8).until("decision", decision=special),
            L1.aged(8).until("decision"),
        ),
        "other-ages-by-exception": (
            BY_EXCEPTION.aged(6).until("decision", decision=special),
            L1.aged(6).until("decision"),
        ),
        "clientship": (
            L1.until("decision", decision={**other_client, **special}),
            L1.until("decision", decision=other_client),
        ),
        "need-for-change": (granted, without("change_work_needed")),
        "individual-work-justified": (granted, without("individual_work_justified")),
        "family-work-weighed": (granted, without("family_work_weighed")),
        "coordination": (granted, without("outside_services_weighed")),
        "suitability-recorded": (granted, L1.until("decision", decision={"codes": ("special_support",)})),
        "unsuitable-only-with-reasons": (
            L1.until("decision", decision={"codes": speaks_against, **special}),
            L1.until("decision", decision={"codes": speaks_against}),
        ),
        "responsible-worker": (started, L1.until("start", assignment=LEFT_OUT)),
        "goals-and-meetings": (worked, L1.until("second", plan={"planned_meetings": None})),
        "set-together": (worked, L1.until("second", plan={"together_with": ("family", "producer", "key_worker")})),
        "realistic-expectations": (started, L1.until("start", start={"codes": ()})),
        "own-surroundings": (worked, L1.until("second", second={"mode": MeetingMode.OFFICE})),
        "motivation-not-required": (started, L1.until("start", start={"motivation_recognised": False})),
        "methods": (worked, worked),
        "with-family-and-network": (network, network),
    }


def expecting_mother(desk: Desk, _age: int, on: dt.date) -> UUID:
    client_id = desk.client(age=25, on=on)
    desk.do(client_id, ExpectBirth(learnt_on=on - DAY, expected_on=on + 90 * DAY))
    return client_id


def l2() -> Stories:
    """Family rehabilitation round the clock."""
    granted, started, whole = L2.until("decision"), L2.until("start"), L2.until("feedback")
    special = {"special_reasons": "Perhe hyötyy silti."}
    good = ("serious_parenting", "home_support_not_enough", "none_unsuitable")
    against = (*good[:2], "no_home_for_practice")
    at_risk, safe = ("risk_of_placement", *good), ("family_motivated", "no_acute_danger")
    june, july, august, september = (dt.date(2023, month, 9) for month in (6, 7, 8, 9))
    to_the_end = (extension(june), extension(july), extension(august))
    practice = L2.until("second", HOME_PRACTICE)
    expecting = replace(L2, client=expecting_mother).until("decision")
    return {
        "voluntary": (granted, L2.until("decision", decision={"voluntary_consent": None})),
        "right-service": (
            L2.until("decision", decision={"codes": ("other_family_change", "none_unsuitable"), **special}),
            L2.until("decision", decision={"codes": ("serious_parenting", "none_unsuitable")}),
        ),
        "suitability-recorded": (granted, L2.until("decision", decision={"codes": good[:2]})),
        "unsuitable-only-with-reasons": (
            L2.until("decision", decision={"codes": against, **special}),
            L2.until("decision", decision={"codes": against}),
        ),
        "first-period": (granted, L2.until("decision", decision={"months_granted": 4})),
        "extension-of-one-month": (
            L2.until("interim", extension(june)),
            L2.until("interim", extension(june, months=2)),
        ),
        "referral-before-start": (started, L2.until("start", referral={"received_on": CLOSED_ON})),
        "familiarisation-visit": (started, L2.until("start", visit=LEFT_OUT)),
        "start-negotiation": (started, L2.until("start", negotiation=LEFT_OUT)),
        "goals-agreed": (started, L2.until("start", plan={"together_with": ("family",)})),
        "interim-negotiation": (whole, L2.until("closure", interim=LEFT_OUT)),
        "duration": (
            L2.until("interim", *to_the_end),
            L2.until("interim", *to_the_end, extension(september)),
        ),
        "extension-in-time": (
            L2.until("interim", extension(june + DAY)),
            L2.until("interim", extension(june + 5 * DAY)),
        ),
        "extension-valid-from": (
            L2.until("interim", extension(june + 5 * DAY, valid_from=june + 5 * DAY)),
            L2.until("interim", extension(june + 5 * DAY, valid_from=june + DAY)),
        ),
        "extension-after-start": (L2.until("interim", extension(june)), L2.until("assignment", extension(DECIDED_ON))),
        "at-least-three-months": (whole, L2.until("closure", closure={"closed_on": CLOSED_ON - DAY})),
        "whole-family": (started, L2.until("start", start={"codes": ()})),
        "risk-of-placement": (
            L2.until("decision", decision={"codes": (*at_risk, *safe)}),
            L2.until("decision", decision={"codes": at_risk}),
        ),
        "expecting-parents": (expecting, expecting),
        "home-practice": (practice, practice),
        "multiprofessional": (started, started),
        "cornerstones": (started, started),
    }


HOME_PRACTICE = Step(
    RecordHomePractice,
    {
        "practice_id": new_id(),
        "started_on": dt.date(2023, 4, 7),
        "ended_on": dt.date(2023, 4, 10),
        "place": PracticePlace.OWN_HOME,
    },
)

TWO_AT_ONCE = Driven(
    "L2",
    "duration",
    L2.until("interim", extension(dt.date(2023, 6, 9)), extension(dt.date(2023, 6, 10))),
    L2.until("interim", extension(dt.date(2023, 6, 8)), extension(dt.date(2023, 6, 9))),
)


def driven(service: str, stories: Stories, prefix: str = "") -> list[Driven]:
    """The cases of these stories."""
    return [Driven(service, f"{prefix}{rule_id}", kept, broken) for rule_id, (kept, broken) in stories.items()]


CASES = [*driven("L2", l0(), "L0."), *driven("L1", l1()), *driven("L2", l2()), TWO_AT_ONCE]


def version_two(valid_from: dt.date, at_most_months: int) -> ServiceModel:
    """L2 with another maximum, as a next version of the county's catalogue would have it."""
    first = next(model for model in MODELS if model.service == "L2")
    rules = [
        rule.model_copy(update={"cap_months": at_most_months}) if rule.id == "duration" else rule
        for rule in first.rules
    ]
    return first.model_copy(update={"model_version": 2, "valid_from": valid_from, "rules": tuple(rules)})
