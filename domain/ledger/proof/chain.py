"""Whom an auditor trusts as the history goes on: the keys held from the start, and those that vouched history adopted.

A key adopted by an event counts once that event lies under a checkpoint that a key trusted until then has signed, and
as long as no later adoption takes its place. Never here: records, roots.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from domain.ledger.proof.logfacts import CHECKPOINTS, RESTORES, Adoption, Restore, signing
from domain.ledger.proof.note import VerifierKey

_AFTER_ALL = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
"""The moment of a checkpoint that tells none: every overlap is over."""


@dataclass(frozen=True, slots=True)
class Told:
    """An adoption that was met. `covered_by`: the size of the first trusted checkpoint over it; None: there is none.

    `brought`: that checkpoint is one of the auditor's own, and not the source's.
    """

    adoption: Adoption
    covered_by: int | None = None
    brought: bool = False

    def __str__(self) -> str:
        if self.covered_by is None:
            vouched = "NOT vouched for: no checkpoint of a key that is trusted covers that event"
        else:
            whose = "the checkpoint that you brought" if self.brought else "the source's checkpoint"
            vouched = f"vouched for by {whose} of {self.covered_by} events"
        return f"Position {self.adoption.position} adopts {self.adoption}, by {self.adoption.actor!r}; {vouched}"

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        adoption = self.adoption
        return {
            "position": adoption.position,
            "actor": adoption.actor,
            "key": str(adoption.key),
            "purpose": adoption.purpose,
            "from_size": adoption.from_size,
            "overlap_to": adoption.overlap_to.isoformat() if adoption.overlap_to else None,
            "covered_by": self.covered_by,
            "covered_by_what_was_brought": self.brought,
        }


class Chain:
    """The keys that are trusted: `held` from the start, and what was adopted under them."""

    def __init__(self, held: Sequence[VerifierKey], *, keys_are_its_own: bool = False) -> None:
        """`keys_are_its_own`: nobody brought them, the source lists them."""
        self.held, self.keys_are_its_own = tuple(held), keys_are_its_own
        self.told: list[Told] = []
        self._waiting: list[Adoption] = []
        self._log_keys: set[VerifierKey] = set()

    def signed(self, keys: Sequence[VerifierKey]) -> None:
        """Those keys have signed a checkpoint: they are the log's, and no second key that could state a restore."""
        self._log_keys.update(keys)

    def met(self, adoption: Adoption) -> None:
        """An adoption stands in the history; nothing vouches for it yet."""
        self._waiting.append(adoption)

    def vouch(self, size: int, *, brought: bool) -> None:
        """A checkpoint of that size, signed by a key that is trusted, covers what was met up to it."""
        self.told += [Told(each, size, brought) for each in self._waiting if each.position <= size]
        self._waiting = [each for each in self._waiting if each.position > size]

    def all_told(self) -> list[Told]:
        """Every adoption that was met, in order, vouched for or not."""
        return [*self.told, *map(Told, self._waiting)]

    def keys(self, size: int, moment: dt.datetime | None) -> list[VerifierKey]:
        """The keys trusted to sign a checkpoint of that size, sealed at that moment."""
        adopted = signing([each.adoption for each in self.told], size, moment or _AFTER_ALL)
        return list(dict.fromkeys((*self.held, *adopted)))

    def replaced(self, signers: Sequence[VerifierKey], size: int, moment: dt.datetime | None) -> bool:
        """Whether others were to sign a checkpoint of that size, sealed at that moment, by what was adopted.

        A key that is held from the start is trusted all the same: it may be the one that undoes a false adoption.
        """
        before = [each.adoption for each in self.told if each.covered_by is not None and each.covered_by < size]
        adopted = signing(before, size, moment or _AFTER_ALL)
        return bool(adopted) and not set(adopted) & set(signers)

    def keys_for_restores(self, size: int) -> dict[VerifierKey, bool]:
        """The keys trusted to state a restore to that size, and whether more than the source vouches for each.

        They were adopted in what the backup held, or are held from the start.
        """
        met = [each for each in self.told if each.adoption.purpose == RESTORES and each.adoption.position <= size]
        trusted = {each.adoption.key: each.brought for each in met} | dict.fromkeys(
            self.held, not self.keys_are_its_own
        )
        own = self._log_keys | {each.adoption.key for each in self.all_told() if each.adoption.purpose == CHECKPOINTS}
        return {key: known for key, known in trusted.items() if key not in own}


@dataclass(frozen=True, slots=True)
class ToldRestore:
    """A restore that was met, who signed it, and whether the records here are those that it names.

    `signed_by`: the keys, as far as they are trusted; none: its statement shows nothing. `known`: that one of them is
    held by the auditor, or adopted in what a checkpoint that was brought covers.
    """

    restore: Restore
    signed_by: tuple[VerifierKey, ...]
    fits: bool
    known: bool

    @property
    def holds(self) -> bool:
        """Whether it is what it says: signed by a key that is trusted, and of this history."""
        return bool(self.signed_by) and self.fits

    def __str__(self) -> str:
        stated, position = self.restore.statement, self.restore.position
        words = (
            f"Position {position} records a restore, stated {stated.stated_at.isoformat()} and recorded by"
            f" {self.restore.actor!r}: of {stated.sealed.size} events that were sealed the register went back to"
            f" {stated.restored.size}, of which {stated.common.size} are under a checkpoint that both histories have"
        )
        if not self.signed_by:
            return f"{words}. NOT signed by a key that is trusted for it: it explains nothing"
        if not self.fits:
            return f"{words}. It is signed, but the records here are NOT those that it names: it explains nothing"
        only = "" if self.known else (
            ", for which only the source vouches: whoever holds the log's key can have made it, so compare it with the"
            " one that you know (--key)"
        )  # fmt: skip
        return f"{words}. Signed by {', '.join(map(str, self.signed_by))}{only}"

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        stated = self.restore.statement
        return {
            "position": self.restore.position,
            "actor": self.restore.actor,
            "stated_at": stated.stated_at.isoformat(),
            "sealed_size": stated.sealed.size,
            "restored_size": stated.restored.size,
            "common_size": stated.common.size,
            "signed_by": [str(key) for key in self.signed_by],
            "holds": self.holds,
            "key_known_outside_the_source": self.known,
        }
