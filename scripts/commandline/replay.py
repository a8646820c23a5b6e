"""`jaksokirja replay`: a register as it was known then, in a schema of its own; or judged by another model version.

`--to … --into …` rebuilds every projection as of a moment (see replay_into). `--under` tells which episodes another
version of their service would have judged otherwise, and by which rule: it reads the ledger only, no projection, and
writes nothing. A service that succeeds another judges only those of its episodes that had asked for it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, cast
from uuid import UUID

import typer

from domain.catalogue.loader import load_catalogue
from domain.catalogue.model import ServiceModel
from domain.episode.facts import DecisionMade
from domain.episode.state import EpisodeState
from domain.fact import StreamKind
from domain.ledger.book import Book
from domain.rules.what_if import Difference, Footing, concerns, footing, what_if
from scripts.commandline import options
from scripts.commandline.faults import CommandFault
from scripts.commandline.labels import label
from scripts.commandline.progress import bar
from scripts.commandline.replay_into import drop_replayed, replay_to
from scripts.commandline.session import book_of, database, register_meant
from scripts.commandline.tables import Cell, Column, console, show
from scripts.legacy.acts import ASKED_FOR

app = typer.Typer(add_completion=False)
BATCH = 5_000
DECISION = DecisionMade.stored_name()
COLUMNS = ("episode", "judged_by", "rule", "strength", "kind", "change", "entry", "measured", "limit")
LEFT_OUT = (Footing.ASKED_FOR_ANOTHER, Footing.NOT_COMPARABLE)
NUMBERS = frozenset({"entry", "measured", "limit"})


@dataclass(frozen=True, slots=True)
class Replayed:
    """An episode, the version that it is judged by, and what the other would have made otherwise, if it was judged."""

    episode_id: UUID
    judged_by: str
    differences: tuple[Difference, ...] = ()
    footing: Footing = Footing.JUDGED


@app.command()
def replay(
    *,
    to: Annotated[
        str | None, typer.Option("--to", metavar="POSITION|TIME", help="Rebuild every projection as known then …")
    ] = None,
    into: Annotated[str | None, typer.Option("--into", metavar="SCHEMA", help="… into this schema, made anew.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Drop an earlier replay in the schema first.")] = False,
    drop: Annotated[str | None, typer.Option("--drop", metavar="SCHEMA", help="Drop a replay.")] = None,
    under: Annotated[
        str | None,
        typer.Option("--under", metavar="SERVICE.VERSION", help="Judge every episode by another version: K2.1."),
    ] = None,
    judge_all: Annotated[
        bool, typer.Option("--all", help="With --under: judge whatever service was asked for.")
    ] = False,
    register: options.RegisterName = None,
    as_json: options.AsJson = False,
    lang: options.Lang = "fi",
) -> None:
    """Replay a register: --to … --into … as it was known then, in a schema of its own that readers can ask with SQL;
    --drop drops one. Or --under another version of a service model: which episodes would have been judged otherwise,
    and by which rule; that writes nothing. A service that succeeds another judges those who had asked for it; --all."""
    options.language(lang)
    match (to, into, drop, under):
        case (str(), str(), None, None) if not judge_all:
            replay_to(to, into, register, replace=replace, as_json=as_json, lang=lang)
        case (None, None, str(), None) if not (replace or judge_all):
            drop_replayed(drop, as_json=as_json, lang=lang)
        case (None, None, None, str()) if not replace:
            _replay_under(under, register, judge_all=judge_all, as_json=as_json, lang=lang)
        case _:
            message = "Give --to POSITION|TIME with --into SCHEMA (and --replace), or --drop SCHEMA,"
            message += " or --under K2.1 (and --all)."
            raise CommandFault(message, "bad_options")


def _replay_under(under: str, register: str | None, *, judge_all: bool, as_json: bool, lang: str) -> None:
    with database() as dsn:
        name = register_meant(dsn, register)
        with book_of(dsn, name) as book:
            model, head = model_meant(book, under), book.ledger.head()[0]
            replayed = list(replay_under(book, model, head, judge_all=judge_all))
    if as_json:
        typer.echo(json.dumps(_as_json(name, model, head, replayed), ensure_ascii=False, indent=2, default=str))
    else:
        _print(model, head, replayed, lang)


def model_meant(book: Book, named: str) -> ServiceModel:
    """The version that is named: as published in the register, else as the catalogue has it. Raises CommandFault."""
    found = re.fullmatch(r"([A-Z][0-9]+[a-z]?)\.([0-9]{1,6})", named)
    if found is None:
        raise CommandFault(f"--under: {named} is no version; write SERVICE.VERSION, such as K2.1.", "bad_version")
    wanted = (found[1], int(found[2]))
    known = _versions(book)
    if wanted not in known:
        there = ", ".join(f"{service}.{version}" for service, version in sorted(known))
        raise CommandFault(f"--under: there is no {named}. There is: {there}.", "unknown_version")
    return known[wanted]


def _versions(book: Book) -> dict[tuple[str, int], ServiceModel]:
    """Those of the catalogue, and those published in the register, which count before it."""
    versions = {(model.service, model.model_version): model for model in load_catalogue()}
    versions.update(book.register_state().models)
    return versions


def replay_under(book: Book, under: ServiceModel, upto: int, *, judge_all: bool = False) -> Iterator[Replayed]:
    """Every episode that the version concerns, with what it would have judged otherwise, which may be nothing.

    Those that asked for another service, or of which nothing tells, are there but not judged, unless `judge_all`.
    """
    episodes = _decided(book, upto)
    services = {service: service for service, _ in _versions(book)}
    with bar("replay", "episodes") as told:
        for number, episode_id in enumerate(episodes, 1):
            state = cast("EpisodeState", book.state(episode_id, StreamKind.EPISODE, position=upto))
            pin = state.pin
            if pin is not None and concerns(under, pin.service, pin.model_version):
                judged_by = f"{pin.service}.{pin.model_version}"
                stands = footing(under, pin.service, _asked_for(state, services | ASKED_FOR))
                if judge_all or stands is Footing.JUDGED:
                    pinned = book.register_state().model(pin.service, pin.model_version)
                    yield Replayed(episode_id, judged_by, tuple(what_if(pinned, under, state.in_force)))
                else:
                    yield Replayed(episode_id, judged_by, footing=stands)
            told(number, len(episodes))


def _asked_for(state: EpisodeState, meanings: Mapping[str, str]) -> set[str]:
    """The services that the decision's codes mean; where they mean none, the one that the referral asked for."""
    decided = state.grant.codes if state.grant else ()
    referred = (state.referral.requested_service or "",) if state.referral else ()
    told = ({meanings[code] for code in codes if code in meanings} for codes in (decided, referred))
    return next(filter(None, told), set())


