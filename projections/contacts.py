"""Contacts (yhteydenotto): when each came, from whom, and how long it waited for its answer.

Must never hold: messages and notes.
"""

from collections.abc import Iterator

from domain.contact.facts import ContactAnswered, ContactClosed, ContactReceived
from domain.stream import Entry
from projections.rows import Amend, Operation, Projection, Table

CONTACTS = Table(
    "contacts",
    stream="contact_id",
    key={},
    columns=(
        "received_at", "channel", "source", "consent", "client_id", "area", "service", "model_version", "answered_at",
        "answered_by", "outcome", "closed_on",
    ),
)  # fmt: skip
_TOLD_AT_ARRIVAL = ("received_at", "channel", "source", "consent", "client_id", "area", "service", "model_version")


def received(_entry: Entry, fact: ContactReceived) -> Iterator[Operation]:
    yield Amend("contacts", (), {name: getattr(fact, name) for name in _TOLD_AT_ARRIVAL}, opens=True)


def answered(_entry: Entry, fact: ContactAnswered) -> Iterator[Operation]:
    answer = {"answered_at": fact.answered_at, "answered_by": fact.worker_id, "outcome": fact.outcome}
    yield Amend("contacts", (), answer)


def closed(_entry: Entry, fact: ContactClosed) -> Iterator[Operation]:
    yield Amend("contacts", (), {"closed_on": fact.closed_on})


PROJECTION = Projection.beside(
    __name__, (CONTACTS,), {ContactReceived: received, ContactAnswered: answered, ContactClosed: closed}
)
