"""What keeps persons out of the stream of open meeting places: amendments, too, give their reasons by a closed code.

The stream's own commands have no field in which a text could stand; a reason is the only text that a command of every
stream can bring. Never here: what was written. A refusal names the field and no more.
"""

from __future__ import annotations

from typing import Any

from domain.command import Command
from domain.conference.anonymity import REASONS
from domain.refusal import IdentityNotAllowed


def check_names_nobody(command: Command[Any]) -> None:
    """Raises IdentityNotAllowed where a command would bring words into a stream of counts."""
    reason = getattr(command, "reason", None)
    if reason is not None and reason not in REASONS:
        raise IdentityNotAllowed(
            "Of open meeting places nothing may be told in words, not even a reason.",
            remedy=f"A reason is one of {', '.join(sorted(REASONS))}.",
            field="reason",
        )
