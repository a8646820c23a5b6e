"""Kymenlaakso's early support (S2): K0, K1 and K2, every rule kept and broken."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

from domain.contact.commands.answer_contact import AnswerContact
from domain.contact.facts import ContactSource, FamilyConsent
from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.close_episode import CloseEpisode
from domain.episode.commands.evaluate_plan import EvaluatePlan
from domain.episode.commands.grant_exception import GrantException
from domain.episode.commands.grant_extension import GrantExtension
from domain.episode.commands.open_spell import OpenSpell
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.facts import ClosureReason, MeetingMode, Outcome
from domain.ledger.identity import new_id
from domain.register.facts import WorkerRole
from tests.domain.desk import DECIDED_ON, REFERRED_ON, STARTED_ON, WORKER, Desk, at, grant, meeting, meeting_day, plan
from tests.driven.harness import Driven, Story

SERVICES = {"K0", "K1", "K2"}
BEFORE_THE_MODEL = dt.date(2022, 1, 31)
CLOSED_ON = dt.date(2022, 4, 29)


def decided(service: str, age: int = 4, **fields: Any) -> Story:
    """A grant for a child of that age."""

    def story(desk: Desk) -> UUID:
        decided_on = BEFORE_THE_MODEL if service == "K0" else DECIDED_ON
        child = desk.client(age=age, on=decided_on)
        episode_id = desk.referred(child, received_on=decided_on)
        desk.do(episode_id, grant(service, decided_on, **fields))
        return episode_id

    return story


def asked(service: str, source: ContactSource, consent: FamilyConsent) -> Story:
    """A grant on somebody's request, with or without the family's consent."""

    def story(desk: Desk) -> UUID:
        episode_id = desk.referred(source=source, consent=consent)
        desk.do(episode_id, grant(service))
        return episode_id

    return story


def answered(service: str, consent: FamilyConsent, *, answer: bool = True) -> Story:
    """A professional's contact, and its answer."""

    def story(desk: Desk) -> UUID:
        contact_id = desk.contact(consent=consent, service=service)
        if answer:
            desk.do(contact_id, AnswerContact(answered_at=at(REFERRED_ON, 14), worker_id=WORKER, outcome="guided"))
        return contact_id

    return story


def worked(service: str, meetings: int = 0, **fields: Any) -> Story:
    """Started work with so many client meetings, the last of them as told."""

    def story(desk: Desk) -> UUID:
        episode_id = desk.started(service, meetings=meetings - bool(fields))
        if fields:
            desk.do(episode_id, meeting(meetings, **fields))
        return episode_id

    return story


def then(before: Story, *steps: Callable[[Desk, UUID], object]) -> Story:
    """One story, and what came after it."""

    def story(desk: Desk) -> UUID:
        stream_id = before(desk)
        for step in steps:
            step(desk, stream_id)
        return stream_id

    return story


def close(desk: Desk, episode_id: UUID) -> None:
    desk.do(episode_id, CloseEpisode(closed_on=CLOSED_ON, reason=ClosureReason.GOALS_MET, outcome=Outcome.NONE))


def close_without_outcome(desk: Desk, episode_id: UUID) -> None:
    desk.do(episode_id, CloseEpisode(closed_on=CLOSED_ON, reason=ClosureReason.GOALS_MET))


def late_meeting(desk: Desk, episode_id: UUID) -> None:
    day = CLOSED_ON + dt.timedelta(days=3)
    desk.do(episode_id, meeting(started_at=at(day), ended_at=at(day, 11)))


def exception(number: int = 8, **fields: Any) -> Callable[[Desk, UUID], object]:
    told: dict[str, Any] = {
        "decision_id": new_id(),
        "decided_on": meeting_day(number),
        "decision_maker": WORKER,
        "reasons": "Toinen jakso auttaa.",
        "expected_effect": "Tarve päättyy.",
    }
    return lambda desk, episode_id: desk.do(episode_id, GrantException(**{**told, "decision_id": new_id(), **fields}))


def extend(desk: Desk, episode_id: UUID) -> None:
    decision = {"decision_id": new_id(), "decided_on": meeting_day(8), "decision_maker": WORKER}
    desk.do(episode_id, GrantExtension.model_validate({**decision, "reasons": "Jatko."}))


def meet(first: int, last: int) -> Callable[[Desk, UUID], object]:
    def step(desk: Desk, episode_id: UUID) -> None:
        for number in range(first, last + 1):
            desk.do(episode_id, meeting(number))

    return step


def new_spell(reason: str = "Uusi haaste.") -> Callable[[Desk, UUID], object]:
    spell = OpenSpell(opened_on=meeting_day(9), ground="new_challenge", reason=reason)
    return lambda desk, episode_id: desk.do(episode_id, spell)


def evaluate(desk: Desk, episode_id: UUID) -> None:
    desk.do(episode_id, EvaluatePlan(evaluated_on=CLOSED_ON, worker_id=WORKER))


def assign(desk: Desk, episode_id: UUID) -> None:
    role = WorkerRole.FAMILY_INSTRUCTOR
    desk.do(episode_id, AssignWorker(assignment_id=new_id(), worker_id=WORKER, role=role, from_on=STARTED_ON))


def started_on(service: str, day: dt.date) -> Story:
    def story(desk: Desk) -> UUID:
        episode_id = desk.granted(service)
        desk.do(episode_id, StartEpisode(started_on=day))
        return episode_id

    return story


