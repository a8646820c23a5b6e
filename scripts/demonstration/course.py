"""One episode of a story: the acts that the stories of every service share, and what differs from place to place.

Never here: what the rules say, and what only one service does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.calendar import is_working_day
from domain.contact.facts import ContactSource
from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.cancel_meeting import CancelMeeting
from domain.episode.commands.close_episode import CloseEpisode
from domain.episode.commands.deliver_document import DeliverDocument
from domain.episode.commands.grant_service import GrantService
from domain.episode.commands.plan_meeting import PlanMeeting
from domain.episode.commands.receive_payment_commitment import ReceivePaymentCommitment
from domain.episode.commands.receive_referral import ReceiveReferral
from domain.episode.commands.record_meeting import RecordMeeting
from domain.episode.commands.record_no_show import RecordNoShow
from domain.episode.commands.refuse_service import RefuseService
from domain.episode.commands.write_summary import WriteSummary
from domain.episode.facts import (
    CancelledBy,
    ClosureReason,
    Goal,
    MeetingMode,
    Outcome,
    Recipient,
)
from domain.register.facts import WorkerRole
from scripts.demonstration.telling import DAY, Tale

AHEAD = 10
"""How many days before a meeting it is agreed upon."""


@dataclass(frozen=True, slots=True)
class Place:
    """A unit and its area: how long a family waits there, how much is written down late, how late reports are sent."""

    area: str
    unit_id: str
    unit_name: str
    waits_days: tuple[int, int]
    late_share: float
    reports_late_days: int = 0
    producer: str | None = None


class Course:
    """One episode: its clients, its place, and who works with it and who decides."""

    service: str
    mode = MeetingMode.HOME

    def __init__(
        self, tale: Tale, place: Place, clients: Sequence[UUID], *, name: str = "episode", after: int = 0
    ) -> None:
        self.tale, self.place, self.clients, self.after = tale, place, list(clients), after
        self.episode, self.worker = tale.id(name), tale.worker
        self.decider = tale.worker
        self.wait = max(8, tale.draw.randint(*place.waits_days))
        self.start = (tale.day(after + self.wait) - tale.base).days
        self.weekdays = tuple(sorted(tale.draw.sample(range(5), 3)))

    def do(self, kind: type[Any], /, **fields: Any) -> UUID:
        """Tell the command, as the worker of this episode does."""
        self.tale.worker = self.worker
        return self.tale.do(self.episode, kind, **fields)

    def day(self, number: int) -> dt.date:
        """The day so many days after the start of the work."""
        return self.tale.day(self.start + number)

    def refer(self, source: ContactSource = ContactSource.CHILD_WELFARE, **fields: Any) -> UUID:
        """The referral, on the day on which the episode begins."""
        told = {"area": self.place.area, "unit_id": self.place.unit_id, "requested_service": self.service, **fields}
        day = self.tale.day(self.after)
        return self.do(ReceiveReferral, client_ids=tuple(self.clients), received_on=day, source=source, **told)

    def grant(self, reasons: str, **fields: Any) -> UUID:
        """The decision that grants it, midway through the wait."""
        told = {"decided_on": self.tale.day(self.after + self.wait // 2), "valid_from": self.day(0), **fields}
        return self.do(GrantService, service=self.service, decision_maker=self.decider, reasons=reasons, **told)

    def refuse(self, reasons: str, **fields: Any) -> None:
        """The decision that does not."""
        day = self.tale.day(self.after + self.wait // 2)
        self.do(
            RefuseService, service=self.service, decided_on=day, decision_maker=self.decider, reasons=reasons, **fields
        )

    def commit(self, number: int, **fields: Any) -> UUID:
        """The purchaser's payment commitment, on that day after the start (before it: a negative one)."""
        told = {"issuer": self.tale.register.replace("-", "_"), "payer_service": "child_welfare", **fields}
        told = {"valid_from": self.day(0), "quality_requirements": ("national_criteria",), **told}
        return self.do(ReceivePaymentCommitment, received_on=self.day(number), **told)

    def assign(self, role: WorkerRole, number: int = -3, worker: str | None = None, **fields: Any) -> UUID:
        """A worker takes it on; answers the assignment."""
        assignment: UUID = fields.pop("assignment_id", None) or self.tale.id()
        told = {"assignment_id": assignment, "worker_id": worker or self.worker, "from_on": self.day(number), **fields}
        self.do(AssignWorker, role=role, **told)
        return assignment

    def goals(self, *themes: str) -> dict[str, Any]:
        """Goals of a plan, one a theme, as its fields."""
        goals = tuple(Goal(goal_id=self.tale.id(), theme=theme) for theme in themes)
        return {"goals": goals, "goal_texts": {str(goal.goal_id): f"Tavoite: {goal.theme}." for goal in goals}}

    def meet(self, number: int, **fields: Any) -> UUID:
        """A meeting on that day after the start, agreed upon before; answers the order that recorded it.

        Past the end of the time it is one that lies ahead; `agreed`: the agreement is told of a held one as well.
        """
        agreed, told = fields.pop("agreed", False), self._meeting(number, **fields)
        if agreed or told["started_at"] > self.tale.until:
            self._agree(told)
        return self.do(RecordMeeting, **{"late": self._late(), **told})

    def call_off(self, number: int, by: CancelledBy = CancelledBy.FAMILY, **fields: Any) -> UUID:
        """An agreed meeting that somebody cancelled; answers the meeting."""
        hours, told = fields.pop("hours", 20), self._meeting(number, **_timing(fields))
        self._agree(told)
        times = {"starts_at": told["started_at"], "ends_at": told["ended_at"]}
        cancelled = told["started_at"] - dt.timedelta(hours=hours)
        about = {name: told[name] for name in ("meeting_id", "worker_ids", "mode")}
        self.do(CancelMeeting, cancelled_at=cancelled, cancelled_by=by, **times, **about, **fields)
        meeting: UUID = told["meeting_id"]
        return meeting

    def miss(self, number: int, **fields: Any) -> UUID:
        """An agreed meeting to which the family did not come; answers the meeting."""
        told = self._meeting(number, **_timing(fields))
        self._agree(told)
        times = {"starts_at": told["started_at"], "ends_at": told["ended_at"], "when": told["ended_at"].date()}
        about = {name: told[name] for name in ("meeting_id", "worker_ids", "mode")}
        self.do(RecordNoShow, closing=True, **times, **about, **fields)
        meeting: UUID = told["meeting_id"]
        return meeting

    def close(self, number: int, reason: ClosureReason = ClosureReason.GOALS_MET, **fields: Any) -> UUID:
        """The end of the work, at the end of that day."""
        told = {"closed_on": self.day(number), "outcome": Outcome.NONE, "closing": True, **fields}
        return self.do(CloseEpisode, reason=reason, **told)

    def deliver(self, number: int, *kinds: str) -> None:
        """The closing summary is written and goes to the controller, with the client's documents."""
        self.do(WriteSummary, written_on=self.day(number), content="Yhteenveto työskentelystä.")
        for kind in kinds or ("closing_summary", "client_documents"):
            told = {"document_kind": kind, "recipient": Recipient.CONTROLLER, "delivery_mode": "handed_over"}
            self.do(DeliverDocument, delivered_on=self.day(number + self.place.reports_late_days), **told)

    def weekly(self, first: int, last: int, times: int = 1) -> Iterator[int]:
        """So many working days a week, always the family's own, from that day after the start to before the other."""
        for number in range(first, last):
            day = self.day(0) + number * DAY
            if day.weekday() in self.weekdays[:times] and is_working_day(day):
                yield number

    def months(self, last: int) -> Iterator[tuple[dt.date, dt.date]]:
        """From the start to that day after it: the first and last day of each calendar month's part."""
        first, end = self.day(0), self.day(last)
        while first <= end:
            following = (first.replace(day=1) + 32 * DAY).replace(day=1)
            yield first, min(following - DAY, end)
            first = following

    def _meeting(self, number: int, **fields: Any) -> dict[str, Any]:
        draw, minutes, hour = self.tale.draw, fields.pop("minutes", None), fields.pop("hour", None)
        weekends, quarter = fields.pop("weekends", False), draw.choice((0, 15, 30))
        began = self.tale.at(self.start + number, hour or draw.randint(9, 14), quarter, weekends=weekends)
        ended = began + dt.timedelta(minutes=minutes or draw.choice((60, 75, 90)))
        told = {"meeting_id": self.tale.id(), "worker_ids": (self.worker,), "mode": self.mode}
        return {**told, "started_at": began, "ended_at": ended, **fields}

    def _agree(self, told: dict[str, Any]) -> None:
        known = ("meeting_id", "worker_ids", "mode", "meeting_kind", "client_ids")
        about = {name: told[name] for name in known if name in told}
        starts, ends = told.get("planned_starts_at", told["started_at"]), told.get("planned_ends_at", told["ended_at"])
        earliest = self.tale.at(self.start, 9)
        planned = {"planned_at": max(starts - AHEAD * DAY, min(earliest, starts - DAY))}
        self.do(PlanMeeting, starts_at=starts, ends_at=ends, **planned, **about)

    def _late(self) -> int:
        """How many days late a meeting is written down here."""
        draw = self.tale.draw
        return draw.randint(3, 11) if draw.random() < self.place.late_share else 0


def _timing(fields: dict[str, Any]) -> dict[str, Any]:
    """Takes out what says when a meeting was to be."""
    return {name: fields.pop(name) for name in ("weekends", "hour", "minutes") if name in fields}
