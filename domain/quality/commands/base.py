"""What the commands of a quality file share: the file must be open, and what they name must be in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from domain.quality.facts import QualityFileOpened
from domain.quality.state import QualityState
from domain.refusal import EndedBeforeItBegan, OutOfOrder, UnknownQualityFile

T = TypeVar("T")


def require_file(state: QualityState) -> QualityFileOpened:
    """The file as opened. Raises UnknownQualityFile, OutOfOrder when it was struck out."""
    if not state.exists:
        raise UnknownQualityFile("There is no such quality file in this register.", remedy="Open the file first.")
    if state.opened is None:
        raise OutOfOrder("The quality file was struck out.", remedy="Open a new one.")
    return state.opened


def require(state: QualityState, things: Mapping[UUID, T], wanted: UUID, what: str, field: str) -> T:
    """What the command names. Raises UnknownQualityFile, OutOfOrder when the file has no such thing."""
    require_file(state)
    found = things.get(wanted)
    if found is None:
        raise OutOfOrder(f"The file holds no such {what}.", remedy=f"Record the {what} first.", field=field)
    return found


def refuse_twice(state: QualityState, things: Mapping[UUID, object], given: UUID, told: str, field: str) -> None:
    """Raises UnknownQualityFile, OutOfOrder when what comes once has come already."""
    require_file(state)
    if given in things:
        raise OutOfOrder(told, remedy="Correct that entry if it is wrong.", field=field)


def refuse_before(day: dt.date, first: dt.date, field: str, told: str) -> None:
    """Raises EndedBeforeItBegan when `day` lies before `first`."""
    if day < first:
        raise EndedBeforeItBegan(told, remedy=f"Give a day that is not before {first}.", field=field)
