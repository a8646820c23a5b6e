"""Rovaniemi's multidisciplinary work (S1): F2, every rule kept and broken."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from domain.commands import AnyCommand
from domain.conference.commands.agree_conference_action import AgreeConferenceAction
from domain.conference.commands.agree_work_pair import AgreeWorkPair
from domain.conference.commands.ask_consultation import AskConsultation
from domain.conference.commands.ask_work_pair import AskWorkPair
from domain.conference.commands.assess_violence_risk import AssessViolenceRisk
from domain.conference.commands.begin_conference_action import BeginConferenceAction
from domain.conference.commands.close_conference import CloseConference
from domain.conference.commands.convene_conference import ConveneConference
from domain.conference.commands.give_consultation import GiveConsultation
from domain.conference.commands.make_conference_plan import MakeConferencePlan
from domain.conference.commands.record_conference import RecordConference
from domain.ledger.identity import new_id
from tests.domain.desk import Desk
from tests.driven.harness import Driven, Story

SERVICES = {"F2"}
CONVENED_ON, HELD_ON = dt.date(2024, 3, 4), dt.date(2024, 3, 11)
PERMITTED = {"handling": "identified", "permission": "given"}
TEAM = ("police", "family_social_work", "school_health_care", "youth_work")
USUAL: dict[str, dict[str, Any]] = {
    "motti": {"organisations": ("maternity_clinic",), "convened_through": "public_health_nurse"},
    "vasa": {"organisations": ("school", "family_social_work")},
    "marak": {"organisations": ("police", "violence_services")},
    "student_welfare_expert_group": {"organisations": ("school",), "pupil_scope": "one_pupil"},
    "anchor": {"organisations": TEAM, "ground": "suspected_offence", "worry_known_on": dt.date(2024, 3, 1)},
}
"""How a conference of the kind is convened when nothing is wrong with it."""
AS_IT_SHOULD: dict[str, dict[str, Any]] = {
    "motti": {
        "guardians_present": True, "child_present": False, "next_steps": ("further_assessment",), "urgency": "at_once",
    },
    "vasa": {
        "guardians_present": True, "next_steps": ("guided_to_service",), "contact_person_of": "school",
        "waiting_support": "support_at_school",
    },
    "anchor": {"guardians_present": True, "child_present": True},
    "lets_talk_discussion": {"guardians_present": True},
}  # fmt: skip
"""How one is held when nothing is wrong with it."""
ACTION = AgreeConferenceAction.model_validate(
    {"agreed_on": HELD_ON, "action_kind": "give_support", "owner": "family_social_work", "due_on": "2024-03-25"}
)


def convening(kind: str, **fields: Any) -> ConveneConference:
    """An identified conference of the kind, without clients, unless told otherwise."""
    usual: dict[str, Any] = {"convened_by": "family_social_work", "organisations": ("school",), **PERMITTED}
    told = {"convened_on": CONVENED_ON, "conference_kind": kind, **usual, **USUAL.get(kind, {}), **fields}
    return ConveneConference.model_validate(told)


def holding(kind: str, **fields: Any) -> RecordConference:
    """The conference, held as one of the kind is."""
    told = {"held_on": HELD_ON, "organisations": ("school",), **AS_IT_SHOULD.get(kind, {}), **fields}
    return RecordConference.model_validate(told)


def convened(kind: str, age: int | None = 10, **fields: Any) -> Story:
    """A conference of the kind that has been convened, for a child of that age."""

    def story(desk: Desk) -> UUID:
        conference_id = new_id()
        clients = () if age is None else (desk.client(age=age, on=CONVENED_ON),)
        desk.do(conference_id, convening(kind, **{"client_ids": clients, **fields}))
        return conference_id

    return story


def then(begun: Story, *commands: AnyCommand) -> Story:
    """The story goes on with these commands."""

    def story(desk: Desk) -> UUID:
        stream_id = begun(desk)
        for command in commands:
            desk.do(stream_id, command)
        return stream_id

    return story


def held(kind: str, **fields: Any) -> Story:
    """A conference of the kind that has met."""
    return then(convened(kind, 4 if kind == "motti" else 10), holding(kind, **fields))


def of_an_episode(desk: Desk) -> UUID:
    """A network meeting that says whose network meets."""
    return convened("episode_network", episode_id=desk.referred())(desk)


def told(command: type[AnyCommand], **fields: Any) -> AnyCommand:
    """The command with these fields."""
    return command.model_validate(fields)


def convening_rule(rule_id: str, kind: str, *, age: int = 10, **broken: Any) -> Driven:
    """A rule of the convening, broken by these fields."""
    return Driven("F2", rule_id, convened(kind, age), convened(kind, age, **broken))


def meeting_rule(rule_id: str, kind: str, **broken: Any) -> Driven:
    """A rule of the meeting, broken by these fields."""
    return Driven("F2", rule_id, held(kind), held(kind, **broken))


closing = told(CloseConference, closed_on=HELD_ON, outcome="need_ended")
asking = told(AskConsultation, asked_on=CONVENED_ON, asked_by="school", asked_of="child_welfare")
giving = told(GiveConsultation, consultation=1, given_on=HELD_ON)
pairing = told(AskWorkPair, asked_on=CONVENED_ON, asked_by="school", asked_of="family_social_work")
agreeing = told(AgreeWorkPair, pair=1, agreed_on=HELD_ON)
anonymously = {"handling": "anonymous", "permission": None, "client_ids": ()}
GROUP = "child_welfare_expert_group"
anonymous_group = convened(GROUP, None, **anonymously)

CASES = [
    convening_rule("permission", "vasa", permission="refused"),
    Driven("F2", "expert-group-anonymous", anonymous_group, convened(GROUP, None)),
    convening_rule("named-with-permission", "vasa", client_ids=()),
    convening_rule("members", "lasta", organisations=()),
    Driven(
        "F2",
        "action-begins",
        then(convened("vasa"), ACTION, told(BeginConferenceAction, action=1, begun_on="2024-03-20")),
        then(convened("vasa"), ACTION),
    ),
    Driven("F2", "motti-age", convened("motti", 6), convened("motti", 7)),
    convening_rule("motti-through-nurse", "motti", age=4, convened_through="psychologist"),
    meeting_rule("motti-guardians", "motti", guardians_present=False),
    meeting_rule("motti-without-child", "motti", child_present=True),
    meeting_rule("motti-next-steps", "motti", urgency=None),
    Driven("F2", "motti-members", held("motti"), held("motti")),
    Driven("F2", "vasa-age", convened("vasa", 6), convened("vasa", 5)),
    convening_rule("vasa-beyond-school", "vasa", organisations=("school", "student_welfare")),
    meeting_rule("vasa-with-family", "vasa", guardians_present=False),
    meeting_rule("vasa-way-on", "vasa", next_steps=()),
    meeting_rule("vasa-contact-person", "vasa", contact_person_of=None),
    meeting_rule("vasa-waiting", "vasa", waiting_support=None),
    Driven(
        "F2",
        "marak-risk",
        then(held("marak"), told(AssessViolenceRisk, assessed_on=HELD_ON, risk="high")),
        held("marak"),
    ),
    Driven(
        "F2",
        "marak-plan",
        then(held("marak"), told(MakeConferencePlan, made_on=HELD_ON, action_kinds=("safety_measure",))),
        held("marak"),
    ),
    Driven("F2", "marak-actions", then(held("marak"), ACTION, closing), then(held("marak"), closing)),
    Driven("F2", "expert-group-advises", *[then(anonymous_group, holding(GROUP))] * 2),
    convening_rule("student-welfare-for-whom", "student_welfare_expert_group", pupil_scope=None),
    meeting_rule("lets-talk-parents", "lets_talk_discussion", guardians_present=False),
    Driven(
        "F2",
        "council-after-discussion",
        convened("lets_talk_council", follows_conference_id=new_id()),
        convened("lets_talk_council"),
    ),
    convening_rule("anchor-ground", "anchor", ground=None),
    convening_rule("anchor-police", "anchor", organisations=TEAM[1:]),
    convening_rule("anchor-social", "anchor", organisations=("police", "school_health_care", "youth_work")),
    convening_rule("anchor-health", "anchor", organisations=("police", "child_welfare", "youth_work")),
    convening_rule("anchor-youth", "anchor", organisations=TEAM[:3]),
    meeting_rule("anchor-meets-the-young", "anchor", child_present=False),
    Driven("F2", "anchor-early", held("anchor"), convened("anchor")),
    Driven("F2", "lasta-held", held("lasta"), held("lasta")),
    Driven("F2", "network-of-an-episode", of_an_episode, convened("episode_network")),
    Driven(
        "F2",
        "consultation-time",
        then(convened("consultation"), asking, giving),
        then(convened("consultation"), asking),
    ),
    Driven(
        "F2",
        "work-pair-from-another",
        then(convened("work_pair"), pairing),
        then(convened("work_pair"), told(AskWorkPair, asked_on=CONVENED_ON, asked_by="school", asked_of="school")),
    ),
    Driven(
        "F2", "work-pair-time", then(convened("work_pair"), pairing, agreeing), then(convened("work_pair"), pairing)
    ),
]
