"""Pages of a long answer that is told in a fixed order: what a figure stands on.

Never here: what is asked. A cursor holds the position and the day that the first page reflected, so that all pages
are of one answer, whatever is recorded between them.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from api.problems import FieldError, malformed
from projections.answers import Answer


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page begins: after so many rows of the answer as of that position and on that day."""

    as_of: int
    on_day: dt.date
    offset: int

    def text(self) -> str:
        """As it is given to a caller, who gives it back."""
        parts = [self.as_of, self.on_day.isoformat(), self.offset]
        return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def read_cursor(text: str) -> Cursor:
    """The cursor that an answer gave. Raises a 422 problem."""
    try:
        as_of, on_day, offset = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        cursor = Cursor(int(as_of), dt.date.fromisoformat(on_day), int(offset))
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError):
        cursor = Cursor(-1, dt.date.min, -1)
    if min(cursor.as_of, cursor.offset) < 0 or max(cursor.as_of, cursor.offset) > 2**62:
        error = FieldError("cursor", "It is not one that an answer gave.")
        raise malformed(error, remedy="Send the next_cursor of the answer before, or none.") from None
    return cursor


def page_of(answer: Answer[Any], on_day: dt.date, offset: int, limit: int) -> Answer[Any]:
    """The rows from `offset` on, at most `limit`, and the cursor of those that follow."""
    after = offset + limit
    more = Cursor(answer.as_of, on_day, after).text() if len(answer.rows) > after else None
    return answer.model_copy(update={"rows": answer.rows[offset:after], "next_cursor": more})
