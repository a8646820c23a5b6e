"""How long everyday questions take, now, in a register and in one a hundred times as large, asked in turns.

The 99th percentile stands beside its limit where there is one; medians and the server's processor time stand beside
those of the smaller register, so that "times the peer" is the growth. `--events`: the larger one's size; of ten million
events a register takes 16 GB, and a quarter of an hour to make, so that `--keep` is worth while.
Never here: questions as of then (as_of.py), figures over a whole register, which grow with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from projections.queries import reading
from scripts.benches.asking import LIMITS_MS, QUESTIONS, Asker, in_turns
from scripts.benches.grown import RECORDED, grown

if TYPE_CHECKING:
    from scripts.benches.__main__ import Figure

SIZES, QUICK_SIZES = (100_000, 10_000_000), (2_000, 10_000)
TIMES, QUICK_TIMES = 300, 30


def run(quick: bool, events: int | None = None, keep: Path | None = None) -> list[Figure]:
    """Figures in milliseconds."""
    small, large = QUICK_SIZES if quick else SIZES
    if events is not None:
        small, large = min(RECORDED, events // 10), events
    with (
        grown((small, large), keep) as (dsn, (few, many)),
        reading(dsn, few.register) as in_few,
        reading(dsn, many.register) as in_many,
    ):
        smaller, larger = Asker(in_few, few), Asker(in_many, many)
        times = QUICK_TIMES if quick else TIMES
        return [figure for question in QUESTIONS for figure in _measured(question, smaller, larger, times)]


def _measured(question: str, smaller: Asker, larger: Asker, times: int) -> list[Figure]:
    few, many = f"{smaller.of.events:,} events", f"{larger.of.events:,} events"
    found = in_turns(question, {few: (smaller, smaller.now), many: (larger, larger.now)}, times)
    asked = f"{question}, {many}"
    ours, peer = found[many], found[few]
    figures = [
        _figure(f"{asked}, 99th percentile", ours.worst, {}, LIMITS_MS.get(question)),
        _figure(f"{asked}, median", ours.median, {few: peer.median}, None),
    ]
    if peer.server:
        figures += [
            _figure(f"{asked}, server's processor, 99th percentile", ours.server_worst, {few: peer.server_worst}, None),
            _figure(f"{asked}, server's processor, median", ours.server, {few: peer.server}, None),
        ]
    return figures


def _figure(case: str, ours: float, peers: dict[str, float], limit: float | None) -> Figure:
    return {"bench": "query", "case": case, "ours": ours, "peers": peers, "limit": limit, "unit": "ms"}
