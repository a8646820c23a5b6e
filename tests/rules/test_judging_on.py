"""A case that was judged is judged on as entries come: what comes out is what judging all of it from scratch gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.catalogue.model import ServiceModel
from domain.consequence import DutyWaived, Judgement, conclude, concluded
from domain.entry import Entry
from domain.episode.facts import MeetingMode
from domain.fact import Fact
from domain.register.facts import WorkerRole
from domain.rules.base import Finding, RuleBase
from domain.rules.case import Case, Hit, Seen, Selector
from domain.rules.judge import Judged, judge
from domain.rules.moved import Move, Moved
from domain.rules.statement import Statement
from tests.rules.models import CATALOGUE, K2, X9
from tests.rules.story import (
    CHILD,
    SIBLING,
    assigned,
    cancelled,
    closed,
    committed,
    day,
    delivered,
    evaluated,
    exception,
    extension,
    feedback,
    granted,
    held,
    missed,
    negotiated,
    new_spell,
    notified,
    plan,
    planned,
    proposed,
    released,
    reopened,
    reported,
    started,
    story,
    suspended,
)
from tests.rules.test_judging_properties import ANY, WHENS


def waived(when: str, key: str) -> Fact:
    """Somebody waived that duty."""
    return DutyWaived(duty_key=key, waived_on=day(when), reason="no need")


PLANS, MEETINGS = (Selector(fact="meeting_planned"),), (Selector(fact="meeting_held"),)
KEYS = ("plan/2", "interim/3/2022-03", "monthly-report/2/2022-03", "meeting-every-week/3")
TOLD = st.one_of(
    ANY,
    *(st.builds(kind, WHENS) for kind in (plan, evaluated, reported, delivered, notified, feedback)),
    *(st.builds(kind, WHENS) for kind in (proposed, committed, negotiated)),
    st.builds(lambda when: assigned(when=when), WHENS),
    st.builds(waived, WHENS, st.sampled_from(KEYS)),
)
STORIES = st.lists(TOLD, max_size=25)
OF_EPISODES = st.sampled_from([X9, *(model for model in CATALOGUE if "episode" in model.streams)])


def told(judgement: Judgement) -> tuple[object, ...]:
    """All that it says, in the order in which it says it."""
    parts = (judgement.duties, judgement.deviations, judgement.remedies, judgement.unjudged)
    return judgement, *(list(part.items()) for part in parts)


def in_parts(entries: list[Entry], cuts: set[int]) -> list[list[Entry]]:
    """The entries cut after those places."""
    ends = [*sorted(cut for cut in cuts if cut <= len(entries)), len(entries)]
    return [entries[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def with_conclusions(model: ServiceModel, entries: list[Entry]) -> list[Entry]:
    """The entries, and behind them what the ledger concludes from them."""
    conclusions = story(*conclude(judge(model, entries), concluded(entries)))
    return [*entries, *(replace(one, version=len(entries) + one.version) for one in conclusions)]


@given(STORIES, st.sets(st.integers(0, 25)), OF_EPISODES)
@settings(deadline=None, max_examples=200)
def test_judged_bit_by_bit_is_judged_from_scratch(facts: list[Fact], cuts: set[int], model: ServiceModel) -> None:
    seen = list[Entry]()
    judged = Judged(model, Case(()), None)
    for part in in_parts(story(*facts), cuts):
        judged = judged.with_entries(model, part, None)
        seen += part
        assert told(judged.judgement) == told(judge(model, seen))


def is_judged_entry_by_entry_as_from_scratch(model: ServiceModel, facts: list[Fact]) -> None:
    """Checks that after each entry."""
    entries = story(*facts)
    judged = Judged(model, Case(()), None)
    for end in range(1, len(entries) + 1):
        judged = judged.with_entries(model, entries[end - 1 : end], None)
        assert told(judged.judgement) == told(judge(model, entries[:end]))


MANY = st.lists(st.builds(held, WHENS), min_size=9, max_size=20)
"""More meetings than a period has, in no order of their days."""
COUNTED_OTHERWISE = st.one_of(*(st.builds(one, WHENS) for one in (exception, exception, new_spell, plan, suspended)))
"""What may change how the meetings before it count."""


@given(MANY, COUNTED_OTHERWISE, st.lists(st.builds(held, WHENS), max_size=4), st.one_of(st.just(K2), OF_EPISODES))
@settings(deadline=None, max_examples=100)
def test_so_it_is_of_many_meetings_that_come_to_count_otherwise(
    many: list[Fact], otherwise: Fact, later: list[Fact], model: ServiceModel
) -> None:
    is_judged_entry_by_entry_as_from_scratch(model, [granted("1.2."), started("1.2."), *many, otherwise, *later])


BOTH, ONE = st.just((CHILD, SIBLING)), st.sampled_from([(CHILD,), (SIBLING,)])
TOGETHER, MIXED = (st.builds(lambda when, who: held(when, client_ids=who), WHENS, who) for who in (BOTH, BOTH | ONE))


@given(
    st.lists(TOGETHER, min_size=4, max_size=8),
    st.lists(MIXED, max_size=4),
    st.lists(st.builds(new_spell, WHENS), max_size=1),
)
@settings(max_examples=60)
def test_so_it_is_of_the_meetings_of_each_child_where_the_rule_counts_clients(
    together: list[Fact], mixed: list[Fact], otherwise: list[Fact]
) -> None:
    is_judged_entry_by_entry_as_from_scratch(X9, [granted("1.2."), started("1.2."), *together, *mixed, *otherwise])


ENDED = [model for model in CATALOGUE if any(getattr(rule, "ended_by", ()) for rule in model.rules)]
"""The models in which what a precondition needs may end again: whoever was assigned is released."""
SOON = st.sampled_from(["1.3.", "2.3.", "3.3.", "4.3."])
TEAM = {
    "w1": WorkerRole.SOCIAL_INSTRUCTOR,
    "w2": WorkerRole.SOCIAL_INSTRUCTOR,
    "w3": WorkerRole.KEY_WORKER,
    "w4": WorkerRole.OWN_INSTRUCTOR,
}
WORK = st.one_of(*(st.builds(one, SOON) for one in (held, held, closed, reopened)))
RELEASED = st.builds(released, st.sampled_from([*TEAM]), SOON)


@given(st.sampled_from(ENDED), st.lists(st.one_of(WORK, WORK, RELEASED), min_size=4, max_size=12))
@settings(max_examples=60)
def test_so_it_is_where_what_was_needed_ends_and_goes_on_again(model: ServiceModel, ending: list[Fact]) -> None:
    team = [assigned(worker, role) for worker, role in TEAM.items()]
    is_judged_entry_by_entry_as_from_scratch(model, [granted(), *team, started("2.3."), *ending])


MOVED = st.builds(
    lambda when, version, own: Moved((Move(day(when), version),), (own,)), WHENS, st.integers(1, 25), st.integers(0, 1)
)


@given(STORIES, st.integers(0, 25), MOVED, OF_EPISODES)
@settings(deadline=None, max_examples=100)
def test_so_it_is_after_a_move_and_under_another_model(
    facts: list[Fact], cut: int, moved: Moved, model: ServiceModel
) -> None:
    entries = story(*facts)
    before = Judged(K2, Case(entries[:cut]), None)
    after = before.with_entries(model, entries[cut:], moved)
    assert told(after.judgement) == told(judge(model, entries, moved=moved))
    again = Judged(model, Case(entries[:cut]), moved).with_entries(model, entries[cut:], moved)
    assert told(again.judgement) == told(judge(model, entries, moved=moved))


OF_ONE_KIND = (
    *(st.builds(one, WHENS) for one in (held, planned, started, closed, exception, extension, plan, assigned)),
    st.builds(lambda when: granted(when, meetings_granted=20), WHENS),
    st.builds(lambda when: held(when, mode=MeetingMode.VIDEO), WHENS),
)
OF_FEW_KINDS = st.lists(st.sampled_from(OF_ONE_KIND), min_size=1, max_size=2, unique=True).flatmap(
    lambda kinds: st.lists(st.one_of(*kinds), min_size=10, max_size=20)
)
"""Stories of much alike, in which a rule that awaits something finds much of what it does not await."""


@given(OF_FEW_KINDS | STORIES)
@settings(deadline=None, max_examples=100)
def test_a_rule_finds_nothing_where_nothing_is_that_it_awaits(facts: list[Fact]) -> None:
    entries = story(*facts)
    for rule in (rule for model in (X9, *CATALOGUE) for rule in model.rules):
        others = [entry for entry in entries if entry.kind.fact_name not in rule.awaited]
        assert list(rule.find(Case(others))) == []


@given(STORIES, STORIES, STORIES, OF_EPISODES)
@settings(deadline=None, max_examples=100)
def test_two_that_go_on_from_the_same_do_not_see_each_other(
    facts: list[Fact], one: list[Fact], other: list[Fact], model: ServiceModel
) -> None:
    common = len(facts)
    before = Judged(model, Case(story(*facts)), None)
    first = before.with_entries(model, story(*facts, *one)[common:], None)
    second = before.with_entries(model, story(*facts, *other)[common:], None)
    assert told(first.judgement) == told(judge(model, story(*facts, *one)))
    assert told(second.judgement) == told(judge(model, story(*facts, *other)))
    assert told(before.judgement) == told(judge(model, story(*facts)))


@given(STORIES, STORIES, st.sampled_from([K2, X9]))
@settings(deadline=None, max_examples=50)
def test_what_the_ledger_concluded_in_between_changes_nothing(
    facts: list[Fact], more: list[Fact], model: ServiceModel
) -> None:
    entries = with_conclusions(model, story(*facts))
    later = [replace(one, version=len(entries) + one.version) for one in story(*more)]
    judged = Judged(model, Case(entries), None).with_entries(model, later, None)
    assert told(judged.judgement) == told(judge(model, [*entries, *later]))


ASKING: dict[str, tuple[Callable[[Case], object], Fact]] = {
    "the facts that it selects": (lambda case: case.select(PLANS), planned("27.3.")),
    "a later day, of whatever fact": (lambda case: case.horizon(), feedback("1.4.")),
    "that a planned meeting was missed": (lambda case: case.still_planned(PLANS), missed("20.3.")),
    "that it was cancelled": (lambda case: case.still_planned(PLANS), cancelled("20.3.")),
    "that it was held": (lambda case: case.still_planned(PLANS), held("20.3.")),
    "a waiver": (lambda case: case.waived(), waived("21.3.", "plan/2")),
}


@pytest.mark.parametrize("what", ASKING)
def test_who_asked_for_it_looks_again_when_it_changes(what: str) -> None:
    ask, more = ASKING[what]
    told_so_far = (started(), feedback("25.3."), planned("20.3."))
    case = Case(story(*told_so_far))
    case.asking()
    ask(case)
    asked, _ = case.answered()
    later = case.with_entries(story(*told_so_far, more)[3:])
    assert not asked.stands(later.changed, later)
    unrelated = case.with_entries(story(*told_so_far, feedback("25.3."))[3:])
    assert asked.stands(unrelated.changed, unrelated)


HITS = Case(story(*(held(f"{number}.3.") for number in (4, 2, 9, 7, 5)))).select(MEETINGS)
SOME = st.lists(st.sampled_from(HITS), max_size=6)
Looked = tuple[Hit, list[Hit], list[Hit]]


def looking(hits: list[Hit], beside: list[Hit]) -> Callable[[int, Hit], list[Looked]]:
    """Who finds all that may be looked at: the hit, those before it and those beside."""
    return lambda place, hit: [(hit, hits[:place], beside)]


@given(SOME, SOME, SOME, SOME, st.booleans(), st.booleans())
def test_what_is_found_of_each_hit_is_what_looking_at_all_of_them_anew_finds(  # noqa: PLR0917 -- drawn
    first: list[Hit], more: list[Hit], beside: list[Hit], other: list[Hit], goes_on: bool, stays: bool
) -> None:
    case, second, then = Case(()), [*first, *more] if goes_on else more, beside if stays else other
    case.of_each("it", first, (beside,), looking(first, beside))
    case.asking(case.answered()[1])
    found = case.of_each("it", second, (then,), looking(second, then))
    assert found == [one for place, hit in enumerate(second) for one in looking(second, then)(place, hit)]


def test_who_asks_after_the_answer_has_seen_nothing_and_changes_nothing_of_what_was_seen() -> None:
    case = Case(())
    case.asking({"it": Seen(HITS, (), [-1])})
    assert case.of_each("it", HITS, (), lambda place, _: [place]) == [-1]
    _, seen = case.answered()
    assert case.of_each("it", HITS, (), lambda place, _: [place]) == [*range(len(HITS))]
    assert seen == {"it": Seen(HITS, (), [-1])}


def test_of_more_meetings_only_the_new_ones_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    of_one, looked = Statement._of_one, list[int]()

    def noting(rule: Statement, place: int, hit: Hit) -> Iterator[Finding]:
        looked.append(hit.version)
        return of_one(rule, place, hit)

    monkeypatch.setattr(Statement, "_of_one", noting)
    entries = story(granted(), started(), *(held(f"{number}.3.") for number in range(3, 25)), held("2.3."))
    before = Judged(K2, Case(entries[:-1]), None)
    looked.clear()
    before.with_entries(K2, entries[-1:], None)
    assert looked == [entries[-1].version]


def test_only_the_rules_that_the_new_entries_touch_look_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    for kind in {type(rule) for rule in K2.rules}:
        monkeypatch.setattr(kind, "find", _noting(kind.find, looked))
    entries = story(granted(), started(), held("7.3."), held("8.3."), planned("20.3."))
    before = Judged(K2, Case(entries[:4]), None)
    every, looked[:] = list(looked), []
    before.with_entries(K2, entries[4:], None)
    assert every
    assert 0 < len(looked) < len(every)


def _noting(find: object, looked: list[str]) -> object:
    def noting(rule: RuleBase, case: Case) -> object:
        looked.append(rule.id)
        return find(rule, case)  # type: ignore[operator] # a rule's own `find`

    return noting
