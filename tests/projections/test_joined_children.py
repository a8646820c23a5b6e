"""A child who came along into an episode, or was born into it, is a client of it from that day on, and not before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg import Connection

from domain.client.facts import ClientRegistered
from domain.episode.facts import ChildJoined, ClientshipEnded, ClosureReason, DecisionKind
from projections.engine import run_once
from projections.queries import Reading, reading
from projections.rebuild import rebuild
from tests.projections.analysts import logged_in, of
from tests.projections.conftest import REGISTER, Book, Rows
from tests.projections.history import History, assigned, closed, day, decision, referral, started

LATER = day(200)
PERIOD = (day(0), day(199))


@pytest.fixture
def ask(book: Book, history: History) -> Iterator[Reading]:
    with reading(*book) as questions:
        yield questions


def joins(child: UUID, *of_episode: UUID, on: int) -> ChildJoined:
    return ChildJoined(client_id=child, of_episode=(*of_episode, child), joined_on=day(on))


def clients(ask: Reading, on: int, as_of: int | None = None) -> int:
    """How many the caseload tells of, as a figure and in its one episode."""
    (figure,) = ask.caseload("unit", on_day=day(on), as_of=as_of).rows
    (episode,) = ask.caseload_episodes(on_day=day(on), as_of=as_of).rows
    assert figure.clients == len(episode.client_ids or [])
    return figure.clients


def test_the_caseload_of_a_day_has_the_children_who_had_joined_by_then(
    book: Book, history: History, ask: Reading
) -> None:
    episode, mother, child = uuid4(), uuid4(), uuid4()
    before = history.record(episode, referral(mother), decision(), assigned(), started(2))
    joined = history.record(episode, joins(child, mother, on=30))
    put_right = history.correct(episode, 5, joins(child, mother, on=20))
    run_once(*book)
    assert [clients(ask, on) for on in (10, 19, 20, 40)] == [1, 1, 2, 2]
    assert [clients(ask, on, joined) for on in (20, 29, 30)] == [1, 1, 2], "as it was known before the correction"
    assert clients(ask, 40, before) == 1, "the ledger had not been told"
    (then,) = ask.explain("caseload", by="unit", key="unit-1", on_day=day(19)).rows
    (now,) = ask.explain("caseload", by="unit", key="unit-1", on_day=day(20)).rows
    assert set(now.event_positions) - set(then.event_positions) == {joined, put_right}
    history.strike(episode, 5)
    run_once(*book)
    assert clients(ask, 40) == 1


def test_a_child_who_was_asked_for_and_came_along_is_one_client_from_the_beginning(
    book: Book, history: History, ask: Reading
) -> None:
    mother, child = uuid4(), uuid4()
    told = referral(mother, child), decision(on=40), started(2), joins(child, mother, on=30), closed(50)
    history.record(uuid4(), *told)
    run_once(*book)
    assert [clients(ask, on) for on in (10, 40)] == [2, 2]
    (granted,) = ask.decisions("kind").rows
    (outcome,) = ask.outcomes("service", *PERIOD, on_day=LATER).rows
    assert (granted.clients_granted, outcome.clients) == (2, 2)
    beneath = ask.outcomes_explain("service", *PERIOD, on_day=LATER).rows
    assert len(beneath) == 2
    assert {row.client_id for row in beneath} == {mother, child}


def test_a_grant_is_for_those_who_were_there_and_a_referral_for_those_whom_it_named(
    book: Book, history: History, ask: Reading
) -> None:
    episode, mother, child, late = (uuid4() for _ in range(4))
    history.record(episode, referral(mother), decision(on=5), started(6), joins(child, mother, on=5))
    history.record(episode, joins(late, mother, on=30), decision(DecisionKind.EXTENSION, on=40))
    run_once(*book)
    rows = {row.group_key: row for row in ask.decisions("kind").rows}
    assert rows["granted"].clients_granted == 2, "whoever joined on the day of the grant is granted it too"
    assert ask.early_support(*PERIOD).rows[0].clients_granted == 2
    assert ask.early_support(*PERIOD, as_of=3).rows[0].clients_granted == 1, "as known before"
    beneath = ask.explain("early_support", from_on=day(0), to_on=day(199)).rows
    assert {row.client_id for row in beneath if 4 in row.event_positions} == {mother, child}, "it was a grant for both"
    (asked_for,) = ask.referrals("source", from_on=day(0), to_on=day(199), on_day=LATER).rows
    assert asked_for.clients == 1


def test_an_episodes_outcome_is_of_those_who_had_joined_by_its_end_and_return_is_of_those_who_were_referred(
    book: Book, history: History, ask: Reading
) -> None:
    mother, child, late = (uuid4() for _ in range(3))
    told = joins(child, mother, on=30), closed(40), joins(late, mother, on=41)
    history.record(uuid4(), referral(mother), decision(), started(2), *told)
    history.record(uuid4(), referral(mother, on=60), decision(on=61), started(62), joins(child, mother, on=70))
    run_once(*book)
    (outcome,) = ask.outcomes("reason", day(40), day(40), on_day=day(500)).rows
    assert (outcome.closed_episodes, outcome.clients, outcome.clients_followed) == (1, 2, 2)
    assert outcome.clients_returned == 1, "the child came along, nobody referred it"
    beneath = ask.outcomes_explain("reason", day(40), day(40), on_day=day(500)).rows
    assert {row.client_id: 4 in row.event_positions for row in beneath} == {mother: False, child: True}


def test_what_runs_side_by_side_for_a_child_begins_when_it_joins(book: Book, history: History, ask: Reading) -> None:
    episode, mother, child, family = (uuid4() for _ in range(4))
    history.record(child, ClientRegistered(area="north", family_id=family))
    before = history.record(episode, referral(mother), decision(), assigned("anna"), started(2))
    history.record(episode, joins(child, mother, on=30))
    run_once(*book)

    def told(client: UUID, on: int, as_of: int | None = None) -> list[set[UUID]]:
        rows = ask.services_of_client(client, on_day=day(on), as_of=as_of).rows
        assert all(row.stream_id == episode for row in rows)
        return [set(row.with_client_ids) for row in rows]

    assert [told(child, on) for on in (29, 30)] == [[], [{mother, child}]]
    assert [told(mother, on) for on in (29, 30)] == [[{mother}], [{mother, child}]]
    assert told(child, 40, before) == []
    assert [ask.works_with_client("anna", child, on_day=day(on)) for on in (29, 30)] == [False, True]
    open_episodes = [ask.clients_of_family(family, on_day=day(on)).rows[0].open_episodes for on in (29, 30)]
    assert open_episodes == [0, 1]


def test_rebuilt_rows_tell_the_same_children(book: Book, history: History, rows: Rows) -> None:
    episode, mother, child = uuid4(), uuid4(), uuid4()
    history.record(episode, referral(mother), decision(), started(2), joins(child, mother, on=30))
    history.correct(episode, 4, joins(child, mother, on=20))
    followed = rows("joined_children", standing=False)
    rebuild(*book)
    assert rows("joined_children", standing=False) == followed
    assert [(row["joined_on"], row["known_to"] is None) for row in followed] == [(day(30), False), (day(20), True)]


def test_analysts_count_the_same_clients(book: Book, history: History, reader: Connection[dict[str, Any]]) -> None:
    mother, child = uuid4(), uuid4()
    history.record(uuid4(), referral(mother), decision(on=5), started(6), joins(child, mother, on=30))
    run_once(*book)
    with logged_in(book[0], REGISTER) as analyst:
        for on, number in ((29, 1), (30, 2)):
            (told,) = analyst.execute("SELECT clients FROM caseload('unit', NULL, %s)", (day(on),)).fetchall()
            assert told["clients"] == number
        (episode,), (joined,) = of(analyst, "episodes"), of(analyst, "joined_children")
        assert joined["episode_id"] == episode["episode_id"]
        assert joined["client_id"] not in {*episode["client_ids"], child}, "a pseudonym, of somebody else"


def leaves(client: UUID, on: int) -> ClientshipEnded:
    return ClientshipEnded(client_id=client, ended_on=day(on))


def test_who_left_is_counted_no_more_from_that_day_on_while_the_episode_goes_on(
    book: Book, history: History, ask: Reading
) -> None:
    episode, mother, child, sibling = (uuid4() for _ in range(4))
    history.record(episode, referral(mother, child), decision(), assigned("anna"), started(2))
    before = history.record(episode, joins(sibling, mother, child, on=10))
    left = history.record(episode, leaves(child, 30), leaves(sibling, 40))
    run_once(*book)
    assert [clients(ask, on) for on in (5, 10, 29, 30, 39, 40)] == [2, 3, 3, 2, 2, 1]
    assert clients(ask, 50, before) == 3, "the ledger had not been told"
    (told,) = ask.explain("caseload", by="unit", key="unit-1", on_day=day(30)).rows
    assert left - 1 in told.event_positions
    assert [len(ask.services_of_client(child, on_day=day(on)).rows) for on in (29, 30)] == [1, 0]
    assert [ask.works_with_client("anna", child, on_day=day(on)) for on in (29, 30)] == [True, False]
    (side_by_side,) = ask.services_of_client(mother, on_day=day(45)).rows
    assert side_by_side.with_client_ids == [mother]
    history.strike(episode, 6)
    run_once(*book)
    assert clients(ask, 40) == 2


def test_a_decision_after_a_client_left_is_not_for_that_client_nor_is_the_episodes_outcome(
    book: Book, history: History, ask: Reading
) -> None:
    episode, mother, child = uuid4(), uuid4(), uuid4()
    moved_on = closed(60, reason=ClosureReason.MOVED_TO_LONG_TERM)
    history.record(episode, referral(mother, child), decision(on=5), started(6), leaves(child, 30), moved_on)
    late, gone, granted_late = uuid4(), uuid4(), uuid4()
    history.record(granted_late, referral(late, gone), leaves(gone, 3), decision(on=5))
    run_once(*book)
    (counted,) = ask.decisions("kind").rows
    assert counted.clients_granted == 3, "who left before the grant was not granted anything"
    (figures,) = ask.early_support(*PERIOD).rows
    assert (figures.clients_granted, figures.clients_moved_on) == (3, 1)
    (outcome,) = ask.outcomes("reason", day(60), day(60), on_day=LATER).rows
    assert (outcome.closed_episodes, outcome.clients) == (1, 1)


def test_an_episode_whose_clients_had_all_left_is_a_closed_one_still(
    book: Book, history: History, ask: Reading
) -> None:
    episode, child = uuid4(), uuid4()
    history.record(episode, referral(child), decision(), started(2), leaves(child, 10), closed(30))
    run_once(*book)
    (outcome,) = ask.outcomes("reason", day(30), day(30), on_day=LATER).rows
    assert (outcome.closed_episodes, outcome.clients) == (1, 0)
    (beneath,) = ask.outcomes_explain("reason", day(30), day(30), on_day=LATER).rows
    assert (beneath.stream_id, beneath.client_id) == (episode, None)


def test_rebuilt_rows_tell_the_same_ends(book: Book, history: History, rows: Rows) -> None:
    episode, mother, child = uuid4(), uuid4(), uuid4()
    history.record(episode, referral(mother, child), decision(), started(2), leaves(child, 30))
    history.correct(episode, 4, leaves(child, 20))
    followed = rows("ended_clientships", standing=False)
    rebuild(*book)
    assert rows("ended_clientships", standing=False) == followed
    assert [(row["ended_on"], row["known_to"] is None) for row in followed] == [(day(30), False), (day(20), True)]
