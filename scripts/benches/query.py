"""How long everyday questions take, now, in a register and in one ten times as large, asked in turns.

The 99th percentile stands beside its limit where there is one; medians and the server's processor time stand beside
those of the smaller register, so that "times the peer" is the growth. `--events`: the larger one's size.
Never here: questions as of then (as_of.py), figures over a whole register, which grow with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from projections.queries import reading
from scripts.benches.asking import LIMITS_MS, QUESTIONS, Asker, in_turns
from scripts.benches.grown import grown

if TYPE_CHECKING:
    from scripts.benches.__main__ import Figure

SIZES, QUICK_SIZES = (100_000, 1_000_000), (2_000, 10_000)
TIMES, QUICK_TIMES = 300, 30


def run(quick: bool, events: int | None = None, keep: Path | None = None) -> list[Figure]:
    """Figures in milliseconds."""
    small, large = QUICK_SIZES if quick else SIZES
    if events is not None:
        small, large = events // 10, events
    with grown((small, large), keep) as (dsn, (few, many)), reading(dsn, few) as in_few, reading(dsn, many) as in_many:
        smaller, larger = Asker(in_few, small), Asker(in_many, large)
        times = QUICK_TIMES if quick else TIMES
        return [figure for question in QUESTIONS for figure in _measured(question, smaller, larger, times)]


def _measured(question: str, smaller: Asker, larger: Asker, times: int) -> list[Figure]:
    few, many = f"{smaller.events:,} events", f"{larger.events:,} events"
    found = in_turns(question, {few: (smaller, smaller.now), many: (larger, larger.now)}, times)
    asked = f"{question}, {found[many].rows / times:.0f} rows"
    limit = LIMITS_MS.get(question)
    figures = [
        _figure(f"{asked}, {many}, 99th percentile", found[many].worst, {}, limit),
        _figure(f"{asked}, {many}, median", found[many].median, {few: found[few].median}, None),
    ]
    if found[few].server:
        server = _figure(f"{asked}, {many}, server's processor", found[many].server, {few: found[few].server}, None)
        figures.append(server)
    return figures


def _figure(case: str, ours: float, peers: dict[str, float], limit: float | None) -> Figure:
    return {"bench": "query", "case": case, "ours": ours, "peers": peers, "limit": limit, "unit": "ms"}
