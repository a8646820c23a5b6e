"""What answers look like: rows, with the position that they reflect and how far behind the ledger that is.

Must never hold: SQL. The row is the response schema: each model has the columns of the SQL function of its question.
"""

import datetime as dt
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Row(BaseModel):
    """A row of an answer."""

    model_config = ConfigDict(frozen=True)


R = TypeVar("R")


class Answer(BaseModel, Generic[R]):
    """Rows as the ledger knew them at `as_of`.

    `head` is the ledger's last position; the projections lag by so many events, and since when the first of these was
    recorded. `stopped` names projections that an event has stopped. `next_cursor` asks for the rows that follow.
    """

    model_config = ConfigDict(frozen=True)

    rows: list[R]
    as_of: int
    on_day: dt.date | None = None
    head: int
    lag_events: int
    lag_seconds: float
    stopped: tuple[str, ...] = ()
    next_cursor: str | None = None


class CaseloadRow(Row):
    """Open episodes of one worker, area, unit, service, phase or month."""

    group_key: str | None
    open_episodes: int
    referred_episodes: int
    decided_episodes: int
    active_episodes: int
    suspended_episodes: int
    clients: int
    longest_days_open: int | None
    last_meeting_on: dt.date | None
    open_duties: int
    late_duties: int
    next_duty_due_on: dt.date | None


class CaseloadEpisode(Row):
    """One open episode."""

    episode_id: UUID
    client_ids: list[UUID] | None
    service: str | None
    model_version: int | None
    area: str | None
    unit_id: str | None
    phase: str
    phase_since_on: dt.date
    referred_on: dt.date | None
    decided_on: dt.date | None
    started_on: dt.date | None
    days_open: int | None
    worker_ids: list[str]
    last_meeting_on: dt.date | None
    next_meeting_on: dt.date | None
    held_client_meetings: int
    open_duties: int
    late_duties: int
    next_duty_due_on: dt.date | None
    event_positions: list[int]


class VisitRow(Row):
    """Meetings and minutes of one worker, area, unit, service, month or episode."""

    group_key: str | None
    planned_meetings: int
    held_meetings: int
    held_client_meetings: int
    cancelled_meetings: int
    cancelled_by_family_meetings: int
    missed_meetings: int
    in_person_meetings: int
    phone_meetings: int
    video_meetings: int
    held_minutes: int
    remote_minutes: int
    clients_met: int
    client_encounters: int


class DutyRow(Row):
    """Duties of one rule, worker, area, unit, service or month."""

    group_key: str | None
    duties: int
    due_duties: int
    met_in_time_duties: int
    met_late_duties: int
    waived_duties: int
    open_duties: int
    open_late_duties: int
    next_due_on: dt.date | None


class OpenDuty(Row):
    """A duty that is still to be met: of an episode, contact, client or quality file, and of one client if it is.

    In time up to `late_after_on`, the first working day from `due_on` on; both null while nothing has dated it.
    """

    stream_id: UUID
    stream_kind: str
    client_id: UUID | None
    duty_key: str
    service: str
    model_version: int
    rule_id: str
    strength: str
    opened_on: dt.date
    due_on: dt.date | None
    late_after_on: dt.date | None
    days_late: int
    area: str | None
    unit_id: str | None
    worker_ids: list[str]
    event_positions: list[int]


class DeviationRow(Row):
    """Deviations of one rule, strength, worker, area, unit, service or month."""

    group_key: str | None
    deviations: int
    must_deviations: int
    norm_deviations: int
    info_deviations: int
    explained_deviations: int
    streams: int


class ContactRow(Row):
    """Contacts and their waiting times, of one area, channel, source, service, worker or month.

    Answered, waiting, closed and `contacts_not_to_be_made` add up to `contacts`: the last are those that were left
    unanswered since the family did not consent to it. `contacts_without_consent` may have become any of these.
    """

    group_key: str | None
    contacts: int
    answered_contacts: int
    waiting_contacts: int
    closed_contacts: int
    contacts_without_consent: int
    contacts_not_to_be_made: int
    median_waiting_minutes: float | None
    mean_waiting_minutes: float | None
    longest_waiting_minutes: int | None


class DecisionRow(Row):
    """Decisions of one kind, service, area, month, legal basis or decision maker; the kinds add up to `decisions`.

    A grant that is dated before its referral came waited no days: such are counted in `grants_before_referral`.
    """

    group_key: str | None
    decisions: int
    grants: int
    refusals: int
    extensions: int
    exceptions: int
    moves: int
    ends: int
    clients_granted: int
    median_days_from_referral: float | None
    grants_before_referral: int


class ReferralRow(Row):
    """Referrals of one source, channel, area, unit, service or month, and what they came to.

    One that came after the decision on it waited no days: such are counted in `referrals_after_decision`.
    """

    group_key: str | None
    referrals: int
    clients: int
    granted_referrals: int
    refused_referrals: int
    waiting_referrals: int
    median_days_to_decision: float | None
    longest_days_to_decision: int | None
    referrals_after_decision: int


