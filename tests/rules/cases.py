"""Every rule of every model, kept and broken: one short story each way."""

from __future__ import annotations

from dataclasses import dataclass

from domain.contact.facts import ContactSource, FamilyConsent
from domain.episode.facts import MeetingKind, MeetingMode, PlanKind
from domain.fact import Fact
from domain.register.facts import WorkerRole
from tests.rules.story import (
    CHILD,
    SIBLING,
    answered,
    assessed,
    assigned,
    cancelled,
    closed,
    committed,
    contact,
    delivered,
    evaluated,
    exception,
    extension,
    feedback,
    feedback_handled,
    granted,
    held,
    helds,
    missed,
    negotiated,
    new_spell,
    notified,
    plan,
    planned,
    proposed,
    referral,
    reopened,
    reported,
    resumed,
    started,
    suspended,
)

SEVEN = helds("3.3.", "6.3.", "7.3.", "8.3.", "9.3.", "10.3.", "13.3.")
SEVEN_MORE = helds("15.3.", "16.3.", "17.3.", "20.3.", "21.3.", "22.3.", "23.3.")


@dataclass(frozen=True)
class Case:
    """A story that keeps the rule and one that breaks it, leaves its duty open or its measure without end."""

    kept: list[Fact]
    broken: list[Fact]


K0: dict[str, Case] = {
    "legal-basis": Case([granted()], [granted(legal_basis="Child Welfare Act (417/2007)")]),
    "age": Case([granted(age_years=12)], [granted(age_years=13)]),
}

NOTED = Case([referral(), granted(), started(), *SEVEN, closed("1.5.")], [])
"""Notes can be neither kept nor broken: nothing is found whatever happens."""

K1_AND_K2: dict[str, Case] = {
    **K0,
    "target-age": Case([granted(age_years=8)], [granted(age_years=9)]),
    "asked-or-consented": Case(
        [granted(requested_by_family=None, consent=FamilyConsent.GIVEN)],
        [granted(requested_by_family=None, consent=FamilyConsent.NOT_ASKED)],
    ),
    "no-contact-without-consent": Case(
        [contact("1.2.", ContactSource.SCHOOL), answered("2.2.")],
        [contact("1.2.", ContactSource.SCHOOL, FamilyConsent.REFUSED), answered("2.2.")],
    ),
    "waiting-time": Case([contact("1.2."), answered("2.2.")], [contact("1.2.")]),
    "waiting-hours": Case([contact("1.2."), answered("2.2.")], [contact("1.2.")]),
    "waiting-for-start": Case([referral(), started()], [referral()]),
    "decision-before-work": Case([granted("2.3."), started("2.3.")], [started("2.3."), granted("3.3.")]),
    "meetings-within-work": Case(
        [started("2.3."), closed("1.4."), reopened("3.4."), held("4.4.")],
        [started("2.3."), closed("1.4."), held("4.4.")],
    ),
    "cap": Case(
        [granted(), *SEVEN, exception("14.3."), *SEVEN_MORE],
        [granted(meetings_before=1), *SEVEN, *SEVEN_MORE],
    ),
    "new-spell-reasoned": Case([new_spell("1.3.")], [new_spell("1.3.", reason="")]),
    "outcome": Case([closed("1.4.")], [closed("1.4.", None)]),
    "place": Case([held("3.3.", mode=MeetingMode.VIDEO)], [held("3.3.", mode=MeetingMode.OFFICE)]),
    "themes": NOTED,
    "cooperation": NOTED,
    "capacity": NOTED,
}

K1: dict[str, Case] = {
    **K1_AND_K2,
    "meetings": Case([*SEVEN[:3], closed("1.4.")], SEVEN[:4]),
    "meetings-granted": Case([granted(meetings_granted=3)], [granted(meetings_granted=4)]),
    "no-second-period": Case([granted()], [exception("2.3.")]),
}

