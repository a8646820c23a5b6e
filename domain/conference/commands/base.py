"""What the commands of a case conference share: that it was convened, is open, and goes on from there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

from domain.command import Command
from domain.conference.facts import ConferenceConvened
from domain.conference.state import ConferenceState
from domain.fact import StreamKind
from domain.refusal import EndedBeforeItBegan, OutOfOrder, UnknownConference


class ConferenceCommand(Command[ConferenceState]):
    """A command of the conference stream."""

    stream = StreamKind.CONFERENCE


def require_convened(state: ConferenceState, day: dt.date, field: str) -> ConferenceConvened:
    """The conference as convened, with nothing before it or after its close on `day`, which is told in `field`.

    Raises UnknownConference, OutOfOrder, EndedBeforeItBegan.
    """
    if not state.exists:
        raise UnknownConference("There is no such conference in this register.", remedy="Convene it first.")
    if state.convened is None:
        raise OutOfOrder("The convening of this conference was struck out.", remedy="Convene a new one.")
    not_before(day, state.convened.convened_on, field)
    if state.closed is not None and day > state.closed.closed_on:
        raise OutOfOrder("The conference was closed by then.", remedy="Convene a new one.", field=field)
    return state.convened


def not_before(day: dt.date, earliest: dt.date, field: str) -> None:
    """Raises EndedBeforeItBegan when the day is before that on which it could first be."""
    if day < earliest:
        raise EndedBeforeItBegan(
            f"{field} is before what it follows on.", remedy=f"Give a day that is not before {earliest}.", field=field
        )


def require_number(number: int, of: Mapping[int, object], done: Collection[int], field: str) -> None:
    """That there is one of that number, with which this has not been done yet. Raises OutOfOrder."""
    if number not in of:
        raise OutOfOrder(f"There is no {field} {number} here.", remedy="Record that first.", field=field)
    if number in done:
        raise OutOfOrder(f"That is recorded of {field} {number} already.", remedy="Correct that entry.", field=field)
