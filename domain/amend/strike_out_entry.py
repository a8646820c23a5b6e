"""The command StrikeOutEntry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from domain.amend.base import AnyStreamCommand, entry_to_amend, is_standing
from domain.amend.correct_entry import Reason
from domain.clock import CalendarReached
from domain.command import Context, Reads
from domain.correction import EntryStruckOut, MistakeKind
from domain.entry import in_force
from domain.episode.state import EpisodeState, fold_episode
from domain.fact import Fact
from domain.refusal import OutOfOrder
from domain.state import StreamState
from domain.strict import EntryAsked
from domain.truth import check_continues


class StrikeOutEntry(AnyStreamCommand):
    """Say that entry number `entry` should not have been made (mitätöinti). It stays in the audit trail.

    Striking a correction brings the earlier content back; striking a strike-out brings the entry back.
    """

    entry: EntryAsked
    mistake: MistakeKind
    reason: Reason

    def reads(self, state: StreamState) -> Reads:
        """The episode that this one would go on from again, with all before it."""
        after = self._episode_after(state)
        return Reads(continued=(after.continues_episode_id,) if after and after.continues_episode_id else ())

    def decide(self, state: StreamState, context: Context) -> Sequence[Fact]:
        """No fact when it is struck out already. Raises UnknownEntry, OutOfOrder, ClientNotOfEpisode."""
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
        after = self._episode_after(state)
        if after and after.continues_episode_id:
            check_continues(after.continues_episode_id, context.episodes, context.stream_id, after.client_ids)
        return [EntryStruckOut(entry=self.entry, mistake=self.mistake, reason=self.reason)]

    def _episode_after(self, state: StreamState) -> EpisodeState | None:
        """The episode without the entry; None where that changes neither what it goes on from nor for whom it is."""
        if not isinstance(state, EpisodeState) or not 1 <= self.entry <= state.version:
            return None
        struck = EntryStruckOut(entry=self.entry, mistake=self.mistake, reason=self.reason)
        last = replace(state.entries[-1], version=state.version + 1, fact=struck)
        entries = (*state.entries, last)
        after = fold_episode(entries, in_force(entries))
        same = (after.continues_episode_id, after.client_ids) == (state.continues_episode_id, state.client_ids)
        return None if same else after
