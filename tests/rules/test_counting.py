"""Allowances, caps and spells: what counts, where a breach stands and by how much, and what may still be granted."""

from __future__ import annotations

import pytest

from domain.episode.facts import MeetingMode
from domain.rules.judge import judge
from tests.rules.models import K1, K2, X9
from tests.rules.story import (
    CHILD,
    SIBLING,
    cancelled,
    closed,
    exception,
    granted,
    held,
    helds,
    missed,
    negotiated,
    new_spell,
    planned,
    reopened,
    started,
    story,
)

SEVEN = helds("3.3.", "6.3.", "7.3.", "8.3.", "9.3.", "10.3.", "13.3.")
SEVEN_MORE = helds("15.3.", "16.3.", "17.3.", "20.3.", "21.3.", "22.3.", "23.3.")


def test_the_eighth_meeting_without_an_exception_deviates_by_eight_against_seven() -> None:
    judgement = judge(K2, story(granted(), *SEVEN, held("15.3.")))
    deviation = judgement.deviations["meetings/9"]
    assert (deviation.measured, deviation.limit, deviation.unit) == (8, 7, "meetings")
    assert [key for key in judgement.deviations if key.startswith("meetings/")] == ["meetings/9"]


def test_a_late_entry_past_the_limit_deviates_itself_and_moves_no_other_deviation() -> None:
    entries = story(granted(), *SEVEN, held("15.3."), held("4.3."))
    assert {key for key in judge(K2, entries).deviations if key.startswith("meetings/")} == {
        "meetings/9",
        "meetings/10",
    }


def test_an_exception_does_not_make_an_earlier_excess_right() -> None:
    judgement = judge(K2, story(granted(), *SEVEN, held("14.3."), exception("15.3."), held("16.3.")))
    assert {key for key in judgement.deviations if key.startswith("meetings/")} == {"meetings/9"}


def test_a_meeting_of_the_first_period_entered_after_the_exception_is_within_it() -> None:
    judgement = judge(K2, story(granted(), *SEVEN[:6], exception("14.3."), *SEVEN_MORE, held("4.3.")))
    assert not [key for key in judgement.deviations if key.startswith("meetings/")]


def test_fewer_than_five_meetings_deviate_at_the_closure() -> None:
    deviation = judge(K2, story(granted(), *SEVEN[:4], closed("1.4."))).deviations["meetings/6"]
    assert (deviation.measured, deviation.limit, deviation.entry) == (4, 5, 6)


def test_too_few_meetings_are_not_judged_at_a_closure_that_was_followed_by_a_reopening() -> None:
    judgement = judge(K2, story(granted(), *SEVEN[:4], closed("1.4."), reopened("3.4.")))
    assert "meetings/6" not in judgement.deviations


def test_negotiations_cancelled_and_missed_meetings_never_count() -> None:
    others = [negotiated("14.3."), cancelled("15.3."), missed("16.3.")]
    assert not judge(K1, story(granted(), started(), *SEVEN[:3], *others)).deviations


def test_phone_and_video_count_when_recorded_as_client_meetings() -> None:
    remote = [held("14.3.", mode=MeetingMode.PHONE), held("15.3.", mode=MeetingMode.VIDEO)]
    assert "meetings/6" in judge(K1, story(granted(), *SEVEN[:2], *remote, held("16.3."))).deviations


def test_siblings_in_one_meeting_are_one_encounter_of_the_family() -> None:
    both = [held(when, client_ids=(CHILD, SIBLING)) for when in ("3.3.", "6.3.", "7.3.")]
    assert not judge(K1, story(granted(), started("2.3."), *both)).deviations


def test_each_client_has_a_counter_where_the_rule_counts_clients() -> None:
    both = [held(when, client_ids=(CHILD, SIBLING)) for when in ("3.3.", "6.3.", "7.3.", "8.3.")]
    keys = {key for key in judge(X9, story(*both)).deviations if key.startswith("meetings-per-client/")}
    assert keys == {f"meetings-per-client/4/{CHILD}", f"meetings-per-client/4/{SIBLING}"}


def test_the_fifteenth_meeting_of_a_spell_deviates_from_the_cap() -> None:
    judgement = judge(K2, story(granted(), *SEVEN, exception("14.3."), *SEVEN_MORE, held("24.3.")))
    deviation = judgement.deviations["cap/17"]
    assert (deviation.measured, deviation.limit, deviation.strength) == (15, 14, "must")


@pytest.mark.parametrize(("before", "asked", "remaining"), [(3, 5, "4"), (3, 7, "4"), (7, 1, "0")])
def test_an_authorisation_past_the_cap_says_how_many_can_still_be_granted(
    before: int, asked: int, remaining: str
) -> None:
    told = story(granted(meetings_before=before), *SEVEN, exception("14.3.", meetings_granted=asked))
    judgement = judge(K2, told)
    assert judgement.deviations["cap/9"].measured == before + 7 + asked
    assert f"; {remaining} can still be granted" in judgement.remedies["cap/9"]


def test_an_authorisation_up_to_the_cap_is_in_order() -> None:
    told = story(granted(meetings_before=3), *SEVEN, exception("14.3.", meetings_granted=4))
    assert "cap/9" not in judge(K2, told).deviations


def test_meetings_held_before_this_episode_count_towards_the_cap() -> None:
    judgement = judge(
        K2, story(granted(meetings_before=3), *SEVEN, exception("14.3.", meetings_granted=4), *SEVEN_MORE)
    )
    assert {key for key in judgement.deviations if key.startswith("cap/")} == {"cap/14", "cap/15", "cap/16"}


def test_where_more_were_held_before_than_the_cap_allows_every_meeting_deviates_from_it() -> None:
    judgement = judge(K2, story(granted(meetings_before=14 + 9), *SEVEN, *SEVEN_MORE[:5]))
    past = {key: one.measured for key, one in judgement.deviations.items() if key.startswith("cap/")}
    assert past == {f"cap/{1 + number}": 14 + 9 + number for number in range(1, 13)}


def test_a_new_spell_begins_the_counting_anew() -> None:
    told = story(granted(meetings_before=7), *SEVEN, new_spell("14.3."), exception("14.3."), *SEVEN_MORE)
    judgement = judge(K2, told)
    assert not [key for key in judgement.deviations if key.startswith("cap/")]


def test_a_meeting_held_before_the_new_spell_but_entered_after_it_belongs_to_the_old_one() -> None:
    told = story(granted(), *SEVEN, new_spell("20.3."), held("14.3."))
    assert "meetings/10" in judge(K2, told).deviations


def test_planning_past_the_limit_warns_and_deviates_from_nothing() -> None:
    judgement = judge(K2, story(granted(), started(), *SEVEN, planned("20.3.")))
    assert len(judgement.warnings) == 1
    assert "make 8; the most is 7" in judgement.warnings[0]
    assert not [key for key in judgement.deviations if key.startswith(("meetings/", "cap/"))]


def test_planning_past_the_cap_warns_of_the_cap_too() -> None:
    judgement = judge(K2, story(granted(), *SEVEN, exception("14.3."), *SEVEN_MORE, planned("3.4.")))
    assert any("make 15; the most is 14" in warning for warning in judgement.warnings)


def test_a_planned_meeting_that_was_held_cancelled_or_missed_is_planned_no_longer() -> None:
    plans = [planned("3.3."), planned("20.3."), planned("21.3.")]
    told = story(granted(), *plans, *SEVEN, cancelled("20.3."), missed("21.3."))
    assert not judge(K2, told).warnings
