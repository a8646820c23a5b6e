"""`scripts/bench NAME [--quick] [--json]`: one module a bench; each measures us beside a peer or a limit in one run.

`--compare FILE` judges the ratios of the run by those of an earlier one. Never here: the measuring itself, or a test's
verdict: benches tell figures, people judge them.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import TypedDict

from rich.console import Console
from rich.table import Table

from scripts.benches.compare import ENVIRONMENT, NothingToCompare, fallen, read
from scripts.benches.environment import environment

NAMES = (
    "append",
    "as-of",
    "command",
    "feed",
    "growth",
    "import",
    "live",
    "load",
    "query",
    "rebuild",
    "start",
    "verify",
)
MODULES = {"import": "importing"}  # where a bench's name cannot be a module's
SIZED = ("as-of", "feed", "growth", "import", "query", "rebuild", "start")
KEPT = ("as-of", "growth", "query", "start")
DRAWN = ("growth",)
WIDE = 160
"""Columns of the table where no terminal says how many it has."""


class Figure(TypedDict):
    """One measured case: `ours`, each of the `peers` and the `limit` are in `unit`; None where there is none."""

    bench: str
    case: str
    ours: float
    peers: dict[str, float]
    limit: float | None
    unit: str


def main(arguments: list[str] | None = None) -> int:
    """Run the bench that is named and print its figures.

    Exit code 0; 1 when a ratio fell by a third since the file to compare with; 2 when something asked for is not known.
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.name is None and given.compare is None:
        parser.error(f"name a bench ({', '.join(NAMES)}), or a file to compare with")
    for option, of in (("events", SIZED), ("keep", KEPT), ("chart", DRAWN)):
        if getattr(given, option) is not None and given.name not in of:
            parser.error(f"--{option} is for {', '.join(of)}")
    try:
        earlier = read(given.compare) if given.compare else []
    except (NothingToCompare, OSError) as fault:
        parser.error(f"--compare: {fault}")
    names = [given.name] if given.name else sorted({figure["bench"] for figure in earlier})
    ran_on = environment()
    figures = [figure for name in names for figure in _run(name, given)]
    if given.json:
        for line in ({ENVIRONMENT: ran_on}, *figures):
            print(json.dumps(line))
    else:
        _show(figures, ran_on)
    try:
        falls = fallen([figure for figure in earlier if figure["bench"] in names], figures) if earlier else []
    except NothingToCompare as fault:
        parser.error(f"--compare: {fault}")
    for fall in falls:
        print(fall, file=sys.stderr)
    return 1 if falls else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=NAMES)
    parser.add_argument("--quick", action="store_true", help="under 40 seconds: fewer events, fewer rounds")
    parser.add_argument("--json", action="store_true", help="one JSON object a line: what it ran on, then each figure")
    parser.add_argument("--events", type=int, help=f"how many events there are ({', '.join(SIZED)})")
    kept = f"a folder in which the registers that are made stay for the next time ({', '.join(KEPT)})"
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help=kept)
    parser.add_argument("--chart", type=Path, metavar="FILE", help=f"a PNG to draw ({', '.join(DRAWN)})")
    compared = "what --json printed earlier: a ratio to a peer that fell by a third fails; without a name, all it has"
    parser.add_argument("--compare", type=Path, metavar="FILE", help=compared)
    return parser


def bench(name: str) -> ModuleType:
    """The module of the bench: its `run(quick, …)` measures."""
    return importlib.import_module(f"scripts.benches.{MODULES.get(name, name.replace('-', '_'))}")


def _run(name: str, given: argparse.Namespace) -> list[Figure]:
    more = {option: value for option in ("events", "keep", "chart") if (value := getattr(given, option)) is not None}
    figures: list[Figure] = bench(name).run(given.quick, **more)
    return figures


def _show(figures: Iterable[Figure], ran_on: Mapping[str, object]) -> None:
    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDE
    console.print(", ".join(f"{name} {value}" for name, value in ran_on.items()), highlight=False)
    table = Table("bench", "case", "ours", "peers", "times the peer", "limit", "of the limit", "unit")
    for figure in figures:
        peers, limit = figure["peers"], figure["limit"]
        table.add_row(
            figure["bench"],
            figure["case"],
            _number(figure["ours"]),
            "\n".join(f"{name}: {_number(value)}" for name, value in peers.items()) or "-",
            "\n".join(_times(figure["ours"] / value) for value in peers.values()) or "-",
            _number(limit) if limit else "-",
            f"{figure['ours'] / limit:.0%}" if limit else "-",
            figure["unit"],
        )
    console.print(table)


def _number(value: float) -> str:
    """With decimals where it is small: milliseconds, seconds."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _times(value: float) -> str:
    """With two decimals below one: a time is a fraction of the peer's."""
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


if __name__ == "__main__":
    sys.exit(main())
