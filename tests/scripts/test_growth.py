"""That the growth bench tells memory and draws what it was given; what it measures is for people to judge."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from scripts.benches.__main__ import main
from scripts.benches.chart import draw, specification
from scripts.benches.memory import OURS, SERVER, STARTED, peaks_mb

MEASURED = Path("/proc/self/status").exists()


def test_a_chart_has_a_point_for_each_size_times_what_the_smallest_costs(tmp_path: Path) -> None:
    costs = {"append": {1_000: 2.0, 10_000: 3.0}, "rebuild": {10_000: 5.0, 1_000: 10.0}}
    values = specification(costs)["data"]["values"]
    assert [(value["what"], value["events"], value["times"]) for value in values] == [
        ("append", 1_000, 1.0),
        ("append", 10_000, 1.5),
        ("rebuild", 10_000, 0.5),
        ("rebuild", 1_000, 1.0),
    ]
    draw(costs, tmp_path / "chart.png")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(not MEASURED, reason="only Linux tells what memory a process has of its own")
def test_memory_that_is_taken_while_something_runs_is_told_by_the_kind_of_process() -> None:
    def work() -> None:
        bytearray(200_000_000).find(b"x")
        child = os.posix_spawn("/bin/sleep", ["sleep", "0.5"], os.environ)
        os.waitpid(child, 0)

    quiet, loud = peaks_mb(lambda: time.sleep(0.3), os.getpid()), peaks_mb(work, os.getpid())
    assert min(loud[OURS], quiet[OURS]) > 10
    assert loud[STARTED] > 0  # as much as ours, when it is looked at before it has become another program
    assert loud.keys() == quiet.keys() | {STARTED} == {OURS, STARTED} | (loud.keys() & {SERVER})


def test_a_chart_is_drawn_by_the_bench_that_has_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["load", "--chart", "there.png"])
    assert stopped.value.code == 2
    assert "growth" in capsys.readouterr().err
