"""Standard input, output and error, as a program finds them when whoever started it had closed some (`2>&-`).

Never here: what is written to them.
"""

from __future__ import annotations

import os
import sys

NUMBERS = range(3)


def hold_standard_files() -> None:
    """Open those that are closed, to nowhere, for this process and those that it starts; before it opens anything else.

    Else the next connection takes the number, and what is printed, here or there, goes into it.
    """
    for number in NUMBERS:
        try:
            os.fstat(number)
        except OSError:
            held = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
            os.set_inheritable(held, True)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
