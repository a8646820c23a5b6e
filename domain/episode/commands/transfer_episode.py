"""The command TransferEpisode."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.command import Context
from domain.episode.commands.base import EpisodeCommand, require_referral
from domain.episode.commands.ending import releases
from domain.episode.facts import EpisodeTransferred, ReferralReceived, WorkerAssigned
from domain.episode.state import EpisodeState
from domain.fact import Fact
from domain.refusal import EndedBeforeItBegan, OutOfOrder
from domain.register.facts import WorkerRole


class TransferEpisode(EpisodeCommand):
    """Move the running episode to another area or unit: the same episode goes on there, with the receiving worker.

    The assignments that stand on the day end, but for those named in `remaining_assignment_ids` (a worker who moves
    along); the receiving worker's begins, unless that worker has the episode on that day already.
    """

    transferred_on: dt.date
    area: Annotated[str, Field(min_length=1)]
    unit_id: str | None = None
    worker_id: str
    role: WorkerRole
    assignment_id: UUID
    remaining_assignment_ids: tuple[UUID, ...] = ()
    reason: str | None = None

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """No fact when it is there already, with that worker. Raises UnknownEpisode, OutOfOrder, EndedBeforeItBegan."""
        referral = require_referral(state)
        has_it = any(
            one.worker_id == self.worker_id and one.from_on <= self.transferred_on for one in state.assignments.values()
        )
        place = state.place_on(self.transferred_on)
        if place == (self.area, self.unit_id):
            if has_it:
                return []
            raise OutOfOrder(
                "The episode is in that area and unit already.",
                remedy="Hand it over (HandOverEpisode), or name another area or unit.",
                field="area",
            )
        self._check_order(state, referral)
        ended = [
            fact
            for one in state.assignments.values()
            if one.from_on <= self.transferred_on
            and one.worker_id != self.worker_id
            and one.assignment_id not in self.remaining_assignment_ids
            for fact in releases(state, one.assignment_id, self.transferred_on)
        ]
        moved = EpisodeTransferred(
            transferred_on=self.transferred_on,
            area=self.area,
            unit_id=self.unit_id,
            from_area=place[0],
            from_unit_id=place[1],
            worker_id=self.worker_id,
            reason=self.reason,
        )
        return [moved, *dict.fromkeys(ended), *([] if has_it else [self._receiving()])]

    def _receiving(self) -> WorkerAssigned:
        return WorkerAssigned(
            assignment_id=self.assignment_id, worker_id=self.worker_id, role=self.role, from_on=self.transferred_on
        )

    def _check_order(self, state: EpisodeState, referral: ReferralReceived) -> None:
        if self.transferred_on < referral.received_on:
            raise EndedBeforeItBegan(
                "transferred_on is before the referral.",
                remedy=f"Give a day that is not before {referral.received_on}.",
                field="transferred_on",
            )
        if state.closed_on is not None and self.transferred_on > state.closed_on:
            raise OutOfOrder(
                f"The episode was closed on {state.closed_on}.",
                remedy="Reopen it first; or grant a new one that continues it.",
                field="transferred_on",
            )
        strangers = set(self.remaining_assignment_ids) - state.assignments.keys()
        if strangers or self.assignment_id in state.assignments:
            raise OutOfOrder(
                "No such assignment stands, or the new one has the id of one that does.",
                remedy="Name assignments that stand, and give the new one an id of its own.",
                field="remaining_assignment_ids" if strangers else "assignment_id",
            )
