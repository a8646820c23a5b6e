"""What the index of identity codes must say, read from the log: compared with what it says, and mended by it.

Telling a code and taking it is one transaction, so that this is for what is done to a database beside the ledger: rows
changed by hand, a keyring put back without the key of the tags. Commands go on meanwhile and wait for nothing. Never
here: codes, tags outside a comparison; SQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from domain.client.facts import ClientRegistered
from domain.client.state import ClientState
from domain.fact import StreamKind
from domain.ledger.book import Book
from domain.ledger.secrecy.searching import Progress
from domain.state import StreamState
from domain.withheld import Withheld

PAGE_EVENTS = 5000


class IndexFault(StrEnum):
    """What is wrong with the index about a client. The words are stable codes."""

    MISSING = "code_not_found"
    """The client's code does not lead to the client: another could be registered with it."""
    ASTRAY = "client_index_astray"
    """A tag leads to the client that is not of the client's code: whoever has that code cannot be registered."""
    TWICE = "code_of_two_clients"
    """Another client has the same code. No index mends that: strike out the registration of one of them."""


class AstrayClient(NamedTuple):
    """A client and what is wrong with the index about them."""

    client_id: UUID
    fault: IndexFault


class _Look(NamedTuple):
    """A client's tags: what the log says, None when it cannot be read here, and the index; at which version."""

    wanted: frozenset[bytes] | None
    found: frozenset[bytes]
    version: int

    @property
    def agrees(self) -> bool:
        return self.wanted is None or self.wanted == self.found


def examined(book: Book, progress: Progress) -> tuple[int, list[AstrayClient]]:
    """How many clients can be found by a code, and those about whom the index says something else than the log.

    What is told meanwhile is no fault: who seems astray is looked at again. Raises LedgerUnavailable.
    """
    found, left = 0, book.clients.tags()
    astray: list[AstrayClient] = []
    for client_id, state in _clients(book, progress):
        wanted, has = _wanted(book, client_id, state), left.pop(client_id, frozenset())
        if wanted is not None and wanted != has:
            astray += _faults(book, client_id)
        found += bool(wanted)
    for client_id in left:  # of whom the log knows nothing
        astray += _faults(book, client_id)
    return found, astray


def mended(book: Book, progress: Progress) -> tuple[int, list[AstrayClient]]:
    """As `examined`, after the index was made to say what the log says. Left is what no index can mend."""
    found, astray = examined(book, progress)
    faulty = dict.fromkeys(one.client_id for one in astray)
    for _ in range(2):  # the second time takes what somebody else had to give up first
        for client_id in faulty:
            _mend(book, client_id)
    return found, [fault for client_id in faulty for fault in _faults(book, client_id)]


def _mend(book: Book, client_id: UUID) -> None:
    """Until the client's tags are what the log says, or another has the tag."""
    while not (look := _look(book, client_id)).agrees:
        tag = next(iter(look.wanted or ()), None)
        if book.clients.put_right(client_id, tag, look.version):
            return


def _faults(book: Book, client_id: UUID) -> list[AstrayClient]:
    look = _look(book, client_id)
    if look.wanted is None or look.agrees:
        return []
    faults = [IndexFault.ASTRAY] if look.found - look.wanted else []
    for tag in look.wanted - look.found:
        holder = book.clients.holder(tag)
        twice = holder is not None and tag in (_look(book, holder).wanted or ())
        faults.append(IndexFault.TWICE if twice else IndexFault.MISSING)
    return [AstrayClient(client_id, fault) for fault in faults]


def _look(book: Book, client_id: UUID) -> _Look:
    """Both as they stand at one version of the client: what was told between the two is looked at again."""
    while True:
        state = book.state(client_id, StreamKind.CLIENT)
        found = book.clients.tags_of(client_id)
        if book.state(client_id, StreamKind.CLIENT).version == state.version:
            return _Look(_wanted(book, client_id, state), found, state.version)


def _wanted(book: Book, client_id: UUID, state: StreamState) -> frozenset[bytes] | None:
    """The tags that lead to the client by right, one or none; None: the code is sealed, and cannot be read here."""
    if not isinstance(state, ClientState):
        return frozenset()
    if state.identity_withheld:
        facts = [entry.fact for entry in state.in_force if isinstance(entry.fact, ClientRegistered)]
        gone = all(Withheld.DESTROYED in fact.withheld.values() for fact in facts)
        return frozenset() if gone else None
    tag = book.clients.tag_of(client_id, state.identity_code).tag
    return frozenset() if tag is None else frozenset({tag})


def _clients(book: Book, progress: Progress) -> Iterator[tuple[UUID, StreamState]]:
    """Every client of the register as it stands, in the order in which they were registered."""
    head, position, name = book.ledger.head()[0], 0, ClientRegistered.stored_name()
    while position < head and (records := book.ledger.read_feed(position, PAGE_EVENTS)):
        begun = dict.fromkeys(one.stream_id for one in records if one.name == name and one.version == 1)
        yield from book.states.now(dict.fromkeys(begun, StreamKind.CLIENT)).items()
        position = records[-1].position
        progress(min(position, head), head)
