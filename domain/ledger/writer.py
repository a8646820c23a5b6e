"""The writing half of a register: calls append() in the database and makes sense of its answers.

Never here: reading of events, eventsourcing's types.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any
from uuid import UUID

from domain.ledger.appending import LEADERS, GroupCommit, Outcome
from domain.ledger.connections import Connections
from domain.ledger.database import AlreadyRecorded, Database
from domain.ledger.errors import CommandReused, LedgerError, LedgerUnavailable
from domain.ledger.submission import Receipt, Submission

Follower = tuple[str, int]  # its name, and the position that it has come to

_NOBODY = (None, None)


class Writer:
    """Appends to one register; safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._leaders = Connections(database.dsn, limit=LEADERS)
        self._group = GroupCommit(self._record_group)
        self._append = database.statement(
            "SELECT appended_after, appended_at FROM {schema}.append(%b::uuid[], %b::bytea[], %b::int4[],"
            " %b::uuid[], %b::int4[], %b::text[], %b::bytea[], %b::text, %b::int8)"
        )
        self._commands = database.statement(
            "SELECT command_id, digest, first_position, count, recorded_at FROM {schema}.commands"
            " WHERE command_id = ANY(%b::uuid[])"
        )

    def append(self, submission: Submission) -> Receipt:
        """Record one command, in one transaction with what other threads have to record at this moment."""
        return self._group.append(submission)

    def append_following(self, submission: Submission, follower: Follower) -> Receipt:
        """Record one command together with how far a follower has come."""
        try:
            return self._together([submission], follower=follower)[0]
        except AlreadyRecorded:
            return self._first_receipt(submission)

    def append_many(self, submissions: Sequence[Submission]) -> list[Receipt]:
        """Record all in one transaction, or none; those that are recorded already are answered and left out."""
        pending: dict[UUID, Submission] = {}
        for submission in submissions:
            _check_same(submission, pending.setdefault(submission.command_id, submission).digest)
        receipts: dict[UUID, Receipt] = {}
        while pending:
            try:
                answered = self._together(list(pending.values()))
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

    def _record_group(self, submissions: Sequence[Submission]) -> Sequence[Outcome]:
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
        try:
            return self._together([submission], self._leaders)[0]
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
        self,
        submissions: Sequence[Submission],
        connections: Connections | None = None,
        follower: Follower | None = None,
    ) -> list[Receipt]:
        arguments = _arguments(submissions, follower)
        ((after, at),) = self._database.rows(self._append, *arguments, connections=connections)
        return _receipts(submissions, after, at.astimezone(UTC))


def _arguments(submissions: Sequence[Submission], follower: Follower | None) -> tuple[Any, ...]:
    drafts = [draft for submission in submissions for draft in submission.drafts]
    return (
        [submission.command_id for submission in submissions],
        [submission.digest for submission in submissions],
        [len(submission.drafts) for submission in submissions],
        [draft.stream_id for draft in drafts],
        [draft.version for draft in drafts],
        [draft.name for draft in drafts],
        [draft.state for draft in drafts],
        *(follower or _NOBODY),
    )


def _receipts(submissions: Sequence[Submission], after: int, at: datetime) -> list[Receipt]:
    counts = [len(submission.drafts) for submission in submissions]
    firsts = accumulate(counts, initial=after + 1)
    return [
        Receipt(submission.command_id, submission.digest, first if count else None, count, at, replayed=False)
        for submission, first, count in zip(submissions, firsts, counts, strict=False)  # firsts has one more
    ]


def _check_same(submission: Submission, digest: bytes) -> None:
    if submission.digest != digest:
        raise CommandReused(submission.command_id)


def _in_order(submissions: Sequence[Submission], receipts: dict[UUID, Receipt]) -> list[Receipt]:
    """A receipt for each; a command that came twice is answered the second time as one that was there before."""
    answers: list[Receipt] = []
    seen: set[UUID] = set()
    for submission in submissions:
        receipt = receipts[submission.command_id]
        answers.append(replace(receipt, replayed=True) if submission.command_id in seen else receipt)
        seen.add(submission.command_id)
    return answers
