"""Tells the rows of an export as steps: which commands, on which stream, and when what they tell happened.

Never here: what the commands say (`acts`), corrections and strike-outs (`amending`), the ledger.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from uuid import UUID

from domain.calendar import start_of_day
from domain.commands import AnyCommand
from domain.contact.commands.answer_contact import AnswerContact
from domain.episode.commands.cancel_meeting import CancelMeeting
from domain.episode.commands.close_episode import CloseEpisode
from domain.episode.commands.receive_referral import ReceiveReferral
from domain.episode.commands.start_episode import StartEpisode
from domain.ledger.identity import register_stream_id
from scripts.legacy import acts, files
from scripts.legacy.checking import CheckedExport, CheckedRow
from scripts.legacy.faults import RowKey
from scripts.legacy.naming import Naming
from scripts.legacy.rows import ClientRow, ContactRow, EpisodeRow, MeetingRow, PlanRow, Row, WorkerRow
from scripts.legacy.steps import Step, Turn


class Telling:
    """Tells one export's rows. `first_day`: nothing of the export is older."""

    def __init__(self, export: CheckedExport, naming: Naming, first_day: dt.date) -> None:
        self._rows = export.rows
        self._naming = naming
        self._first_day = first_day
        episodes = (checked.row for checked in export.of(files.EPISODES))
        self._came_to = {row.contact: row for row in episodes if isinstance(row, EpisodeRow)}
        self._plans: dict[str, list[tuple[dt.date, RowKey]]] = defaultdict(list)
        for checked in export.of(files.PLANS):
            if isinstance(checked.row, PlanRow) and not checked.row.evaluation:
                self._plans[checked.row.episode].append((checked.row.told_on, checked.key))

    def steps(self, checked: CheckedRow, row: Row | None = None) -> Iterator[Step]:
        """The steps of a row that is no amendment; of `row` instead of what it says now, where one is given."""
        match row or checked.row:
            case WorkerRow() as worker:
                yield self._of_register(checked, "enrol", acts.enrolment(worker, self._first_day))
            case ClientRow() as client:
                at = start_of_day(self._first_day)
                yield self._step(checked, "register", acts.registration(client, self._naming), at, Turn.REFERRAL)
            case ContactRow() as contact:
                yield from self._contact(checked, contact)
            case EpisodeRow() as episode:
                yield from self._episode(checked, episode)
            case PlanRow() as plan:
                yield self._plan(checked, plan)
            case MeetingRow() as meeting:
                yield self._meeting(checked, meeting)
            case _:
                raise TypeError(f"{checked.key} is an amendment")

    def _step(self, checked: CheckedRow, name: str, act: AnyCommand, at: dt.datetime, turn: Turn) -> Step:
        """A step on the row's own stream."""
        return Step(
            row=checked,
            name=name,
            stream_id=self._naming.stream(checked.key),
            act=act,
            happened_at=at,
            turn=turn,
            founds=turn <= Turn.DECISION,
        )

    def _of_register(self, checked: CheckedRow, name: str, act: AnyCommand) -> Step:
        return Step(
            row=checked,
            name=name,
            stream_id=register_stream_id(self._naming.register),
            act=act,
            happened_at=start_of_day(self._first_day),
            turn=Turn.ASSIGNMENT,
            founds=True,
        )

    def _contact(self, checked: CheckedRow, contact: ContactRow) -> Iterator[Step]:
        received = acts.contact_received(contact, self._came_to.get(checked.key.row_id), self._naming)
        yield self._step(checked, "receive", received, contact.received_at, Turn.REFERRAL)
        if contact.answered_at is not None and contact.worker_id is not None:
            answered = AnswerContact(answered_at=contact.answered_at, worker_id=contact.worker_id)
            yield self._step(checked, "answer", answered, contact.answered_at, Turn.ASSIGNMENT)

    def _episode(self, checked: CheckedRow, episode: EpisodeRow) -> Iterator[Step]:
        def step(name: str, act: AnyCommand, day: dt.date, turn: Turn) -> Step:
            return self._step(checked, name, act, start_of_day(day), turn)

        key, naming = checked.key, self._naming
        referral = self._referral(episode)
        yield step("refer", referral, referral.received_on, Turn.REFERRAL)
        yield step("decide", acts.decision(episode, key, naming), episode.decided_on, Turn.DECISION)
        if episode.granted:
            yield step("assign", acts.assignment(episode, key, naming), episode.decided_on, Turn.ASSIGNMENT)
        if episode.started_on is not None:
            yield step("start", StartEpisode(started_on=episode.started_on), episode.started_on, Turn.START)
        if episode.exception_on is not None:
            exception = acts.exception(episode, episode.exception_on, key, naming)
            yield step("except", exception, episode.exception_on, Turn.EXCEPTION)
        if episode.closed_on is not None and episode.closure is not None:
            reason, outcome = episode.closure
            closed = CloseEpisode(closed_on=episode.closed_on, reason=reason, outcome=outcome)
            yield step("close", closed, episode.closed_on, Turn.CLOSURE)

    def _referral(self, episode: EpisodeRow) -> ReceiveReferral:
        contact = self._rows[RowKey(files.CONTACTS, episode.contact)].row
        client = self._rows[RowKey(files.CLIENTS, episode.client)].row
        assert isinstance(contact, ContactRow)  # noqa: S101 -- each file's rows are of its kind
        assert isinstance(client, ClientRow)  # noqa: S101 -- the same
        return acts.referral(episode, contact, client, self._naming)

    def _plan(self, checked: CheckedRow, plan: PlanRow) -> Step:
        step = partial(
            Step,
            row=checked,
            stream_id=self._naming.stream(RowKey(files.EPISODES, plan.episode)),
            happened_at=start_of_day(plan.told_on),
            founds=True,
        )
        if plan.evaluation:
            act = acts.evaluation(plan, self._plan_by(plan.episode, plan.told_on))
            return step(name="evaluate", act=act, turn=Turn.EVALUATION)
        return step(name="plan", act=acts.plan(plan, checked.key, self._naming), turn=Turn.PLAN)

    def _plan_by(self, episode: str, day: dt.date) -> UUID | None:
        """The last plan that was made by that day."""
        made = [(on, key) for on, key in self._plans.get(episode, ()) if on <= day]
        return self._naming.stream(max(made)[1]) if made else None

    def _meeting(self, checked: CheckedRow, meeting: MeetingRow) -> Step:
        act = acts.meeting(meeting, self._naming.stream(checked.key))
        at = act.cancelled_at if isinstance(act, CancelMeeting) else None
        return Step(
            row=checked,
            name="meet",
            stream_id=self._naming.stream(RowKey(files.EPISODES, meeting.episode)),
            act=act,
            happened_at=at or meeting.starts_at,
            turn=Turn.MEETING,
            entered_at=meeting.entered_at,
            founds=True,
        )
