"""Contacts (yhteydenotto): when each came, from whom, how long it waited for its answer, and where it led.

Must never hold: messages and notes.
"""

from collections.abc import Iterator

from domain.contact.facts import ContactAnswered, ContactClosed, ContactReceived, OnwardGuidanceGiven
from domain.entry import Entry
from projections.rows import Amend, Open, Operation, Projection, Table

CONTACTS = Table(
    "contacts",
    stream="contact_id",
    key={},
    columns=(
        "received_at", "channel", "source", "consent", "client_id", "area", "service", "model_version", "answered_at",
        "answered_by", "outcome", "closed_on",
    ),
)  # fmt: skip
GUIDANCE = Table(
    "onward_guidance",
    stream="contact_id",
    key={"entry": "int4"},
    columns=("given_on", "worker_id", "guidance_kind", "manner", "target", "given_by", "age_years", "grade"),
)
_TOLD_AT_ARRIVAL = ("received_at", "channel", "source", "consent", "client_id", "area", "service", "model_version")


def received(_entry: Entry, fact: ContactReceived) -> Iterator[Operation]:
    yield Amend("contacts", (), {name: getattr(fact, name) for name in _TOLD_AT_ARRIVAL}, opens=True)


def answered(_entry: Entry, fact: ContactAnswered) -> Iterator[Operation]:
    answer = {"answered_at": fact.answered_at, "answered_by": fact.worker_id, "outcome": fact.outcome}
    yield Amend("contacts", (), answer)


def guided(entry: Entry, fact: OnwardGuidanceGiven) -> Iterator[Operation]:
    yield Open("onward_guidance", (entry.version,), {name: getattr(fact, name) for name in GUIDANCE.columns})


def closed(_entry: Entry, fact: ContactClosed) -> Iterator[Operation]:
    yield Amend("contacts", (), {"closed_on": fact.closed_on})


PROJECTION = Projection.beside(
    __name__,
    (CONTACTS, GUIDANCE),
    {ContactReceived: received, ContactAnswered: answered, OnwardGuidanceGiven: guided, ContactClosed: closed},
)
