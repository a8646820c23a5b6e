"""A service model as a page that people read: its card, and its rules grouped by what they do.

Never here: the words (catalogue.toml, and the model itself); where the model comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from domain.catalogue.acts import SPECIAL_ACTS
from domain.catalogue.model import ServiceModel
from domain.rules.base import Texts
from domain.rules.kinds import Rule
from domain.rules.statement import Statement
from scripts.commandline.limits import Word, limits, words_in
from scripts.commandline.tables import cell

KINDS = (
    "eligibility", "precondition", "content", "allowance", "cap", "frequency", "duration", "share", "duty", "measure",
    "note",
)  # fmt: skip
"""The order in which a reader meets the kinds of rule; kinds that are not here come last."""
DECIDES = frozenset({"decision_maker_role", "decided_by_team"})
"""Fields of a decision that tell who made it."""


def print_model(to: Console, model: ServiceModel, others: Sequence[ServiceModel], lang: str) -> None:
    """The whole page. `others`: the rest of the catalogue, among which may be a service of the same name."""
    word = words_in(lang)
    name = _in(model.names, lang)
    to.print(Text(f"{model.service}  {name}", style="bold"))
    card = Table.grid(padding=(0, 2))
    card.add_column(no_wrap=True, style="dim")
    card.add_column()
    for heading, told in _card(model, others, lang, word):
        card.add_row(word("heading", heading), Text(told))
    to.print(card)
    for kind in _kinds_of(model):
        to.print(Text(f"\n{word('kind', kind)}", style="bold"))
        for rule in model.rules:
            if rule.kind == kind:
                to.print(_rule(rule, lang, word))


def _card(model: ServiceModel, others: Sequence[ServiceModel], lang: str, word: Word) -> Iterator[tuple[str, str]]:
    yield "area", word("area", model.area)
    yield "version", str(model.model_version)
    yield "valid", _validity(model, word)
    if same := [other for other in others if _namesake(model, other, lang)]:
        told = {f"{other.service} ({word('area', other.area)})" for other in same}
        yield "same_name", ", ".join(sorted(told))
    yield "description", _in(model.description, lang)
    yield "when_right", _in(model.when_right, lang)
    yield "when_another", _in(model.when_another, lang)
    yield "who_decides", _who_decides(model, lang, word)
    if model.clientship:
        yield "clientship", word("clientship", model.clientship)
    if model.tags:
        yield "tags", ", ".join(word("tag", tag) for tag in model.tags)
    if granted := _granted(model, word):
        yield "meetings_granted", granted
    yield "counts_unit", word("counted", model.counts_unit)
    yield "legal_basis", _statutes(model.legal_basis, word)
    if model.streams:
        yield "streams", ", ".join(word("stream", kind) for kind in model.streams)
        yield "acts", _acts(model, lang, word)
    if model.frame:
        yield "frame", ", ".join(model.frame)
    if model.succeeds:
        yield "succeeds", ", ".join(model.succeeds)
    yield "source", word("heading", "own") if model.source == "own" else _statutes(model.source, word)


def _statutes(text: str, word: Word) -> str:
    """The acts under their names in the language; the model names them in English. One without words stays as it is."""
    named = re.sub(r"[^;:,\s(§][^;:,]*?(?= [(§]|:)", lambda found: word("statute", found[0]), text)
    return re.sub(r"§ (\d+)", lambda found: word("sentence", "section").format(found[1]), named)


def _validity(model: ServiceModel, word: Word) -> str:
    if model.valid_to is None:
        return word("sentence", "since").format(cell(model.valid_from))
    return f"{cell(model.valid_from)}–{cell(model.valid_to)}"


def _who_decides(model: ServiceModel, lang: str, word: Word) -> str:
    """The texts of the rules that ask who made the decision."""
    if model.only_frame:
        return word("sentence", "only_frame")
    asking = (rule for rule in model.rules if isinstance(rule, Statement) and DECIDES & set().union(*rule.any_of))
    return " ".join(_in(rule.texts, lang) for rule in asking) or word("sentence", "decides_unsaid")


def _acts(model: ServiceModel, lang: str, word: Word) -> str:
    """Those that every service of its streams knows are told in a word, the special ones by name."""
    special = (_in(SPECIAL_ACTS[act], lang) for act in model.acts if act in SPECIAL_ACTS)
    return "; ".join((word("sentence", "common_acts"), *special))


def _granted(model: ServiceModel, word: Word) -> str:
    defaults = model.meetings_granted
    told = (("grants", defaults.grant), ("exceptions", defaults.exception))
    return ", ".join(word("sentence", name).format(number) for name, number in told if number is not None)


def _namesake(model: ServiceModel, other: ServiceModel, lang: str) -> bool:
    """Whether both bear one name, but for the area that a name may give in brackets."""
    one, two = (_in(each.names, lang).split(" (")[0].casefold() for each in (model, other))
    return other.service != model.service and one == two


def _rule(rule: Rule, lang: str, word: Word) -> RenderableType:
    head = f"{rule.id} · {word('strength', rule.strength)} · {_source(rule.source, word)}"
    told = Text.assemble((head, "dim"), "\n", _in(rule.texts, lang))
    if bounds := limits(rule, word):
        told.append(f"\n→ {'; '.join(bounds)}", style="italic")
    return Padding(told, (0, 0, 0, 2))


def _source(source: str, word: Word) -> str:
    return word("heading", "own") if source == "own" else f"{word('heading', 'source')} {_statutes(source, word)}"


def _kinds_of(model: ServiceModel) -> list[str]:
    found = dict.fromkeys(rule.kind for rule in model.rules)
    return [*(kind for kind in KINDS if kind in found), *(kind for kind in found if kind not in KINDS)]


def _in(texts: Texts, lang: str) -> str:
    told: str = getattr(texts, lang)
    return told
