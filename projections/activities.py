"""Open meeting places: their places and sessions by counts, outreach and organisers by organisation. Never persons.

Nothing here can hold a text: what the stream's facts cannot tell, its rows cannot either.
"""

from collections.abc import Iterator

from domain.activity.facts import (
    ActivityEnded,
    ActivityOpened,
    JointSurveyHandled,
    JointSurveyHeld,
    OrganisersMet,
    OutreachMade,
    PlaceClosed,
    PlaceOpened,
    SessionHeld,
)
from domain.entry import Entry
from projections.rows import Amend, Open, Operation, Projection, Table

ACTIVITIES = Table(
    "activities", stream="activity_id", key={}, columns=("area", "service", "model_version", "opened_on", "ended_on")
)
PLACES = Table(
    "places",
    stream="activity_id",
    key={"place_id": "uuid"},
    columns=(
        "place_kind", "organiser", "opened_on", "tasks", "weekdays", "theme", "free_of_charge", "open_to_all",
        "closed_on",
    ),
)  # fmt: skip
SESSIONS = Table(
    "sessions",
    stream="activity_id",
    key={"session_id": "uuid"},
    columns=(
        "place_id", "session_kind", "held_on", "adults", "children", "under_ones", "first_timers", "minutes",
    ),
)  # fmt: skip
OUTREACH = Table(
    "outreach",
    stream="activity_id",
    key={"entry": "int4"},
    columns=("place_id", "organisation", "outreach_kind", "made_on", "minutes"),
)
ORGANISERS_MEETINGS = Table(
    "organisers_meetings",
    stream="activity_id",
    key={"meeting_id": "uuid"},
    columns=("circle", "met_on", "present", "missing"),
)
JOINT_SURVEYS = Table(
    "joint_surveys",
    stream="activity_id",
    key={"survey_id": "uuid"},
    columns=("opened_on", "closed_on", "answers", "mean_score", "handled_on", "changes"),
)


def opened(_entry: Entry, fact: ActivityOpened) -> Iterator[Operation]:
    told = {name: getattr(fact, name) for name in ACTIVITIES.columns if name != "ended_on"}
    yield Amend("activities", (), told, opens=True)


def ended(_entry: Entry, fact: ActivityEnded) -> Iterator[Operation]:
    yield Amend("activities", (), {"ended_on": fact.ended_on})


def place_opened(_entry: Entry, fact: PlaceOpened) -> Iterator[Operation]:
    told = {name: getattr(fact, name) for name in PLACES.columns if name != "closed_on"}
    yield Open("places", (fact.place_id,), told)


def place_closed(_entry: Entry, fact: PlaceClosed) -> Iterator[Operation]:
    yield Amend("places", (fact.place_id,), {"closed_on": fact.closed_on})


def held(_entry: Entry, fact: SessionHeld) -> Iterator[Operation]:
    yield Open("sessions", (fact.session_id,), {name: getattr(fact, name) for name in SESSIONS.columns})


def reached_out(entry: Entry, fact: OutreachMade) -> Iterator[Operation]:
    yield Open("outreach", (entry.version,), {name: getattr(fact, name) for name in OUTREACH.columns})


def organisers_met(_entry: Entry, fact: OrganisersMet) -> Iterator[Operation]:
    told = {name: getattr(fact, name) for name in ORGANISERS_MEETINGS.columns}
    yield Open("organisers_meetings", (fact.meeting_id,), told)


def surveyed(_entry: Entry, fact: JointSurveyHeld) -> Iterator[Operation]:
    told = {name: getattr(fact, name) for name in ("opened_on", "closed_on", "answers", "mean_score")}
    yield Amend("joint_surveys", (fact.survey_id,), told, opens=True)


def handled(_entry: Entry, fact: JointSurveyHandled) -> Iterator[Operation]:
    yield Amend("joint_surveys", (fact.survey_id,), {"handled_on": fact.handled_on, "changes": fact.changes})


PROJECTION = Projection.beside(
    __name__,
    (ACTIVITIES, PLACES, SESSIONS, OUTREACH, ORGANISERS_MEETINGS, JOINT_SURVEYS),
    {
        ActivityOpened: opened,
        ActivityEnded: ended,
        PlaceOpened: place_opened,
        PlaceClosed: place_closed,
        SessionHeld: held,
        OutreachMade: reached_out,
        OrganisersMet: organisers_met,
        JointSurveyHeld: surveyed,
        JointSurveyHandled: handled,
    },
)
