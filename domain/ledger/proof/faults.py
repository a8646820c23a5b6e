"""Every way in which a proof, a note, a tile or an export is refused; each has a stable code.

A message says what was found and what would be right. Never here: content of events.
"""

from typing import ClassVar


class ProofFault(Exception):
    """What was brought proves nothing."""

    code: ClassVar[str] = "proof_refused"


class MalformedProof(ProofFault):
    """The proof has not the shape that an index and sizes call for."""

    code = "malformed_proof"


class WrongProof(ProofFault):
    """The hashes do not lead to the root."""

    code = "wrong_proof"


class MalformedKey(ProofFault):
    """Not a signed-note key of a known kind."""

    code = "malformed_key"


class MalformedNote(ProofFault):
    """Not a signed note, or one beyond the limits."""

    code = "malformed_note"


class NoKnownSignature(ProofFault):
    """None of the keys that are trusted has signed."""

    code = "no_known_signature"


class WrongSignature(ProofFault):
    """A trusted key is named, but the signature is not its own."""

    code = "wrong_signature"


class MalformedCheckpoint(ProofFault):
    """The signed text is not a checkpoint."""

    code = "malformed_checkpoint"


class ForeignCheckpoint(ProofFault):
    """The checkpoint is of another log."""

    code = "foreign_checkpoint"


class MalformedTile(ProofFault):
    """A tile or an entry bundle is missing, cut short or too long."""

    code = "malformed_tile"


class EntryTooLong(ProofFault):
    """An entry bundle holds entries of at most 65,535 bytes (tlog-tiles)."""

    code = "entry_too_long"


class MalformedExport(ProofFault):
    """Not an export of a register, or one beyond the limits, cut short or put together wrongly."""

    code = "malformed_export"


class MalformedBundle(ProofFault):
    """Not an evidence bundle, or one beyond the limits, cut short or put together from others."""

    code = "malformed_bundle"


class MalformedStatement(ProofFault):
    """Not the statement of a restore."""

    code = "malformed_statement"
