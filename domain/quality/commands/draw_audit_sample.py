"""The command DrawAuditSample."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.command import Command, Context, Reads
from domain.fact import Fact, StreamKind
from domain.quality.commands.base import refuse_twice, require, require_file
from domain.quality.facts import AuditSampleDrawn
from domain.quality.sampling import draw, population_sha256
from domain.quality.state import QualityState
from domain.refusal import OutOfOrder

MOST_EPISODES = 20_000
MOST_DRAWN = 200


class DrawAuditSample(Command[QualityState]):
    """Draw the audit's sample from the population as known at a position (see `domain.quality.sampling`).

    The population is that of the question `audit_population` at the position. What is drawn follows from the seed of
    the plan: no caller chooses it.
    """

    stream = StreamKind.QUALITY

    audit_id: UUID
    drawn_on: dt.date
    population_position: Annotated[int, Field(ge=0, le=2**62)]
    population: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=MOST_EPISODES)]
    sample_size: Annotated[int, Field(ge=1, le=MOST_DRAWN)]

    def reads(self, state: QualityState) -> Reads:
        """The episodes that are drawn."""
        return Reads(episodes=self._drawn(state))

    def decide(self, state: QualityState, context: Context) -> Sequence[Fact]:
        """Raises UnknownQualityFile, OutOfOrder: no such audit, drawn before, or an episode of another service."""
        service = require_file(state).service
        require(state, state.audits, self.audit_id, "audit", "audit_id")
        refuse_twice(state, state.samples, self.audit_id, "The audit has its sample already.", "audit_id")
        drawn = self._drawn(state)
        strangers = [one for one in drawn if (pin := context.episodes[one].pin) is None or pin.service != service]
        if strangers:
            raise OutOfOrder(
                f"The population holds episodes that are not of {service}.",
                remedy="Ask for the audit's population, and give it whole.",
                field="population",
                episode_ids=sorted(map(str, strangers)),
            )
        return [
            AuditSampleDrawn(
                audit_id=self.audit_id,
                drawn_on=self.drawn_on,
                seed=state.audits[self.audit_id].seed,
                population_position=self.population_position,
                population_size=len(set(self.population)),
                population_sha256=population_sha256(self.population),
                episode_ids=drawn,
            )
        ]

    def _drawn(self, state: QualityState) -> tuple[UUID, ...]:
        audit = state.audits.get(self.audit_id) if isinstance(state, QualityState) else None
        return draw(audit.seed, self.population, self.sample_size) if audit else ()