def planned(*, before_second: bool = True, **fields: Any) -> Story:
    """K2 with a plan of its own, made at latest on the day of the second meeting, or only after it."""

    def story(desk: Desk) -> UUID:
        episode_id = started_on("K2", STARTED_ON)(desk)
        desk.do(episode_id, meeting(1))
        desk.do(episode_id, plan(meeting_day(2 if before_second else 3), **fields))
        desk.do(episode_id, meeting(2))
        return episode_id

    return story


def unplanned(desk: Desk) -> UUID:
    return then(started_on("K2", STARTED_ON), meet(1, 2))(desk)


def second_grant(desk: Desk) -> UUID:
    """A new grant that continues the spell of another K2, as if it were not a second period."""
    client_id = desk.client()
    first = desk.started("K2", client_id, meetings=7)
    close(desk, first)
    episode_id = desk.referred(client_id)
    desk.do(episode_id, grant("K2", CLOSED_ON, continues_episode_id=first))
    return episode_id


def common(service: str) -> list[Driven]:
    """What K1 and K2 have alike."""
    good, day_before = decided(service), DECIDED_ON - dt.timedelta(days=1)
    consented, not_asked = FamilyConsent.GIVEN, FamilyConsent.NOT_ASKED
    clinic = ContactSource.MATERNITY_CLINIC
    closed = then(worked(service, 5 if service == "K2" else 1), close)
    with_spell, bad_spell = then(worked(service, 1), new_spell()), then(worked(service, 1), new_spell(reason=""))
    noted = then(worked(service, 1), assign)
    return [
        Driven(service, "legal-basis", good, decided(service, legal_basis="Child Welfare Act (417/2007)")),
        Driven(service, "age", decided(service, age=12), decided(service, age=13)),
        Driven(service, "target-age", decided(service, age=8), decided(service, age=9)),
        Driven(service, "asked-or-consented", asked(service, clinic, consented), asked(service, clinic, not_asked)),
        Driven(
            service,
            "no-contact-without-consent",
            answered(service, consented),
            answered(service, FamilyConsent.REFUSED),
        ),
        *(
            Driven(service, rule_id, answered(service, consented), answered(service, consented, answer=False))
            for rule_id in ("waiting-time", "waiting-hours")
        ),
        Driven(service, "waiting-for-start", worked(service), good),
        Driven(service, "decision-before-work", worked(service), started_on(service, day_before)),
        Driven(service, "meetings-within-work", closed, then(closed, late_meeting)),
        Driven(service, "new-spell-reasoned", with_spell, bad_spell),
        Driven(service, "outcome", closed, then(worked(service, 5), close_without_outcome)),
        Driven(service, "place", worked(service, 2), worked(service, 2, mode=MeetingMode.OFFICE)),
        *(Driven(service, rule_id, noted, noted) for rule_id in ("themes", "cooperation", "capacity")),
    ]


K0 = [
    Driven("K0", "legal-basis", decided("K0"), decided("K0", legal_basis="Child Welfare Act (417/2007)")),
    Driven("K0", "age", decided("K0", age=12), decided("K0", age=13)),
]

K1 = [
    *common("K1"),
    Driven("K1", "meetings", then(worked("K1", 3), close), worked("K1", 4)),
    Driven("K1", "meetings-granted", decided("K1", meetings_granted=3), decided("K1", meetings_granted=4)),
    Driven("K1", "no-second-period", decided("K1"), then(worked("K1", 3), exception(4))),
    Driven("K1", "cap", worked("K1", 14), worked("K1", 15)),
]

K2 = [
    *common("K2"),
    Driven("K2", "meetings", then(worked("K2", 5), close), worked("K2", 8)),
    Driven("K2", "second-period-only-by-exception", then(worked("K2", 7), exception()), then(worked("K2", 7), extend)),
    Driven("K2", "second-period-only-by-exception", then(worked("K2", 7), exception()), second_grant),
    Driven("K2", "meetings-granted", decided("K2", meetings_granted=7), decided("K2", meetings_granted=8)),
    Driven(
        "K2",
        "exception-reasoned",
        then(worked("K2", 7), exception()),
        then(worked("K2", 7), exception(expected_effect=None)),
    ),
    Driven(
        "K2",
        "exception-after-grant",
        then(worked("K2", 7), exception()),
        then(worked("K2", 7), exception(decided_on=REFERRED_ON)),
    ),
    Driven(
        "K2",
        "one-second-period",
        then(worked("K2", 7), exception()),
        then(worked("K2", 3), exception(4, meetings_granted=3), exception(5, meetings_granted=3)),
    ),
    Driven("K2", "plan", planned(), unplanned),
    Driven("K2", "plan-before-second-meeting", planned(), planned(before_second=False)),
    Driven("K2", "plan-goals", planned(), planned(goals=())),
    Driven("K2", "plan-together", planned(), planned(with_family=False)),
    Driven("K2", "plan-together", planned(), planned(with_family=None)),
    Driven("K2", "evaluation", then(worked("K2", 5), evaluate, close), then(worked("K2", 5), close)),
    Driven("K2", "methods", worked("K2", 1), worked("K2", 1)),
    Driven("K2", "cap", worked("K2", 14), then(worked("K2", 8), exception(9))),
]

CASES = [*K0, *K1, *K2]
