"""The sealer killed at every call to the file system leaves a state from which it goes on."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from domain.ledger.proof.checkpoint import Checkpoint, open_checkpoint
from domain.ledger.sealing import files
from domain.ledger.sealing.files import FolderBusy, held, read_whole, write_whole
from domain.ledger.sealing.keyfiles import keys_in
from domain.ledger.sealing.refusals import SealerBusy
from domain.ledger.sealing.state import load_state
from tests.ledger.sealing.house import House

CALLS = ("open", "write", "fsync", "close", "rename")


class Killed(BaseException):
    """The process died here."""


class Mortal:
    """The os module, which dies at its nth call to the file system, before the call or right after it."""

    def __init__(self, dies_at: int, *, after: bool) -> None:
        self.calls: list[str] = []
        self._dies_at, self._after = dies_at, after

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in CALLS:
            return real

        def call(*arguments: Any) -> Any:
            if name == "close":  # the kernel closes what a dying process leaves open
                real(*arguments)
            self.calls.append(name)
            dies = len(self.calls) == self._dies_at
            if dies and not self._after:
                raise Killed
            result = real(*arguments) if name != "close" else None
            if dies:
                raise Killed
            return result

        return call


def check_goes_on(house: House, sealed: Checkpoint | None) -> None:
    """That the next sealer signs on, and nothing that was signed contradicts the stored records."""
    state = load_state(house.folder)
    assert state is None or sealed is None or state.size >= sealed.size
    house.write()
    checkpoint = seal_when_free(house)
    assert checkpoint is not None
    assert checkpoint.size == house.size()
    keys = keys_in(house.workshop.keys)
    seen = [open_checkpoint(note, keys).checkpoint for note in house.notes()]
    assert [each.root for each in seen] == [house.true_root(each.size) for each in seen]
    assert seen[-1] == checkpoint


def seal_when_free(house: House) -> Checkpoint | None:
    """The next sealer's round: the database lets go of a killed sealer's lock when it notices, which is soon."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return house.seal()
        except SealerBusy:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_wherever_it_dies_by_a_fault_of_the_file_layer_it_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    sealed, died = house.seal(), 0
    for number in range(1, 100):
        house.write()
        mortal = Mortal(number, after=after)
        with monkeypatch.context() as patched:
            patched.setattr(files, "os", mortal)
            try:
                house.seal()
            except Killed:
                died += 1
        check_goes_on(house, sealed)
        if len(mortal.calls) < number:
            break
    assert died == number - 1
    assert died >= 8, "open, write, fsync, close, rename, and the folder's open, fsync, close"


def test_what_is_written_whole_is_on_the_disk_before_it_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mortal = Mortal(0, after=False)
    monkeypatch.setattr(files, "os", mortal)
    write_whole(tmp_path / "file", b"words")
    assert mortal.calls == ["open", "write", "fsync", "close", "rename", "open", "fsync", "close"]
    assert read_whole(tmp_path / "file") == b"words"


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed; the faults above stand in for it")
def test_wherever_it_is_killed_by_a_signal_it_goes_on(house: House, tmp_path: Path) -> None:
    sealed = house.seal()
    with sealers(house) as helper:
        house.write()
        assert run(helper, house, tmp_path / "log") == 0
        calls = re.findall(r"^\d+ +(\w+)\(", (tmp_path / "log").read_text(), re.MULTILINE)
        assert {"openat", "write", "fsync", "rename", "flock", "close"} <= set(calls)
        seen: Counter[str] = Counter()
        for call in calls:
            seen[call] += 1
            house.write()
            assert run(helper, house, tmp_path / "log", kill=(call, seen[call])) == -signal.SIGKILL, (call, seen[call])
            check_goes_on(house, sealed)
    assert len(calls) >= 15


@contextmanager
def sealers(house: House) -> Iterator[subprocess.Popen[str]]:
    """A process that makes a sealer for every line it is sent."""
    words = (house.dsn, house.register, str(house.workshop.state), str(house.workshop.keys))
    command = [sys.executable, "-m", "tests.ledger.sealing.seal_once", *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as helper:
        yield helper
        helper.communicate(timeout=60)
    assert helper.returncode == 0


def run(helper: subprocess.Popen[str], house: House, log: Path, kill: tuple[str, int] | None = None) -> int:
    """Seal once under strace, killed at the nth call of that name on the sealer's files; how it ended."""
    assert helper.stdin is not None
    assert helper.stdout is not None
    helper.stdin.write("seal\n")
    helper.stdin.flush()
    process_id = int(helper.stdout.readline())
    places = (
        house.folder,
        *(house.folder / name for name in ("lock", "state.json", ".state.json.new", "refusal.json")),
    )
    paths = [word for place in places for word in ("-P", str(place))]
    inject = [] if kill is None else ["-e", f"inject={kill[0]}:signal=KILL:when={kill[1]}"]
    command = ["strace", "-f", "-o", str(log), *paths, "-e", "trace=%file,%desc", *inject, "-p", str(process_id)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        assert "attached" in tracer.stderr.readline()
        os.kill(process_id, signal.SIGCONT)
        ended = int(helper.stdout.readline())
        tracer.communicate(timeout=60)
    return ended


def test_a_folder_is_held_by_one_and_let_go_when_its_holder_dies(tmp_path: Path) -> None:
    program = "import sys, time; from pathlib import Path; from domain.ledger.sealing.files import held\n"
    program += "with held(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(FolderBusy), held(tmp_path):
            pass
        holder.kill()
    with held(tmp_path):
        pass
