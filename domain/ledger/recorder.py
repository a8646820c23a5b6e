"""The register as seen from Python: append and read, and eventsourcing's recorder contracts on top of the same.

Never here: what a state means, SQL of projections. Events are read from `record`, their canonical bytes, alone.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from threading import Event
from typing import Any
from uuid import UUID

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    IntegrityError,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    Tracking,
)

from domain.ledger.appending import Outcome
from domain.ledger.connections import Role, as_role, with_settings
from domain.ledger.database import Database
from domain.ledger.errors import CommandReused, TrackingConflict, VersionConflict
from domain.ledger.identity import new_id
from domain.ledger.record import unpack
from domain.ledger.stored import StoredStreams
from domain.ledger.submission import Draft, IdentityTag, Receipt, StoredRecord, Submission
from domain.ledger.writer import Writer

POLL_SECONDS = 0.005
PATIENCE_SECONDS = 5.0

_PLANNING = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "jit": "off"}
"""A plan is made once a connection and must be right for whatever is asked for: so each question here leaves PostgreSQL
one index by which to find its rows. Where it takes a stream for longer than it is, it had planned the question anew
each time. A plan that is kept from when the register was empty must still use the index later."""
_LAST_VERSION = 2**31 - 1
_LAST_POSITION = 2**63 - 1
_CONFLICTS = (VersionConflict, CommandReused, TrackingConflict)


class RegisterRecorder(ProcessRecorder):
    """One register. Safe to share between threads; not to be carried through a fork."""

    def __init__(
        self, dsn: str, register: str, *, role: Role = "appender", patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self.register = register
        dsn = with_settings(as_role(dsn, role), **_PLANNING)
        self._database = Database(dsn, register, patience_seconds=patience_seconds)
        self._writer = Writer(self._database)
        self.streams = StoredStreams(self._database)
        statement = self._database.statement
        self._stream = statement(
            "SELECT record FROM {schema}.events WHERE stream_id = %b AND version > %b AND version <= %b"
            " AND position + 0 <= %b ORDER BY version"  # by the stream, not through all events before the position
        )
        self._stream_backwards = statement(
            "SELECT record FROM {schema}.events WHERE stream_id = %b AND version > %b AND version <= %b"
            " ORDER BY version DESC LIMIT %b"
        )
        self._feed = statement("SELECT record FROM {schema}.events WHERE position > %b ORDER BY position LIMIT %b")
        self._feed_of_names = statement(
            "SELECT record FROM {schema}.events WHERE position > %b AND position <= %b"
            " AND (name = ANY(%b::text[]) OR %b) ORDER BY position LIMIT %b"
        )
        self._head = statement("SELECT position, recorded_at FROM {schema}.events ORDER BY position DESC LIMIT 1")
        self._origin: str | None = None
        self._position_at = statement("SELECT {schema}.position_at(%b::timestamptz)")
        self._max_tracking = statement("SELECT notification_id FROM {schema}.tracking WHERE application_name = %b")
        self._insert_tracking = statement(
            "INSERT INTO {schema}.tracking AS t (application_name, notification_id) VALUES (%b, %b)"
            " ON CONFLICT (application_name) DO UPDATE SET notification_id = excluded.notification_id"
            " WHERE t.notification_id < excluded.notification_id RETURNING notification_id"
        )

    # The book's own interface

    def append(self, submission: Submission, identity: IdentityTag | None = None) -> Receipt:
        """Record a command and its events; the same command again gets its first receipt, `replayed`.

        `identity` is put into the index of identity codes in the same transaction: there with the events, or neither.
        Raises VersionConflict, CommandReused (same id, other digest), IdentityTaken, LedgerUnavailable (send it again,
        safely).
        """
        return self._writer.append(submission, identity)

    def append_each(self, submissions: Sequence[Submission]) -> Sequence[Outcome]:
        """Record many commands in one transaction where nothing is in the way; for each its receipt or its refusal."""
        return self._writer.append_each(submissions)

    def append_many(self, submissions: Sequence[Submission]) -> list[Receipt]:
        """Record many commands in one transaction, all or none; those already recorded are replayed and left out."""
        return self._writer.append_many(submissions)

    def append_batches(self, batches: Iterable[Sequence[Submission]]) -> Iterator[list[Receipt]]:
        """Record one batch after another, each as append_many() does; while one is stored, the next is made ready.

        A batch that is refused raises in its turn: those before it are recorded, those after it are not sent. Who
        stops listening does not hear of the batch under way; all can be sent again.
        """
        return self._writer.append_batches(batches)

    def read_stream(
        self, stream_id: UUID, *, after: int = -1, upto: int | None = None, upto_position: int | None = None
    ) -> list[StoredRecord]:
        """The stream's events with version > after, version <= upto and position <= upto_position, in order."""
        last_version = _LAST_VERSION if upto is None else upto
        last_position = _LAST_POSITION if upto_position is None else upto_position
        return self._records(self._stream, stream_id, after, last_version, last_position)

    def read_feed(self, after_position: int, limit: int) -> list[StoredRecord]:
        """The next events after the position, in order of position, at most `limit`."""
        return self._records(self._feed, after_position, limit)

    def read_command(self, command_id: UUID) -> tuple[Receipt, list[StoredRecord]] | None:
        """The receipt of a recorded command and the events that it came to."""
        for receipt in self._writer.recorded([command_id]):
            first = receipt.first_position
            return receipt, self.read_feed(first - 1, receipt.count) if first is not None else []
        return None

    def recorded(self, command_ids: Sequence[UUID]) -> set[UUID]:
        """Those of the commands that the register has."""
        return {receipt.command_id for receipt in self._writer.recorded(command_ids)}

    def head(self) -> tuple[int, datetime | None]:
        """The greatest position and when it was recorded; (0, None) in an empty register."""
        for position, recorded_at in self._database.rows(self._head):
            return position, recorded_at.astimezone(UTC)
        return 0, None

    def origin(self) -> str:
        """The name of the register's log, which stands in every record. Raises HeadAstray."""
        if self._origin is None:
            self._origin = self._database.origin()
        return self._origin

    def position_at(self, moment: datetime) -> int:
        """The greatest position recorded at or before the moment (an aware datetime), 0 if none."""
        if moment.tzinfo is None:
            raise ValueError("a moment has a time zone")
        ((position,),) = self._database.rows(self._position_at, moment)
        return int(position)

    def close(self) -> None:
        """Let go of all connections. The recorder cannot be used afterwards."""
        self._writer.close()
        self._database.close()

    def _records(self, statement: bytes, *arguments: Any) -> list[StoredRecord]:
        return [unpack(record)[1] for (record,) in self._database.rows(statement, *arguments)]

    # eventsourcing's contracts

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Record events as one command and answer their positions. Raises IntegrityError on a conflict.

        Keywords: `tracking` (Tracking), `command_id` (UUID; one is made if not given), `command_digest` (bytes).
        """
        tracking: Tracking | None = kwargs.get("tracking")
        command_id: UUID | None = kwargs.get("command_id")
        if not stored_events and command_id is None:
            if tracking is not None:
                self.insert_tracking(tracking)
            return []
        drafts = tuple(_draft(event) for event in stored_events)
        digest = kwargs.get("command_digest") or _digest(drafts)
        submission = Submission(command_id or new_id(), digest, drafts)
        try:
            if tracking is None:
                receipt = self._writer.append(submission)
            else:
                follower = (tracking.application_name, tracking.notification_id)
                receipt = self._writer.append_following(submission, follower)
        except _CONFLICTS as conflict:
            raise IntegrityError(str(conflict)) from conflict
        return list(receipt.positions)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        after, upto = -1 if gt is None else gt, _LAST_VERSION if lte is None else lte
        if desc:
            records = self._records(self._stream_backwards, originator_id, after, upto, limit)
        else:
            records = self.read_stream(_uuid(originator_id), after=after, upto=upto)[:limit]
        return [StoredEvent(r.stream_id, r.version, r.name, r.state) for r in records]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        after = (start or 0) - (1 if inclusive_of_start else 0)
        upto = _LAST_POSITION if stop is None else stop
        records = self._records(self._feed_of_names, after, upto, list(topics), not topics, limit)
        return [Notification(r.stream_id, r.version, r.name, r.state, r.position) for r in records]

    def max_notification_id(self) -> int | None:
        return self.head()[0] or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        return PollingSubscription(self, gt=gt, topics=topics)

    def insert_tracking(self, tracking: Tracking) -> None:
        arguments = (tracking.application_name, tracking.notification_id)
        if not self._database.rows(self._insert_tracking, *arguments):
            raise IntegrityError(f"{tracking.application_name} is at {tracking.notification_id} or beyond")

    def max_tracking_id(self, application_name: str) -> int | None:
        rows = self._database.rows(self._max_tracking, application_name)
        return int(rows[0][0]) if rows else None


class StreamRecorder(AggregateRecorder):
    """The same register for callers that know of streams only: it answers no positions."""

    def __init__(self, register: RegisterRecorder) -> None:
        self._register = register

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        self._register.insert_events(stored_events, **kwargs)
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        return self._register.select_events(originator_id, gt=gt, lte=lte, desc=desc, limit=limit)


class PollingSubscription(Subscription[ApplicationRecorder]):
    """Follows the register by asking every few milliseconds: cheaper than NOTIFY, and no wake-up can be lost."""

    BATCH = 500

    def __init__(self, recorder: ApplicationRecorder, gt: int | None, topics: Sequence[str]) -> None:
        super().__init__(recorder, gt=gt, topics=topics)
        self._stopped = Event()
        self._ahead: list[Notification] = []  # the next one last

    def stop(self) -> None:
        super().stop()
        self._stopped.set()

    def __next__(self) -> Notification:
        while not self._stopped.is_set():
            if self._ahead:
                notification = self._ahead.pop()
                self._last_notification_id = notification.id
                return notification
            self._ahead = list(reversed(self._next_batch()))
            if not self._ahead:
                self._stopped.wait(POLL_SECONDS)
        raise StopIteration

    def _next_batch(self) -> Sequence[Notification]:
        return self._recorder.select_notifications(
            self._last_notification_id or 0, self.BATCH, topics=self._topics, inclusive_of_start=False
        )


def _draft(event: StoredEvent) -> Draft:
    return Draft(_uuid(event.originator_id), event.originator_version, event.topic, event.state)


def _uuid(originator_id: UUID | str) -> UUID:
    return originator_id if isinstance(originator_id, UUID) else UUID(originator_id)


def _digest(drafts: Sequence[Draft]) -> bytes:
    """What the events are, in short; each part behind its length, so that no two contents look the same."""
    digest = hashlib.sha256()
    for draft in drafts:
        for part in (draft.stream_id.bytes, str(draft.version).encode(), draft.name.encode(), draft.state):
            digest.update(len(part).to_bytes(8) + part)
    return digest.digest()
