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
    with grown((size,), keep) as (dsn, (one,)), reading(dsn, one.register) as now, reading(dsn, one.register) as then:
        askers = Asker(now, one), Asker(then, one)
        return [figure for question in QUESTIONS for figure in _measured(question, *askers, times)]


def _measured(question: str, now: Asker, then: Asker, times: int) -> list[Figure]:
    found = in_turns(question, {"now": (now, now.now), "then": (then, then.past)}, times)
    asked = f"{question} as of then, {now.of.events:,} events"
    past, present = found["then"], found["now"]
    figures = [
        _figure(f"{asked}, 99th percentile", past.worst, {}, LIMITS_MS.get(question)),
        _figure(f"{asked}, median", past.median, {"now": present.median}, None),
    ]
    if present.server:
        figures += [
            _figure(f"{asked}, server's processor, 99th percentile", past.server_worst, {}, None),
            _figure(f"{asked}, server's processor, median", past.server, {"now": present.server}, None),
        ]
    return figures


def _figure(case: str, ours: float, peers: dict[str, float], limit: float | None) -> Figure:
    return {"bench": "as-of", "case": case, "ours": ours, "peers": peers, "limit": limit, "unit": "ms"}
