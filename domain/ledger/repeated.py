"""A warning that would come again and again: told at once, then once a minute, with how often it came.

Never here: what is warned of.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

AGAIN_SECONDS = 60.0


class Repeated:
    """Tells by the function given, which takes what is told by names. `clock`: monotonic seconds; only tests set it."""

    def __init__(self, tell: Callable[..., Any], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._clock = clock
        self._times = 0
        self._tell_at: float | None = None

    def met(self, **told: Any) -> None:
        """It came, again perhaps. `times` is how often since it was told last, this one included."""
        self._times += 1
        if self._tell_at is None or self._clock() >= self._tell_at:
            self._tell(**told, times=self._times)
            self._times = 0
            self._tell_at = self._clock() + AGAIN_SECONDS

    def over(self) -> None:
        """It is over: the next one is told at once."""
        self._times = 0
        self._tell_at = None
