"""`jaksokirja evidence`: one episode with the proof of its records, for somebody who need not trust us.

Never here: what stands in a bundle (`api.evidence`), its verification (`verifying`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from api.evidence import Asked, make_bundle
from api.sealing import workshop_of
from api.settings import Settings
from domain.ledger.proof.bundle import BundleManifest
from scripts.commandline import options
from scripts.commandline.history import episode_meant, position_meant
from scripts.commandline.session import book_of, database, register_meant

app = typer.Typer(add_completion=False)


@app.command("evidence")
def evidence(
    episode: Annotated[str, typer.Argument(help="The episode's id, or its legacy row such as J00001.")],
    *,
    into: Annotated[Path, typer.Option("--into", metavar="FILE.zip|DIR", help="What to make: a zip, or a folder.")],
    as_of: options.AsOf = None,
    register: options.RegisterName = None,
    lang: options.Lang = "fi",
    against: Annotated[
        list[int] | None,
        typer.Option("--against", metavar="SIZE", min=1, help="Of a checkpoint that the reader holds; can be many."),
    ] = None,
    with_words: Annotated[
        bool, typer.Option("--with-words", help="Tell what sealed fields say, too, as far as it can be read here.")
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Write an episode's records, their proofs and a readable account into a bundle that is verified without us.

    What sealed fields say stays out, unless it is asked for: whatever leaves the house cannot be destroyed any more.
    """
    language = options.language(lang)
    with database() as dsn:
        name = register_meant(dsn, register)
        with book_of(dsn, name) as book:
            asked = Asked(
                episode=episode_meant(name, episode),
                as_of=position_meant(book, as_of),
                language=language,
                with_words=with_words,
                against=against or (),
                witnesses=[witness.key for witness in workshop_of(Settings.from_environment()).witnesses],
            )
            manifest = make_bundle(book, dsn, asked, into)
    _print(manifest, into, as_json=as_json)


def _print(manifest: BundleManifest, into: Path, *, as_json: bool) -> None:
    records = sum(name.startswith("records/") for name in manifest.files)
    if as_json:
        told = {"origin": manifest.origin, "episode": str(manifest.episode), "as_of": manifest.as_of}
        typer.echo(json.dumps({**told, "size": manifest.size, "records": records, "into": str(into)}))
        return
    typer.echo(f"{records} records of {manifest.origin}, as of position {manifest.as_of}, written to {into}.")
    typer.echo(f"They are proved under the checkpoint of {manifest.size} events. Verify it anywhere:")
    typer.echo(f"  jaksokirja verify {into} --checkpoint FILE --key VKEY")
