"""What was so on a day, whatever came later: a refusal before a grant, a closing that is dated before a reopening."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from domain.episode.facts import DecisionKind, EpisodeReopened
from projections.answers import ReferralRow
from projections.engine import run_once
from projections.queries import Reading, reading
from tests.projections.analysts import logged_in
from tests.projections.conftest import REGISTER, Book
from tests.projections.history import History, assigned, closed, day, decision, referral, started
from tests.projections.test_moves import moved

LATER = day(200)


@pytest.fixture
def ask(book: Book, history: History) -> Iterator[Reading]:
    with reading(*book) as questions:
        yield questions


def figure(ask: Reading, on: int, as_of: int | None = None) -> ReferralRow:
    (row,) = ask.referrals("source", from_on=day(0), to_on=day(9), on_day=day(on), as_of=as_of).rows
    return row


def status(ask: Reading, on: int, as_of: int | None = None) -> tuple[str, float | None]:
    """What the referral had come to, as the figure and what it stands on tell, and after how many days."""
    row = figure(ask, on, as_of)
    (beneath,) = ask.explain("referrals", by="source", from_on=day(0), to_on=day(9), on_day=day(on), as_of=as_of).rows
    numbers = {
        "granted": row.granted_referrals, "refused": row.refused_referrals, "waiting": row.waiting_referrals,
    }  # fmt: skip
    assert {name for name, number in numbers.items() if number} == {beneath.status}
    assert beneath.status is not None
    return beneath.status, row.median_days_to_decision


def test_a_referral_that_was_refused_and_later_granted_was_refused_on_the_days_between(
    book: Book, history: History, ask: Reading
) -> None:
    episode = uuid4()
    refused = history.record(episode, referral(uuid4(), on=0), decision(DecisionKind.REFUSED, on=7))
    granted = history.record(episode, decision(on=38))
    run_once(*book)
    told = [("waiting", None), ("refused", 7), ("refused", 7), ("granted", 38)]
    assert [status(ask, on) for on in (6, 7, 37, 38)] == told
    assert [status(ask, on, refused) for on in (6, 37, 60)] == [("waiting", None), ("refused", 7), ("refused", 7)]
    (beneath,) = ask.explain("referrals", by="source", from_on=day(0), to_on=day(9), on_day=day(37)).rows
    assert refused in beneath.event_positions
    open_on = [len(ask.caseload_episodes(unit="unit-1", on_day=day(on)).rows) for on in (6, 7, 37, 38)]
    assert open_on == [1, 0, 0, 1], "the caseload says the same"
    history.strike(episode, 3)
    run_once(*book)
    assert [status(ask, on) for on in (37, 60)] == [("refused", 7), ("refused", 7)]
    assert status(ask, 60, granted) == ("granted", 38)


def test_a_refusal_told_late_is_of_its_day_and_the_grant_after_it_stands(
    book: Book, history: History, ask: Reading
) -> None:
    episode = uuid4()
    history.record(episode, referral(uuid4()), decision(on=38), decision(DecisionKind.REFUSED, on=7))
    run_once(*book)
    assert [status(ask, on) for on in (6, 20, 40)] == [("waiting", None), ("refused", 7), ("granted", 38)]


def test_a_referral_that_was_closed_undecided_waits_no_more(book: Book, history: History, ask: Reading) -> None:
    history.record(uuid4(), referral(uuid4()), closed(12))
    run_once(*book)
    assert [figure(ask, on).waiting_referrals for on in (11, 12)] == [1, 0]


def test_analysts_see_what_referrals_had_come_to_on_that_day(book: Book, history: History) -> None:
    history.record(uuid4(), referral(uuid4()), decision(DecisionKind.REFUSED, on=7), decision(on=38))
    run_once(*book)
    question = "SELECT * FROM referral_figures('source', NULL, %s, '2020-01-01', '2022-12-31')"
    with logged_in(book[0], REGISTER) as analyst:
        (row,) = analyst.execute(question, (day(20),)).fetchall()
    assert (row["refused_referrals"], row["waiting_referrals"]) == (1, 0)


def side_by_side(ask: Reading, client: UUID, on: int, as_of: int | None = None) -> list[tuple[str, str | None, str]]:
    """What the client has on the day: held to what the caseload of that day has."""
    rows = ask.services_of_client(client, on_day=day(on), as_of=as_of).rows
    of_caseload = ask.caseload_episodes(on_day=day(on), as_of=as_of).rows
    told = [(row.stream_id, row.service, row.model_version, row.unit_id, row.phase, row.since_on) for row in rows]
    assert told == [
        (row.episode_id, row.service, row.model_version, row.unit_id, row.phase, row.phase_since_on)
        for row in of_caseload
    ]
    return [(row.phase or "", row.service, row.unit_id or "") for row in rows]


def test_an_episode_that_is_closed_on_a_day_runs_beside_nothing_then_whenever_it_was_reopened(
    book: Book, history: History, ask: Reading
) -> None:
    episode, child = uuid4(), uuid4()
    reopened = EpisodeReopened(reopened_on=day(40), reason="x")
    known = history.record(episode, referral(child), decision(), assigned("anna"), started(2), closed(20), reopened)
    history.record(episode, closed(30))
    run_once(*book)
    assert [len(side_by_side(ask, child, on)) for on in (10, 60)] == [1, 0]
    assert side_by_side(ask, child, 60, known) == [("active", "K1", "unit-1")]
    assert [ask.works_with_client("anna", child, on_day=day(on)) for on in (10, 60)] == [True, False]


def test_what_a_client_has_on_a_day_is_under_the_service_and_unit_of_that_day(
    book: Book, history: History, ask: Reading
) -> None:
    child = uuid4()
    to_k2 = decision(DecisionKind.MOVE, on=30, service="K2")
    history.record(uuid4(), referral(child, requested_service="K1"), decision(on=5), started(6), to_k2, moved(20))
    run_once(*book)
    assert [side_by_side(ask, child, on) for on in (4, 10, 25, 35)] == [
        [("referred", "K1", "unit-1")],
        [("active", "K1", "unit-1")],
        [("active", "K1", "unit-2")],
        [("active", "K2", "unit-2")],
    ]
