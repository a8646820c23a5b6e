"""What the everyday questions cost as of random past moments, beside the same questions now, asked in turns.

A past moment is a position and the day that it was then. "Times the peer" is how much more the past costs; the limit is
of the 99th percentile. Never here: how it grows (query.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from projections.queries import reading
from scripts.benches.asking import LIMITS_MS, QUESTIONS, Asker, in_turns
from scripts.benches.grown import grown
from scripts.benches.query import QUICK_SIZES, QUICK_TIMES, SIZES, TIMES

if TYPE_CHECKING:
    from scripts.benches.__main__ import Figure


def run(quick: bool, events: int | None = None, keep: Path | None = None) -> list[Figure]:
    """Figures in milliseconds."""
    size = events or max(QUICK_SIZES if quick else SIZES)
    times = QUICK_TIMES if quick else TIMES
    with grown((size,), keep) as (dsn, (name,)), reading(dsn, name) as now, reading(dsn, name) as then:
        askers = Asker(now, size), Asker(then, size)
        return [figure for question in QUESTIONS for figure in _measured(question, *askers, times)]


def _measured(question: str, now: Asker, then: Asker, times: int) -> list[Figure]:
    found = in_turns(question, {"now": (now, now.now), "then": (then, then.past)}, times)
    size = f"{now.events:,} events"
    asked = (
        f"{question} as of then, {found['then'].rows / times:.0f} rows ({found['now'].rows / times:.0f} now), {size}"
    )
    figures = [
        _figure(f"{asked}, 99th percentile", found["then"].worst, {}, LIMITS_MS.get(question)),
        _figure(f"{asked}, median", found["then"].median, {"now": found["now"].median}, None),
    ]
    if found["now"].server:
        server = _figure(f"{asked}, server's processor", found["then"].server, {"now": found["now"].server}, None)
        figures.append(server)
    return figures


def _figure(case: str, ours: float, peers: dict[str, float], limit: float | None) -> Figure:
    return {"bench": "as-of", "case": case, "ours": ours, "peers": peers, "limit": limit, "unit": "ms"}
