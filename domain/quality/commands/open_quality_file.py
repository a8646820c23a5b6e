"""The command OpenQualityFile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from domain.command import Command, Context
from domain.fact import Fact, StreamKind
from domain.quality.facts import QualityFileOpened
from domain.quality.state import QualityState
from domain.refusal import OutOfOrder


class OpenQualityFile(Command[QualityState]):
    """Follow the quality of a service in a unit, or in an area where no unit is named."""

    stream = StreamKind.QUALITY
    begins = True

    opened_on: dt.date
    service: str
    unit_id: str | None = None
    area: str | None = None

    def decide(self, state: QualityState, context: Context) -> Sequence[Fact]:
        """Raises ServiceNotKnown, OutOfOrder when the unit is not of this register or nothing is named."""
        unit = context.register.units.get(self.unit_id) if self.unit_id else None
        if self.unit_id is not None and unit is None:
            raise OutOfOrder("The register has no such unit.", remedy="Open the unit first.", field="unit_id")
        area = self.area or (unit.area if unit else None)
        if self.unit_id is None and area is None:
            raise OutOfOrder("Neither unit nor area is named.", remedy="Name a unit or an area.", field="area")
        model = context.register.model_in_force(self.service, self.opened_on)
        told = self.model_dump(exclude={"area"})
        return [QualityFileOpened(**told, area=area, model_version=model.model_version)]
