"""What every question may ask beside its own: as it was known when, and not before what the caller itself has written.

Never here: what any one question is about.
"""

from __future__ import annotations

import datetime as dt
import re

from api.problems import FieldError, malformed
from domain.calendar import HELSINKI
from domain.ledger.book import Book

AS_OF = (
    "As the ledger knew it then: a position, a time with its zone, or a date (the end of that day in Finland)."
    " Without it: now."
)


def position_asked(book: Book, as_of: str | None) -> int:
    """The position that `as_of` means; that of the last event without one. Raises a 422 problem.

    A time to come is the last event; a position that there is not yet is refused: nobody can have been told of it.
    """
    if as_of is None:
        return book.ledger.head()[0]
    if re.fullmatch(r"\d{1,18}", as_of):
        position, head = int(as_of), book.ledger.head()[0]
        if position > head:
            error = FieldError("as_of", "The ledger does not reach so far.")
            raise malformed(error, remedy=f"Its last position is {head}; without as_of the answer is of now.")
        return position
    return book.ledger.position_at(moment_asked(as_of))


def moment_asked(text: str, field: str = "as_of") -> dt.datetime:
    """The time that the caller wrote; a date alone is the end of that day in Finland. Raises a 422 problem."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            end = dt.date.fromisoformat(text) + dt.timedelta(days=1)
            return dt.datetime.combine(end, dt.time(), HELSINKI) - dt.timedelta(microseconds=1)
        moment = dt.datetime.fromisoformat(text.replace(" ", "+"))  # an unescaped + of a zone arrives as a space
    except (ValueError, OverflowError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise malformed(
            FieldError(field, "Should be a position, a time with its zone, or a date."),
            remedy="Such as 1200, 2022-03-01T12:00:00+02:00 or 2022-03-01.",
        )
    return moment
