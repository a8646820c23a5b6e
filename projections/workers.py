"""The register's workers and units, as the register's own stream tells of them.

Must never hold: workers' names. Of a unit the name is public.
"""

from collections.abc import Iterator

from domain.entry import Entry
from domain.register.facts import UnitOpened, WorkerEnrolled, WorkerLeft
from projections.rows import Amend, Open, Operation, Projection, Table

WORKERS = Table(
    "workers",
    stream="stream_id",
    key={"worker_id": "text"},
    columns=("role", "unit_id", "area", "enrolled_on", "left_on"),
)
UNITS = Table(
    "units", stream="stream_id", key={"unit_id": "text"}, columns=("unit_name", "area", "producer", "opened_on")
)


def enrolled(_entry: Entry, fact: WorkerEnrolled) -> Iterator[Operation]:
    worker = {"role": fact.role, "unit_id": fact.unit_id, "area": fact.area, "enrolled_on": fact.enrolled_on}
    yield Open("workers", (fact.worker_id,), worker)


def left(_entry: Entry, fact: WorkerLeft) -> Iterator[Operation]:
    yield Amend("workers", (fact.worker_id,), {"left_on": fact.left_on})


def unit_opened(_entry: Entry, fact: UnitOpened) -> Iterator[Operation]:
    yield Open("units", (fact.unit_id,), {name: getattr(fact, name) for name in UNITS.columns})


PROJECTION = Projection.beside(
    __name__, (WORKERS, UNITS), {WorkerEnrolled: enrolled, WorkerLeft: left, UnitOpened: unit_opened}
)
