"""The writing half of a register: calls append() in the database and makes sense of its answers.

Never here: reading of events, eventsourcing's types.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import accumulate
from uuid import UUID

import psycopg

from domain.ledger import packing
from domain.ledger.appending import LEADERS, GroupCommit, Outcome
from domain.ledger.connections import Connections, with_settings
from domain.ledger.database import AlreadyRecorded, Database, Prepared
from domain.ledger.errors import CommandReused, LedgerError, LedgerUnavailable
from domain.ledger.submission import Draft, IdentityTag, Receipt, Submission

Follower = tuple[str, int]  # its name, and the position that it has come to
Call = tuple[Prepared, Sequence[bytes | None]]
Place = tuple[int, datetime]  # the position before the first new event, and the moment of recording

_PLANNING = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "jit": "off"}
"""For the connections that append: append() keeps its plans for their life, and one that was made on an empty table
must still use the index later. Set once here: setting them at each call took 6 % of it."""
_ARGUMENTS = (
    *(packing.UUIDS_OID, packing.BYTEAS_OID, packing.INT4S_OID),
    *(packing.UUIDS_OID, packing.INT4S_OID, packing.TEXTS_OID, packing.BYTEA_OID, packing.INT4S_OID),
    *(packing.TEXT_OID, packing.INT8_OID),
)
_ARGUMENTS_OF_ONE = (
    *(packing.UUID_OID, packing.BYTEA_OID),
    *(packing.UUID_OID, packing.INT4_OID, packing.TEXT_OID, packing.BYTEA_OID),
)
_ARGUMENTS_OF_IDENTITY = (packing.UUID_OID, packing.BYTEA_OID, *_ARGUMENTS[:-2])
MOST_IDENTITIES = 8
"""So many identity codes at once, over connections of their own: one may wait for another that takes the same code."""


class Writer:
    """Appends to one register; safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        statement = database.statement("SELECT {schema}.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
        self._append = Prepared(b"append", statement, _ARGUMENTS)
        of_one = database.statement("SELECT {schema}.append_one($1, $2, $3, $4, $5, $6)")
        self._append_one = Prepared(b"append_one", of_one, _ARGUMENTS_OF_ONE)
        of_identity = database.statement("SELECT {schema}.append_identity($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
        self._append_identity = Prepared(b"append_identity", of_identity, _ARGUMENTS_OF_IDENTITY)
        dsn = with_settings(database.dsn, **_PLANNING)
        self._leaders = Connections(dsn, limit=LEADERS, made_ready=self._make_ready)
        self._followers = Connections(dsn, limit=LEADERS, made_ready=self._make_ready)
        ready = self._append_identity.make_ready
        self._identities = Connections(dsn, limit=MOST_IDENTITIES, made_ready=ready)
        self._group = GroupCommit(self.append_each)
        self._commands = database.statement(
            "SELECT command_id, digest, first_position, count, recorded_at FROM {schema}.commands"
            " WHERE command_id = ANY(%b::uuid[])"
        )

    def append(self, submission: Submission, identity: IdentityTag | None = None) -> Receipt:
        """Record one command, in one transaction with what other threads have to record at this moment.

        With an `identity` it is a transaction of its own, in which that is put into the index. Raises IdentityTaken.
        """
        if identity is None:
            return self._group.append(submission)
        arguments = (identity.client_id.bytes, identity.tag, *_arguments([submission], None)[:-2])
        try:
            return _receipts([submission], *self._sent((self._append_identity, arguments), self._identities))[0]
        except AlreadyRecorded:
            return self._first_receipt(submission)

    def append_following(self, submission: Submission, follower: Follower) -> Receipt:
        """Record one command together with how far a follower has come."""
        try:
            return self._together([submission], self._followers, follower)[0]
        except AlreadyRecorded:
            return self._first_receipt(submission)

    def append_many(self, submissions: Sequence[Submission]) -> list[Receipt]:
        """Record all in one transaction, or none; those that are recorded already are answered and left out."""
        if len({submission.command_id for submission in submissions}) < len(submissions):
            return self._one_by_its_id(submissions)
        try:
            return self._together(submissions, self._followers) if submissions else []
        except AlreadyRecorded:
            return self._one_by_its_id(submissions)

    def append_batches(self, batches: Iterable[Sequence[Submission]]) -> Iterator[list[Receipt]]:
        """As append_many() of one batch after another, each a transaction; the next is made ready meanwhile.

        A batch that is refused raises when its turn has come: all before it are recorded, nothing after it is sent.
        Whoever stops listening does not hear of the batch under way, and may send it again.
        """
        with ThreadPoolExecutor(1) as sender:
            sent: Sequence[Submission] = ()
            under_way: Future[Place] | None = None
            for batch in batches:
                call = self._call(batch, None)
                before = self._settled(sent, under_way) if under_way else None
                under_way = sender.submit(self._sent, call, self._followers)
                if before:
                    yield _answered(sent, before)
                sent = batch
            if under_way:
                yield _answered(sent, self._settled(sent, under_way))

    def _settled(self, sent: Sequence[Submission], under_way: Future[Place]) -> Place | list[Receipt]:
        try:
            return under_way.result()
        except AlreadyRecorded:
            return self._one_by_its_id(sent)

    def _one_by_its_id(self, submissions: Sequence[Submission]) -> list[Receipt]:
        """As append_many(), when some are recorded already or come twice."""
        pending: dict[UUID, Submission] = {}
        for submission in submissions:
            _check_same(submission, pending.setdefault(submission.command_id, submission).digest)
        receipts: dict[UUID, Receipt] = {}
        while pending:
            try:
                answered = self._together(list(pending.values()), self._followers)
            except AlreadyRecorded:
                answered = self.recorded(list(pending))
                if not answered:
                    raise
            for receipt in answered:
                _check_same(pending.pop(receipt.command_id), receipt.digest)
                receipts[receipt.command_id] = receipt
        return _in_order(submissions, receipts)

    def recorded(self, command_ids: Sequence[UUID]) -> list[Receipt]:
        """The receipts of those of the commands that the register has, in no order."""
        return [
            Receipt(command_id, digest, first, count, at.astimezone(UTC), replayed=True)
            for command_id, digest, first, count, at in self._database.rows(self._commands, list(command_ids))
        ]

    def close(self) -> None:
        self._leaders.close()
        self._followers.close()
        self._identities.close()

    def append_each(self, submissions: Sequence[Submission]) -> Sequence[Outcome]:
        """An outcome for each. One that cannot be recorded undoes the group: then each is tried alone."""
        if len(submissions) == 1:
            return [self._alone(submissions[0])]
        try:
            return self._together(submissions, self._leaders)
        except LedgerUnavailable:
            raise
        except Exception:  # whosever it is, it comes again to its owner, and to nobody else
            return self._each_alone(submissions)

    def _each_alone(self, submissions: Sequence[Submission]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for submission in submissions:
            away = outcomes and isinstance(outcomes[-1], LedgerUnavailable)
            outcomes.append(outcomes[-1] if away else self._alone(submission))
        return outcomes

    def _alone(self, submission: Submission) -> Outcome:
        drafts = submission.drafts
        try:
            if len(drafts) != 1:
                return self._together([submission], self._leaders)[0]
            place = self._sent((self._append_one, _arguments_of_one(submission, drafts[0])), self._leaders)
            return Receipt._make((submission.command_id, submission.digest, place[0] + 1, 1, place[1], False))
        except AlreadyRecorded:
            try:
                return self._first_receipt(submission)
            except LedgerError as refusal:
                return refusal
        except Exception as fault:
            return fault

    def _first_receipt(self, submission: Submission) -> Receipt:
        (receipt,) = self.recorded([submission.command_id])
        _check_same(submission, receipt.digest)
        return receipt

    def _together(
        self, submissions: Sequence[Submission], connections: Connections, follower: Follower | None = None
    ) -> list[Receipt]:
        return _receipts(submissions, *self._sent(self._call(submissions, follower), connections))

    def _sent(self, call: Call, connections: Connections) -> Place:
        statement, arguments = call
        return packing.place(self._database.patiently(connections, statement.one_value, arguments))

    def _make_ready(self, connection: psycopg.Connection) -> None:
        self._append.make_ready(connection)
        self._append_one.make_ready(connection)

    def _call(self, submissions: Sequence[Submission], follower: Follower | None) -> Call:
        if follower is None and len(submissions) == 1 and len(submissions[0].drafts) == 1:
            return self._append_one, _arguments_of_one(submissions[0], submissions[0].drafts[0])
        return self._append, _arguments(submissions, follower)


def _arguments(submissions: Sequence[Submission], follower: Follower | None) -> tuple[bytes | None, ...]:
    drafts = [draft for submission in submissions for draft in submission.drafts]
    states = [draft.state for draft in drafts]
    return (
        packing.uuids([submission.command_id for submission in submissions]),
        packing.byteas([submission.digest for submission in submissions]),
        packing.int4s([len(submission.drafts) for submission in submissions]),
        packing.uuids([draft.stream_id for draft in drafts]),
        packing.int4s([draft.version for draft in drafts]),
        packing.texts([draft.name for draft in drafts]),
        b"".join(states),
        packing.int4s(list(accumulate(map(len, states)))),
        follower[0].encode() if follower else None,
        packing.int8(follower[1]) if follower else None,
    )


def _arguments_of_one(submission: Submission, draft: Draft) -> tuple[bytes, ...]:
    command_id, stream_id = submission.command_id.bytes, draft.stream_id.bytes
    return command_id, submission.digest, stream_id, packing.int4(draft.version), draft.name.encode(), draft.state


def _answered(sent: Sequence[Submission], settled: Place | list[Receipt]) -> list[Receipt]:
    return settled if isinstance(settled, list) else _receipts(sent, *settled)


def _receipts(submissions: Sequence[Submission], after: int, at: datetime) -> list[Receipt]:
    receipts = []
    position = after + 1
    for submission in submissions:
        count = len(submission.drafts)
        first = position if count else None
        receipts.append(Receipt._make((submission.command_id, submission.digest, first, count, at, False)))
        position += count
    return receipts


def _check_same(submission: Submission, digest: bytes) -> None:
    if submission.digest != digest:
        raise CommandReused(submission.command_id)


def _in_order(submissions: Sequence[Submission], receipts: dict[UUID, Receipt]) -> list[Receipt]:
    """A receipt for each; a command that came twice is answered the second time as one that was there before."""
    answers: list[Receipt] = []
    seen: set[UUID] = set()
    for submission in submissions:
        receipt = receipts[submission.command_id]
        answers.append(receipt._replace(replayed=True) if submission.command_id in seen else receipt)
        seen.add(submission.command_id)
    return answers
