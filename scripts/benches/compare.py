"""Whether a bench got worse: the ratios of a run beside those of an earlier one, of which a JSON was kept.

A ratio is ours to a peer, or to a limit that was measured too, turned so that more is better. Times and rates alone
are never compared, since the machine that they were measured on was another one, or did other things beside; nor is a
limit that is a number someone asked for. Never here: measuring, printing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from scripts.benches.__main__ import Figure

FELL = 2 / 3
"""A ratio below this part of the earlier one fell by a third."""
LIMIT = "the limit"
ENVIRONMENT = "environment"
"""The one key of a line that tells what a run ran on, in a file of figures."""

Ratio: TypeAlias = tuple[str, str, str]
"""A bench, its case, and what ours is beside: a peer's name, or `LIMIT`."""


class NothingToCompare(Exception):
    """The file holds no figure that this run has too, or is none that `--json` wrote."""


@dataclass(frozen=True, slots=True)
class Fall:
    """A ratio that fell by a third or more, and what it was."""

    ratio: Ratio
    earlier: float
    now: float

    def __str__(self) -> str:
        bench, case, beside = self.ratio
        lost = 1 - self.now / self.earlier
        return f"{bench}: {case}: {self.now:.2f} times {beside}, it was {self.earlier:.2f}: {lost:.0%} less"


def read(path: Path) -> list[Figure]:
    """The figures that `--json` wrote, one a line, without what they ran on. Raises NothingToCompare, OSError."""
    try:
        lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
        figures = [line for line in lines if not (isinstance(line, dict) and line.keys() == {ENVIRONMENT})]
        names = {"bench", "case", "ours", "peers", "limit", "unit"}
        if figures and all(isinstance(figure, dict) and figure.keys() >= names for figure in figures):
            return figures
    except ValueError:
        pass  # told below: whatever is wrong with it, it is not such a file
    raise NothingToCompare(f"{path} is no file that scripts/bench --json wrote: one figure a line")


def fallen(earlier: Iterable[Figure], now: Iterable[Figure]) -> list[Fall]:
    """Those ratios of both runs that fell by a third. Raises NothingToCompare when they have none in common."""
    before, after = _by_case(earlier), _by_case(now)
    common = [(before[key], after[key]) for key in before if key in after]
    ratios = [(dict(_ratios(old, new)), dict(_ratios(new, old))) for old, new in common]
    pairs = [(ratio, old[ratio], new[ratio]) for old, new in ratios for ratio in old if ratio in new]
    if not pairs:
        raise NothingToCompare("no case beside a peer is in both: were sizes, or --quick, the same?")
    return [Fall(ratio, old, new) for ratio, old, new in pairs if new <= FELL * old]


def _by_case(figures: Iterable[Figure]) -> Mapping[tuple[str, str], Figure]:
    return {(figure["bench"], _case(figure)): figure for figure in figures}


def _case(figure: Figure) -> str:
    """What it tells in brackets was measured too, as memory is, and is no part of its name."""
    return figure["case"].partition(" (")[0]


def _ratios(figure: Figure, other: Figure) -> Iterator[tuple[Ratio, float]]:
    """More is better in each. `other`: the same case of the other run; a limit equal in both was not measured."""
    more_is_better = figure["unit"].startswith("events")
    beside = dict(figure["peers"])
    if figure["limit"] is not None and figure["limit"] != other["limit"]:
        beside[LIMIT] = figure["limit"]
    for name, value in beside.items():
        if value > 0 and figure["ours"] > 0:
            ratio = figure["ours"] / value
            yield (figure["bench"], _case(figure), name), ratio if more_is_better else 1 / ratio
