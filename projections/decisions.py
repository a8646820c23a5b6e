"""Decisions: one row each, of every kind.

Must never hold: reasons in words.
"""

from collections.abc import Iterator

from domain.entry import Entry
from domain.episode.facts import DecisionMade
from projections.rows import Open, Operation, Projection, Table

DECISIONS = Table(
    "decisions",
    stream="episode_id",
    key={"decision_id": "uuid"},
    columns=(
        "kind", "service", "model_version", "service_task", "decided_on", "decision_maker", "legal_basis", "valid_from",
        "valid_to", "meetings_granted", "meetings_before", "months_granted", "age_years", "expecting", "consent",
        "requested_by_family", "clientship", "voluntary_consent", "codes", "continues_episode_id",
    ),
)  # fmt: skip


def decided(_entry: Entry, fact: DecisionMade) -> Iterator[Operation]:
    yield Open("decisions", (fact.decision_id,), {name: getattr(fact, name) for name in DECISIONS.columns})


PROJECTION = Projection.beside(__name__, (DECISIONS,), {DecisionMade: decided})
