"""`jaksokirja import legacy`: an export read and recorded, and the report of it.

Never here: how rows are read. The report names rows by file, line and id, and says nothing that stands in them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from scripts.commandline import options
from scripts.commandline.faults import CommandFault
from scripts.commandline.progress import bar
from scripts.commandline.session import book_of, database, register_to_fill
from scripts.commandline.tables import Column, console, show
from scripts.legacy.files import read_export
from scripts.legacy.importing import import_export
from scripts.legacy.report import Report

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def importing() -> None:
    """Import another system's export."""


@app.command()
def legacy(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder with the seven CSV files.")],
    register: options.RegisterName = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE.json", help="Write the report here too.")] = None,
) -> None:
    """Import the legacy client system's export; running it again records nothing twice."""
    if report is not None and not report.parent.is_dir():
        raise CommandFault(f"--report: there is no folder {report.parent}.", "bad_report_file")
    read_export(folder)  # a folder that is no export is told of before a database is started
    with database() as dsn:
        name = register_to_fill(dsn, register)
        with book_of(dsn, name) as book, bar("Importing", "steps") as progress:
            came_to = import_export(folder, book, progress)
    if report is not None:
        report.write_text(json.dumps(came_to.as_json(), ensure_ascii=False, indent=2) + "\n", "utf-8")
    print_report(came_to, console())


def print_report(report: Report, to: Console) -> None:
    """The refused rows, then the totals by file."""
    if report.refused:
        rows = [(row.file, row.line, row.row_id, row.fault.value, row.message) for row in report.refused]
        columns = [Column("File"), Column("Line", number=True), Column("Row"), Column("Fault"), Column("What is wrong")]
        show(to, "Refused rows", columns, rows)
    names = ("rows_read", "rows_recorded", "rows_recorded_earlier", "rows_refused", "facts_recorded")
    headers = ("Rows read", "Recorded", "Recorded earlier", "Refused", "Facts recorded", "Duties, deviations")
    columns = [Column("File"), *(Column(header, number=True) for header in headers)]
    tallies = [*report.by_file.items(), ("Together", report.totals)]
    figures = [(file, *(getattr(tally, name) for name in names), tally.conclusions_recorded) for file, tally in tallies]
    show(to, f"Import into {report.register}", columns, figures, last_is_sum=True)
    if report.opening_facts:
        to.print(f"Recorded besides, to open the register: {report.opening_facts} facts.")
