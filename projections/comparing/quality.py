"""What can be compared of quality and of family centres: reviews, audits, feedback, scores, sessions, meetings, goals.

Must never hold: how anything is counted. See `projections.comparing.figure`.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from projections.answers import Answer
from projections.comparing.figure import Asked, Compared, Stood, Values, column, columns, itself, month
from projections.comparing.work import SETTLED
from projections.queries import Reading

SCORED = ("service", "unit_id", "area", "question", "period", "given")
AUDITED = ("file_id", "audit_id")
COVERED = ("area", "working_day")
MEASURED = ("network_id", "goal_id", "measure_id")


def _of_review(row: Values) -> list[tuple[Any, ...]]:
    told = (row["service"], row["measure"])
    return [(*told, "all", None), (*told, "area", row["area"]), (*told, "unit", row["unit_id"])]


def _measures(*endings: str) -> Callable[[Values, Values], bool]:
    """Only rows of the review's measures that end so."""
    return lambda _, row: str(row["measure"]).endswith(endings)


def _summaries(version: Values, row: Values) -> bool:
    return row["measure"] == "summary_written" and str(version["name"]).startswith("summary_written.")


def _sectors(row: Values) -> list[str]:
    return [*(row["sectors_present"] or ()), *(row["sectors_missing"] or ())]


def _coverage(read: Reading, asked: Asked) -> Answer[Any]:
    """Of the days since the first place opened: nobody asks for earlier ones, and the calendar need not reckon them."""
    opened = read.connection.execute("SELECT min(opened_on) FROM activities").fetchone()
    earliest = (opened and opened[0]) or asked.on_day
    first = max(asked.first or dt.date.min, earliest)
    return read.place_coverage(first, asked.period[1], **asked.world)


