"""Sealers to be killed: for every line read, a child that stops itself, and once continued seals the register once.

Prints the child's process id when it has stopped, and then how it ended. Arguments: DSN, register, state, keys.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from domain.ledger.sealing.working import Workshop


def main() -> None:
    """One child a line."""
    dsn, register, state, keys = sys.argv[1:]
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            os.kill(os.getpid(), signal.SIGSTOP)
            with Workshop(state=Path(state), keys=Path(keys)).sealer(dsn, register) as sealer:
                sealer.seal()
            os._exit(0)
        os.waitpid(child, os.WUNTRACED)
        _tell(child)
        _, status = os.waitpid(child, 0)
        _tell(os.waitstatus_to_exitcode(status))


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
