"""Who is started with closed standard files writes into none of its own connections."""

import subprocess
import sys

from api.settings import PROJECT

OPENS = """
import socket, subprocess, sys
from {module} import {begin}
{call}
connection = socket.socket()
sys.stderr.write("into the connection?")
sys.stderr.flush()
inherits = subprocess.run([sys.executable, "-c", "import os; [os.fstat(number) for number in range(3)]"])
sys.exit(connection.fileno() < 3 or inherits.returncode)
"""


def closed(program: str, closing: str) -> int:
    """The exit status of the program, started with these of its files closed."""
    command = ["/bin/sh", "-c", f'exec "$0" "$@" {closing}', sys.executable, "-c", program]
    return subprocess.run(command, check=False, cwd=PROJECT, timeout=120).returncode


def test_standard_files_that_were_closed_are_held_for_the_program_and_what_it_starts() -> None:
    held = OPENS.format(module="scripts.standard_files", begin="hold_standard_files", call="hold_standard_files()")
    assert [closed(held, closing) for closing in ("2>&-", "<&- >&- 2>&-")] == [0, 0]
    assert closed(held.replace("\nhold_standard_files()\n", "\n"), "2>&-") != 0


def test_the_command_line_holds_them_before_it_does_anything_else() -> None:
    program = "import sys; sys.argv = ['jaksokirja', '--help']; from scripts.commandline.main import main; main()"
    looks = program.replace("main()", "\ntry: main()\nfinally: import os; [os.fstat(number) for number in range(3)]")
    assert closed(looks, ">&- 2>&-") == 0
