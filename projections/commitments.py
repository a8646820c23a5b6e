"""Payment commitments (maksusitoumus) of episodes, one row each.

Must never hold: what was done under them; that is counted from meetings.
"""

from collections.abc import Iterator

from domain.entry import Entry
from domain.episode.facts import PaymentCommitmentReceived
from projections.rows import Open, Operation, Projection, Table

COMMITMENTS = Table(
    "commitments",
    stream="episode_id",
    key={"commitment_id": "uuid"},
    columns=(
        "received_on", "issuer", "payer_service", "valid_from", "valid_to", "amount_cents", "units", "cost_centre",
        "contract_reference", "quality_requirements",
    ),
)  # fmt: skip


def received(_entry: Entry, fact: PaymentCommitmentReceived) -> Iterator[Operation]:
    yield Open("commitments", (fact.commitment_id,), {name: getattr(fact, name) for name in COMMITMENTS.columns})


PROJECTION = Projection.beside(__name__, (COMMITMENTS,), {PaymentCommitmentReceived: received})
