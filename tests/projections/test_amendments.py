"""Corrections and strike-outs: rows follow what is in force, and say since when and why."""

from itertools import pairwise
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.correction import EntryCorrected, EntryStruckOut, MistakeKind
from domain.entry import Entry, in_force
from domain.episode.facts import ChildJoined
from domain.episode.state import fold_episode
from domain.fact import Fact
from projections import assignments, episodes, meetings
from projections.batch import Step, apply_steps, refold
from projections.catalogue import PROJECTIONS
from projections.rows import Projection
from projections.standing import Row, Standing, same_columns
from tests.projections.conftest import Rows
from tests.projections.history import (
    History,
    assigned,
    closed,
    day,
    decision,
    entry_of,
    held,
    planned,
    referral,
    started,
)

STREAM = UUID(int=1)
MEETINGS = (UUID(int=10), UUID(int=11))


def test_a_struck_closure_leaves_the_episode_open_since_the_strike(history: History, rows: Rows) -> None:
    episode = uuid4()
    history.record(episode, referral(uuid4()), decision(), started(), closed(9))
    struck = history.strike(episode, 4)
    (row,) = rows("episodes")
    assert (row["phase"], row["known_from"], row["because"]) == ("active", struck, [1, 2, 3, struck])


def test_a_corrected_entry_stands_on_the_event_and_its_correction(history: History, rows: Rows) -> None:
    episode, meeting = uuid4(), uuid4()
    history.record(episode, referral(uuid4()), held(meeting, uuid4(), on=5))
    corrected = history.correct(episode, 2, held(meeting, uuid4(), on=6))
    (row,) = rows("meetings")
    assert (row["meeting_on"], row["known_from"], row["because"]) == (day(6), corrected, [2, corrected])


def test_striking_a_correction_brings_the_first_content_back(history: History, rows: Rows) -> None:
    episode, meeting = uuid4(), uuid4()
    history.record(episode, referral(uuid4()), held(meeting, uuid4(), on=5))
    history.correct(episode, 2, held(meeting, uuid4(), on=6))
    struck = history.strike(episode, 3)
    (row,) = rows("meetings")
    assert (row["meeting_on"], row["because"]) == (day(5), [2, struck])


def test_striking_a_strike_out_brings_the_entry_back(history: History, rows: Rows) -> None:
    episode = uuid4()
    history.record(episode, referral(uuid4()), held(uuid4(), uuid4(), on=5))
    history.strike(episode, 2)
    assert rows("meetings") == []
    history.strike(episode, 3)
    assert len(rows("meetings")) == 1


def test_rows_that_an_amendment_does_not_concern_stay_as_they_are(history: History, rows: Rows) -> None:
    episode = uuid4()
    history.record(episode, referral(uuid4()), assigned(), held(uuid4(), uuid4(), on=5))
    before = rows("assignments", standing=False)
    history.strike(episode, 3)
    assert rows("assignments", standing=False) == before


def test_a_meeting_entered_twice_counts_once_after_the_second_is_struck(history: History, rows: Rows) -> None:
    episode, child = uuid4(), uuid4()
    history.record(episode, referral(child), held(uuid4(), child, on=5), held(uuid4(), child, on=5))
    history.strike(episode, 3)
    assert len(rows("meetings")) == 1


_facts: st.SearchStrategy[Fact] = st.one_of(
    st.builds(lambda n: referral(UUID(int=5), on=n), st.integers(0, 3)),
    st.builds(lambda n: decision(on=n, decision_id=UUID(int=20)), st.integers(0, 3)),
    st.builds(started, st.integers(0, 3)),
    st.builds(closed, st.integers(0, 3)),
    st.builds(lambda m, n: planned(m, on=n), st.sampled_from(MEETINGS), st.integers(0, 3)),
    st.builds(lambda m, n: held(m, UUID(int=5), on=n), st.sampled_from(MEETINGS), st.integers(0, 3)),
    st.builds(lambda a: assigned(assignment_id=a), st.sampled_from(MEETINGS)),
)
_acts = st.one_of(_facts, st.tuples(st.just("correct"), st.integers(0, 8), _facts), st.integers(0, 8))


@st.composite
def histories(draw: st.DrawFn) -> list[Entry]:
    """Entries of one stream: facts, corrections of facts by ones of the same kind, strike-outs of anything."""
    entries: list[Entry] = []
    for act in draw(st.lists(_acts, max_size=14)):
        fact: Fact
        if isinstance(act, Fact):
            fact = act
        elif not entries:
            continue
        elif isinstance(act, int):
            target = entries[act % len(entries)].version
            fact = EntryStruckOut(entry=target, mistake=MistakeKind.TYPING_ERROR, reason="x")
        else:
            old = entries[act[1] % len(entries)]
            if type(old.fact) is not type(act[2]):
                continue
            fact = EntryCorrected(entry=old.version, mistake=MistakeKind.TYPING_ERROR, content=act[2], reason="x")
        version = len(entries) + 1
        entries.append(entry_of(STREAM, version, fact, position=version * 3))
    return entries


