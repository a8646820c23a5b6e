"""Referrals and what they came to; payment commitments and what was used of them: as of any position, on any day."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from domain.contact.facts import ContactSource
from domain.episode.facts import DecisionKind, PaymentCommitmentReceived
from projections.engine import run_once
from projections.queries import Reading, reading
from tests.projections.conftest import Book
from tests.projections.history import History, day, decision, held, planned, referral


@pytest.fixture
def ask(book: Book, history: History) -> Iterator[Reading]:
    with reading(*book) as questions:
        yield questions


def commitment(
    on: int, to: int | None, units: int, cost_centre: str | None = "C1", *, received: int | None = None
) -> PaymentCommitmentReceived:
    return PaymentCommitmentReceived(
        commitment_id=uuid4(), received_on=day(on if received is None else received), issuer="county",
        payer_service="family_work", valid_from=day(on), valid_to=None if to is None else day(to), units=units,
        amount_cents=10_000, cost_centre=cost_centre,
    )  # fmt: skip


def test_referrals_are_counted_by_source_with_what_they_had_come_to_by_the_day(
    book: Book, history: History, ask: Reading
) -> None:
    child, school = uuid4(), {"source": ContactSource.SCHOOL}
    granted = referral(child, on=0)
    known = history.record(uuid4(), granted)
    history.record(uuid4(), granted.model_copy(update=school), decision(on=4))
    history.record(uuid4(), granted.model_copy(update=school), decision(DecisionKind.REFUSED, on=10))
    run_once(*book)

    def school_on(on: int) -> tuple[int, int, int, float | None]:
        rows = {row.group_key: row for row in ask.referrals("source", on_day=day(on)).rows}
        row = rows["school"]
        return row.granted_referrals, row.refused_referrals, row.waiting_referrals, row.median_days_to_decision

    assert [school_on(3), school_on(5), school_on(20)] == [(0, 0, 2, None), (1, 0, 1, 4), (1, 1, 0, 7)]
    (row,) = ask.referrals("source", on_day=day(20), as_of=known).rows
    assert (row.group_key, row.referrals, row.clients) == ("family", 1, 1)
    beneath = ask.explain("referrals", by="source", key="school", on_day=day(20)).rows
    assert sorted(str(one.status) for one in beneath) == ["granted", "refused"]
    assert all(one.event_positions for one in beneath)


def test_a_commitments_use_is_the_client_meetings_held_while_it_was_valid(
    book: Book, history: History, ask: Reading
) -> None:
    episode, child = uuid4(), uuid4()
    first, second = commitment(1, 9, 4), commitment(10, None, 6, "C2")
    meetings = [held(uuid4(), child, on=on) for on in (0, 5, 6, 10, 30)]
    history.record(episode, referral(child), decision(), first, second, *meetings)
    run_once(*book)

    def used(on: int) -> dict[str | None, tuple[int | None, int, int]]:
        rows = ask.commitments("cost_centre", on_day=day(on)).rows
        return {row.group_key: (row.committed_units, row.used_meetings, row.used_minutes) for row in rows}

    assert used(5) == {"C1": (4, 1, 60)}
    assert used(60) == {"C1": (4, 2, 120), "C2": (6, 2, 120)}
    (beneath,) = ask.explain("commitments", by="cost_centre", key="C2", on_day=day(60)).rows
    assert (beneath.stream_id, beneath.item, beneath.status) == (episode, str(second.commitment_id), "used")
    assert beneath.event_positions == [4, 8, 9]


def test_a_meeting_under_two_commitments_is_used_once(book: Book, history: History, ask: Reading) -> None:
    child: UUID = uuid4()
    history.record(
        uuid4(),
        referral(child),
        decision(),
        commitment(1, 20, 4),
        commitment(3, 20, 4, None),
        held(uuid4(), child, on=5),
    )
    run_once(*book)
    used = {row.group_key: row.used_meetings for row in ask.commitments("cost_centre", on_day=day(30)).rows}
    assert used == {"C1": 0, None: 1}


def test_on_a_day_nothing_is_used_of_a_commitment_that_was_received_later(
    book: Book, history: History, ask: Reading
) -> None:
    child = uuid4()
    episode = uuid4()
    meetings = [held(uuid4(), child, on=on) for on in (5, 12, 19)]
    known = history.record(episode, referral(child), decision(), commitment(1, None, 10), *meetings)
    history.record(episode, commitment(8, None, 10, "C2", received=40))
    run_once(*book)

    def used(on: int, as_of: int | None = None) -> dict[str | None, int]:
        rows = ask.commitments("cost_centre", on_day=day(on), as_of=as_of).rows
        return {row.group_key: row.used_meetings for row in rows}

    assert [used(20), used(39)] == [{"C1": 3}, {"C1": 3}]
    assert used(40) == {"C1": 1, "C2": 2}
    assert [used(20, known), used(40, known)] == [{"C1": 3}, {"C1": 3}], "the ledger had not been told"
    (beneath,) = ask.explain("commitments", by="cost_centre", key="C1", on_day=day(20)).rows
    assert beneath.event_positions == [3, 4, 5, 6]


def test_beneath_a_commitment_stands_every_event_that_a_used_meeting_stands_on(
    book: Book, history: History, ask: Reading
) -> None:
    episode, child, meeting = uuid4(), uuid4(), uuid4()
    history.record(
        episode, referral(child), decision(), commitment(1, None, 4), planned(meeting, on=5), held(meeting, child, on=5)
    )
    history.correct(episode, 4, planned(meeting, on=6))
    run_once(*book)
    (row,) = ask.commitments("cost_centre", on_day=day(30)).rows
    (beneath,) = ask.explain("commitments", by="cost_centre", key="C1", on_day=day(30)).rows
    assert (row.used_meetings, row.used_minutes) == (1, 60)
    assert beneath.event_positions == [3, 4, 5, 6], "the commitment, the plan, the meeting, the plan's correction"


def test_a_commitment_stands_under_the_service_of_the_day_it_was_received(
    book: Book, history: History, ask: Reading
) -> None:
    first, second = commitment(5, 9, 4), commitment(10, None, 6)
    move = decision(DecisionKind.MOVE, on=10, service="K2")
    episode = uuid4()
    known = history.record(episode, referral(uuid4()), decision(service="K1"), first, second)
    history.record(episode, move)
    run_once(*book)

    def units(as_of: int | None = None) -> dict[str | None, int | None]:
        rows = ask.commitments("service", on_day=day(30), as_of=as_of).rows
        return {row.group_key: row.committed_units for row in rows}

    assert units() == {"K1": 4, "K2": 6}
    assert units(known) == {"K1": 10}
    (beneath,) = ask.explain("commitments", by="service", key="K2", on_day=day(30)).rows
    assert beneath.event_positions == [4, 5], "the commitment, and the move"
