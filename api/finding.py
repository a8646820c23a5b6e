"""A client found by identity code: what the index of codes says, held against what the client's own entries say.

The index is derived, and no part of what is proved: whoever holds the database could let a code lead to another client.
Never here: codes in answers, logs or errors; routes.
"""

from __future__ import annotations

from uuid import UUID

from domain.client.identity import normal_code
from domain.client.state import ClientState
from domain.fact import StreamKind
from domain.ledger.book import Book
from domain.ledger.errors import LedgerError


class IndexAstray(LedgerError):
    """The index of identity codes leads to a client whose entries tell another code, or none."""

    code = "client_index_astray"
    message = "The index of identity codes leads to a client who has another code, or none: it was changed, or is old."
    remedy = "`jaksokirja client reindex` mends it from the events; then ask again."

    def __init__(self) -> None:
        super().__init__(self.message)


def client_with(book: Book, code: str) -> UUID | None:
    """The client who has the code, in whatever way it is written; None when nobody has.

    A client whose code cannot be read here is taken as the index says. Raises IndexAstray, LedgerUnavailable.
    """
    client_id = book.clients.find(code)
    if client_id is None:
        return None
    state = book.state(client_id, StreamKind.CLIENT)
    if not isinstance(state, ClientState):
        raise IndexAstray
    if not state.identity_withheld and normal_code(state.identity_code or "") != normal_code(code):
        raise IndexAstray
    return client_id
