"""A state that goes on as entries come is what folding all of them gives."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.consequence import conclude, concluded
from domain.correction import EntryStruckOut, MistakeKind
from domain.entry import Entry
from domain.fact import Fact, StreamKind
from domain.rules.judge import judge
from domain.state import StreamState, with_changes
from domain.streams import continue_stream, fold_stream, recorded_stream
from tests.rules.models import K2
from tests.rules.story import STREAM, assigned, granted, referral, story
from tests.rules.test_judging_properties import ANY, WHENS

EPISODE = StreamKind.EPISODE
STRIKES = st.builds(
    lambda entry: EntryStruckOut(entry=entry, mistake=MistakeKind.ENTERED_TWICE, reason="twice"), st.integers(0, 20)
)
TOLD = st.one_of(
    ANY,
    st.builds(assigned, when=WHENS),
    st.builds(granted, WHENS, meetings_before=st.integers(0, 3)),
    STRIKES,
)
PARTS = st.lists(st.lists(TOLD, max_size=6), max_size=5)


def of_earlier(facts: list[Fact]) -> list[Fact]:
    """The facts, each strike-out of an entry before it: there is no other."""
    return [
        one.model_copy(update={"entry": 1 + one.entry % before}) if isinstance(one, EntryStruckOut) else one
        for before, one in enumerate(facts)
    ]


@given(PARTS)
@settings(deadline=None)
def test_an_episode_that_goes_on_part_by_part_is_folded_from_all_of_them(parts: list[list[Fact]]) -> None:
    entries = story(*of_earlier([referral(), *(fact for part in parts for fact in part)]))
    state = fold_stream(EPISODE, entries[:1])
    for part in parts:
        news = entries[state.version : state.version + len(part)]
        state = continue_stream(state, EPISODE, news)
        assert state == fold_stream(EPISODE, entries[: state.version])


@given(st.lists(ANY, max_size=8), st.lists(ANY, min_size=1, max_size=4))
@settings(deadline=None)
def test_so_it_is_when_what_it_came_to_is_recorded_and_stamped(before: list[Fact], acts: list[Fact]) -> None:
    entries = story(referral(), *before, *acts)
    conclusions = conclude(judge(K2, entries), concluded([]))
    told = [*entries, *(replace(one, version=len(entries) + one.version) for one in story(*conclusions))]
    begun = fold_stream(EPISODE, entries[: 1 + len(before)])
    after = continue_stream(begun, EPISODE, entries[begun.version :])
    recorded = [entry.stamped(100 + entry.version, entry.occurred_at) for entry in told[begun.version :]]
    assert recorded_stream(begun, after, EPISODE, recorded) == fold_stream(EPISODE, [*begun.entries, *recorded])


@given(st.lists(ANY, min_size=1, max_size=3))
def test_a_stamped_entry_is_the_same_at_its_position(facts: list[Fact]) -> None:
    for entry in story(*facts):
        told = replace(entry, caused_by=1, corrected_by=2)
        assert told.stamped(7, entry.occurred_at) == replace(told, position=7, recorded_at=entry.occurred_at)


@pytest.mark.parametrize("kind", StreamKind)
def test_a_state_with_changes_is_the_state_with_those_fields_replaced(kind: StreamKind) -> None:
    state, entries = fold_stream(kind, ()), tuple(story(referral()))
    changed = with_changes(state, entries=entries, judged={})
    assert changed == replace(state, entries=entries, judged={})
    assert (type(changed), state.entries) == (type(state), ())


def test_a_state_has_no_other_fields() -> None:
    with pytest.raises(TypeError, match="StreamState has no entry, frase"):
        with_changes(StreamState(), entry=Entry, frase=STREAM)
