"""The command StartEpisode."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.command import Context, Reads
from domain.episode.commands.base import EpisodeCommand, require_born, require_granted
from domain.episode.commands.bring_child_along import joining
from domain.episode.facts import Codes, EpisodeStarted
from domain.episode.state import EpisodeState
from domain.fact import Fact
from domain.refusal import OutOfOrder


class StartEpisode(EpisodeCommand):
    """Begin the work. `children_along`: clients who come along with the parent from the start (S0)."""

    authorises = True

    started_on: dt.date
    motivation_recognised: bool | None = None
    codes: Codes = None
    children_along: tuple[UUID, ...] = ()

    def reads(self, state: EpisodeState) -> Reads:
        """The clients, for a child that is expected then, and the children who come along; their age counts."""
        return Reads(clients=(*state.client_ids, *self.children_along))

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder, NotBornYet."""
        require_granted(state)
        if state.started_on is not None:
            raise OutOfOrder(
                f"The work began on {state.started_on} already.", remedy="Correct that entry if the day is wrong."
            )
        if state.closed_on is not None and self.started_on > state.closed_on:
            raise OutOfOrder(f"The episode was closed on {state.closed_on}.", remedy="Reopen it first.")
        along = {child: context.clients[child] for child in self.children_along}
        require_born(along.values(), self.started_on, field="started_on")
        children = joining(state, along, self.started_on)
        expecting = any(
            context.clients[client].expecting_on(self.started_on) for client in state.clients_on(self.started_on)
        )
        return [EpisodeStarted(**self.model_dump(exclude={"children_along"}), expecting=expecting), *children]
