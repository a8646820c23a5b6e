"""When a follower looks for the next batch: soon, but as seldom as its share of the processor asks for.

What a batch costs hardly depends on its events, so that under a steady flow rarer batches are cheaper, and later. How
far apart they are follows from what they cost on the machine of the day. Must never hold: what a batch is.
"""

from __future__ import annotations

import time
from collections.abc import Callable

POLL_SECONDS = 0.003
"""How soon it is asked again when there was nothing, while something came of late."""
IDLE_SECONDS = 1.0
IDLE_POLL_SECONDS = 0.01
"""And when nothing has come for so long: asking costs a tenth of a millisecond, of every register that is followed."""
PROCESSOR_SHARE = 0.18
"""The part of a core that following may take while batches are small."""
FARTHEST_SECONDS = 0.025
"""How far apart batches may begin for the sake of that share: a flood of events is not held up by it."""

Clock = Callable[[], float]


class Pace:
    """Of one follower. `clock` and `processor` tell seconds: those that passed, and those that its thread worked."""

    def __init__(self, clock: Clock = time.monotonic, processor: Clock = time.thread_time) -> None:
        self._clock, self._processor = clock, processor
        self._began = self._last = clock()
        self._spent = processor()

    def begin(self) -> None:
        """A look for a batch begins."""
        self._began, self._spent = self._clock(), self._processor()

    def rest_seconds(self, *, taken: bool) -> float:
        """How long to wait until the next look. `taken`: there was something, and it was taken in."""
        now = self._clock()
        if not taken:
            return POLL_SECONDS if now - self._last < IDLE_SECONDS else IDLE_POLL_SECONDS
        self._last = now
        apart = min(FARTHEST_SECONDS, (self._processor() - self._spent) / PROCESSOR_SHARE)
        return max(0.0, self._began + apart - now)
