"""What can go wrong between a caller and the register. A docstring is the message in short.

Never here: refusals of the domain (domain/refusal.py) and anything of HTTP.
"""

from uuid import UUID


class LedgerError(Exception):
    """The register could not do what was asked."""


class VersionConflict(LedgerError):
    """The stream has moved on since the writer read it. Versions are those of last events; -1 is "no events"."""

    def __init__(self, stream_id: UUID, expected: int, current: int) -> None:
        super().__init__(f"stream {stream_id} stands at version {current}, not {expected}")
        self.stream_id = stream_id
        self.expected = expected
        self.current = current


class CommandReused(LedgerError):
    """The id of a recorded command was sent again with other content."""

    def __init__(self, command_id: UUID) -> None:
        super().__init__(f"command {command_id} is recorded with other content")
        self.command_id = command_id


class IdentityTaken(LedgerError):
    """Another client of the register has that identity code."""

    def __init__(self, client_id: UUID) -> None:
        super().__init__(f"client {client_id} has that identity code")
        self.client_id = client_id


class TrackingConflict(LedgerError):
    """A follower's place moves forwards only."""


class LedgerUnavailable(LedgerError):
    """The database cannot be reached just now. What was sent can be sent again safely."""


class UnknownRegister(LedgerError):
    """No register of that name is here."""

    def __init__(self, register: str) -> None:
        super().__init__(f"no register named {register}")
        self.register = register


class RegisterNotMigrated(LedgerError):
    """The register and this process are of different releases: one knows a function or column that the other lacks."""

    def __init__(self, register: str) -> None:
        super().__init__(
            f"The register {register} and this process are of different releases. `jaksokirja migrate` brings the"
            " register up to date; what still runs on an older release must then be restarted on the same one."
        )


class HeadAstray(LedgerError):
    """The register's own row is not as it was made: it is gone, it bears another name, or there are two."""

    def __init__(self, register: str) -> None:
        super().__init__(
            f"The row of head in the schema of {register} is not as it was made: it is gone, it bears another name, or"
            " there is another beside it. Somebody changed it: keep the database as it is, and tell the controller."
        )


class RegisterNameRefused(LedgerError, ValueError):
    """A register's name is 2 to 41 small letters, digits and dashes, and starts with a letter."""


class MalformedRecord(LedgerError, ValueError):
    """The bytes are not a record of the book."""