class CommitmentRow(Row):
    """Payment commitments of one cost centre, payer service, service, issuer or month: committed, and used.

    Used: client meetings held while the commitment was valid, and their minutes, of those commitments that had been
    received by the day. The service is that of the day it was received. Amounts are cents.
    """

    group_key: str | None
    commitments: int
    episodes: int
    amount_cents: int | None
    committed_units: int | None
    used_meetings: int
    used_minutes: int


class EarlySupportFigures(Row):
    """The published figures: distinct clients granted, and how many of them moved on to long-term family work."""

    clients_granted: int
    clients_moved_on: int


class ServiceOfClient(Row):
    """A service that a client has on the day: an episode that is open, or a case conference that is.

    `with_client_ids`: all whom it is for, the client among them. Never who they are.
    """

    client_id: UUID
    stream_kind: str
    stream_id: UUID
    service: str | None
    model_version: int | None
    phase: str
    since_on: dt.date
    worker_ids: list[str]
    unit_id: str | None
    with_client_ids: list[UUID]
    event_positions: list[int]


class ClientOfFamily(Row):
    """A client of the family, and how many services it has on the day: open episodes and open case conferences."""

    client_id: UUID
    open_episodes: int
    open_conferences: int
    services: list[str]
    event_positions: list[int]


class Stretch(Row):
    """A stretch of one line of history: an episode's days under one service, in one area and unit.

    `until_on` is the first day after, null while it goes on; `continues_episode_id` the episode that it goes on from.
    """

    episode_id: UUID
    since_on: dt.date | None
    until_on: dt.date | None
    service: str | None
    model_version: int | None
    area: str | None
    unit_id: str | None
    continues_episode_id: UUID | None
    closure_reason: str | None
    event_positions: list[int]


class Explained(Row):
    """What a figure stands on: a stream (an episode, a contact), what of it, and the events.

    Of a caseload: the events of the episode's course, clients and workers; those of its meetings and duties stand
    beneath the visits and the duties.
    """

    stream_id: UUID
    client_id: UUID | None = None
    item: str | None = None
    happened_on: dt.date | None = None
    status: str | None = None
    moved_on: bool | None = None
    event_positions: list[int]


class QualityReviewRow(Row):
    """A measure of the quality review, over all or of one area or unit.

    `kept_cases` of `cases` were as they should be (null where the measure only counts or measures); days are those
    that a step took. A case belongs to the service, area and unit of its own day, a duty to its rule's service, and to
    the area and unit of the day asked about.
    """

    measure: str
    grouped_by: str
    group_key: str | None
    cases: int
    kept_cases: int | None
    kept_percent: float | None
    median_days: float | None
    percentile_90_days: float | None


class QualityReviewCase(Row):
    """A case that a figure of the quality review stands on."""

    measure: str
    stream_id: UUID
    item: str | None
    happened_on: dt.date
    kept: bool | None
    days: int | None
    event_positions: list[int]


class AuditRow(Row):
    """An audit, with all by which its sample can be drawn again."""

    file_id: UUID
    audit_id: UUID
    service: str
    unit_id: str | None
    area: str | None
    audit_kind: str
    status: str
    planned_on: dt.date
    held_on: dt.date | None
    closed_on: dt.date | None
    auditor: str
    scope: list[str]
    covers_from: dt.date
    covers_to: dt.date
    seed: str
    population_position: int | None
    population_size: int | None
    population_sha256: str | None
    sampled_episodes: list[UUID]
    findings: int
    serious_findings: int
    actions: int
    open_actions: int
    late_actions: int
    event_positions: list[int]


class PopulationRow(Row):
    """An episode that an audit may draw."""

    episode_id: UUID
    started_on: dt.date
    closed_on: dt.date | None
    event_positions: list[int]


class FeedbackRow(Row):
    """Feedback of one service, unit, area (those of the day it was given), giver or month."""

    group_key: str | None
    feedback: int
    handled_feedback: int
    handled_in_team: int
    led_to_change: int
    median_days_to_handling: float | None


class ScoreRow(Row):
    """The mean score of a question in a quarter of a year; `given` in a survey or as feedback.

    Service, unit and area are those of the day; the quarter of a survey's round is that in which it was held.
    """

    service: str | None
    unit_id: str | None
    area: str | None
    question: str
    period: str
    given: str
    answers: int
    mean_score: float | None
    event_positions: list[int]


class OutcomeRow(Row):
    """Closed episodes of one service, area, unit, reason or month, and what became of their clients.

    Service, area and unit are those of the day of the closing. What was reopened by the day asked about is not closed.
    """

    group_key: str | None
    closed_episodes: int
    clients: int
    goals_met: int
    long_term: int
    other_service: int
    family_withdrew: int
    moved_heavier: int
    moved_lighter: int
    clients_followed: int
    clients_returned: int