def _decided(book: Book, upto: int) -> list[UUID]:
    """The episodes with a decision, in the order of their first."""
    found: dict[UUID, None] = {}
    after = 0
    while after < upto:
        batch = book.ledger.read_feed(after, min(BATCH, upto - after))
        if not batch:
            break
        found |= dict.fromkeys(record.stream_id for record in batch if record.name == DECISION)
        after = batch[-1].position
    return list(found)


def _by_rule(replayed: list[Replayed]) -> Counter[tuple[str, str, str]]:
    """Of each rule and change, in how many episodes."""
    return Counter(
        key
        for one in replayed
        for key in {(found.rule_id, found.kind, found.change.value) for found in one.differences}
    )


def _as_json(register: str, under: ServiceModel, head: int, replayed: list[Replayed]) -> dict[str, object]:
    return {
        "register": register,
        "as_of": head,
        "under": f"{under.service}.{under.model_version}",
        "episodes_replayed": len(_on(Footing.JUDGED, replayed)),
        "episodes_left_out": {why.value: len(_on(why, replayed)) for why in LEFT_OUT},
        "episodes_judged_otherwise": sum(bool(one.differences) for one in replayed),
        "by_rule": [
            {"rule_id": rule_id, "kind": kind, "change": change, "episodes": episodes}
            for (rule_id, kind, change), episodes in sorted(_by_rule(replayed).items())
        ],
        "episodes": [asdict(one) for one in replayed if one.differences],
        "not_comparable": [one.episode_id for one in _on(Footing.NOT_COMPARABLE, replayed)],
    }


def _on(footing_of: Footing, replayed: list[Replayed]) -> list[Replayed]:
    return [one for one in replayed if one.footing is footing_of]


def _print(under: ServiceModel, head: int, replayed: list[Replayed], lang: str) -> None:
    rows = [_row(one, found, lang) for one in replayed for found in one.differences]
    otherwise = sum(bool(one.differences) for one in replayed)
    title = label("replay", "title", lang).format(under=f"{under.service}.{under.model_version}")
    left_out = {why.value: len(_on(why, replayed)) for why in LEFT_OUT}
    judged = len(_on(Footing.JUDGED, replayed))
    footer = label("replay", "footer", lang).format(replayed=judged, otherwise=otherwise, as_of=head)
    if any(left_out.values()):
        footer += "\n" + label("replay", "left_out", lang).format(**left_out, under=under.service)
    columns = [Column(label("replay", name, lang), number=name in NUMBERS) for name in COLUMNS]
    show(console(), title, columns, rows, footer=footer)
    if apart := _on(Footing.NOT_COMPARABLE, replayed):
        columns = [Column(label("replay", name, lang)) for name in COLUMNS[:2]]
        show(console(), label("replay", "apart", lang), columns, [(one.episode_id, one.judged_by) for one in apart])


def _row(one: Replayed, found: Difference, lang: str) -> tuple[Cell, ...]:
    kind, change = label("replay", found.kind, lang), label("replay", found.change.value, lang)
    named = (one.episode_id, one.judged_by, found.rule_id, found.strength)
    return (*named, kind, change, found.entry, found.measured, found.limit)
