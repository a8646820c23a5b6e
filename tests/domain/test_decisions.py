"""Decisions: an authorisation is refused when its conditions do not hold, and the refusal says what would satisfy."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from domain.amend.correct_entry import CorrectEntry
from domain.client.commands.tellings import ExpectBirth, RecordBirth
from domain.contact.facts import ContactSource, FamilyConsent
from domain.correction import MistakeKind
from domain.episode.commands.close_episode import CloseEpisode
from domain.episode.commands.decide_end import DecideEnd
from domain.episode.commands.grant_exception import GrantException
from domain.episode.commands.grant_extension import GrantExtension
from domain.episode.commands.grant_service import GrantService
from domain.episode.commands.move_to_model import MoveToModel
from domain.episode.commands.open_spell import OpenSpell
from domain.episode.commands.refuse_service import RefuseService
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.facts import ClosureReason, DecisionKind, DecisionMade, Outcome
from domain.episode.state import Phase
from domain.ledger.identity import new_id
from domain.refusal import NotAuthorised, OutOfOrder, ServiceNotKnown, UnknownEpisode
from domain.register.commands.publish_service_model import PublishServiceModel
from tests.domain.desk import (
    DECIDED_ON,
    STARTED_ON,
    TOMORROW,
    WORKER,
    Desk,
    grant,
    meeting,
    meeting_day,
    the,
)
from tests.domain.marks import covers, refuses
from tests.domain.test_register import second_version

JANUARY, FEBRUARY = dt.date(2022, 1, 31), dt.date(2022, 2, 1)


WHY = "Tarvetta ei ole."


def decision(kind: type[Any], decided_on: dt.date = DECIDED_ON, **fields: object) -> Any:
    told = {"decision_id": new_id(), "decided_on": decided_on, "decision_maker": WORKER}
    return kind.model_validate(told | fields)


def second_period(decided_on: dt.date = DECIDED_ON, **fields: object) -> Any:
    reasoned: dict[str, object] = {"reasons": "it helps", "expected_effect": "the need ends"}
    return decision(GrantException, decided_on, **(reasoned | fields))


@covers(GrantService)
def test_a_grant_pins_the_episode_to_the_model_in_force_that_day_and_takes_its_defaults(desk: Desk) -> None:
    episode_id = desk.referred()
    fact = the(desk.do(episode_id, grant("K2")).facts(), DecisionMade)
    assert (fact.kind, fact.service, fact.model_version) == (DecisionKind.GRANTED, "K2", 1)
    assert (fact.meetings_granted, fact.service_task, fact.age_years) == (7, "child_family_services", 4)
    assert "1301/2014" in fact.legal_basis
    assert desk.episode(episode_id).phase is Phase.DECIDED


@pytest.mark.parametrize("service", ["K1", "K2"])
@refuses(GrantService)
def test_a_grant_for_a_child_past_the_age_is_refused_by_the_rule_and_its_remedy(desk: Desk, service: str) -> None:
    episode_id = desk.referred(desk.client(age=13))
    before = desk.episode(episode_id)
    refusal = desk.refused(episode_id, grant(service))
    assert isinstance(refusal, NotAuthorised)
    assert refusal.code == "rule_not_met"
    assert refusal.rule is not None
    assert (refusal.rule.service, refusal.rule.model_version, refusal.rule.rule_id) == (service, 1, "age")
    assert (refusal.rule.strength, refusal.rule.source) == ("must", "S2")
    assert set(refusal.rule.texts) == {"fi", "sv", "en"}
    assert all(refusal.rule.texts.values())
    assert "expecting mother" in refusal.remedy
    assert "the age was 13" in refusal.remedy
    assert (refusal.details["measured"], refusal.details["limit"], refusal.details["unit"]) == (13, 12, "years")
    assert desk.episode(episode_id).entries == before.entries


def test_the_age_is_that_of_the_day_of_the_decision(desk: Desk) -> None:
    child = desk.client(born_on=dt.date(2009, 3, 8))
    assert desk.do(desk.referred(child), grant(decided_on=dt.date(2022, 3, 7))).entries
    assert desk.refused(desk.referred(child), grant(decided_on=dt.date(2022, 3, 8))).code == "rule_not_met"


def test_a_decision_names_those_of_its_clients_who_are_of_age_that_day(desk: Desk) -> None:
    birthday = DECIDED_ON.replace(year=DECIDED_ON.year - 18)
    of_age, a_day_younger = desk.client(born_on=birthday), desk.client(born_on=birthday + dt.timedelta(days=1))
    episode = desk.referred(of_age, a_day_younger)
    assert the(desk.do(episode, grant("K2"), historical=True).facts(), DecisionMade).adult_ids == (of_age,)
    assert the(desk.do(desk.referred(), grant("K2")).facts(), DecisionMade).adult_ids is None


def test_who_is_of_age_follows_a_corrected_day_and_is_nobody_else(desk: Desk) -> None:
    birthday = DECIDED_ON.replace(year=DECIDED_ON.year - 18)
    of_age, child = desk.client(born_on=birthday), desk.client()
    episode = desk.referred(of_age, child)
    desk.do(episode, grant("K2"), historical=True)

    def corrected(**changes: Any) -> CorrectEntry:
        grant_entry = desk.number(episode, DecisionMade)
        return CorrectEntry(entry=grant_entry, mistake=MistakeKind.TYPING_ERROR, changes=changes, reason="It was so.")

    def named() -> tuple[UUID, ...] | None:
        return desk.episode(episode).decisions[-1].adult_ids

    desk.do(episode, corrected(decided_on=(DECIDED_ON - dt.timedelta(days=1)).isoformat()))
    assert named() is None
    desk.do(episode, corrected(decided_on=DECIDED_ON.isoformat()))
    assert named() == (of_age,)
    stranger = desk.refused(episode, corrected(adult_ids=[str(new_id())]))
    assert (stranger.code, stranger.details["field"]) == ("client_not_of_episode", "changes.adult_ids")
    for wrong in (None, [str(child)]):
        refusal = desk.refused(episode, corrected(adult_ids=wrong))
        assert (refusal.code, str(of_age) in refusal.remedy) == ("carried_wrongly", True)


def right(desk: Desk, episode: UUID, **changes: Any) -> CorrectEntry:
    entry = desk.number(episode, DecisionMade)
    return CorrectEntry(entry=entry, mistake=MistakeKind.TYPING_ERROR, changes=changes, reason="It was so.")


def ages(desk: Desk, episode: UUID) -> tuple[int | None, int | None, bool | None, tuple[UUID, ...] | None]:
    told = desk.episode(episode).decisions[-1]
    return told.age_years, told.youngest_age_years, told.expecting, told.adult_ids


def test_the_ages_follow_a_corrected_day(desk: Desk) -> None:
    birthday = DECIDED_ON.replace(year=DECIDED_ON.year - 9)
    elder, younger = desk.client(born_on=birthday), desk.client(age=4)
    episode = desk.referred(elder, younger)
    desk.do(episode, grant("K2"))
    assert ages(desk, episode) == (9, 4, False, None)
    desk.do(episode, right(desk, episode, decided_on=(DECIDED_ON - dt.timedelta(days=1)).isoformat()))
    assert ages(desk, episode) == (8, 4, False, None)
    for field, wrong in (("age_years", 10), ("youngest_age_years", 5), ("expecting", True)):
        refusal = desk.refused(episode, right(desk, episode, **{field: wrong}))
        assert (refusal.code, refusal.details["field"]) == ("carried_wrongly", f"changes.{field}")


def test_who_expected_a_child_then_did_so_whatever_came_since(desk: Desk) -> None:
    mother = desk.client(age=30, expecting_birth_on=dt.date(2022, 8, 1))
    episode = desk.referred(mother)
    desk.do(episode, grant("K2"))
    desk.do(mother, RecordBirth(born_on=dt.date(2022, 8, 3)))
    desk.do(mother, ExpectBirth(learnt_on=dt.date(2024, 1, 1), expected_on=dt.date(2024, 7, 1)))
    later = (DECIDED_ON + dt.timedelta(days=1)).isoformat()
    desk.do(episode, right(desk, episode, decided_on=later))
    assert ages(desk, episode) == (30, 30, True, (mother,)), "the first child was expected on that day too"
    parent, child = desk.client(age=30), desk.client(age=4)
    other = desk.referred(parent, child)
    desk.do(other, grant("K2"), historical=True)
    desk.do(parent, ExpectBirth(learnt_on=dt.date(2024, 1, 1), expected_on=dt.date(2024, 7, 1)))
    desk.do(other, right(desk, other, decided_on=later))
    assert ages(desk, other) == (30, 4, False, (parent,)), "nobody was expected two years before"


def test_the_ages_of_a_decision_follow_a_corrected_birth_date_once_one_of_them_is_told_anew(desk: Desk) -> None:
    youth, child = desk.client(age=17), desk.client(age=4)
    episode = desk.referred(youth, child)
    desk.do(episode, grant("K2"), historical=True)
    assert ages(desk, episode) == (17, 4, False, None)
    born_on = DECIDED_ON.replace(year=DECIDED_ON.year - 19)
    of_birth = CorrectEntry(
        entry=1, mistake=MistakeKind.TYPING_ERROR, changes={"born_on": born_on.isoformat()}, reason="Two years off."
    )
    (told,) = desk.do(youth, of_birth).warnings
    assert "correct their age_years" in told
    refusal = desk.refused(episode, right(desk, episode, age_years=18))
    assert "It is 19" in refusal.remedy
    desk.do(episode, right(desk, episode, age_years=19))
    assert ages(desk, episode) == (19, 4, False, (youth,))


def test_an_expecting_mother_may_be_granted_at_any_age(desk: Desk) -> None:
    mother = desk.client(age=30, expecting_birth_on=dt.date(2022, 8, 1))
    fact = the(desk.do(desk.referred(mother), grant()).facts(), DecisionMade)
    assert fact.expecting
    assert desk.refused(desk.referred(desk.client(age=30)), grant()).code == "rule_not_met"


def test_a_child_past_the_present_target_is_granted_with_a_deviation_of_the_norm(desk: Desk) -> None:
    outcome = desk.do(desk.referred(desk.client(age=9)), grant())
    deviation = outcome.deviations[0]
    assert (deviation.rule_id, deviation.strength) == ("target-age", "norm")
    assert (deviation.measured, deviation.limit) == (9, 8)
    assert not desk.do(desk.referred(desk.client(age=8)), grant()).deviations


@pytest.mark.parametrize("consent", [FamilyConsent.REFUSED, FamilyConsent.NOT_ASKED])
def test_without_the_familys_consent_a_grant_is_refused(desk: Desk, consent: FamilyConsent) -> None:
    refusal = desk.refused(desk.referred(source=ContactSource.SCHOOL, consent=consent), grant())
    assert refusal.rule is not None
    assert refusal.rule.rule_id == "asked-or-consented"


def test_with_the_consent_recorded_on_the_contact_a_grant_is_made(desk: Desk) -> None:
    contact_id = desk.contact(source=ContactSource.SCHOOL, consent=FamilyConsent.GIVEN)
    assert desk.do(desk.referred(contact_id=contact_id, source=None), grant()).entries


@pytest.mark.parametrize(
    ("service", "decided_on", "in_force"), [("K2", JANUARY, ["K0"]), ("K0", FEBRUARY, ["K1", "K2"])]
)
def test_a_service_that_is_not_in_force_on_the_day_is_refused_naming_those_that_are(
    desk: Desk, service: str, decided_on: dt.date, in_force: list[str]
) -> None:
    refusal = desk.refused(desk.referred(received_on=JANUARY), grant(service, decided_on))
    assert isinstance(refusal, ServiceNotKnown)
    assert (refusal.code, refusal.details["in_force"]) == ("service_not_in_force", in_force)
    assert ", ".join(in_force) in refusal.remedy


@pytest.mark.parametrize(("service", "decided_on"), [("K0", JANUARY), ("K1", FEBRUARY), ("K2", FEBRUARY)])
def test_the_model_changes_at_the_turn_of_january_2022(desk: Desk, service: str, decided_on: dt.date) -> None:
    assert desk.do(desk.referred(received_on=JANUARY), grant(service, decided_on)).entries


def test_the_frame_of_ordered_services_is_never_granted_itself(desk: Desk) -> None:
    refusal = desk.refused(desk.referred(), grant("L0", dt.date(2023, 5, 2)))
    assert isinstance(refusal, ServiceNotKnown)
    assert "L0" not in refusal.details["in_force"]


def test_a_service_is_granted_once(desk: Desk) -> None:
    refusal = desk.refused(desk.granted(), grant())
    assert isinstance(refusal, OutOfOrder)
    assert "move" in refusal.remedy


def test_a_grant_on_another_legal_basis_is_refused(desk: Desk) -> None:
    refusal = desk.refused(desk.referred(), grant(legal_basis="Child Welfare Act (417/2007)"))
    assert refusal.rule is not None
    assert refusal.rule.rule_id == "legal-basis"


def test_a_decision_is_not_made_in_the_future_nor_by_somebody_outside(desk: Desk) -> None:
    episode_id = desk.referred()
    assert desk.refused(episode_id, grant(decided_on=TOMORROW)).details["field"] == "decided_on"
    assert desk.refused(episode_id, grant(decision_maker="O9")).details["field"] == "decision_maker"
    backwards = grant(valid_from=DECIDED_ON, valid_to=DECIDED_ON - dt.timedelta(days=1))
    refusal = desk.refused(episode_id, backwards)
    assert (refusal.code, refusal.details["field"]) == ("ended_before_it_began", "valid_to")


@covers(RefuseService)
def test_a_service_can_be_refused_and_granted_on_review(desk: Desk) -> None:
    episode_id = desk.referred()
    fact = the(desk.do(episode_id, decision(RefuseService, service="K2", reasons=WHY)).facts(), DecisionMade)
    assert (fact.kind, fact.meetings_granted) == (DecisionKind.REFUSED, None)
    assert desk.episode(episode_id).phase is Phase.REFUSED
    desk.do(episode_id, grant())
    assert desk.episode(episode_id).phase is Phase.DECIDED


@refuses(RefuseService)
def test_what_was_granted_is_not_refused_afterwards(desk: Desk) -> None:
    assert isinstance(desk.refused(desk.granted(), decision(RefuseService, service="K2", reasons=WHY)), OutOfOrder)


@pytest.mark.parametrize("reasons", [None, "", "  "])
def test_whoever_refuses_or_ends_a_service_says_why_unless_it_was_decided_elsewhere(
    desk: Desk, reasons: str | None
) -> None:
    untold = (
        (desk.referred(), decision(RefuseService, service="K2", reasons=reasons)),
        (desk.started(), decision(DecideEnd, reasons=reasons)),
    )
    for episode_id, command in untold:
        refusal = desk.refused(episode_id, command)
        assert (refusal.code, refusal.details["field"]) == ("reasons_missing", "reasons")
        assert desk.do(episode_id, command, historical=True).entries


@covers(GrantException)
def test_a_second_period_is_an_exception_with_reasons_and_expected_effect(desk: Desk) -> None:
    fact = the(desk.do(desk.started(meetings=5), second_period(meeting_day(5))).facts(), DecisionMade)
    assert (fact.kind, fact.meetings_granted) == (DecisionKind.EXCEPTION, 7)


@pytest.mark.parametrize("missing", ["reasons", "expected_effect"])
@refuses(GrantException)
def test_a_second_period_without_reasons_or_expected_effect_is_refused(desk: Desk, missing: str) -> None:
    refusal = desk.refused(desk.started(meetings=5), second_period(meeting_day(5), **{missing: None}))
    assert refusal.rule is not None
    assert refusal.rule.rule_id == "exception-reasoned"
    assert "why the second period is judged to help" in refusal.remedy


@refuses(GrantExtension)
def test_short_change_work_has_no_plain_extension(desk: Desk) -> None:
    refusal = desk.refused(desk.started(), decision(GrantExtension, meetings_granted=2))
    assert refusal.rule is not None
    assert refusal.rule.rule_id == "second-period-only-by-exception"


@covers(GrantExtension)
def test_a_service_without_a_rule_on_it_is_extended(desk: Desk) -> None:
    episode_id = desk.referred(received_on=dt.date(2022, 1, 10))
    desk.do(episode_id, grant("K0", JANUARY))
    fact = the(desk.do(episode_id, decision(GrantExtension, months_granted=2)).facts(), DecisionMade)
    assert (fact.kind, fact.service, fact.months_granted) == (DecisionKind.EXTENSION, "K0", 2)


def test_guidance_and_counselling_has_no_second_period(desk: Desk) -> None:
    refusal = desk.refused(desk.started("K1"), second_period())
    assert refusal.rule is not None
    assert refusal.rule.rule_id == "no-second-period"


def test_one_period_is_at_most_seven_meetings_by_decision(desk: Desk) -> None:
    refusal = desk.refused(desk.referred(), grant(meetings_granted=8))
    assert refusal.rule is not None
    assert refusal.rule.rule_id == "meetings-granted"


def continued(desk: Desk, k1_meetings: int = 3, k2_meetings: int = 7) -> Any:
    """Short change work that guidance and counselling led to, with so many meetings held in each."""
    client_id = desk.client()
    guidance = desk.started("K1", client_id, meetings=k1_meetings)
    return desk.started("K2", client_id, continues_episode_id=guidance, meetings=k2_meetings)


def test_the_cap_counts_the_guidance_that_led_to_the_work_and_tells_how_many_can_still_be_granted(desk: Desk) -> None:
    refusal = desk.refused(continued(desk), second_period(meeting_day(7)))
    assert refusal.rule is not None
    assert (refusal.rule.rule_id, refusal.details["measured"], refusal.details["limit"]) == ("cap", 17, 14)
    assert "4 can still be granted" in refusal.remedy


def test_up_to_the_cap_a_second_period_is_granted(desk: Desk) -> None:
    assert desk.do(continued(desk), second_period(meeting_day(7), meetings_granted=4)).entries


def test_without_earlier_guidance_a_whole_second_period_fits_under_the_cap(desk: Desk) -> None:
    assert desk.do(desk.started(meetings=7), second_period(meeting_day(7))).entries


def test_meetings_that_were_struck_or_of_another_kind_do_not_count_towards_the_cap(desk: Desk) -> None:
    client_id = desk.client()
    guidance = desk.started("K1", client_id, meetings=2)
    desk.do(guidance, meeting(3, meeting_kind="phone_call"))
    fact = the(desk.do(desk.referred(client_id), grant(continues_episode_id=guidance)).facts(), DecisionMade)
    assert fact.meetings_before == 2


def test_a_new_spell_begins_the_count_anew(desk: Desk) -> None:
    episode_id = continued(desk)
    desk.do(episode_id, OpenSpell(opened_on=meeting_day(8), ground="new_challenge", reason="a new challenge"))
    assert desk.episode(episode_id).client_meetings_in_spell == 0
    assert desk.do(episode_id, second_period(meeting_day(8))).entries


def test_a_meeting_entered_late_counts_in_the_spell_of_its_day(desk: Desk) -> None:
    client_id = desk.client()
    guidance = desk.started("K1", client_id, meetings=1)
    desk.do(guidance, OpenSpell(opened_on=meeting_day(3), ground="new_challenge", reason="a new challenge"))
    desk.do(guidance, meeting(2))
    desk.do(guidance, meeting(4))
    fact = the(desk.do(desk.referred(client_id), grant(continues_episode_id=guidance)).facts(), DecisionMade)
    assert fact.meetings_before == 1


def test_only_an_episode_of_the_register_can_be_continued(desk: Desk) -> None:
    assert isinstance(desk.refused(desk.referred(), grant(continues_episode_id=new_id())), UnknownEpisode)


def test_only_an_episode_of_one_of_its_clients_goes_on_in_another(desk: Desk) -> None:
    of_another, episode_id = desk.started("K1", meetings=1), desk.referred()
    refusal = desk.refused(episode_id, grant(continues_episode_id=of_another))
    assert (refusal.code, refusal.details["field"]) == ("client_not_of_episode", "continues_episode_id")
    assert isinstance(desk.refused(episode_id, grant(continues_episode_id=episode_id)), OutOfOrder)


def test_what_history_authorised_is_recorded_with_its_deviations_instead(desk: Desk) -> None:
    episode_id = desk.referred(desk.client(age=13))
    outcome = desk.do(episode_id, grant(), historical=True)
    deviation = next(one for one in outcome.deviations if one.rule_id == "age")
    assert (deviation.strength, deviation.measured, deviation.limit) == ("must", 13, 12)
    assert desk.episode(episode_id).phase is Phase.DECIDED


def test_history_too_cannot_tell_what_cannot_be_a_fact(desk: Desk) -> None:
    assert desk.refused(desk.referred(), grant(decided_on=TOMORROW), historical=True).code == "in_the_future"


@covers(StartEpisode)
def test_the_work_starts_on_the_day_of_the_decision_or_later(desk: Desk) -> None:
    episode_id = desk.granted()
    desk.do(episode_id, StartEpisode(started_on=DECIDED_ON))
    assert desk.episode(episode_id).phase is Phase.ACTIVE


@refuses(StartEpisode)
def test_the_work_does_not_start_before_the_decision(desk: Desk) -> None:
    early = StartEpisode(started_on=DECIDED_ON - dt.timedelta(days=1))
    refusal = desk.refused(desk.granted(), early)
    assert refusal.rule is not None
    assert refusal.rule.rule_id == "decision-before-work"


def test_the_work_starts_once_and_not_without_a_grant(desk: Desk) -> None:
    start = StartEpisode(started_on=STARTED_ON)
    assert isinstance(desk.refused(desk.started(), start), OutOfOrder)
    assert isinstance(desk.refused(desk.referred(), start), OutOfOrder)


def test_an_episode_stays_pinned_when_a_new_version_is_published(desk: Desk) -> None:
    episode_id = desk.started()
    desk.do(desk.register_id, PublishServiceModel(content=second_version(dt.date(2022, 3, 2))))
    desk.do(episode_id, meeting())
    pin = desk.episode(episode_id).pin
    assert pin is not None
    assert pin.model_version == 1


@covers(MoveToModel)
def test_a_decision_moves_a_running_episode_to_the_version_in_force(desk: Desk) -> None:
    episode_id = desk.started()
    desk.do(desk.register_id, PublishServiceModel(content=second_version(dt.date(2022, 4, 1))))
    fact = the(desk.do(episode_id, decision(MoveToModel, dt.date(2022, 4, 1), service="K2")).facts(), DecisionMade)
    assert (fact.kind, fact.model_version) == (DecisionKind.MOVE, 2)
    state = desk.episode(episode_id)
    assert state.pin is not None
    assert (state.pin.model_version, state.phase) == (2, Phase.ACTIVE)


def test_a_move_to_where_the_episode_is_already_changes_nothing(desk: Desk) -> None:
    assert not desk.do(desk.started(), decision(MoveToModel, service="K2")).entries


@refuses(MoveToModel, DecideEnd)
def test_only_a_granted_episode_is_moved_or_ended(desk: Desk) -> None:
    for command in (decision(MoveToModel, service="K2"), decision(DecideEnd, reasons=WHY)):
        assert isinstance(desk.refused(desk.referred(), command), OutOfOrder)


def test_an_episode_is_not_moved_to_a_service_that_is_not_in_force(desk: Desk) -> None:
    assert isinstance(desk.refused(desk.started(), decision(MoveToModel, service="K0")), ServiceNotKnown)


@covers(DecideEnd)
def test_the_end_is_decided_by_a_decision_of_its_own_and_leaves_the_closing_to_be_recorded(desk: Desk) -> None:
    episode_id = desk.started()
    assert the(desk.do(episode_id, decision(DecideEnd, reasons=WHY)).facts(), DecisionMade).kind is DecisionKind.END
    assert desk.episode(episode_id).phase is Phase.ACTIVE
    desk.do(
        episode_id,
        CloseEpisode(closed_on=meeting_day(1), reason=ClosureReason.GOALS_MET, outcome=Outcome.NONE),
    )
    assert desk.episode(episode_id).phase is Phase.CLOSED


def test_no_decision_is_made_in_an_episode_that_does_not_exist(desk: Desk) -> None:
    for command in (
        grant(),
        decision(RefuseService, service="K2", reasons=WHY),
        second_period(),
        decision(GrantExtension),
        decision(MoveToModel, service="K2"),
        decision(DecideEnd, reasons=WHY),
        StartEpisode(started_on=STARTED_ON),
    ):
        assert isinstance(desk.refused(new_id(), command), UnknownEpisode)


def test_siblings_are_judged_by_the_oldest_of_them(desk: Desk) -> None:
    refusal = desk.refused(desk.referred(desk.client(4), desk.client(15)), grant("K2"))
    assert isinstance(refusal, NotAuthorised)
    assert refusal.rule is not None
    assert refusal.rule.rule_id == "age"


def test_nothing_is_decided_for_a_child_who_is_born_after_that_day_alone_or_beside_a_sibling(desk: Desk) -> None:
    unborn, sibling = desk.client(born_on=DECIDED_ON + dt.timedelta(days=1)), desk.client(4)
    for clients in ((unborn,), (sibling, unborn)):
        for command in (grant(), decision(RefuseService, service="K2", reasons=WHY)):
            refusal = desk.refused(desk.referred(*clients), command)
            assert (refusal.code, refusal.details["field"]) == ("not_born_yet", "decided_on")
    assert desk.do(desk.referred(desk.client(born_on=DECIDED_ON)), grant()).entries


def test_a_decision_before_the_birth_that_was_made_elsewhere_is_recorded_as_it_was(desk: Desk) -> None:
    episode_id = desk.referred(desk.client(born_on=DECIDED_ON + dt.timedelta(days=1)))
    assert the(desk.do(episode_id, grant(), historical=True).facts(), DecisionMade).age_years == -1


def test_what_was_granted_and_not_yet_held_counts_towards_the_cap_too(desk: Desk) -> None:
    refusal = desk.refused(continued(desk, k1_meetings=3, k2_meetings=2), second_period())
    assert isinstance(refusal, NotAuthorised)
    assert refusal.rule is not None
    assert refusal.rule.rule_id == "cap"
    assert "4" in refusal.remedy
