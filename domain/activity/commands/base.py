"""What the commands of the activity stream share. Must never hold: a field in which a text could stand."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from domain.activity.facts import ActivityOpened, PlaceOpened
from domain.activity.state import ActivityState
from domain.command import Command
from domain.fact import StreamKind
from domain.refusal import EndedBeforeItBegan, OutOfOrder, UnknownActivity


class ActivityCommand(Command[ActivityState]):
    """A command of the activity stream."""

    stream = StreamKind.ACTIVITY


def require_activity(state: ActivityState, day: dt.date, field: str) -> ActivityOpened:
    """The activity as opened. Raises UnknownActivity, OutOfOrder, EndedBeforeItBegan."""
    if not state.exists:
        raise UnknownActivity("There is no such activity in this register.", remedy="Open the activity first.")
    if state.opened is None:
        raise OutOfOrder("The opening of the activity was struck out.", remedy="Open a new activity.")
    if day < state.opened.opened_on:
        raise EndedBeforeItBegan(
            f"{field} is before the activity opened.",
            remedy=f"Give a day that is not before {state.opened.opened_on}.",
            field=field,
        )
    if state.ended_on is not None and day > state.ended_on:
        raise OutOfOrder(
            f"The activity ended on {state.ended_on}.", remedy="Strike out its end first, if it goes on.", field=field
        )
    return state.opened


def require_open_place(state: ActivityState, place_id: UUID, day: dt.date, field: str) -> PlaceOpened:
    """The place, open on the day. Raises OutOfOrder, and what `require_activity` does."""
    require_activity(state, day, field)
    place = state.places.get(place_id)
    if place is None:
        raise OutOfOrder("The activity has no such place.", remedy="Open the place first.", field="place_id")
    if not state.is_open(place_id, day):
        raise OutOfOrder(f"The place was not open on {day}.", remedy="Give a day on which it was open.", field=field)
    return place


def require_news(state: ActivityState, told_id: UUID, field: str) -> None:
    """Raises OutOfOrder when it was told of already."""
    if told_id in state.told or told_id in state.surveys or told_id in state.places:
        raise OutOfOrder(
            "This was recorded already.", remedy="Correct that entry, or use an id of its own.", field=field
        )
