"""What can be wrong with a row or with a whole export. A fault has a stable code and a sentence.

Must never hold: a value out of a row that could be sensitive (identity codes, free text, dates of birth). Sentences
name files, rows, columns and what would be right.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What is wrong with a row."""

    WRONG_NUMBER_OF_FIELDS = "wrong_number_of_fields"
    MISSING_VALUE = "missing_value"
    BAD_VALUE = "bad_value"
    NO_SUCH_DAY = "no_such_day"
    UNKNOWN_CODE = "unknown_code"
    IN_THE_FUTURE = "in_the_future"
    ENDED_BEFORE_IT_BEGAN = "ended_before_it_began"
    EXPORTED_TWICE = "exported_twice"
    SAME_ID_OTHER_CONTENT = "same_id_other_content"
    BAD_IDENTITY_CODE = "bad_identity_code"
    MISSING_IDENTITY = "missing_identity"
    UNKNOWN_CLIENT = "unknown_client"
    UNKNOWN_CONTACT = "unknown_contact"
    UNKNOWN_EPISODE = "unknown_episode"
    UNKNOWN_WORKER = "unknown_worker"
    UNKNOWN_ROW = "unknown_row"
    OTHER_CLIENTS_CONTACT = "other_clients_contact"
    SERVICE_NOT_GRANTED = "service_not_granted"
    NOT_CORRECTABLE = "not_correctable"
    CHANGES_NOTHING = "changes_nothing"
    HANGS_ON_REFUSED_ROW = "hangs_on_refused_row"
    RECORDED_OTHERWISE = "recorded_otherwise"
    REFUSED_BY_THE_LEDGER = "refused_by_the_ledger"


class FaultyRow(Exception):
    """The row cannot be recorded: `fault` says why, the message in a sentence."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message


class BadExport(Exception):
    """The folder is no whole export: a file or a column is missing. Nothing of it has been recorded."""


@dataclass(frozen=True, slots=True, order=True)
class RowKey:
    """Which row: its file's name and its id there."""

    file: str
    row_id: str

    def __str__(self) -> str:
        return f"{self.row_id} of {self.file}"


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not recorded, and why. `line` counts from 1, the header being line 1."""

    file: str
    line: int
    row_id: str
    fault: Fault
    message: str
