"""History at once: whole streams of an import, decided step by step as they happened, recorded in large transactions.

A stream goes with the others only if nothing is in the way of any of its orders. Else none of it is recorded here, and
whoever asked executes its orders one by one: what each comes to, or is refused for, is what the book says of it then.
Never here: what a decision is, SQL, rows of any export.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple
from uuid import UUID

from domain.entry import Entry
from domain.fact import StreamKind
from domain.ledger.book import Book
from domain.ledger.errors import LedgerError, LedgerUnavailable
from domain.ledger.orders import Order, Outcome
from domain.ledger.secrecy.keyring import KeyFenced
from domain.ledger.submission import Receipt, Submission
from domain.ledger.together import ALONE, decision_of, read_by
from domain.refusal import Refusal
from domain.state import StreamState
from domain.streams import recorded_stream

Streams = Sequence[Sequence[Order]]
"""The orders of streams, of each in the order in which they happened. No stream comes twice in all that is given."""
Told = list[list[Outcome] | None]
"""For each stream its orders' outcomes, or None: nothing of it was recorded."""


class _Step(NamedTuple):
    """What is kept of a decision until it is recorded: not its states, each of which holds the stream up to there."""

    order: Order
    entries: Sequence[Entry]
    warnings: tuple[str, ...]
    submission: Submission


_Decided = dict[int, list[_Step]]


def execute_streams(book: Book, batches: Iterable[Streams]) -> Iterator[Told]:
    """Decide and record the batches, each in one transaction; the next is decided while one is being stored.

    Raises LedgerUnavailable: all of it can be sent again.
    """
    batches = iter(batches)
    under_way: deque[tuple[Streams, _Decided]] = deque()
    while True:
        try:
            for receipts in book.ledger.append_batches(_submissions(book, batches, under_way)):
                streams, decided = under_way.popleft()
                yield _told(book, streams, decided, iter(receipts))
        except LedgerUnavailable:
            raise
        except LedgerError:  # whosever it is, it comes again to its owner, and to nobody else
            while under_way:
                yield [None] * len(under_way.popleft()[0])
        else:
            return


def _submissions(
    book: Book, batches: Iterator[Streams], under_way: deque[tuple[Streams, _Decided]]
) -> Iterator[list[Submission]]:
    for streams in batches:
        stored_now = {orders[0].stream_id for before, _ in under_way for orders in before if orders}
        try:
            decided = _decided(book, streams, stored_now)
        except LedgerUnavailable:
            raise
        except LedgerError:  # each goes alone, and its owner hears of it
            decided = {}
        under_way.append((streams, decided))
        yield [step.submission for steps in decided.values() for step in steps]


def _told(book: Book, streams: Streams, decided: _Decided, receipts: Iterator[Receipt]) -> Told:
    told: Told = [None] * len(streams)
    for number, steps in decided.items():
        told[number] = [_outcome(book, step, next(receipts)) for step in steps]
    return told


def _outcome(book: Book, step: _Step, receipt: Receipt) -> Outcome:
    """As `Book.outcome`, but the state is not kept: it was decided upon before its entries had their positions."""
    order = step.order
    if receipt.replayed:
        return book.execute(order)
    stamped = tuple(
        entry.stamped(position, receipt.recorded_at)
        for entry, position in zip(step.entries, receipt.positions, strict=True)
    )
    return Outcome(order.command_id, order.stream_id, stamped[-1].version, stamped, warnings=step.warnings)


def _decided(book: Book, streams: Streams, stored_now: set[UUID]) -> _Decided:
    """What the streams come to that nothing is in the way of, by their number. `stored_now`: not to be read yet."""
    going = _fresh(book, streams)
    firsts = [orders[0] for orders in going.values()]
    epoch = book.states.epoch()
    known = book.states.opened(
        {book.register_id: StreamKind.REGISTER} | {one.stream_id: one.command.stream for one in firsts}
    )
    known |= _opened(book, read_by(firsts, known))
    moving = stored_now | {one.stream_id for one in firsts}
    decided: _Decided = {}
    for number, orders in going.items():
        with suppress(Refusal, KeyFenced):
            steps = _steps(book, orders, known, epoch, moving)
            if steps:
                decided[number] = steps
    return decided


def _fresh(book: Book, streams: Streams) -> dict[int, Sequence[Order]]:
    """The streams that may go together, by their number: no order of theirs is recorded already."""
    going = {
        number: orders
        for number, orders in enumerate(streams)
        if orders and all(getattr(type(order.command), "stream", None) not in {None, *ALONE} for order in orders)
    }
    recorded = book.ledger.recorded([order.command_id for orders in going.values() for order in orders])
    return {
        number: orders for number, orders in going.items() if recorded.isdisjoint(order.command_id for order in orders)
    }


def _steps(
    book: Book, orders: Sequence[Order], known: dict[UUID, StreamState], epoch: int, moving: set[UUID]
) -> list[_Step]:
    """Each decided on what those before it come to; none at all when something is in the way of one. Raises KeyFenced.

    Of the stream's states only the last is held: the longer the stream, the longer is each.
    """
    steps: list[_Step] = []
    for order in orders:
        others = order.command.reads(known[order.stream_id])
        if moving.intersection((*others.clients, *others.contacts, *others.episodes, *others.streams)):
            return []
        known |= _opened(book, read_by([order], known))
        decision = decision_of(book, order, known, epoch)
        if decision is None or not decision.entries:
            return []
        known[order.stream_id] = recorded_stream(decision.before, decision.after, decision.kind, decision.entries)
        steps.append(_Step(order, decision.entries, decision.warnings, book.submission(decision)))
    return steps


def _opened(book: Book, wanted: dict[UUID, StreamKind]) -> dict[UUID, StreamState]:
    return book.states.opened(wanted) if wanted else {}
