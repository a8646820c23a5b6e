"""Carries out an approved destruction, step by step; whatever stops it, it goes on from where it stands.

fence: nobody is given the keys any more. wait: until nobody who was given them uses them. overwrite: the key material
is taken out. purge: the client leaves the index of identity codes. clean: no older copy is left. certify: every sealed
segment that names one of the keys is looked up, none opens, and the register records it.
Never here: who may ask or approve (the commands'), SQL on the keyring (`destruction_keys`, `destruction_cleaning`).
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import partial
from types import TracebackType
from typing import Self, TypeVar
from uuid import UUID

from domain.ledger.book import Book, Order
from domain.ledger.connections import as_role
from domain.ledger.database import Database
from domain.ledger.identity import new_id
from domain.ledger.proof.checkpoint import Checkpoint
from domain.ledger.proof.note import SignedNote
from domain.ledger.record import unpack
from domain.ledger.recorder import PATIENCE_SECONDS
from domain.ledger.secrecy.destruction_cleaning import Clean, clean
from domain.ledger.secrecy.destruction_faults import KeysInUse, NotApproved, StillOpens
from domain.ledger.secrecy.destruction_keys import CondemnedKeys, Standing
from domain.ledger.secrecy.keyring import LEASE_SECONDS
from domain.refusal import UnknownDestruction
from domain.register.commands.certify_destruction import CertifyDestruction
from domain.register.destruction import Destruction, DestructionCertified
from domain.registry import REGISTRY
from domain.subjects import UNASSIGNED
from domain.withheld import Withheld

T = TypeVar("T")
LEASES_WAITED = 2
"""A lease, and one more for a state that was being opened as it ended."""
CHUNK_POSITIONS = 20_000


class Step(StrEnum):
    """The steps, in order."""

    FENCE = "fence"
    WAIT = "wait"
    OVERWRITE = "overwrite"
    PURGE = "purge"
    CLEAN = "clean"
    CERTIFY = "certify"


Told = Callable[[Step, bool], None]
"""Hears of each step before (False) and after (True) it is done."""
Progress = Callable[[int, int], None]


def _unheard(step: Step, done: bool) -> None: ...


class Destroyer:
    """Carries out the destructions of one register. Close it, or use it in a `with`.

    `lease_seconds` is that of the processes' keyrings; `told` hears of each step; only tests set `clean`.
    """

    def __init__(
        self,
        book: Book,
        dsn: str,
        keyring_dsn: str,
        *,
        lease_seconds: float = LEASE_SECONDS,
        told: Told = _unheard,
        clean: Clean | None = None,
    ) -> None:
        self._book = book
        self._keys = CondemnedKeys(keyring_dsn, book.register_name)
        self._database = Database(as_role(dsn, "reader"), book.register_name, patience_seconds=PATIENCE_SECONDS)
        self._lease_seconds = lease_seconds
        self._told = told
        self._clean = clean or (lambda: _clean(keyring_dsn, dsn, book.register_name))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections; not of the book."""
        self._keys.close()
        self._database.close()

    def standing(self, destruction_id: UUID) -> Standing | None:
        """How far the keys have come; None before anything was fenced."""
        return self._keys.standing(destruction_id)

    def destruction(self, destruction_id: UUID) -> Destruction:
        """What the register knows of it. Raises UnknownDestruction."""
        known = self._book.register_state().destructions.get(destruction_id)
        if known is None:
            raise UnknownDestruction(
                "No destruction of that id was asked for in this register.",
                remedy="`jaksokirja destroy status` lists them.",
            )
        return known

    def carry_out(
        self, destruction_id: UUID, actor: str, *, wait: bool = True, progress: Progress = lambda done, total: None
    ) -> DestructionCertified:
        """Do what is left of it; the certificate. Done already, it is only read.

        Raises UnknownDestruction, DestructionHeld (it goes on from there when asked again), LedgerUnavailable.
        """
        return self.carry_out_many([destruction_id], actor, wait=wait, progress=progress)[0]

    def carry_out_many(
        self, ids: Sequence[UUID], actor: str, *, wait: bool = True, progress: Progress = lambda done, total: None
    ) -> list[DestructionCertified]:
        """As `carry_out`, of several: their leases run out together, and the files are cleaned once."""
        known = {destruction_id: self.destruction(destruction_id) for destruction_id in ids}
        left = {destruction_id: one.request for destruction_id, one in known.items() if one.certificate is None}
        if any(known[one].approved_by is None or known[one].called_off for one in left):
            raise NotApproved("Nobody has approved this destruction.", "A second person runs `destroy approve`.")
        if left:
            fence, wait_for = self._keys.fence, partial(self._wait, wait=wait, progress=progress)
            self._do(Step.FENCE, left, lambda one: fence(one, left[one].client_id, left[one].task))
            self._do(Step.WAIT, left, wait_for)
            self._do(Step.OVERWRITE, left, self._keys.overwrite)
            self._do(Step.PURGE, left, lambda one: self._purge(one, left[one].client_id))
            self._do(Step.CLEAN, [tuple(left)], self._cleaned)
            self._do(Step.CERTIFY, left, lambda one: self._certify(one, actor, progress))
        return [certificate for one in ids if (certificate := self.destruction(one).certificate) is not None]

    def _do(self, step: Step, each: Iterable[T], work: Callable[[T], None]) -> None:
        self._told(step, False)
        for one in each:
            work(one)
        self._told(step, True)

    def _known(self, destruction_id: UUID) -> Standing:
        standing = self._keys.standing(destruction_id)
        assert standing is not None  # noqa: S101 -- fencing comes first, and writes it down
        return standing

    def _wait(self, destruction_id: UUID, *, wait: bool, progress: Progress) -> None:
        self._book.safe.keyring.forget()
        needed = LEASES_WAITED * self._lease_seconds
        while (passed := self._known(destruction_id).fenced_for_seconds) < needed:
            if not wait:
                raise KeysInUse(
                    f"Until {needed - passed:.0f} s from now a process may still use the keys.",
                    "Carry it out again then.",
                )
            progress(int(passed), int(needed))
            time.sleep(min(1.0, needed - passed))

    def _purge(self, destruction_id: UUID, client_id: UUID) -> None:
        if UNASSIGNED in self._known(destruction_id).tasks:  # what told the identity code is gone
            self._book.clients.purge(client_id)

    def _cleaned(self, ids: Sequence[UUID]) -> None:
        uncleaned = [one for one in ids if self._known(one).cleaned_at is None]
        if uncleaned:
            self._clean()
        for destruction_id in uncleaned:
            self._keys.note_cleaned(destruction_id)

    def _certify(self, destruction_id: UUID, actor: str, progress: Progress) -> None:
        standing = self._known(destruction_id)
        assert standing.overwritten_at is not None  # noqa: S101 -- the steps before wrote both down
        assert standing.cleaned_at is not None  # noqa: S101 -- as above
        self._book.safe.keyring.forget()
        given = self._book.safe.keyring.keys(standing.key_ids)
        if any(key is not Withheld.DESTROYED for key in given.values()):
            raise StillOpens("A key that was overwritten is given out.", "Look at who changed the keyring.")
        searched_to = self._book.ledger.head()[0]
        sealed = self._last_checkpoint()
        command = CertifyDestruction(
            destruction_id=destruction_id,
            key_ids=standing.key_ids,
            segments_count=sum(1 for _ in self._segments(standing.key_ids, searched_to, progress)),
            searched_to=searched_to,
            fenced_at=standing.fenced_at,
            overwritten_at=standing.overwritten_at,
            cleaned_at=standing.cleaned_at,
            sealed_size=sealed.size if sealed else None,
            sealed_root=base64.b64encode(sealed.root).decode() if sealed else None,
        )
        self._book.execute(
            Order(stream_id=self._book.register_id, command=command, command_id=new_id(), actor=actor),
        )

    def _segments(self, key_ids: tuple[UUID, ...], upto: int, progress: Progress) -> Iterator[UUID]:
        """The key of each sealed segment that names one of them; every entry is searched. Raises StillOpens."""
        statement = self._database.statement(
            "SELECT e.record FROM {schema}.events e WHERE e.position > %b AND e.position <= %b"
            " AND EXISTS (SELECT FROM unnest(%b::bytea[]) AS k (named) WHERE position(k.named IN e.record) > 0)"
        )
        named = [f'"key":"{key_id}"'.encode() for key_id in key_ids]
        for after in range(0, upto, CHUNK_POSITIONS):
            for (data,) in self._database.rows(statement, after, min(after + CHUNK_POSITIONS, upto), named):
                record = unpack(data)[1]
                theirs = [segment for segment in REGISTRY.parse(record.state).sealed if UUID(segment["key"]) in key_ids]
                if theirs and any(self._book.safe.opens(record, UUID(segment["key"])) for segment in theirs):
                    raise StillOpens(f"The entry at position {record.position} opens.", "Look at the keyring.")
                yield from (UUID(segment["key"]) for segment in theirs)
            progress(min(after + CHUNK_POSITIONS, upto), upto)

    def _last_checkpoint(self) -> Checkpoint | None:
        notes = self._database.rows(
            self._database.statement("SELECT note FROM {schema}.checkpoints ORDER BY size DESC, sealed_at DESC LIMIT 1")
        )
        return Checkpoint.parse(SignedNote.parse(bytes(notes[0][0])).text) if notes else None


def _clean(keyring_dsn: str, dsn: str, register: str) -> None:
    clean(keyring_dsn, dsn, register)
