"""Deviations (poikkeama): which entry breaks which rule, by how much, and whether somebody explained it.

Must never hold: the explanation in words. `entry` is an entry of the same stream.
"""

from collections.abc import Iterator

from domain.calendar import day_in_helsinki
from domain.consequence import DeviationExplained, DeviationNoted, DeviationWithdrawn
from domain.entry import Entry
from projections.rows import Amend, Close, Operation, Projection, Table

DEVIATIONS = Table(
    "deviations",
    stream="stream_id",
    key={"deviation_key": "text"},
    columns=(
        "rule_id", "service", "model_version", "strength", "entry", "measured", "limit_measured", "unit", "noted_on",
        "explained_on",
    ),
)  # fmt: skip


def noted(entry: Entry, fact: DeviationNoted) -> Iterator[Operation]:
    deviation = {
        "rule_id": fact.rule_id,
        "service": fact.service,
        "model_version": fact.model_version,
        "strength": fact.strength,
        "entry": fact.entry,
        "measured": fact.measured,
        "limit_measured": fact.limit,
        "unit": fact.unit,
        "noted_on": day_in_helsinki(entry.occurred_at),
    }
    yield Amend("deviations", (fact.deviation_key,), deviation, opens=True)


def withdrawn(_entry: Entry, fact: DeviationWithdrawn) -> Iterator[Operation]:
    yield Close("deviations", (fact.deviation_key,))


def explained(_entry: Entry, fact: DeviationExplained) -> Iterator[Operation]:
    yield Amend("deviations", (fact.deviation_key,), {"explained_on": fact.explained_on})


PROJECTION = Projection.beside(
    __name__,
    (DEVIATIONS,),
    {DeviationNoted: noted, DeviationWithdrawn: withdrawn, DeviationExplained: explained},
)
