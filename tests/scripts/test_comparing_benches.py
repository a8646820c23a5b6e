"""Given an earlier run of a bench and this one, then these ratios fell: figures made up, nothing is measured."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts.benches.__main__ import NAMES, Figure, bench, main
from scripts.benches.compare import NothingToCompare, fallen, read


def figure(
    ours: float,
    *,
    peer: float = 100.0,
    limit: float | None = None,
    bench: str = "append",
    case: str = "16 writers",
    unit: str = "events/s",
) -> Figure:
    return {"bench": bench, "case": case, "ours": ours, "peers": {"stock": peer}, "limit": limit, "unit": unit}


def test_a_ratio_that_fell_by_a_third_is_named_with_what_it_was_and_is() -> None:
    (fall,) = fallen([figure(1200.0)], [figure(800.0)])
    assert (fall.ratio, fall.earlier, fall.now) == (("append", "16 writers", "stock"), 12.0, 8.0)
    assert str(fall) == "append: 16 writers: 8.00 times stock, it was 12.00: 33% less"


def test_a_ratio_that_fell_by_less_passes() -> None:
    assert fallen([figure(1200.0)], [figure(801.0)]) == []


def test_what_a_case_tells_in_brackets_is_no_part_of_its_name() -> None:
    earlier, now = figure(1200.0, case="batches of 10 (59 MiB)"), figure(700.0, case="batches of 10 (61 MiB)")
    assert len(fallen([earlier], [now])) == 1


def test_a_slower_machine_that_slows_the_peer_too_is_no_fall() -> None:
    assert fallen([figure(1200.0)], [figure(120.0, peer=10.0)]) == []


def test_of_times_less_is_better() -> None:
    earlier, slower = figure(10.0, unit="ms"), figure(15.1, unit="ms")
    assert len(fallen([earlier], [slower])) == 1
    assert fallen([slower], [earlier]) == []


def test_a_measured_limit_is_compared_and_one_that_was_asked_for_is_not() -> None:
    assert [fall.ratio[2] for fall in fallen([figure(80.0, limit=100.0)], [figure(80.0, limit=200.0)])] == ["the limit"]
    assert fallen([figure(80.0, limit=10.0)], [figure(79.0, limit=10.0)]) == []


def test_runs_without_a_case_in_common_are_told_and_do_not_pass() -> None:
    with pytest.raises(NothingToCompare, match="--quick"):
        fallen([figure(1.0)], [figure(1.0, case="1 writer")])


def test_a_file_that_no_bench_wrote_is_refused(tmp_path: Path) -> None:
    for content in ("", '{"environment": {}}', "no json", '{"bench": "append"}', "[1]"):
        (tmp_path / "figures").write_text(content)
        with pytest.raises(NothingToCompare, match="one figure a line"):
            read(tmp_path / "figures")


@pytest.fixture
def earlier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of two benches that ran at 1200 of 100, and benches that now measure less of the second."""
    now = {"append": 1150.0, "load": 300.0}

    def measuring(module: str) -> SimpleNamespace:
        name = module.rpartition(".")[2]
        return SimpleNamespace(run=lambda _quick: [figure(now[name], bench=name)])

    monkeypatch.setattr(importlib, "import_module", measuring)
    path = tmp_path / "earlier.json"
    lines = [{"environment": {"cores": 2}}, *(figure(1200.0, bench=name) for name in now)]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def test_a_bench_that_fell_fails_and_says_so(earlier: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["load", "--compare", str(earlier)]) == 1
    assert "load: 16 writers: 3.00 times stock, it was 12.00: 75% less" in capsys.readouterr().err


def test_a_bench_that_held_passes(earlier: Path) -> None:
    assert main(["append", "--compare", str(earlier)]) == 0


def test_without_a_name_every_bench_of_the_file_runs(earlier: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--compare", str(earlier), "--json"]) == 1
    told = capsys.readouterr()
    _, *figures = map(json.loads, told.out.splitlines())
    assert [figure["bench"] for figure in figures] == ["append", "load"]
    assert "append" not in told.err


def test_what_a_run_prints_tells_its_machine_first_and_can_be_compared_with(
    earlier: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["append", "--compare", str(earlier), "--json"]) == 0
    printed = capsys.readouterr().out
    ran_on = json.loads(printed.splitlines()[0])["environment"]
    assert ran_on["cores"] >= 1
    assert ran_on.keys() >= {"on", "processor", "load", "python", "postgresql"}
    (tmp_path / "printed.json").write_text(printed)
    assert read(tmp_path / "printed.json") == [figure(1150.0, bench="append")]
    assert main(["append"]) == 0
    assert "cores" in capsys.readouterr().out


def test_without_a_name_and_a_file_there_is_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2
    assert "name a bench" in capsys.readouterr().err


def test_what_cannot_be_compared_is_told_with_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["append", "--compare", str(tmp_path / "nowhere")])
    assert stopped.value.code == 2
    assert "nowhere" in capsys.readouterr().err


@pytest.mark.parametrize("name", NAMES)
def test_every_bench_that_can_be_named_has_a_module_to_run(name: str) -> None:
    assert callable(bench(name).run)
