"""How much memory of their own processes take while something runs: ours, those that it starts, and the server's.

Of their own: what is shared with others, the server's buffers above all, is not counted. Linux tells it; elsewhere
nothing is told. Never here: what runs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

_EVERY_SECONDS = 0.1
OURS, STARTED, SERVER = "this process", "a process it starts", "a process of the server"


def peaks_mb(work: Callable[[], object], backend_pid: int) -> dict[str, float]:
    """The most that any process of each kind had while the work ran, in megabytes; empty where nothing is told.

    `backend_pid`: a process of the server, whose siblings are the others.
    """
    found: dict[str, float] = {}
    done = Event()
    watch = Thread(target=_watch, args=(found, _parent(backend_pid), done), daemon=True)
    watch.start()
    try:
        work()
    finally:
        done.set()
        watch.join()
    return found


def _watch(found: dict[str, float], server: int | None, done: Event) -> None:
    us = os.getpid()
    while not done.wait(_EVERY_SECONDS):
        parents = {pid: parent for pid in _processes() if (parent := _parent(pid)) is not None}
        for pid, parent in parents.items():
            kind = OURS if pid == us else STARTED if us in _ancestors(pid, parents) else SERVER
            if kind is not SERVER or parent == server:
                found[kind] = max(found.get(kind, 0.0), _own_mb(pid))


def _ancestors(pid: int, parents: dict[int, int]) -> Iterator[int]:
    while pid in parents:
        pid = parents[pid]
        yield pid


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def _parent(pid: int) -> int | None:
    """None when it has ended meanwhile, or the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return None


def _own_mb(pid: int) -> float:
    """Zero when it has ended meanwhile."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) / 1024
