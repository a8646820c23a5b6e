"""What a fault comes to on the command line: one line with a stable code, and an exit status.

Never here: tracebacks; anything that a row, a client or a token says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from api.settings import BadSetting, Settings
from domain.catalogue.faults import CatalogueFault
from domain.ledger.connections import has_no_place
from domain.ledger.errors import (
    HeadAstray,
    LedgerUnavailable,
    RegisterNameRefused,
    RegisterNotMigrated,
    UnknownRegister,
)
from domain.ledger.evidence import EvidenceRefused
from domain.ledger.proof.faults import MalformedKey, ProofFault
from domain.ledger.sealing.refusals import SealingRefused
from domain.ledger.sealing.submitting import BadWitness
from domain.ledger.secrecy.destruction_faults import KeysHeld
from domain.ledger.secrecy.keyring import KeyFenced, KeyringMissing, KeyringNotMigrated, NotYourKeyring
from domain.ledger.secrecy.opening import OlderData
from domain.ledger.secrecy.sealing import SegmentRefused
from domain.ledger.secrecy.wrapping import RegisterKeyFault
from domain.refusal import Refusal
from projections.install import NotOfThisRelease
from projections.loading import RebuildStopped
from projections.releases import OlderRelease
from projections.store import ProjectionsAstray
from scripts.legacy.faults import BadExport
from scripts.postgres import ServerFailed, full_disk

FAILURE, BAD_INPUT = 1, 2
NOT_ALLOWED = "The login lacks a role that this needs: docs/running.md tells which login has which."
REFUSED = re.compile(r"connection (?:failed|is bad): (connection to server (?:at|on) .+ failed: .+)")
"""What is told of a connection that was refused: its first line, once the host was found. Whatever is said before, of a
host that is none or of a number that is none, may be a password out of its place."""


class CommandFault(Exception):
    """The command cannot be done. `exit_status`: 2 when what was given is wrong, 1 for any other failure."""

    def __init__(self, message: str, code: str, exit_status: int = BAD_INPUT) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.exit_status = exit_status


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in words."""

    message: str
    code: str
    exit_status: int


IN_THEIR_OWN_WORDS: Mapping[type[Exception], tuple[str, int]] = {
    BadExport: ("bad_export", BAD_INPUT),
    BadSetting: ("bad_setting", BAD_INPUT),
    RegisterNameRefused: ("bad_register_name", BAD_INPUT),
    RegisterKeyFault: ("register_key_fault", FAILURE),
    OlderData: ("older_data", FAILURE),
    NotYourKeyring: ("not_your_keyring", FAILURE),
    KeyringNotMigrated: ("keyring_not_migrated", FAILURE),
    RegisterNotMigrated: ("register_not_migrated", FAILURE),
    HeadAstray: ("head_astray", FAILURE),
    ProjectionsAstray: ("projections_astray", FAILURE),
    NotOfThisRelease: ("projections_of_another_release", FAILURE),
    OlderRelease: ("older_release", FAILURE),
    KeyringMissing: ("keyring_missing", FAILURE),
    ServerFailed: ("server_failed", FAILURE),
    BadWitness: ("bad_witness", BAD_INPUT),
    CatalogueFault: ("bad_catalogue", FAILURE),
}
"""The code and the exit status of those whose own message is all that is to be said."""


def told(error: Exception) -> Fault | None:
    """The fault in words; None for what nobody could expect."""
    for kind, (code, exit_status) in IN_THEIR_OWN_WORDS.items():
        if isinstance(error, kind):
            return Fault(str(error), code, exit_status)
    return _in_our_words(error)


def _in_our_words(error: Exception) -> Fault | None:
    match error:
        case CommandFault():
            return Fault(error.message, error.code, error.exit_status)
        case Refusal():
            return Fault(" ".join(filter(None, (error.message, error.remedy))), error.code, BAD_INPUT)
        case MalformedKey():
            return Fault(f"{error}.", error.code, BAD_INPUT)
        case ProofFault():
            return Fault(f"{error}.", error.code, FAILURE)
        case UnknownRegister():
            return Fault(f"{error}.", "unknown_register", BAD_INPUT)
        case SegmentRefused():
            message = (
                "What is stored here is not what was sealed here. Keep the database as it is, and tell the controller."
            )
            return Fault(f"{message} `jaksokirja verify` tells more.", "segment_refused", FAILURE)
        case KeyFenced():
            message = (
                "A key that this needs is about to be destroyed. `jaksokirja destroy status` tells of which client."
            )
            return Fault(message, "key_fenced", FAILURE)
        case KeysHeld():
            return Fault(f"{error.message} {error.remedy}", error.code, FAILURE)
        case EvidenceRefused():
            return Fault(error.message, error.code, FAILURE)
        case LedgerUnavailable() | psycopg.OperationalError():
            return _away(error)
        case psycopg.errors.InsufficientPrivilege():
            return Fault(NOT_ALLOWED, "login_not_allowed", FAILURE)
        case SealingRefused():
            return Fault(f"{error.message} {error.remedy}", error.code, FAILURE)
        case OSError() if error.filename is not None:
            return Fault(f"{error.filename} cannot be used: {error.strerror}.", "file_unusable", FAILURE)
        case RebuildStopped():
            return Fault(f"Nothing was swapped: {error}", "rebuild_stopped", FAILURE)
        case _:
            return None


def _away(error: Exception) -> Fault:
    """Why the database cannot be reached, in its own words or libpq's, where these are known to tell no secret."""
    if has_no_place(error):
        message = "The database has no more connections to give: raise its max_connections (docs/scale.md)."
        return Fault(message, "too_many_connections", FAILURE)
    refused = error if isinstance(error, psycopg.Error) else error.__cause__
    said = REFUSED.match(str(refused))
    message = "The database cannot be reached. What was sent can be sent again, safely."
    if said is not None:
        if "FATAL:  permission denied" in said[1]:
            return Fault(f"{NOT_ALLOWED} It says: {said[1]}", "login_not_allowed", FAILURE)
        return Fault(f"{message} It says: {said[1]}", "database_away", FAILURE)
    if (why := _why_ours_is_away()) is not None:
        return Fault(f"{message} {why}", "database_away", FAILURE)
    return Fault(message, "database_away", FAILURE)


def _why_ours_is_away() -> str | None:
    """Of the embedded server, which tells nobody but its own log: that its disk is full, else where that log is."""
    with suppress(BadSetting):
        settings = Settings.from_environment()
        log = settings.data / "postgres" / "server.log"
        if settings.dsn is None and log.exists():
            return full_disk(settings.data) or f"Its own log tells why: {log}"
    return None
