"""The service models that the register has published: which version is valid when, and the hash of its content.

Must never hold: the content; that is in the event.
"""

from collections.abc import Iterator

from domain.register.facts import ServiceModelPublished
from domain.stream import Entry
from projections.rows import Open, Operation, Projection, Table

MODELS = Table(
    "models",
    stream="stream_id",
    key={"service": "text", "model_version": "int4"},
    columns=("valid_from", "valid_to", "content_sha256"),
)


def published(_entry: Entry, fact: ServiceModelPublished) -> Iterator[Operation]:
    model = {"valid_from": fact.valid_from, "valid_to": fact.valid_to, "content_sha256": fact.content_sha256}
    yield Open("models", (fact.service, fact.model_version), model)


PROJECTION = Projection.beside(__name__, (MODELS,), {ServiceModelPublished: published})
