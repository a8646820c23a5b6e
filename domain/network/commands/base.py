"""What the commands of the network stream share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Sequence
from typing import ClassVar
from uuid import UUID

from domain.command import Command, Context
from domain.fact import Fact, StreamKind
from domain.network.facts import NetworkOpened
from domain.network.state import NetworkState
from domain.refusal import EndedBeforeItBegan, OutOfOrder, UnknownNetwork


class NetworkCommand(Command[NetworkState]):
    """A command of the network stream."""

    stream = StreamKind.NETWORK


class NetworkTelling(NetworkCommand):
    """A command that tells a fact as it is, of a family centre that is being steered."""

    tells: ClassVar[type[Fact]]

    def check(self, state: NetworkState) -> None:
        """What must be so besides. Raises a Refusal."""

    def decide(self, state: NetworkState, context: Context) -> Sequence[Fact]:
        """Raises UnknownNetwork, OutOfOrder, EndedBeforeItBegan."""
        day_field = self.tells.happened or ""
        require_network(state, getattr(self, day_field), day_field)
        self.check(state)
        return [self.tells(**{name: getattr(self, name) for name in type(self).model_fields})]


def require_network(state: NetworkState, day: dt.date, field: str) -> NetworkOpened:
    """The steering as it was opened. Raises UnknownNetwork, OutOfOrder, EndedBeforeItBegan."""
    if not state.exists:
        raise UnknownNetwork("There is no such network in this register.", remedy="Open the network first.")
    if state.opened is None:
        raise OutOfOrder("The opening of the network was struck out.", remedy="Open a new network.")
    if day < state.opened.opened_on:
        raise EndedBeforeItBegan(
            f"{field} is before the network opened.",
            remedy=f"Give a day that is not before {state.opened.opened_on}.",
            field=field,
        )
    if state.ended_on is not None and day > state.ended_on:
        raise OutOfOrder(
            f"The network ended on {state.ended_on}.", remedy="Strike out its end first, if it goes on.", field=field
        )
    return state.opened


def require_known(known: Container[UUID], wanted: UUID, field: str) -> None:
    """Raises OutOfOrder when the stream has told of no such thing."""
    if wanted not in known:
        raise OutOfOrder("The network has none of that id.", remedy="Record it first.", field=field)


def require_news(known: Container[UUID], told: UUID, field: str) -> None:
    """Raises OutOfOrder when it was told of already."""
    if told in known:
        raise OutOfOrder(
            "This was recorded already.", remedy="Correct that entry, or use an id of its own.", field=field
        )
