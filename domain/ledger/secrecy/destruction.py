"""Carries out an approved destruction, step by step; whatever stops it, it goes on from where it stands.

fence: nobody is given the keys any more. wait: until nobody who was given them uses them. overwrite: the key material
is taken out. purge: the client leaves the index of identity codes. clean: no older copy is left. certify: every sealed
segment that names one of the keys is looked up, none opens, and the register records it.
Never here: who may ask or approve (the commands'), SQL on the keyring (`destruction_keys`, `destruction_cleaning`).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID

from domain.ledger.book import Book
from domain.ledger.identity import new_id
from domain.ledger.orders import Order
from domain.ledger.secrecy.carrying_out import CarryingOut, no_progress
from domain.ledger.secrecy.destruction_faults import NotApproved, StillOpens
from domain.ledger.secrecy.destruction_keys import CondemnedKeys, Standing
from domain.ledger.secrecy.searching import Progress, sealed_by
from domain.register.commands.certify_destruction import CertifyDestruction
from domain.register.destruction import DESTRUCTIONS, Destruction, DestructionCertified
from domain.subjects import UNASSIGNED
from domain.withheld import Withheld


class Step(StrEnum):
    """The steps, in order."""

    FENCE = "fence"
    WAIT = "wait"
    OVERWRITE = "overwrite"
    PURGE = "purge"
    CLEAN = "clean"
    CERTIFY = "certify"


class Destroyer(CarryingOut[Step]):
    """Carries out the destructions of one register."""

    def __init__(self, book: Book, dsn: str, keyring_dsn: str, **settings: Any) -> None:
        """`settings`: see CarryingOut."""
        super().__init__(book, dsn, keyring_dsn, **settings)
        self._keys = CondemnedKeys(keyring_dsn, book.register_name)

    def close(self) -> None:
        """Let go of the connections; not of the book."""
        self._keys.close()
        super().close()

    def standing(self, destruction_id: UUID) -> Standing | None:
        """How far the keys have come; None before anything was fenced."""
        return self._keys.standing(destruction_id)

    def destruction(self, destruction_id: UUID) -> Destruction:
        """What the register knows of it. Raises UnknownDestruction."""
        return DESTRUCTIONS.one(self._book.register_state().destructions, destruction_id)

    def carry_out(
        self, destruction_id: UUID, actor: str, *, wait: bool = True, progress: Progress = no_progress
    ) -> DestructionCertified:
        """Do what is left of it; the certificate. Done already, it is only read.

        Raises UnknownDestruction, DestructionHeld (it goes on from there when asked again), LedgerUnavailable.
        """
        return self.carry_out_many([destruction_id], actor, wait=wait, progress=progress)[0]

    def carry_out_many(
        self, ids: Sequence[UUID], actor: str, *, wait: bool = True, progress: Progress = no_progress
    ) -> list[DestructionCertified]:
        """As `carry_out`, of several: their leases run out together, and the files are cleaned once."""
        known = {destruction_id: self.destruction(destruction_id) for destruction_id in ids}
        left = {destruction_id: one.request for destruction_id, one in known.items() if one.certificate is None}
        if any(known[one].approved_by is None or known[one].called_off for one in left):
            raise NotApproved("Nobody has approved this destruction.", "A second person runs `destroy approve`.")
        if left:
            fence, wait_for = self._keys.fence, partial(self._wait_for, wait=wait, progress=progress)
            self._do(Step.FENCE, left, lambda one: fence(one, left[one].client_id, left[one].task))
            self._do(Step.WAIT, left, wait_for)
            self._do(Step.OVERWRITE, left, self._keys.overwrite)
            self._do(Step.PURGE, left, lambda one: self._purge(one, left[one].client_id))
            self._do(Step.CLEAN, [tuple(left)], self._cleaned)
            self._do(Step.CERTIFY, left, lambda one: self._certify(one, actor, progress))
        return [certificate for one in ids if (certificate := self.destruction(one).certificate) is not None]

    def _known(self, destruction_id: UUID) -> Standing:
        standing = self._keys.standing(destruction_id)
        assert standing is not None  # noqa: S101 -- fencing comes first, and writes it down
        return standing

    def _wait_for(self, destruction_id: UUID, *, wait: bool, progress: Progress) -> None:
        self._wait(lambda: self._known(destruction_id).fenced_for_seconds, wait=wait, progress=progress)

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
            segments_count=self._count(standing.key_ids, searched_to, progress),
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

    def _count(self, key_ids: tuple[UUID, ...], upto: int, progress: Progress) -> int:
        """How many sealed segments name one of the keys; every entry is searched. Raises StillOpens."""
        count = 0
        for one in sealed_by(self._database, key_ids, 0, upto, progress):
            if self._book.safe.opens(one.record, one.number):
                raise StillOpens(f"The entry at position {one.record.position} opens.", "Look at the keyring.")
            count += 1
        return count
