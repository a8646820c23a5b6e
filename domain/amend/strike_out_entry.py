"""The command StrikeOutEntry."""

from __future__ import annotations

from collections.abc import Sequence

from domain.amend.base import AnyStreamCommand, entry_to_amend, is_standing
from domain.amend.correct_entry import Reason
from domain.clock import CalendarReached
from domain.command import Context
from domain.correction import EntryStruckOut, MistakeKind
from domain.fact import Fact
from domain.refusal import OutOfOrder
from domain.state import StreamState
from domain.strict import EntryAsked


class StrikeOutEntry(AnyStreamCommand):
    """Say that entry number `entry` should not have been made (mitätöinti). It stays in the audit trail.

    Striking a correction brings the earlier content back; striking a strike-out brings the entry back.
    """

    entry: EntryAsked
    mistake: MistakeKind
    reason: Reason

    def decide(self, state: StreamState, context: Context) -> Sequence[Fact]:
        """No fact when it is struck out already. Raises UnknownEntry, OutOfOrder."""
        entry = entry_to_amend(state, self.entry)
        if not is_standing(state, entry):
            return []
        others = [
            one
            for one in state.in_force
            if one.version != entry.version and not one.fact.consequence and not isinstance(one.fact, CalendarReached)
        ]
        if entry.version == state.entries[0].version and others:
            raise OutOfOrder(
                "The entry that began this stream cannot go while others stand on it.",
                remedy="Strike out the others first, or correct this one.",
                field="entry",
                standing=[one.version for one in others],
            )
        return [EntryStruckOut(entry=self.entry, mistake=self.mistake, reason=self.reason)]
