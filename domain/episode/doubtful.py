"""What a tired person may have got wrong in telling that people met: the same visit twice, another family's. Pure.

Never here: what is refused (`RecordMeeting`), what a rule says of the meeting (`domain.rules`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from domain.entry import Entry
from domain.episode.facts import MeetingHeld, WorkerAssigned
from domain.episode.leaving import day_met
from domain.episode.state import EpisodeState, Phase

LATEST_ENTRIES = 20
"""Among so many a meeting is looked for that may be the same one: who tells one twice does it soon after."""
LONG = dt.timedelta(hours=12)


def doubts_of(before: EpisodeState, met: MeetingHeld, *, was_owed: bool = False) -> Iterator[str]:
    """What to look at once more, in words: it is recorded as it was told, for all that is doubted may be so.

    `was_owed`: the meeting meets a duty. What an end itself asks for, as a closing negotiation, is held after it.
    """
    for entry in before.in_force[-LATEST_ENTRIES:]:
        if entry.kind is MeetingHeld and _may_be_the_same(entry, met):
            yield (
                f"Entry {entry.version} tells a meeting of the same people at that time: if it is the same one, strike "
                "one of the two out (strike-out-entry), or it is counted twice."
            )
    if met.ended_at - met.started_at >= LONG:
        hours = (met.ended_at - met.started_at) // dt.timedelta(hours=1)
        yield f"The meeting lasted {hours} hours: if that is not so, correct its ended_at (correct-entry)."
    closed_on = before.closed_on if before.phase is Phase.CLOSED else None
    if closed_on is not None and day_met(met) > closed_on and not was_owed:
        yield f"The episode was closed on {closed_on}, before this meeting: if it belongs to another, {_ELSEWHERE}"
    had = {entry.plain.worker_id for entry in before.in_force if entry.kind is WorkerAssigned}
    if had and had.isdisjoint(met.worker_ids):
        yield f"None of these workers has had this episode: if the meeting belongs to another, {_ELSEWHERE}"


_ELSEWHERE = "strike this entry out (strike-out-entry), and record it there."


def _may_be_the_same(entry: Entry, met: MeetingHeld) -> bool:
    told = entry.fact
    return (
        isinstance(told, MeetingHeld)
        and told.started_at < met.ended_at
        and met.started_at < told.ended_at
        and not set(told.worker_ids).isdisjoint(met.worker_ids)
        and not set(told.client_ids).isdisjoint(met.client_ids)
    )
