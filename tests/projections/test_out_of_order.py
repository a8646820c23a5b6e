"""Days that came in another order than they should: no figure tells of fewer than no days, and each tells of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.contact.facts import ContactAnswered, ContactChannel, ContactReceived, ContactSource, FamilyConsent
from projections.engine import run_once
from projections.queries import Reading, reading
from tests.projections.conftest import Book
from tests.projections.history import History, assigned, closed, day, decision, held, moment, referral, started

PERIOD = (day(0), day(99))
LATER = day(99)
ORDERS = list(permutations((10, 20, 30, 40, 50)))
"""Of the answer to the contact, the referral, the decision, the start and the first meeting."""


@pytest.fixture
def ask(book: Book, history: History) -> Iterator[Reading]:
    with reading(*book) as questions:
        yield questions


def whole(history: History, days: tuple[int, ...], ended: int = 60) -> UUID:
    """An episode with those days, after a contact of day 0."""
    contact, episode, child = uuid4(), uuid4(), uuid4()
    answered, asked, decided, begun, met = days
    came = ContactReceived(
        received_at=moment(0), channel=ContactChannel.PHONE, source=ContactSource.FAMILY, consent=FamilyConsent.GIVEN,
        area="north",
    )  # fmt: skip
    history.record(contact, came, ContactAnswered(answered_at=moment(answered), worker_id="anna"))
    history.record(
        episode, referral(child, on=asked, contact_id=contact), decision(on=decided), assigned(on=decided),
        started(begun), held(uuid4(), child, on=met), closed(ended),
    )  # fmt: skip
    return episode


def numbers(row: Any) -> Iterator[tuple[str, float]]:
    """The numbers of a row by the names of their columns."""
    for name, value in row.model_dump().items():
        if isinstance(value, int | float):
            yield name, value


def test_whatever_the_order_no_figure_tells_of_fewer_than_no_days(book: Book, history: History, ask: Reading) -> None:
    for order in ORDERS:
        whole(history, order)
    run_once(*book)
    asked: list[Any] = [
        *ask.referrals("month", from_on=PERIOD[0], to_on=PERIOD[1], on_day=LATER).rows,
        *ask.decisions("month", from_on=PERIOD[0], to_on=PERIOD[1]).rows,
        *ask.contacts("month", from_on=PERIOD[0], to_on=PERIOD[1], on_day=LATER).rows,
        *ask.quality_review("K1", *PERIOD, on_day=LATER).rows,
        *ask.quality_review_explain("K1", *PERIOD, on_day=LATER).rows,
        *ask.outcomes("service", *PERIOD, on_day=LATER).rows,
    ]
    for on in range(5, 66, 10):
        asked += ask.caseload("service", on_day=day(on)).rows + ask.caseload_episodes(on_day=day(on)).rows
    assert len(asked) > len(ORDERS)
    assert [(type(row).__name__, *one) for row in asked for one in numbers(row) if one[1] < 0] == []


def test_referrals_that_came_after_the_decision_are_counted_apart(book: Book, history: History, ask: Reading) -> None:
    whole(history, (5, 10, 14, 20, 30))
    whole(history, (5, 18, 14, 20, 30))
    run_once(*book)
    (figure,) = ask.referrals("source", from_on=PERIOD[0], to_on=PERIOD[1], on_day=LATER).rows
    assert (figure.granted_referrals, figure.referrals_after_decision) == (2, 1)
    assert (figure.median_days_to_decision, figure.longest_days_to_decision) == (4, 4)
    (of_kind,) = ask.decisions("kind", from_on=PERIOD[0], to_on=PERIOD[1]).rows
    assert (of_kind.grants, of_kind.grants_before_referral, of_kind.median_days_from_referral) == (2, 1, 4)


def test_the_review_tells_how_many_steps_came_in_their_order_where_one_did_not(
    book: Book, history: History, ask: Reading
) -> None:
    whole(history, (5, 10, 14, 20, 30))
    early = whole(history, (5, 18, 14, 20, 30))
    run_once(*book)
    rows = {row.measure: row for row in ask.quality_review("K1", *PERIOD, on_day=LATER).rows if row.grouped_by == "all"}
    step = rows["days_referral_to_decision"]
    assert (step.cases, step.kept_cases, step.kept_percent, step.median_days) == (2, 1, 50, 4)
    assert rows["days_decision_to_start"].kept_cases is None, "there they all came in order"
    cases = ask.quality_review_explain("K1", *PERIOD, on_day=LATER, measure="days_referral_to_decision").rows
    assert [(case.stream_id, case.days) for case in cases if case.kept is False] == [(early, None)]


def test_work_that_began_and_ended_before_its_referral_stands_in_its_line(
    book: Book, history: History, ask: Reading
) -> None:
    episode = whole(history, (5, 40, 10, 12, 14), ended=20)
    run_once(*book)
    (stretch,) = ask.line_of_episode(episode).rows
    assert (stretch.since_on, stretch.until_on) == (day(10), day(21))


def test_a_line_that_is_a_circle_already_is_told_once(book: Book, history: History, ask: Reading) -> None:
    line, child = [uuid4() for _ in range(3)], uuid4()
    for number, episode in enumerate(line):
        history.record(episode, referral(child, on=number), decision(on=number, continues_episode_id=line[number - 1]))
    run_once(*book)
    for episode in line:
        assert [row.episode_id for row in ask.line_of_episode(episode).rows] == line
