"""Every setting of Jaksokirja, in one typed place, read from the environment (`JAKSOKIRJA_…`).

Never here: secrets themselves, or anything that opens a connection.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

PROJECT = Path(__file__).resolve().parent.parent
PREFIX = "JAKSOKIRJA_"


class BadSetting(Exception):
    """A variable of the environment has a value that cannot be used; the message names it and says what would be."""


class Settings(BaseModel):
    """The settings. Each field `x` is read from `JAKSOKIRJA_X`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Field(default=PROJECT / ".data", description="Folder of the embedded server and of local keys.")
    dsn: str | None = Field(default=None, description="An outer PostgreSQL, 15 or newer, instead of the embedded one.")
    host: str = Field(default="127.0.0.1", description="The address that the API listens at.")
    port: int = Field(default=8765, ge=0, le=65535, description="The port that the API listens at.")
    log_level: str = Field(
        default="info", pattern="^(debug|info|warning|error)$", description="The least level logged."
    )
    patience_seconds: float = Field(default=5.0, gt=0, description="How long a lost database is waited for.")
    max_body_bytes: int = Field(default=1024 * 1024, gt=0, description="The largest body that the API reads.")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Raises BadSetting, naming the variable. Unknown `JAKSOKIRJA_…` variables are left alone."""
        given = os.environ if environment is None else environment
        values = {name: given[PREFIX + name.upper()] for name in cls.model_fields if given.get(PREFIX + name.upper())}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise BadSetting(f"{PREFIX}{str(first['loc'][0]).upper()}: {first['msg']}") from None
