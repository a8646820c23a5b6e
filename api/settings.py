"""Every setting of Jaksokirja, in one typed place, read from the environment (`JAKSOKIRJA_…`).

Never here: secrets themselves, or anything that opens a connection.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

if TYPE_CHECKING:
    from domain.ledger.secrecy.opening import KeyringPlace

PROJECT = Path(__file__).resolve().parent.parent
PREFIX = "JAKSOKIRJA_"


class BadSetting(Exception):
    """A variable of the environment has a value that cannot be used; the message names it and says what would be."""


class Settings(BaseModel):
    """The settings. Each field `x` is read from `JAKSOKIRJA_X`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Field(default=PROJECT / ".data", description="Folder of the embedded server and of local keys.")
    dsn: str | None = Field(default=None, description="An outer PostgreSQL, 15 or newer, instead of the embedded one.")
    keyring_dsn: str | None = Field(
        default=None, description="The database of the keyring; else a second one on the ledger's server."
    )
    register_key_file: Path | None = Field(
        default=None,
        description="The file of the register key; else register.key in the folder of keys."
        " JAKSOKIRJA_REGISTER_KEY, the key itself in base64, goes before both.",
    )
    host: str = Field(default="127.0.0.1", description="The address that the API listens at.")
    port: int = Field(default=8765, ge=0, le=65535, description="The port that the API listens at.")
    log_level: str = Field(
        default="info", pattern="^(debug|info|warning|error)$", description="The least level logged."
    )
    patience_seconds: float = Field(default=5.0, gt=0, description="How long a lost database is waited for.")
    keys: Path | None = Field(default=None, description="Folder of the log's and witnesses' keys; else `keys` in data.")
    sealer: Path | None = Field(default=None, description="Folder of the sealer's own state; else `sealer` in data.")
    seal_interval_seconds: float = Field(default=10.0, gt=0, description="The least time between two checkpoints.")
    seal_tolerance_seconds: float = Field(
        default=5.0, ge=0, description="By how much the clocks of the database and the sealer may differ."
    )
    seal_verify_hours: float = Field(
        default=24.0, ge=0, description="How often the sealer hashes every sealed record again, slowly; 0: never."
    )
    seal_verify_events_a_second: float = Field(
        default=20_000.0, gt=0, description="How many records a second it then goes through at most."
    )
    witnesses: Path | None = Field(
        default=None, description="File of the witnesses: a line each, the witness' vkey, a space, its address."
    )
    max_body_bytes: int = Field(default=1024 * 1024, gt=0, description="The largest body that the API reads.")

    @field_validator("dsn", "keyring_dsn")
    @classmethod
    def _is_dsn(cls, dsn: str | None) -> str | None:
        """What PostgreSQL's own parser says of one that it cannot read repeats it, the password too."""
        if dsn is not None:
            from psycopg import ProgrammingError  # noqa: PLC0415 -- a witness has settings, no database
            from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 -- as above

            try:
                conninfo_to_dict(dsn)
            except ProgrammingError:
                remedy = "such as postgresql://user@host:5432/name; what is special in a password is percent-encoded"
                raise ValueError(f"is no connection string of PostgreSQL, {remedy}") from None
        return dsn

    @property
    def keys_folder(self) -> Path:
        """Where the log's keys are."""
        return self.keys or self.data / "keys"

    @property
    def sealer_folder(self) -> Path:
        """Where the sealer keeps what it remembers, a folder a register."""
        return self.sealer or self.data / "sealer"

    def keyring(self, ledger_dsn: str) -> KeyringPlace:
        """Where the keyring of the registers under that DSN is."""
        from domain.ledger.secrecy.keyring import keyring_dsn  # noqa: PLC0415 -- a witness has settings, no database
        from domain.ledger.secrecy.opening import KeyringPlace  # noqa: PLC0415 -- as above

        key_file = self.register_key_file or self.keys_folder / "register.key"
        return KeyringPlace(keyring_dsn(ledger_dsn, self.keyring_dsn), key_file, self.patience_seconds)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Raises BadSetting, naming the variable. Unknown `JAKSOKIRJA_…` variables are left alone, unless one is a
        setting mistyped: whoever misspells the database would be served an empty one."""
        given = os.environ if environment is None else environment
        _refuse_mistyped(given, cls.model_fields)
        values = {name: given[PREFIX + name.upper()] for name in cls.model_fields if given.get(PREFIX + name.upper())}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            said = _IN_WORDS.get(first["type"], first["msg"].removeprefix("Value error, "))
            raise BadSetting(f"{PREFIX}{str(first['loc'][0]).upper()}: {said}") from None


def _refuse_mistyped(given: Mapping[str, str], fields: Collection[str]) -> None:
    known = {name.upper() for name in fields} | _OTHERS
    for name, value in given.items():
        bare = name.upper().removeprefix(PREFIX)
        if not value or not name.upper().startswith(PREFIX) or name.removeprefix(PREFIX) in known:
            continue
        if meant := next((one for one in sorted(known) if _is_slip(bare, one)), None):
            raise BadSetting(
                f"{name}: there is no such setting. Is {PREFIX}{meant} meant? docs/vocabulary.md lists all."
            )


def _is_slip(name: str, meant: str) -> bool:
    """Whether whoever wrote `name` had `meant` in mind: its letters in another order, or one more, less or other.

    Short names are like many words (PORT and POST, SEALER and SEALED): of these the first letter must be right, and
    another letter one beside it on the keyboard.
    """
    short = len(meant) <= _SHORT
    if short and name[:1] != meant[0]:
        return False
    if sorted(name) == sorted(meant):
        return True
    both = min(len(name), len(meant))
    alike = next((n for n in range(both) if name[n] != meant[n]), both)
    wrong, right = name[alike:], meant[alike:]
    if wrong[1:] == right or wrong == right[1:]:
        return True
    beside = any(pair in _KEYBOARD for pair in (wrong[:1] + right[:1], right[:1] + wrong[:1]))
    return wrong[1:] == right[1:] and (beside or not short)


_OTHERS = frozenset({"REGISTER_KEY", "PYTHON", "TEST_DSN", "LEGACY_DATA", "VECTORS"})
"""Variables that are no settings: a secret that is in no answer, and what scripts and tests read."""
_SHORT = 6
_KEYBOARD = "QWERTYUIOP ASDFGHJKL ZXCVBNM"
"""Its rows: letters that stand side by side here do so there."""
_IN_WORDS = {"int_parsing": "should be a whole number", "float_parsing": "should be a number"}