K2: dict[str, Case] = {
    **K1_AND_K2,
    "meetings": Case([granted(), *SEVEN, exception("14.3."), *SEVEN_MORE, closed("1.4.")], [*SEVEN, held("15.3.")]),
    "second-period-only-by-exception": Case([exception("14.3.")], [extension("14.3.")]),
    "meetings-granted": Case([granted(meetings_granted=7)], [granted(meetings_granted=8)]),
    "exception-reasoned": Case([exception("14.3.")], [exception("14.3.", expected_effect=None)]),
    "exception-after-grant": Case([granted("1.3."), exception("14.3.")], [exception("14.3.")]),
    "one-second-period": Case(
        [exception("14.3."), new_spell("1.4."), exception("20.4.")], [exception("14.3."), exception("20.4.")]
    ),
    "plan": Case([started(), held("3.3."), plan("3.3.")], [started(), held("3.3."), held("6.3.")]),
    "plan-before-second-meeting": Case(
        [held("3.3."), held("6.3."), plan("3.3.")], [held("3.3."), plan("7.3."), held("6.3.")]
    ),
    "plan-goals": Case([plan("3.3.")], [plan("3.3.", goal_texts=None)]),
    "plan-together": Case([plan("3.3.")], [plan("3.3.", with_family=None)]),
    "evaluation": Case([evaluated("30.3."), closed("1.4.")], [closed("1.4.")]),
    "methods": NOTED,
}

L0: dict[str, Case] = {
    "preparation": Case([assessed("2.2."), granted("2.2.")], [granted("2.2."), assessed("3.2.")]),
    "need-assessed": Case([assessed()], [assessed(need=False)]),
    "proposal-before-decision": Case([proposed("2.2."), granted("3.2.")], [granted("3.2.")]),
    "proposer": Case(
        [proposed(proposer_role=WorkerRole.RESPONSIBLE_SOCIAL_WORKER)],
        [proposed(proposer_role=WorkerRole.TEAM_LEADER)],
    ),
    "proposal-channel": Case([proposed()], [proposed(channel=None)]),
    "arranging-team": Case([proposed()], [proposed(decided_by_team=None)]),
    "cancellation-conditions": Case([proposed()], [proposed(cancellation_conditions=())]),
    "cancellation-says-condition": Case([cancelled("6.3.", cancellation_condition="day_before")], [cancelled("6.3.")]),
    "decision-contents": Case([granted()], [granted(valid_to=None)]),
    "decisions-reasoned": Case([extension("1.6.", reasons="It helps.")], [extension("1.6.")]),
    "decision-references": NOTED,
    "decision-before-start": Case([granted("1.3."), started("2.3.")], [started("2.3.")]),
    "commitment-before-start": Case([committed("1.3."), started("2.3.")], [started("2.3."), committed("3.3.")]),
    "cost-centre": Case([committed()], [committed(cost_centre=None)]),
    "commitment-extent": Case([committed()], [committed(units=None)]),
    "plan-goals": Case([plan("3.3.")], [plan("3.3.", goal_texts=None)]),
    "goals-assessed": Case([evaluated("1.4."), closed("1.4.")], [closed("1.4.")]),
    "feedback": Case([closed("1.4."), feedback("12.4.")], [closed("1.4."), feedback("12.4.", "family")]),
    "feedback-assessed": Case(
        [feedback("12.4."), feedback_handled("20.4.")], [feedback("12.4."), feedback_handled("20.4.", "another")]
    ),
    "work-within-service": Case([started("2.3."), held("2.3.")], [held("1.3."), started("2.3.")]),
    "proposal-to-decision": Case([proposed(), granted()], [proposed()]),
    "decision-to-start": Case([granted(), started()], [granted()]),
    "supervision": NOTED,
    "technical-ending": NOTED,
}

WEEK_BY_WEEK = [planned("6.3."), planned("13.3."), planned("20.3.")]

