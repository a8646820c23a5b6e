"""What somebody may forget after an act, since it is told in another stream: said with the answer, never recorded.

Never here: what is owed (`domain.rules`); a stream knows nothing of another, so that no duty can be opened from here.
"""

from __future__ import annotations

from collections.abc import Iterable

from domain.client.facts import ChildBorn
from domain.correction import EntryCorrected
from domain.entry import Entry

TELL_THE_EPISODES = (
    "Tell the birth in each episode of the mother that goes on (tell-birth): from then on the child is a client there, "
    "and decisions of its own are owed."
)
REGISTER_THE_CHILD = "The child is nobody's client yet: register it, and correct this entry with its child_client_id."


def reminders(acts: Iterable[Entry]) -> tuple[str, ...]:
    """Of a birth, that the mother's episodes know nothing of it: the child needs decisions of its own (domain § 1)."""
    told: list[str] = []
    for entry in acts:
        fact = entry.fact.content if isinstance(entry.fact, EntryCorrected) else entry.fact
        if isinstance(fact, ChildBorn):
            told += [TELL_THE_EPISODES] if fact.child_client_id else [REGISTER_THE_CHILD, TELL_THE_EPISODES]
    return tuple(told)
