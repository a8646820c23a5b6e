"""Deviations (poikkeama): which entry breaks which rule, by how much, and whether somebody explained it.

An explanation is somebody's act, and stands whether or not the deviation does: one that a correction took away has it
still when the correction is struck out. Must never hold: it in words. `entry` is an entry of the same stream.
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
    ),
)  # fmt: skip
EXPLANATIONS = Table("explanations", stream="stream_id", key={"deviation_key": "text"}, columns=("explained_on",))


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
    yield Amend("explanations", (fact.deviation_key,), {"explained_on": fact.explained_on}, opens=True)


PROJECTION = Projection.beside(
    __name__,
    (DEVIATIONS, EXPLANATIONS),
    {DeviationNoted: noted, DeviationWithdrawn: withdrawn, DeviationExplained: explained},
)