def advanced(projection: Projection, standing: dict[str, Standing], entries: list[Entry]) -> None:
    """Take the last of the entries in, as the engine does."""
    last = entries[-1]
    if isinstance(last.fact, EntryCorrected | EntryStruckOut):
        step = refold(projection, entries)
    else:
        step = Step(last.position, STREAM, tuple(projection.fold(last)))
    apply_steps(standing, [step])


def content(rows: dict[tuple[object, ...], Row]) -> dict[tuple[object, ...], Row]:
    return dict(sorted(rows.items(), key=lambda item: str(item[0])))


@settings(max_examples=150, deadline=None)
@given(histories())
def test_taking_entries_one_by_one_equals_refolding_at_every_point(entries: list[Entry]) -> None:
    for projection in (episodes.PROJECTION, meetings.PROJECTION, assignments.PROJECTION, PROJECTIONS[-1]):
        standing = {table.name: Standing(table) for table in projection.tables}
        for count in range(1, len(entries) + 1):
            advanced(projection, standing, entries[:count])
            refolded = refold(projection, entries[:count]).refolded or {}
            for name, table in standing.items():
                stands, should = content(table.rows.get(STREAM, {})), content(refolded[name])
                assert stands.keys() == should.keys()
                for key, row in stands.items():
                    assert same_columns(row.columns, should[key].columns)
                    assert set(should[key].because) <= set(row.because)


@settings(max_examples=60, deadline=None)
@given(histories())
def test_a_key_has_one_row_at_a_time_and_no_gap_is_without_cause(entries: list[Entry]) -> None:
    projection = meetings.PROJECTION
    standing = Standing(meetings.MEETINGS)
    for count in range(1, len(entries) + 1):
        advanced(projection, {"meetings": standing}, entries[:count])
    by_key: dict[tuple[object, ...], list[Row]] = {}
    for row in [*standing.ended, *standing.rows.get(STREAM, {}).values()]:
        by_key.setdefault(row.key, []).append(row)
    for chain in by_key.values():
        chain.sort(key=lambda row: row.known_from)
        assert all(row.known_to is None or row.known_from < row.known_to for row in chain)
        assert all(a.known_to is not None and a.known_to <= b.known_from for a, b in pairwise(chain))


def came_along(child: UUID, *of_episode: UUID, on: int = 3) -> ChildJoined:
    return ChildJoined(client_id=child, of_episode=(*of_episode, child), joined_on=day(on))


@given(st.data())
@settings(deadline=None)
def test_for_whom_an_episode_is_says_its_row_as_its_state_does_however_amended(data: st.DataObject) -> None:
    children = [UUID(int=number) for number in range(1, 6)]
    first = data.draw(st.lists(st.sampled_from(children), min_size=1, max_size=2, unique=True))
    told: list[Fact] = [referral(*first)]
    for child in data.draw(st.lists(st.sampled_from(children), max_size=4, unique=True)):
        told.append(came_along(child, *first))
    for number in data.draw(st.lists(st.integers(1, len(told)), max_size=3)):
        told.append(
            EntryCorrected(entry=1, mistake=MistakeKind.WRONG_CLIENT, content=referral(children[-1]), reason="r")
            if number == 1
            else EntryStruckOut(entry=number, mistake=MistakeKind.ENTERED_TWICE, reason="r")
        )
    entries = [entry_of(STREAM, version, fact) for version, fact in enumerate(told, 1)]
    state = fold_episode(entries, in_force(entries))
    step = refold(episodes.PROJECTION, entries)
    assert step.refolded is not None
    (row,) = step.refolded["episodes"].values()
    joined = {child for (child,) in step.refolded["joined_children"]}
    assert {*row.columns["client_ids"], *joined} == set(state.client_ids)


def for_whom(rows: Rows) -> tuple[list[UUID], set[UUID]]:
    """For whom the episode was asked, and who joined it."""
    (episode,) = rows("episodes")
    return episode["client_ids"], {row["client_id"] for row in rows("joined_children")}


def test_a_child_who_came_along_does_not_bring_back_whom_a_correction_took_out(history: History, rows: Rows) -> None:
    episode, wrong, right, child = (uuid4() for _ in range(4))
    history.record(episode, referral(wrong), decision(), started(), came_along(child, wrong))
    history.correct(episode, 1, referral(right))
    assert for_whom(rows) == ([right], {child})


def test_nor_one_who_was_struck_out(history: History, rows: Rows) -> None:
    episode, parent, mistaken, child = (uuid4() for _ in range(4))
    history.record(episode, referral(parent), came_along(mistaken, parent), came_along(child, parent, mistaken))
    history.strike(episode, 2)
    assert for_whom(rows) == ([parent], {child})
