"""What was asked of one client's work is asked no more of who left, while it is asked of the others."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.episode.facts import ChildJoined, ClientshipEnded, DecisionKind, FollowUpAgreed, PlacementDecided, Recipient
from domain.fact import Fact
from domain.rules.judge import judge
from tests.rules.models import CATALOGUE
from tests.rules.story import (
    CHILD,
    SIBLING,
    closed,
    day,
    decided,
    delivered,
    granted,
    held,
    meeting,
    referral,
    reopened,
    started,
    story,
)

MODELS = {model.service: model for model in CATALOGUE}
FAMILY = [referral("1.2.", (CHILD, SIBLING)), started("10.3.")]


def left(client: UUID, when: str) -> Fact:
    return ClientshipEnded(client_id=client, ended_on=day(when))


def reports_of(client: UUID, *facts: Fact, service: str = "P8") -> list[str]:
    """The months of which a report on that client is owed."""
    duties = judge(MODELS[service], story(*FAMILY, *facts)).duties.values()
    return [one.key.split("/")[-1] for one in duties if one.rule_id == "monthly-report" and one.client_id == client]


def test_reports_are_owed_of_a_child_to_the_month_in_which_it_left_and_of_its_siblings_onwards() -> None:
    told = [left(CHILD, "3.4."), held("20.6.")]
    for service in ("P7", "P8"):
        assert reports_of(CHILD, *told, service=service) == ["2023-03", "2023-04"]
        assert reports_of(SIBLING, *told, service=service) == ["2023-03", "2023-04", "2023-05", "2023-06"]


def test_the_end_for_all_does_not_bring_back_who_left_before_nor_does_a_reopening() -> None:
    gone = [left(CHILD, "3.4."), closed("20.6.")]
    assert reports_of(CHILD, *gone) == ["2023-03", "2023-04"]
    assert reports_of(CHILD, *gone, reopened("2.8."), held("5.9.")) == ["2023-03", "2023-04"]
    onwards = ["2023-03", "2023-04", "2023-05", "2023-06", "2023-08", "2023-09"]
    assert reports_of(SIBLING, *gone, reopened("2.8."), held("5.9.")) == onwards


def test_who_left_after_it_went_on_again_is_reported_of_to_that_day() -> None:
    told = [closed("2.4."), reopened("5.5."), left(CHILD, "9.6."), held("5.9.")]
    assert reports_of(CHILD, *told) == ["2023-03", "2023-04", "2023-05", "2023-06"]


def test_an_end_that_was_told_late_takes_back_what_was_owed_after_it() -> None:
    assert reports_of(CHILD, held("20.6."), left(CHILD, "3.4.")) == ["2023-03", "2023-04"]


def test_no_report_is_owed_of_an_adult_but_of_every_child() -> None:
    """The client who is of age is named so by the grant, or by the decision that moved the work here."""
    for kind in (DecisionKind.GRANTED, DecisionKind.MOVE):
        told = decided(kind, "5.3.", adult_ids=(CHILD,))
        assert reports_of(CHILD, told, held("20.4.")) == []
        assert reports_of(SIBLING, told, held("20.4.")) == ["2023-03", "2023-04"]
    later = decided(DecisionKind.EXTENSION, "5.4.", adult_ids=(CHILD,))
    assert reports_of(CHILD, later, held("20.4.")) == ["2023-03", "2023-04"], "who came of age was a child at first"
    assert reports_of(CHILD, granted("5.3."), held("20.4.")) == ["2023-03", "2023-04"], "of before it was told"


def test_a_move_after_the_start_ends_the_reports_of_who_has_come_of_age_and_withdraws_none_of_before() -> None:
    moved = decided(DecisionKind.MOVE, "5.6.", adult_ids=(CHILD,))
    before = ["2023-03", "2023-04", "2023-05", "2023-06"]
    for service in ("P7", "P8"):
        assert reports_of(CHILD, granted("5.3."), held("20.5."), moved, held("20.8."), service=service) == before
        told = [granted("5.3."), moved, closed("20.6."), reopened("2.7."), held("20.8.")]
        assert reports_of(CHILD, *told, service=service) == before, "nobody becomes a child again"
        assert reports_of(SIBLING, granted("5.3."), moved, held("20.8.")) == [*before, "2023-07", "2023-08"]


def test_a_grant_that_is_dated_after_the_start_owes_no_report_of_its_adults() -> None:
    later = story(referral("1.2.", (CHILD, SIBLING)), granted("12.4.", adult_ids=(CHILD,)), started("10.3."))
    told_anew = story(referral("1.2.", (CHILD, SIBLING)), started("10.3."), granted("12.4.", adult_ids=(CHILD,)))
    for told in (later, told_anew):
        duties = judge(MODELS["P8"], told).duties.values()
        assert {one.client_id for one in duties if one.rule_id == "monthly-report"} == {SIBLING}


def test_the_documents_of_who_left_are_delivered_then_and_those_of_the_others_at_the_end() -> None:
    def owed(*facts: Fact, service: str) -> list[tuple[int, int | None]]:
        duties = judge(MODELS[service], story(*FAMILY, *facts)).duties.values()
        return [(one.started_by, one.met_by) for one in duties if one.rule_id == "documents-delivered"]

    handed = delivered("12.4.").model_copy(
        update={"document_kind": "client_documents", "recipient": Recipient.CONTROLLER}
    )
    for service in (f"P{number}" for number in range(1, 9)):
        assert owed(left(CHILD, "3.4."), handed, service=service) == [(3, 4)]
        of_a_sibling, of_all = (handed.model_copy(update={"client_id": one}) for one in (SIBLING, None))
        assert owed(left(CHILD, "3.4."), of_a_sibling, service=service) == [(3, None)], "another's documents"
        assert owed(left(CHILD, "3.4."), of_a_sibling, handed, service=service) == [(3, 5)]
        assert owed(left(CHILD, "3.4."), of_all, service=service) == [(3, 4)], "what names nobody is of all"
        gone = [left(CHILD, "3.4."), closed("20.6.")]
        assert owed(*gone, service=service) == [(3, None), (4, None)]
        assert owed(*gone, reopened("22.6."), service=service) == [(3, None)], "who left does not come back"
        assert owed(left(CHILD, "20.6."), closed("20.6."), service=service) == [(4, None)], "all of that day at once"
        assert owed(closed("20.6."), left(CHILD, "20.6."), service=service) == [(3, None)]
        assert owed(closed("20.6."), left(CHILD, "20.6."), reopened("22.6."), service=service) == [(4, None)]


def test_the_documents_of_one_client_alone_do_not_meet_what_is_owed_of_all() -> None:
    def owed(*facts: Fact) -> list[tuple[int, int | None]]:
        told = story(*FAMILY, *facts)
        duties = [
            one for service in (f"P{n}" for n in range(1, 9)) for one in judge(MODELS[service], told).duties.values()
        ]
        found = {(one.started_by, one.met_by) for one in duties if one.rule_id == "documents-delivered"}
        return sorted(found, key=str)

    def handed(client: UUID | None, when: str = "22.6.") -> Fact:
        said = {"document_kind": "client_documents", "recipient": Recipient.CONTROLLER, "client_id": client}
        return delivered(when).model_copy(update=said)

    same_day, day_before = (left(CHILD, "20.6."), closed("20.6.")), (left(CHILD, "19.6."), closed("20.6."))
    assert owed(*same_day, handed(SIBLING)) == [(4, None)], "those of the child are not delivered"
    assert owed(*same_day, handed(SIBLING), handed(CHILD, "26.6.")) == [(4, 6)]
    assert owed(*same_day, handed(SIBLING), handed(None, "26.6.")) == [(4, 6)]
    assert owed(*same_day, handed(CHILD, "12.6."), handed(SIBLING)) == [(4, None)], "before its part had ended"
    assert owed(*day_before, handed(CHILD)) == [(3, 5), (4, None)], "those of the sibling are not delivered"
    assert owed(*day_before, handed(CHILD), handed(SIBLING)) == [(3, 5), (4, 6)]
    newborn = meeting("newborn")
    came = ChildJoined(client_id=newborn, of_episode=(CHILD, SIBLING, newborn), joined_on=day("3.4."))
    assert owed(came, closed("20.6."), handed(SIBLING), handed(CHILD)) == [(4, None)], "nor those of who came along"


def follow_ups(*facts: Fact) -> set[UUID | None]:
    duties = judge(MODELS["P2"], story(*FAMILY, *facts)).duties.values()
    return {one.client_id for one in duties if one.rule_id in {"follow-up-half-a-year", "follow-up-a-year"}}


def test_nobody_who_left_is_contacted_after_the_end_even_where_the_consent_is_told_later() -> None:
    agreed = [
        FollowUpAgreed(client_id=one, consent_id=meeting("consent"), agreed_on=day("12.3.")) for one in (CHILD, SIBLING)
    ]
    assert follow_ups(*agreed, closed("20.6.")) == {CHILD, SIBLING}
    assert follow_ups(*agreed, left(CHILD, "3.4."), closed("20.6.")) == {SIBLING}
    assert follow_ups(left(CHILD, "3.4."), *agreed, closed("20.6.")) == {SIBLING}
    assert follow_ups(*agreed, closed("20.6."), left(CHILD, "19.6.")) == {SIBLING}


def test_who_was_a_client_to_the_very_day_of_the_end_is_contacted_after_it() -> None:
    agreed = FollowUpAgreed(client_id=CHILD, consent_id=meeting("consent"), agreed_on=day("12.3."))
    assert follow_ups(agreed, closed("20.6."), left(CHILD, "20.6.")) == {CHILD}
    assert follow_ups(agreed, left(CHILD, "20.6."), closed("20.6.")) == {CHILD}


def placements(rule_id: str, *facts: Fact) -> list[tuple[int, int | None]]:
    duties = judge(MODELS["P2"], story(*FAMILY, *facts)).duties.values()
    return [(one.started_by, one.met_by) for one in duties if one.rule_id == rule_id]


def placed(client: UUID, when: str, until: str) -> Fact:
    said: dict[str, Any] = {
        "decision_maker": "child_welfare",
        "legal_basis": "Child Welfare Act",
        "valid_from": day(when),
    }
    return PlacementDecided(
        decision_id=meeting(f"{client}{when}"), client_id=client, decided_on=day(when), valid_to=day(until), **said
    )


def test_the_placement_of_a_child_who_left_is_not_renewed_and_that_of_its_sibling_is() -> None:
    both = [placed(CHILD, "10.3.", "10.5."), placed(SIBLING, "10.3.", "10.5.")]
    assert placements("placement-renewed", *both) == [(3, None), (4, None)]
    assert placements("placement-renewed", *both, left(CHILD, "3.4.")) == [(4, None)]


def test_a_newborn_who_died_needs_no_placement() -> None:
    born = ChildJoined(client_id=CHILD, of_episode=(CHILD,), joined_on=day("14.3."), born=True)
    assert placements("placement-after-birth", born) == [(3, None)]
    assert placements("placement-after-birth", born, left(SIBLING, "15.3.")) == [(3, None)]
    assert placements("placement-after-birth", born, left(CHILD, "15.3.")) == []
