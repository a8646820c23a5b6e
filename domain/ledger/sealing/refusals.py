"""Every way in which the sealer does not sign, each with a stable code: what was found, and what would be right.

Never here: content of events. What is found about the record itself is kept until somebody has settled it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from domain.ledger.errors import LedgerError


class SealingRefused(LedgerError):
    """The sealer does not sign. `lasting`: it does not try again until `--verify-all` or a restore has settled it."""

    code: ClassVar[str] = "sealing_refused"
    lasting: ClassVar[bool] = False
    remedy: ClassVar[str] = ""

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class RolledBack(SealingRefused):
    """The database holds fewer records than were sealed."""

    code, lasting = "rollback", True
    remedy = "Find the later records (a standby, the write-ahead log), or state a restore: seal --prepare-restore."


class Forked(SealingRefused):
    """The database holds other records than those that were sealed."""

    code, lasting = "fork", True
    remedy = "Keep the database as it is for the auditors; seal --verify-all tells up to where it is as it was sealed."


class GapFound(SealingRefused):
    """A position is missing among the records."""

    code, lasting = "gap", True
    remedy = "Keep the database as it is for the auditors: positions are gapless, so a record was taken away."


class AlienRecord(SealingRefused):
    """A record is not one of this log, or stands at another position than its own."""

    code, lasting = "alien_record", True
    remedy = "Keep the database as it is for the auditors: append() writes no such record."


class Backdated(SealingRefused):
    """A record says that it was recorded before a moment at which it was not there."""

    code, lasting = "backdated", True
    remedy = "Ask who set the database's clock back, or wrote past append(); if it stands, state it as a restore."


class AheadOfClock(SealingRefused):
    """A record says that it was recorded later than now."""

    code = "ahead_of_clock"
    remedy = "Set the clocks of the database and the sealer by the same source; sealing goes on by itself."


class NoLogKey(SealingRefused):
    """No key has been adopted that signs this register's checkpoints."""

    code = "no_log_key"
    remedy = "Make one: jaksokirja keys new checkpoints --register NAME."


class KeyMissing(SealingRefused):
    """A key that must sign is not among the key files."""

    code = "key_missing"
    remedy = (
        "Put its file back into the folder of keys. If it was adopted by mistake (jaksokirja verify"
        " tells at which position, and by whom): jaksokirja keys adopt FILE lets the key before sign again; if that is"
        " lost, jaksokirja keys new checkpoints makes another. Do neither with an overlap."
    )


class StateMissing(SealingRefused):
    """The register was sealed before, but the sealer's own state outside the database is not there."""

    code = "state_missing"
    remedy = "Put the sealer's folder back, or begin from a checkpoint of a witness or auditor: seal --begin-from FILE."


class StateUnreadable(SealingRefused):
    """The sealer's own state cannot be read, or is of another register."""

    code = "state_unreadable"
    remedy = "Put the sealer's folder back as it was."


class SealerBusy(SealingRefused):
    """Another sealer holds this register."""

    code = "sealer_busy"
    remedy = "One is enough: stop the other first, or leave it to it."


class NotMigrated(SealingRefused):
    """The register's schema has no place for checkpoints yet."""

    code = "not_migrated"
    remedy = "Run jaksokirja migrate."


class RestoreRefused(SealingRefused):
    """The statement of a restore does not hold."""

    code = "restore_refused"
    remedy = "Prepare it anew (seal --prepare-restore) and have it signed by an adopted key (keys sign)."


class KeyFileRefused(SealingRefused):
    """A key file cannot be used."""

    code = "key_file_refused"
    remedy = "A key file holds one skey and is open to its owner only (chmod 600)."
