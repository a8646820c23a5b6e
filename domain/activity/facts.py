"""Facts about the open meeting places and peer groups of an area (F4): sessions with counts only, never persons.

No field here can hold a text: numbers, dates, ids and closed lists of codes only, so that nobody can be named (a test
holds every fact and command of the stream to it). The names given here are the storage format: add, never change.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from domain.fact import Fact, StreamKind
from domain.family_centre import FamilyCentreArea, FamilyCentreTask, PlaceOrganisation
from domain.strict import Count, MinutesOfDay, Ordinal, Strict


class ActivityService(StrEnum):
    """The services whose models judge the stream."""

    F4 = "F4"


class PlaceKind(StrEnum):
    """Kinds of open meeting place, and the peer group."""

    OPEN_DAY_CARE = "open_day_care"
    BABY_GROUP = "baby_group"
    FAMILY_CLUB = "family_club"
    BABY_CAFE = "baby_cafe"
    FAMILY_CAFE = "family_cafe"
    PEER_GROUP = "peer_group"


class PeerTheme(StrEnum):
    """What a peer group is about."""

    BIRTH_AND_FAMILY_COACHING = "birth_and_family_coaching"
    FAMILIES_WITH_BABIES = "families_with_babies"
    PLAY_AND_CONCENTRATION = "play_and_concentration"
    STRENGTH_FOR_EVERYDAY_LIFE = "strength_for_everyday_life"
    SINGLE_PARENTS = "single_parents"
    PARENTING_WEBINAR = "parenting_webinar"
    ADAPTATION_TRAINING = "adaptation_training"
    OTHER_THEME = "other_theme"


class Weekday(StrEnum):
    """The days of the weekly calendar."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class SessionKind(StrEnum):
    """What was held: open to whoever comes, or a peer group's own session."""

    OPEN_SESSION = "open_session"
    THEME_SESSION = "theme_session"
    EVENT_SESSION = "event_session"
    PEER_GROUP_SESSION = "peer_group_session"


class OutreachKind(StrEnum):
    """What somebody brought to a meeting place."""

    INFORMATION = "information"
    ADVICE = "advice"
    EXPERTISE = "expertise"
    SERVICE_GUIDANCE = "service_guidance"


class Circle(StrEnum):
    """The organisers of open places: those who hold them, or all who come to them."""

    ORGANISERS_CORE = "organisers_core"
    ORGANISERS_NETWORK = "organisers_network"


class SurveyChange(StrEnum):
    """What was changed because of the joint survey."""

    OPENING_HOURS = "opening_hours"
    PLACES = "places"
    CONTENT = "content"
    ACCESSIBILITY = "accessibility"
    COMMUNICATION = "communication"
    NO_CHANGE = "no_change"


class Counts(Strict):
    """How many came. `first_timers` are some of the adults and children, `under_ones` some of the children."""

    adults: Count
    children: Count
    under_ones: Count
    first_timers: Count
    minutes: MinutesOfDay

    @model_validator(mode="after")
    def _parts_are_not_more_than_the_whole(self) -> Self:
        if self.under_ones > self.children:
            raise ValueError("under_ones are some of the children: there cannot be more of them")
        if self.first_timers > self.adults + self.children:
            raise ValueError("first_timers are some of those who came: there cannot be more of them")
        return self


class ActivityOpened(Fact, name="activity_opened", stream=StreamKind.ACTIVITY, happened="opened_on"):
    """The open meeting places of an area began to be organised together; judged by that version of the model."""

    opened_on: dt.date
    area: FamilyCentreArea
    service: ActivityService
    model_version: Ordinal


class PlaceOpened(Fact, name="place_opened", stream=StreamKind.ACTIVITY, happened="opened_on"):
    """A meeting place or peer group opened. `weekdays`: its place in the weekly calendar."""

    place_id: UUID
    place_kind: PlaceKind
    organiser: PlaceOrganisation
    opened_on: dt.date
    tasks: tuple[FamilyCentreTask, ...] = ()
    weekdays: tuple[Weekday, ...] = ()
    theme: PeerTheme | None = None
    free_of_charge: bool = True
    open_to_all: bool = True


class PlaceClosed(Fact, name="place_closed", stream=StreamKind.ACTIVITY, happened="closed_on"):
    """A meeting place or peer group is held no more after the day."""

    place_id: UUID
    closed_on: dt.date


class SessionHeld(Counts, Fact, name="session_held", stream=StreamKind.ACTIVITY, happened="held_on"):
    """A session was held, and so many came."""

    session_id: UUID
    place_id: UUID
    session_kind: SessionKind
    held_on: dt.date


class OutreachMade(Fact, name="outreach_made", stream=StreamKind.ACTIVITY, happened="made_on"):
    """An organisation came to a meeting place with information, advice or expertise."""

    place_id: UUID
    organisation: PlaceOrganisation
    outreach_kind: OutreachKind
    made_on: dt.date
    minutes: MinutesOfDay | None = None


class OrganisersMet(Fact, name="organisers_met", stream=StreamKind.ACTIVITY, happened="met_on"):
    """The organisers met. `missing`: of those whose places were open that day."""

    meeting_id: UUID
    circle: Circle
    met_on: dt.date
    present: tuple[PlaceOrganisation, ...]
    missing: tuple[PlaceOrganisation, ...] = ()


class JointSurveyHeld(
    Fact,
    name="joint_survey_held",
    stream=StreamKind.ACTIVITY,
    happened="closed_on",
    spans=(("opened_on", "closed_on"),),
):
    """The joint feedback survey of the meeting places was held; scores from 1 to 5."""

    survey_id: UUID
    opened_on: dt.date
    closed_on: dt.date
    answers: Count
    mean_score: float | None = Field(default=None, ge=1, le=5)


class JointSurveyHandled(Fact, name="joint_survey_handled", stream=StreamKind.ACTIVITY, happened="handled_on"):
    """The organisers went through the survey, and what was changed because of it."""

    survey_id: UUID
    handled_on: dt.date
    changes: tuple[SurveyChange, ...]


class ActivityEnded(Fact, name="activity_ended", stream=StreamKind.ACTIVITY, happened="ended_on"):
    """The open meeting places of the area are organised together no more."""

    ended_on: dt.date


FACTS: tuple[type[Fact], ...] = (
    ActivityOpened,
    PlaceOpened,
    PlaceClosed,
    SessionHeld,
    OutreachMade,
    OrganisersMet,
    JointSurveyHeld,
    JointSurveyHandled,
    ActivityEnded,
)
