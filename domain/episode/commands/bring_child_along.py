"""The command BringChildAlong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from domain.client.state import ClientState
from domain.command import Context, Reads
from domain.episode.commands.base import EpisodeCommand, require_born, require_granted
from domain.episode.facts import ChildJoined
from domain.episode.state import EpisodeState
from domain.fact import Fact
from domain.refusal import OutOfOrder


class BringChildAlong(EpisodeCommand):
    """Let a child come along into work that goes on. Those who come at its start are named by the start itself."""

    authorises = True

    client_id: UUID
    joined_on: dt.date

    def reads(self, state: EpisodeState) -> Reads:
        """The child must be a client of the register; its age counts."""
        return Reads(clients=(self.client_id,))

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """No fact when the child is along from that day on already.

        Raises UnknownEpisode, UnknownClient, OutOfOrder, NotBornYet.
        """
        require_granted(state)
        if state.started_on is None or self.joined_on < state.started_on:
            raise OutOfOrder(
                "The work has not begun on that day.",
                remedy="Name the children who come along at the start with the start itself.",
                field="joined_on",
            )
        require_not_ended(state, self.client_id, self.joined_on)
        if self.client_id in state.joined:
            self._check_day(state)
            return []
        require_born([context.clients[self.client_id]], self.joined_on, field="joined_on")
        return joining(state, {self.client_id: context.clients[self.client_id]}, self.joined_on)

    def _check_day(self, state: EpisodeState) -> None:
        """That the child joined on that day: telling another one would change nothing."""
        since = state.joined[self.client_id]
        if since != self.joined_on:
            entry = next(
                one.version
                for one in state.in_force
                if isinstance(one.fact, ChildJoined) and one.fact.client_id == self.client_id
            )
            raise OutOfOrder(
                f"The child has come along already, on {since}: entry {entry} says so.",
                remedy=f"Correct the joined_on of entry {entry}, if that day is wrong.",
                field="joined_on",
            )


def joining(
    state: EpisodeState, children: Mapping[UUID, ClientState], joined_on: dt.date, *, born: bool = False
) -> list[ChildJoined]:
    """The facts that the children came along, each with its age then and all for whom the episode is with it."""
    clients, facts = list(state.client_ids), []
    for client_id, child in children.items():
        require_not_ended(state, client_id, joined_on)
        clients += [] if client_id in clients else [client_id]
        told = {"client_id": client_id, "of_episode": clients, "joined_on": joined_on, "born": born}
        facts.append(ChildJoined.model_validate({**told, "age_years": child.age_on(joined_on)}))
    return facts


def require_not_ended(state: EpisodeState, client_id: UUID, day: dt.date) -> None:
    """Who is to be a client again comes by a new referral, since nothing is granted to them here any more (own).

    Raises OutOfOrder.
    """
    ended = state.ended.get(client_id)
    if ended is not None and client_id not in state.client_ids:
        raise OutOfOrder(
            f"An entry stands by which this client's part in the episode ended on {ended.ended_on}.",
            remedy="Strike out that entry too; then tell the joining, and the end where there was one, anew.",
            field="client_id",
        )
    if ended is not None and ended.ended_on < day:
        raise OutOfOrder(
            f"This client's part in the episode ended on {ended.ended_on}.",
            remedy="Begin a new episode with a referral; or strike out the entry that ended it, if it never did.",
            field="client_id",
        )
