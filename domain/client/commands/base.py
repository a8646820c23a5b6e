"""What the commands of a client share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from domain.client.state import ClientState
from domain.command import Command, Context
from domain.fact import Fact, StreamKind
from domain.refusal import UnknownClient


class ClientCommand(Command[ClientState]):
    """A command of the client stream."""

    stream = StreamKind.CLIENT


class ClientTelling(ClientCommand):
    """A command that tells a fact as it is, of a client who is registered."""

    tells: ClassVar[type[Fact]]

    def decide(self, state: ClientState, context: Context) -> Sequence[Fact]:
        """Raises UnknownClient."""
        require_client(state)
        return [self.tells(**{name: getattr(self, name) for name in type(self).model_fields})]


def require_client(state: ClientState) -> None:
    """Raises UnknownClient when nobody was registered so, or the registration was struck out."""
    if not state.registered:
        raise UnknownClient("There is no such client in this register.", remedy="Register the client first.")