X9: dict[str, Case] = {
    **{f"L0.{rule_id}": case for rule_id, case in L0.items()},
    "ten-to-seventeen": Case([granted(age_years=17)], [granted(age_years=None)]),
    "young-with-reasons": Case([granted(age_years=9)], [granted(age_years=9, reasons=None)]),
    "length": Case([held("3.3.", minutes=135)], [held("3.3.", minutes=136)]),
    "suited": Case([granted(codes=("serious_need",))], [granted()]),
    "pair-before-start": Case([assigned("w1"), assigned("w2"), started()], [assigned("w1"), started()]),
    "visit-and-negotiation": Case(
        [
            negotiated("1.3.", MeetingKind.FAMILIARISATION_VISIT),
            negotiated("2.3.", MeetingKind.START_NEGOTIATION),
            started("2.3."),
        ],
        [negotiated("2.3.", MeetingKind.START_NEGOTIATION), started("2.3.")],
    ),
    "no-work-while-suspended": Case(
        [suspended("3.3."), resumed("6.3."), held("6.3.")], [suspended("3.3."), held("6.3.")]
    ),
    "delivered-as-written": Case([reported("3.3."), delivered("3.3.")], [reported("3.3.", SIBLING), delivered("3.3.")]),
    "meetings-per-client": Case(
        [held("3.3.", client_ids=(CHILD, SIBLING)), held("6.3."), held("7.3."), held("8.3.", client_ids=(SIBLING,))],
        [held("3.3.", client_ids=(CHILD, SIBLING)), *helds("6.3.", "7.3.", "8.3.")],
    ),
    "negotiations": Case(
        [negotiated("3.3."), negotiated("6.3."), extension("7.3."), negotiated("8.3.")],
        [negotiated("3.3."), negotiated("6.3."), negotiated("8.3."), extension("9.3.")],
    ),
    "spell-cap": Case(
        [granted(meetings_granted=6), *SEVEN[:6], new_spell("11.3."), SEVEN[6]],
        [granted(meetings_granted=6, meetings_before=1)],
    ),
    "three-to-six-months": Case(
        [started("2.3."), extension("1.6."), closed("1.7.")], [started("2.3."), closed("2.6.")]
    ),
    "at-least-three-months": Case([started("2.3."), closed("1.6.")], [started("2.3."), closed("31.5.")]),
    "monthly-negotiation": Case(
        [started("31.3."), negotiated("28.4."), closed("1.5.")], [started("31.3."), negotiated("28.4.")]
    ),
    "monthly-report": Case(
        [referral(), started(), reported("5.4."), closed("31.3.")], [referral(), started(), closed("11.4.")]
    ),
    "answer": Case([contact("1.2."), answered("3.2.")], [contact("1.2.")]),
    "interruption-reported": Case([missed("3.3."), notified("6.3.")], [notified("2.3."), missed("3.3.")]),
    "plan-for-client": Case([started("2.3."), delivered("2.3.")], [started("2.3.")]),
    "plan-by-second-meeting": Case(
        [plan("1.3.", PlanKind.SERVICE_PLAN), started("2.3.")], [started("2.3."), held("3.3."), planned("6.3.")]
    ),
    "missed-and-made-up": Case(
        [missed("3.3."), held("3.3.")],
        [missed("3.3."), held("6.3.")],
    ),
    "contact-days": Case([contact("1.2."), answered("2.2.")], [contact("1.2.")]),
    "grant-hours": Case([granted(), started()], [granted()]),
    "weekly": Case([started("6.3."), *WEEK_BY_WEEK, closed("26.3.")], [started("6.3."), closed("26.3.")]),
    "remote-share": Case(
        [held("3.3.", minutes=80), held("6.3.", minutes=20, mode=MeetingMode.VIDEO)],
        [held("3.3.", minutes=79), held("6.3.", minutes=20, mode=MeetingMode.VIDEO)],
    ),
    "places": NOTED,
}

CASES: dict[str, dict[str, Case]] = {"K0": K0, "K1": K1, "K2": K2, "L0": L0, "X9": X9}
