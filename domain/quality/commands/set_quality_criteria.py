"""The command SetQualityCriteria."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from domain.command import Command, Context
from domain.fact import Fact, StreamKind
from domain.quality.commands.base import refuse_before, require_file
from domain.quality.facts import Criterion, QualityCriteriaSet
from domain.quality.state import QualityState


class SetQualityCriteria(Command[QualityState]):
    """Set the criteria that the service is held to, in place of those before."""

    stream = StreamKind.QUALITY

    set_on: dt.date
    origin: str
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]
    criterion_texts: dict[str, str] | None = None

    def decide(self, state: QualityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownQualityFile, OutOfOrder, EndedBeforeItBegan."""
        opened_on = require_file(state).opened_on
        refuse_before(self.set_on, opened_on, "set_on", "The file was not open yet.")
        return [QualityCriteriaSet(**dict(self))]
