"""A process that starts a companion and then does nothing, for tests of what becomes of the companion when it dies."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from api.companion import Companion, Told
from api.settings import Settings

PARENT = """
import sys, time
from api.companion import Told
from {module} import {name}
told = Told.model_validate_json(sys.stdin.readline())
with {name}(told.settings, told.dsn) as companion:
    print(companion.pid, flush=True)
    time.sleep(600)
"""


@contextmanager
def orphaned(kind: type[Companion], settings: Settings, dsn: str) -> Iterator[int]:
    """The process id of a companion of another process, which is killed when this ends."""
    program = PARENT.format(module=kind.module, name=kind.__name__)
    with (settings.data / "log").open("a") as log:
        command = [sys.executable, "-c", program]
        parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
    assert parent.stdin is not None
    assert parent.stdout is not None
    try:
        parent.stdin.write(Told(dsn=dsn, settings=settings).model_dump_json() + "\n")
        parent.stdin.flush()
        yield int(parent.stdout.readline())
    finally:
        parent.kill()
        parent.communicate()
