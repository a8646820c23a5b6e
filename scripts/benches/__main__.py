"""`scripts/bench NAME [--quick] [--json]`: one module a bench; each measures us beside a peer or a limit in one run.

Never here: the measuring itself, or a test's verdict: benches tell figures, people judge them.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

from rich.console import Console
from rich.table import Table

NAMES = ("append", "as-of", "feed", "import", "live", "load", "query", "rebuild", "start", "verify")
MODULES = {"import": "importing"}  # where a bench's name cannot be a module's
SIZED = ("as-of", "feed", "import", "query", "rebuild", "start")
KEPT = ("as-of", "query", "start")


class Figure(TypedDict):
    """One measured case: `ours`, each of the `peers` and the `limit` are in `unit`; None where there is none."""

    bench: str
    case: str
    ours: float
    peers: dict[str, float]
    limit: float | None
    unit: str


def main(arguments: list[str] | None = None) -> int:
    """Run the bench that is named and print its figures. Exit code 0, or 2 when the name is not known."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--quick", action="store_true", help="under 40 seconds: fewer events, fewer rounds")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--events", type=int, help=f"how many events there are ({', '.join(SIZED)})")
    kept = f"a folder in which the registers that are made stay for the next time ({', '.join(KEPT)})"
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help=kept)
    given = parser.parse_args(arguments)
    if given.events is not None and given.name not in SIZED:
        parser.error(f"--events is for {', '.join(SIZED)}")
    if given.keep is not None and given.name not in KEPT:
        parser.error(f"--keep is for {', '.join(KEPT)}")
    more = {name: value for name in ("events", "keep") if (value := getattr(given, name)) is not None}
    module = importlib.import_module(f"scripts.benches.{MODULES.get(given.name) or given.name.replace('-', '_')}")
    figures: list[Figure] = module.run(given.quick, **more)
    if given.json:
        for figure in figures:
            print(json.dumps(figure))
    else:
        _show(figures)
    return 0


def _show(figures: Iterable[Figure]) -> None:
    console = Console()
    console.print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"
    )
    table = Table("bench", "case", "ours", "peers", "times the peer", "limit", "of the limit", "unit")
    for figure in figures:
        peers, limit = figure["peers"], figure["limit"]
        table.add_row(
            figure["bench"],
            figure["case"],
            _number(figure["ours"]),
            "\n".join(f"{name}: {_number(value)}" for name, value in peers.items()) or "-",
            "\n".join(f"{figure['ours'] / value:.1f}" for value in peers.values()) or "-",
            _number(limit) if limit else "-",
            f"{figure['ours'] / limit:.0%}" if limit else "-",
            figure["unit"],
        )
    console.print(table)


def _number(value: float) -> str:
    """With decimals where it is small: milliseconds, seconds."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


if __name__ == "__main__":
    sys.exit(main())