FEEDBACK = Compared(
    name="feedback",
    ask=lambda read, asked: read.feedback(asked.by, *asked.period, **asked.world),
    rows="SELECT * FROM feedback_rows(%(as_of)s, %(on_day)s, %(from_on)s, %(to_on)s)",
    identity=("stream_id", "feedback_id"),
    stream="stream_id",
    by={
        **columns(service="service", unit="unit_id", area="area", given_by="given_by"),
        "month": month("given_on"),
    },
    stands_on=(Stood("feedback"), *SETTLED, Stood("quality_files")),
)
SCORES = Compared(
    name="scores",
    ask=lambda read, asked: read.scores(*asked.period, **asked.world, service=asked.service),
    rows=None,
    identity=SCORED,
    keys=SCORED,
    by=itself(*SCORED),
    stands_on=(
        Stood("feedback_scores"), Stood("survey_scores"), *SETTLED, Stood("quality_files"),
    ),
    reaches=True,
)  # fmt: skip
QUALITY = Compared(
    name="quality",
    ask=lambda read, asked: read.quality_review(asked.service or "", *asked.period, **asked.world),
    rows=(
        "SELECT %(service)s::text AS service, c.*"
        " FROM quality_review_cases(%(service)s, %(as_of)s, %(on_day)s, %(from_on)s, %(to_on)s) c"
    ),
    identity=("service", "measure", "stream_id", "item"),
    stream="stream_id",
    by={"": _of_review},
    keys=("service", "measure", "grouped_by", "group_key"),
    stands_on=(
        Stood("episodes"), Stood("contacts"), Stood("moves"),
        Stood("phases", only=_measures("summary_written")),
        Stood("duties", only=lambda duty, row: duty["duty_key"] == row["item"]),
        Stood("decisions", only=lambda decision, row: str(decision["decision_id"]) == row["item"]),
        Stood("meetings", ("meeting_kind", "started_at"), only=_measures("days_start_to_first_meeting")),
        Stood("deviations", only=_measures("limits_kept")),
        Stood("trail", ("name", "struck_by", "occurred_at"), only=_summaries),
        Stood("quality_files", ("area", "unit_id")),
        Stood(
            "model_rules",
            anywhere=True,
            only=_measures("_in_time", "limits_kept", "contact_answered", "earlier_work_named"),
        ),
    ),
    reaches=True,
    each_service=True,
)  # fmt: skip
AUDITS = Compared(
    name="audits",
    ask=lambda read, asked: read.audits(on_day=asked.on_day, service=asked.service, as_of=asked.as_of),
    rows=None,
    identity=AUDITED,
    keys=AUDITED,
    by=itself(*AUDITED),
    stream="file_id",
    stands_on=(
        Stood("audits"), Stood("audit_samples"), Stood("quality_files"), Stood("quality_actions"),
        Stood("audit_findings", only=lambda finding, row: finding["audit_id"] == row["audit_id"]),
    ),
)  # fmt: skip
SESSIONS = Compared(
    name="sessions",
    ask=lambda read, asked: read.sessions(asked.by, *asked.period, **asked.world),
    rows="SELECT * FROM session_rows(%(as_of)s, %(on_day)s, %(from_on)s, %(to_on)s)",
    identity=("activity_id", "session_id"),
    stream="activity_id",
    by={
        "place": lambda row: [None if row["place_id"] is None else str(row["place_id"])],
        **columns(place_kind="place_kind", organiser="organiser", area="area", session_kind="session_kind"),
        "month": month("held_on"),
        "day": lambda row: [f"{row['held_on']:%Y-%m-%d}"],
    },
    stands_on=(
        Stood("sessions"), Stood("activities", ("area",)),
        Stood("places", ("place_kind", "organiser"), only=lambda place, row: place["place_id"] == row["place_id"]),
    ),
)  # fmt: skip
COVERAGE = Compared(
    name="place-coverage",
    ask=_coverage,
    rows=None,
    identity=COVERED,
    keys=COVERED,
    by=itself(*COVERED),
    stands_on=(
        Stood("activities"), Stood("sessions", only=lambda session, row: session["held_on"] == row["working_day"]),
    ),
    reaches=True,
)  # fmt: skip
GROUP_MEETINGS = Compared(
    name="group-meetings",
    ask=lambda read, asked: read.group_meetings(asked.by, *asked.period, **asked.world),
    rows=(
        "SELECT e.*, m.participants, m.sectors_present, m.sectors_missing"
        " FROM group_meeting_explain('month', NULL, %(as_of)s, %(on_day)s, %(from_on)s, %(to_on)s) e"
        " JOIN group_meetings m ON m.network_id = e.network_id AND m.meeting_id = e.meeting_id"
        " AND m.known @> %(as_of)s::bigint"
    ),
    identity=("network_id", "meeting_id"),
    stream="network_id",
    by={"group_kind": column("group_kind"), "month": month("met_on"), "sector": _sectors},
    stands_on=(Stood("group_meetings"),),
)
GATHERINGS = Compared(
    name="gatherings",
    ask=lambda read, asked: read.gatherings(asked.by, *asked.period, **asked.world),
    rows=(
        "SELECT e.*, g.participants, g.tasks"
        " FROM gathering_explain('month', NULL, %(as_of)s, %(on_day)s, %(from_on)s, %(to_on)s) e"
        " JOIN gatherings g ON g.network_id = e.network_id AND g.gathering_id = e.gathering_id"
        " AND g.known @> %(as_of)s::bigint"
    ),
    identity=("network_id", "gathering_id"),
    stream="network_id",
    by={
        "gathering_kind": column("gathering_kind"),
        "month": month("held_on"),
        "task": lambda row: row["tasks"] or (),
    },
    stands_on=(Stood("gatherings"),),
)
GOALS = Compared(
    name="goals",
    ask=lambda read, asked: read.goals(**asked.world),
    rows=None,
    identity=MEASURED,
    keys=MEASURED,
    by=itself(*MEASURED),
    stream="network_id",
    stands_on=(Stood("network_goals"), Stood("goal_measures"), Stood("goal_progress")),
)

FIGURES = (
    FEEDBACK, SCORES, QUALITY, AUDITS, SESSIONS, COVERAGE, GROUP_MEETINGS, GATHERINGS, GOALS,
)  # fmt: skip
