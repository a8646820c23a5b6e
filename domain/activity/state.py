"""What is so about the open meeting places and peer groups of an area (F4), folded from the facts in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from domain.activity.facts import (
    ActivityEnded,
    ActivityOpened,
    JointSurveyHeld,
    OrganisersMet,
    PlaceClosed,
    PlaceOpened,
    SessionHeld,
)
from domain.consequence import ModelReference
from domain.entry import Entry
from domain.family_centre import PlaceOrganisation
from domain.state import StreamState


@dataclass(frozen=True, kw_only=True)
class ActivityState(StreamState):
    """The open meeting places and peer groups of an area. `closed`: the last day of each place that has one."""

    opened: ActivityOpened | None = None
    ended_on: dt.date | None = None
    places: Mapping[UUID, PlaceOpened] = field(default_factory=dict)
    closed: Mapping[UUID, dt.date] = field(default_factory=dict)
    told: frozenset[UUID] = frozenset()
    """The sessions, meetings and surveys told of, each of which is told of once."""
    surveys: Mapping[UUID, JointSurveyHeld] = field(default_factory=dict)

    @property
    def pin(self) -> ModelReference | None:
        """The version of the service model that was in force when the activity opened."""
        return ModelReference(self.opened.service.value, self.opened.model_version) if self.opened else None

    def is_open(self, place_id: UUID, day: dt.date) -> bool:
        """Whether the place was open on the day."""
        place, closed_on = self.places.get(place_id), self.closed.get(place_id)
        return place is not None and place.opened_on <= day and (closed_on is None or day <= closed_on)

    def organisers(self, day: dt.date) -> tuple[PlaceOrganisation, ...]:
        """Those who had a place open on the day, each once."""
        own = (place.organiser for place in self.places.values() if self.is_open(place.place_id, day))
        return tuple(dict.fromkeys(own))


def fold_activity(entries: Sequence[Entry], in_force: Sequence[Entry]) -> ActivityState:
    """The state from the stream's entries."""
    opened, ended_on = None, None
    places: dict[UUID, PlaceOpened] = {}
    closed: dict[UUID, dt.date] = {}
    surveys: dict[UUID, JointSurveyHeld] = {}
    told: set[UUID] = set()
    for entry in in_force:
        match entry.fact:
            case ActivityOpened() as fact:
                opened = fact
            case PlaceOpened() as fact:
                places[fact.place_id] = fact
            case PlaceClosed() as fact:
                closed[fact.place_id] = fact.closed_on
            case SessionHeld() as fact:
                told.add(fact.session_id)
            case OrganisersMet() as fact:
                told.add(fact.meeting_id)
            case JointSurveyHeld() as fact:
                surveys[fact.survey_id] = fact
            case ActivityEnded() as fact:
                ended_on = fact.ended_on
            case _:
                pass
    return ActivityState(
        entries=tuple(entries),
        in_force=tuple(in_force),
        opened=opened,
        ended_on=ended_on,
        places=places,
        closed=closed,
        told=frozenset(told),
        surveys=surveys,
    )
