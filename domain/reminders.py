"""What somebody may forget after an act: said with the answer, never recorded.

Told of what no rule can ask for: since it stands in another stream, or since the law leaves it to whoever decides.
Never here: what is owed (`domain.rules`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from domain.client.facts import ChildBorn, ClientRegistered
from domain.client.state import ClientState
from domain.consequence import DutyMet
from domain.correction import EntryCorrected, EntryStruckOut
from domain.entry import Entry
from domain.episode.doubtful import doubts_of
from domain.episode.facts import (
    ClientshipEnded,
    DocumentDelivered,
    MeetingHeld,
    PlacementDecided,
    ReportWritten,
    WorkerReleased,
)
from domain.episode.leaving import given_after, named_too_early, placed_after, still_named
from domain.episode.state import EpisodeState, Phase
from domain.fact import Fact
from domain.register.facts import WorkerRole
from domain.state import StreamState

TELL_THE_EPISODES = (
    "Tell the birth in each episode of the mother that goes on (tell-birth): from then on the child is a client there, "
    "and decisions of its own are owed."
)
REGISTER_THE_CHILD = "The child is nobody's client yet: register it, and correct this entry with its child_client_id."
NAMED = (WorkerRole.KEY_WORKER, WorkerRole.OWN_INSTRUCTOR, WorkerRole.RESPONSIBLE_SOCIAL_WORKER)
"""Those who are named for a client or family for as long as the work goes on."""
_REMINDING = frozenset(
    {
        EntryCorrected, EntryStruckOut, ChildBorn, WorkerReleased, ClientshipEnded, PlacementDecided, ReportWritten,
        DocumentDelivered,
    }
)  # fmt: skip
"""Most acts are of none of these: asking for the class alone is what they cost."""


def reminders(before: StreamState, after: StreamState, recorded: Sequence[Entry]) -> tuple[str, ...]:
    """What to think of after these acts, in words; `recorded`: the acts, and what followed from them."""
    told: list[str] = []
    for entry in recorded:
        if entry.kind is MeetingHeld and not entry.provenance:
            if isinstance(entry.fact, MeetingHeld) and isinstance(before, EpisodeState):
                told += doubts_of(before, entry.fact, was_owed=_meets_a_duty(entry, recorded))
        elif entry.kind in _REMINDING:
            for fact in _stands_by(entry, before, after):
                told += _reminded_of(fact, before, after)
            if isinstance(before, EpisodeState) and isinstance(after, EpisodeState) and before.joined != after.joined:
                told += named_too_early(before, after)
    return tuple(dict.fromkeys(told))


def _meets_a_duty(act: Entry, recorded: Iterable[Entry]) -> bool:
    met = (one.fact for one in recorded if one.kind is DutyMet)
    return any(isinstance(fact, DutyMet) and fact.met_by == act.version for fact in met)


def _reminded_of(fact: Fact, before: StreamState, after: StreamState) -> Iterable[str]:
    match fact:
        case ChildBorn():
            return [TELL_THE_EPISODES] if fact.child_client_id else [REGISTER_THE_CHILD, TELL_THE_EPISODES]
        case ClientRegistered():
            return _known_otherwise(before, after)
        case WorkerReleased():
            return _nobody_named(before, after, fact)
        case ClientshipEnded() if isinstance(after, EpisodeState):
            return still_named(after, fact)
        case PlacementDecided() if isinstance(after, EpisodeState):
            return placed_after(after, fact)
        case ReportWritten() | DocumentDelivered() if isinstance(after, EpisodeState):
            return given_after(after, fact)
        case _:
            return ()


def _stands_by(act: Entry, before: StreamState, after: StreamState) -> Iterator[Fact]:
    """What stands because of the act: what it tells, or what it puts right, or what it brings back."""
    match act.fact:
        case EntryCorrected(content=content):
            yield content
        case EntryStruckOut():
            stood = {(one.version, one.corrected_by) for one in before.in_force}
            yield from (one.fact for one in after.in_force if (one.version, one.corrected_by) not in stood)
        case told:
            yield told


def _known_otherwise(before: StreamState, after: StreamState) -> Iterator[str]:
    """A decision tells the age by the birth date that was known when it was recorded."""
    if (
        isinstance(before, ClientState)
        and isinstance(after, ClientState)
        and before.born_on not in {None, after.born_on}
    ):
        yield (
            "Decisions on this client tell the age by the birth date that was known then: where it is another now, "
            "correct their age_years, or adult_ids (correct-entry); the other ages of the decision follow."
        )


def _nobody_named(before: StreamState, after: StreamState, released: WorkerReleased) -> Iterator[str]:
    """A key worker is named for as long as one is a client, unless that is clearly not needed (1301/2014, § 42)."""
    if not isinstance(before, EpisodeState) or not isinstance(after, EpisodeState) or after.phase is Phase.CLOSED:
        return
    had = before.assignments.get(released.assignment_id)
    if had is not None and had.role in NAMED and had.role not in {one.role for one in after.assignments.values()}:
        yield f"Nobody is named as {had.role} from {released.to_on} on: assign another, where one is needed."
