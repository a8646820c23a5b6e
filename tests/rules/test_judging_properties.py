"""What holds of judging whatever was recorded: order, strike-outs, corrections, repetition."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.catalogue.model import ServiceModel
from domain.consequence import Judgement, conclude, concluded
from domain.correction import EntryCorrected, EntryStruckOut, MistakeKind
from domain.entry import Entry, in_force
from domain.episode.facts import DecisionMade, MeetingHeld, MeetingKind, Outcome, PlanKind
from domain.fact import Fact
from domain.rules.judge import judge
from tests.rules.models import K2, MODELS, X9
from tests.rules.story import (
    STREAM,
    as_recorded_in,
    assessed,
    closed,
    committed,
    evaluated,
    exception,
    extension,
    feedback,
    granted,
    held,
    missed,
    new_spell,
    plan,
    planned,
    proposed,
    referral,
    reopened,
    reported,
    resumed,
    started,
    story,
    suspended,
)

WHENS = st.builds(lambda number, month: f"{number}.{month}.", st.integers(1, 28), st.integers(2, 6))
COUNTED = st.builds(held, WHENS)
UNCOUNTED = st.one_of(
    st.builds(proposed, WHENS),
    st.builds(assessed, WHENS),
    st.builds(committed, WHENS),
    st.builds(evaluated, WHENS),
    st.builds(feedback, WHENS),
    st.builds(reported, WHENS),
    st.builds(plan, WHENS, st.sampled_from(PlanKind)),
    st.builds(held, WHENS, st.sampled_from([kind for kind in MeetingKind if kind is not MeetingKind.CLIENT_MEETING])),
)
ANY = st.one_of(
    COUNTED,
    COUNTED,
    UNCOUNTED,
    st.builds(referral, WHENS),
    st.builds(granted, WHENS, age_years=st.integers(0, 18), meetings_granted=st.integers(1, 9)),
    st.builds(exception, WHENS),
    st.builds(extension, WHENS),
    st.builds(started, WHENS),
    st.builds(closed, WHENS, st.sampled_from([None, *Outcome])),
    st.builds(reopened, WHENS),
    st.builds(suspended, WHENS),
    st.builds(resumed, WHENS),
    st.builds(new_spell, WHENS),
    st.builds(planned, WHENS),
    st.builds(missed, WHENS),
)
STORIES = st.lists(ANY, max_size=25)


def what(judgement: Judgement) -> tuple[object, ...]:
    return judgement.duties, judgement.deviations, judgement.remedies, sorted(judgement.warnings)


def anchored(judgement: Judgement, entries: list[Entry]) -> set[tuple[str, str]]:
    """Rules and the facts that break them, whatever their entry numbers."""
    by_version = {entry.version: entry.fact for entry in entries}
    return {(one.rule_id, str(by_version[one.entry])) for one in judgement.deviations.values()}


@pytest.mark.parametrize("service", MODELS)
def test_nothing_recorded_is_nothing_found(service: str) -> None:
    assert what(judge(MODELS[service], [])) == ({}, {}, {}, [])


@given(STORIES, st.sampled_from(sorted(MODELS)))
@settings(deadline=None)
def test_every_finding_names_an_entry_and_has_a_key_that_begins_with_rule_and_entry(
    facts: list[Fact], service: str
) -> None:
    judgement = judge(MODELS[service], story(*facts))
    for key, deviation in judgement.deviations.items():
        assert 1 <= deviation.entry <= len(facts)
        assert key.startswith(f"{deviation.rule_id}/{deviation.entry}")
        assert judgement.remedies[key]
    for key, duty in judgement.duties.items():
        assert key.startswith(f"{duty.rule_id}/{duty.started_by}")
        assert (duty.met_by is None) == (duty.met_on is None)


@given(STORIES, st.data())
@settings(deadline=None)
def test_the_order_in_which_entries_are_handed_over_does_not_matter(facts: list[Fact], data: st.DataObject) -> None:
    entries = story(*facts)
    shuffled = data.draw(st.permutations(entries))
    assert what(judge(X9, shuffled)) == what(judge(X9, entries))


@given(st.lists(COUNTED, max_size=9), st.lists(UNCOUNTED, max_size=9), st.data())
@settings(deadline=None)
def test_judging_counts_is_independent_of_when_unrelated_entries_were_recorded(
    counted: list[Fact], unrelated: list[Fact], data: st.DataObject
) -> None:
    entries = story(granted(), *counted, *unrelated)
    order = data.draw(st.permutations(range(len(entries))))
    again = as_recorded_in(_with_counted_in_order(list(order), len(counted)), entries)
    counts = {"meetings", "cap"}
    before = {one for one in anchored(judge(K2, entries), entries) if one[0] in counts}
    assert {one for one in anchored(judge(K2, again), again) if one[0] in counts} == before


def _with_counted_in_order(order: list[int], last_counted: int) -> list[int]:
    """The permutation with the grant and the counted entries in their own order, in the places they have there."""
    counted = iter(sorted(index for index in order if index <= last_counted))
    return [next(counted) if index <= last_counted else index for index in order]


CROWDED = st.builds(lambda number: f"{number}.3.", st.integers(1, 9))


@given(st.lists(st.one_of(*[st.builds(held, CROWDED)] * 6, st.builds(exception, CROWDED)), min_size=8, max_size=30))
@settings(deadline=None)
def test_the_meetings_past_the_most_are_those_that_a_plain_count_of_each_day_finds(facts: list[Fact]) -> None:
    entries = story(granted("1.2."), started("1.2."), *facts)
    days = {entry.version: entry.occurred_at.date() for entry in entries if isinstance(entry.fact, MeetingHeld)}
    exceptions = [entry.occurred_at.date() for entry in entries[2:] if isinstance(entry.fact, DecisionMade)]
    plain: dict[int, tuple[int, int]] = {}
    for version, own in days.items():
        by_then = [day for other, day in days.items() if other <= version]
        counts = [
            (sum(one <= day for one in by_then), 7 * (1 + sum(one <= day for one in exceptions)))
            for day in sorted(set(by_then))
            if day >= own
        ]
        most = max(counts, key=lambda count: count[0] - count[1])
        if most[0] > most[1]:
            plain[version] = most
    found = judge(K2, entries).deviations.values()
    assert {one.entry: (one.measured, one.limit) for one in found if one.rule_id == "meetings"} == plain


@given(STORIES, st.data())
@settings(deadline=None)
def test_striking_an_entry_leaves_nothing_that_stands_on_it(facts: list[Fact], data: st.DataObject) -> None:
    entries = story(*(facts or [started()]))
    struck = data.draw(st.sampled_from([entry.version for entry in entries]))
    strike = EntryStruckOut(entry=struck, mistake=MistakeKind.ENTERED_TWICE, reason="twice")
    after = judge(X9, in_force([*entries, replace(entries[0], version=len(entries) + 1, fact=strike)]))
    assert after == judge(X9, [entry for entry in entries if entry.version != struck])
    assert struck not in {one.entry for one in after.deviations.values()}
    assert struck not in {number for duty in after.duties.values() for number in (duty.started_by, duty.met_by)}


@given(STORIES, st.sampled_from([K2, X9]))
@settings(deadline=None)
def test_what_is_concluded_from_a_judgement_leaves_nothing_more_to_conclude(
    facts: list[Fact], model: ServiceModel
) -> None:
    entries = story(*facts)
    conclusions = conclude(judge(model, entries), concluded([]))
    told = [*entries, *(replace(one, version=0) for one in story(*conclusions))]
    numbered = [replace(entry, version=number) for number, entry in enumerate(told, start=1)]
    assert conclude(judge(model, numbered), concluded(numbered)) == []


def test_a_correction_that_moves_the_start_moves_the_duty() -> None:
    entries = story(started("31.1."))
    moved = EntryCorrected(entry=1, mistake=MistakeKind.TYPING_ERROR, content=started("15.2."), reason="typing")
    correction = Entry(STREAM, 2, moved, entries[0].occurred_at, "tester", entries[0].correlation_id)
    facts = conclude(judge(X9, in_force([*entries, correction])), concluded(_recorded(X9, entries)))
    assert "duty_moved.1" in {fact.stored_name() for fact in facts}


def _recorded(model: ServiceModel, entries: list[Entry]) -> list[Entry]:
    return story(*conclude(judge(model, entries), concluded([])))
