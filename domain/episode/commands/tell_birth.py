"""The command TellBirth."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from domain.client.facts import ChildBorn
from domain.client.state import ClientState
from domain.command import Context, Reads
from domain.episode.commands.base import EpisodeCommand, require_granted
from domain.episode.commands.bring_child_along import joining
from domain.episode.state import EpisodeState
from domain.fact import Fact
from domain.refusal import CannotBeJudged, OutOfOrder
from domain.truth import check_clients


class TellBirth(EpisodeCommand):
    """Bring a birth from the mother's own stream into the episode: the child is along, and needs its own decisions."""

    mother_id: UUID
    child_id: UUID

    def reads(self, state: EpisodeState) -> Reads:
        """The mother's stream, which tells of the birth, and the child, who is a client by now."""
        return Reads(clients=(self.mother_id, self.child_id))

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """No fact when it is told already. Raises UnknownEpisode, UnknownClient, ClientNotOfEpisode, OutOfOrder."""
        require_granted(state)
        check_clients([self.mother_id], state.client_ids, field="mother_id")
        if self.child_id in state.joined:
            return []
        mother = context.clients[self.mother_id]
        born_on = _born_on(mother, self.child_id)
        if born_on is None and any(
            entry.fact.withheld for entry in mother.in_force if isinstance(entry.fact, ChildBorn)
        ):
            raise CannotBeJudged(
                "Which child the mother bore is withheld here.", remedy="Tell it where that can be read."
            )
        if born_on is None:
            raise OutOfOrder(
                "The mother's stream tells of no birth of this child.",
                remedy="Record the birth there first, with the child's client id.",
                field="child_id",
            )
        check_clients([self.mother_id], state.clients_on(born_on), field="mother_id")
        return joining(state, {self.child_id: context.clients[self.child_id]}, born_on, born=True)


def _born_on(mother: ClientState, child_id: UUID) -> dt.date | None:
    births = [entry.fact for entry in mother.in_force if isinstance(entry.fact, ChildBorn)]
    return next((birth.born_on for birth in births if birth.child_client_id == child_id), None)
