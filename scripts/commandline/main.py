"""The entry point of `jaksokirja`: the list of commands, each read only when it is run, and what a fault comes to.

Never here: what a command does; imports that take time, so that `--help` is there at once.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from scripts.standard_files import hold_standard_files

COMMANDS: dict[str, tuple[str, str]] = {
    "serve": ("serve", "Serve the API until Ctrl-C, keep the projections up to date, and seal the registers."),
    "seal": ("seal", "Seal a register: sign checkpoints of its log, or tell how that stands."),
    "keys": ("keys", "Keys that sign a register's log: make, list, sign a restore."),
    "witness": ("witness", "Run a witness, which cosigns what extends what it saw last of a log."),
    "token": ("token", "Make a bearer token for the API, signed with this machine's development key."),
    "import": ("importing", "Import another system's export: legacy."),
    "caseload": ("caseload", "Open episodes, by worker, area, unit or service."),
    "visits": ("visits", "Meetings held, cancelled and missed, and their minutes."),
    "duties": ("duties", "Duties: met, open, late."),
    "owed": ("owed", "What is still to be done, one by one: by a worker, in a unit or an area."),
    "deviations": ("deviations", "Deviations from the rules of the service models."),
    "contacts": ("contacts", "Contacts and how long they waited for an answer."),
    "decisions": ("decisions", "Decisions: granted, refused, extensions, exceptions, moves, ends."),
    "referrals": ("referrals", "Referrals by source, and how long they waited for a decision."),
    "commitments": ("commitments", "Payment commitments: committed and used, by cost centre."),
    "feedback": ("feedback", "Feedback and what became of it; scores over time."),
    "outcomes": ("outcomes", "Closed episodes by reason, moves to heavier and lighter services, returns."),
    "report": ("report", "The figures that are published: early-support; quality, audits."),
    "audits": ("drawing", "Audits: list; draw the sample of one from its population as known at a position."),
    "history": ("history", "Tell one episode as a trail, struck and corrected entries visible as such."),
    "clock": ("clock", "Open the duties of every period that has begun, where no entry did."),
    "replay": ("replay", "A register as known then, in a schema of its own; or judged by another model version."),
    "diff": ("diff", "What changed in any figure between two moments, and which events changed it."),
    "rebuild": ("rebuild", "Rebuild the projections beside the live ones, compare, and swap."),
    "export": ("exporting", "Write a whole register as files, to be kept and verified elsewhere."),
    "verify": ("verifying", "Verify an export, a bundle or a register against checkpoints that you kept."),
    "evidence": ("evidence", "Write one episode's records, their proofs and an account into a bundle for auditors."),
    "catalogue": ("catalogue", "Service models: list, show, check a file, publish to a register."),
    "client": ("client", "Find a client by identity code."),
    "destroy": ("destroy", "Destroy what is known of a client: request, approve, carry-out, status, certificate."),
    "restrict": ("restrict", "Have what a struck entry told of a wrong client read by the few alone; read it."),
    "purge": ("purge", "List evidence bundles that tell what was destroyed or restricted, to be destroyed by hand."),
    "registers": ("registers", "List the registers and where they stand."),
    "migrate": ("migrate", "Create registers, or bring their schema up to date."),
}
"""Each command: the module of this package that has it as `app`, and what it does."""


class Commands(TyperGroup):
    """The commands by name. Listing them reads none of their modules.

    The types of contexts and commands are typer's own and not public, hence Any.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of the table above."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """What the help shows of a command: its name and its sentence."""
        if cmd_name not in COMMANDS:
            return None
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name][1])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command itself, read now."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and command.name in COMMANDS:
            module = import_module(f"scripts.commandline.{COMMANDS[command.name][0]}")
            command = typer.main.get_command(module.app)
            command.name = name
        return name, command, rest

    def invoke(self, ctx: Any) -> Any:
        """Run it. What can be expected to go wrong is one clear line on standard error."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except Exception as error:
            fault = import_module("scripts.commandline.faults").told(error)
            if fault is None:
                raise
            typer.echo(f"jaksokirja: {fault.message} [{fault.code}]", err=True)
            raise typer.Exit(fault.exit_status) from None


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Jaksokirja: a service-episode ledger in which every figure is explained by its events.",
)


@app.callback()
def jaksokirja() -> None:
    """Jaksokirja: a service-episode ledger in which every figure is explained by its events."""


def main() -> None:
    """Run the command line. What is logged meanwhile goes to standard error: standard output is the answer's alone."""
    hold_standard_files()
    if COMMANDS.keys() & set(sys.argv[1:]):
        _log_to_standard_error()
    app()


def _log_to_standard_error() -> None:
    settings, logging = import_module("api.settings"), import_module("api.logging")
    try:
        given = settings.Settings.from_environment()
    except settings.BadSetting:  # the command tells it, if it asks for settings at all
        given = settings.Settings()
    logging.configure_logging(given)
