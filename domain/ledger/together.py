"""Many orders at once: what they must see is one question, what they come to is recorded in one transaction.

Each is decided as it would be alone. One that cannot go with the others, because something is in its way or it needs
something of its own, is executed alone afterwards: its own outcome or refusal is what the book says of it then.
Never here: what a decision is, SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast
from uuid import UUID

from domain.client.state import ClientState
from domain.command import Context
from domain.contact.state import ContactState
from domain.episode.state import EpisodeState
from domain.fact import StreamKind
from domain.ledger.book import Book
from domain.ledger.deciding import Decision, check_place, decided
from domain.ledger.errors import LedgerUnavailable
from domain.ledger.orders import Order, Outcome
from domain.ledger.submission import Receipt
from domain.refusal import Refusal
from domain.register.state import RegisterState
from domain.state import StreamState
from domain.streams import check_admits, kind_of

ALONE = (StreamKind.CLIENT, StreamKind.REGISTER)
"""Streams whose commands go alone: a client's identity code is taken in the same transaction, and everything else looks
at the register."""
Known = Mapping[UUID, StreamState]


def execute_together(book: Book, orders: Sequence[Order]) -> list[Outcome | Exception]:
    """What `Book.execute` gives or raises for each of the orders, in their order. Raises nothing of an order's own."""
    outcomes: dict[int, Outcome | Exception] = {}
    try:
        if len(orders) > 1:
            outcomes = _recorded(book, _decisions(book, _going(orders)))
    except LedgerUnavailable as fault:
        return [fault] * len(orders)  # asking again for each would only keep them all waiting
    except Exception:  # whosever it is, it comes again to its owner, and to nobody else
        outcomes = {}
    for number, order in enumerate(orders):
        if number not in outcomes:
            outcomes[number] = _alone(book, order)
            if isinstance(outcomes[number], LedgerUnavailable):  # as above
                outcomes |= dict.fromkeys(set(range(len(orders))) - set(outcomes), outcomes[number])
    return [outcomes[number] for number in range(len(orders))]


def _alone(book: Book, order: Order) -> Outcome | Exception:
    try:
        return book.execute(order)
    except Exception as fault:  # it is the caller's, who asks for this order
        return fault


def _going(orders: Sequence[Order]) -> dict[int, Order]:
    """Those that can go together, by their number: one of a stream, each with a command id of its own."""
    going: dict[int, Order] = {}
    seen: set[UUID] = set()
    for number, order in enumerate(orders):
        kind = getattr(type(order.command), "stream", None)
        if kind is None or kind in ALONE or order.historical or {order.stream_id, order.command_id} & seen:
            continue
        seen |= {order.stream_id, order.command_id}
        going[number] = order
    return going


def _decisions(book: Book, going: Mapping[int, Order]) -> dict[int, Decision]:
    """What those come to that nothing is in the way of."""
    if not going:
        return {}
    epoch = book.states.epoch()
    known = book.states.opened(
        {book.register_id: StreamKind.REGISTER} | {one.stream_id: one.command.stream for one in going.values()}
    )
    others = read_by(going.values(), known)
    known |= book.states.opened(others) if others else {}
    decisions: dict[int, Decision] = {}
    for number, order in going.items():
        decision = decision_of(book, order, known, epoch)
        if decision is not None:
            decisions[number] = decision
    return decisions


def read_by(orders: Iterable[Order], known: Known) -> dict[UUID, StreamKind]:
    """The other streams that the orders must see."""
    wanted: dict[UUID, StreamKind] = {}
    for order in orders:
        state = known[order.stream_id]
        if state.exists and kind_of(state.entries) is not order.command.stream:
            continue
        reads = order.command.reads(state)
        wanted |= dict.fromkeys(reads.clients, StreamKind.CLIENT)
        wanted |= dict.fromkeys(reads.contacts, StreamKind.CONTACT)
        wanted |= dict.fromkeys((*reads.episodes, *reads.streams), StreamKind.EPISODE)
    return {stream_id: kind for stream_id, kind in wanted.items() if stream_id not in known}


def decision_of(book: Book, order: Order, known: Known, epoch: int) -> Decision | None:
    """None when something is in the way: what that is, the order hears alone, of the stream as it stands then."""
    state, kind = known[order.stream_id], order.command.stream
    try:
        check_place(order, kind, state, book.register_id)
        check_admits(state, order.command)
        context = _context(book, order, state, known)
        return decided(order, kind, state, context, epoch) if context else None
    except Refusal:
        return None


def _context(book: Book, order: Order, state: StreamState, known: Known) -> Context | None:
    reads = order.command.reads(state)
    if reads.continued:
        return None  # each tells only then what else must be seen
    clients = {one: known[one] for one in reads.clients}
    contacts = {one: known[one] for one in reads.contacts}
    episodes = {one: known[one] for one in reads.episodes}
    of_kind = (
        *((one, ClientState, StreamKind.CLIENT) for one in clients.values()),
        *((one, ContactState, StreamKind.CONTACT) for one in contacts.values()),
        *((one, EpisodeState, StreamKind.EPISODE) for one in episodes.values()),
    )
    if not all(isinstance(one, as_type) and kind_of(one.in_force) is kind for one, as_type, kind in of_kind):
        return None
    return Context(
        stream_id=order.stream_id,
        now=book.clock(),
        actor=order.actor,
        register=cast("RegisterState", known[book.register_id]),
        clients=cast("dict[UUID, ClientState]", clients),
        contacts=cast("dict[UUID, ContactState]", contacts),
        episodes=cast("dict[UUID, EpisodeState]", episodes),
        streams={one: known[one] for one in reads.streams},
        historical=order.historical,
    )


def _recorded(book: Book, decisions: Mapping[int, Decision]) -> dict[int, Outcome | Exception]:
    """The outcomes of those that were recorded; the others are still to be executed."""
    # a command that changes nothing has no version to be refused by: it goes alone
    submissions = book.submissions({number: decision for number, decision in decisions.items() if decision.entries})
    if not submissions:
        return {}
    receipts = book.ledger.append_each(list(submissions.values()))
    return {
        number: book.outcome(decisions[number], receipt) if isinstance(receipt, Receipt) else receipt
        for number, receipt in zip(submissions, receipts, strict=True)
        if isinstance(receipt, Receipt | LedgerUnavailable)
    }
