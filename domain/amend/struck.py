"""What an entry that was struck out as a wrong client's told, and in which entries that stands.

Pure. Never here: who may read it then (the keyring's), how it is asked for (`domain.register.commands`).
"""

from __future__ import annotations

from domain.correction import EntryCorrected, EntryStruckOut, MistakeKind
from domain.entry import Entry, amendments
from domain.refusal import OutOfOrder, UnknownEntry
from domain.state import StreamState


def wrongly_told(state: StreamState, version: int) -> tuple[Entry, ...]:
    """The struck entry and the corrections of it, as far as they tell anything that is sealed: at least one.

    The reason of the strike-out is not among them: whoever reads on must be able to see why. Raises UnknownEntry,
    OutOfOrder when no standing strike-out says that it was a wrong client's, or nothing is sealed in it.
    """
    if not 1 <= version <= state.version:
        raise UnknownEntry(
            f"That stream has no entry {version}.", remedy=f"Its entries are 1 to {state.version}.", field="entry"
        )
    by = amendments(state.entries)[0].get(version)
    if by is None or not isinstance(by.fact, EntryStruckOut) or by.fact.mistake is not MistakeKind.WRONG_CLIENT:
        raise OutOfOrder(
            f"Entry {version} has not been struck out as a wrong client's.",
            remedy="Strike it out first, with the mistake wrong_client.",
            field="entry",
        )
    told = tuple(
        one for one in state.entries if _tells(one, version) and (one.fact.has_sensitive() or one.fact.withheld)
    )
    if not told:
        raise OutOfOrder(
            f"Nothing in entry {version} is sealed.", remedy="Struck out, it is out of every figure already.",
            field="entry",
        )  # fmt: skip
    return told


def _tells(entry: Entry, version: int) -> bool:
    return entry.version == version or (isinstance(entry.fact, EntryCorrected) and entry.fact.entry == version)
