"""How an audit's sample is drawn: a pure function of the seed and the episodes' ids, which anybody can repeat.

Each id is ranked by the SHA-256 of the seed, a line feed and the id (lower-case, with hyphens); those with the lowest
hashes, read as hexadecimal text, are the sample. By hand: `printf '%s\\n%s' SEED ID | sha256sum`. The order in which
the ids are given does not matter, and an episode that joins the population changes no other's rank.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from uuid import UUID


def rank(seed: str, episode_id: UUID) -> str:
    """The hash by which an episode is ranked, in hexadecimal."""
    return hashlib.sha256(f"{seed}\n{episode_id}".encode()).hexdigest()


def draw(seed: str, population: Iterable[UUID], size: int) -> tuple[UUID, ...]:
    """At most `size` episodes, in the order of their rank; an id that is given twice counts once."""
    return tuple(sorted(set(population), key=lambda episode_id: rank(seed, episode_id))[:size])


def population_sha256(population: Iterable[UUID]) -> str:
    """What tells one population from another: SHA-256 over the sorted ids, each with a line feed after it."""
    lines = "".join(f"{episode_id}\n" for episode_id in sorted(set(population), key=str))
    return hashlib.sha256(lines.encode()).hexdigest()
