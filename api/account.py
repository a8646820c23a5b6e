"""The readable account of one episode, from a bundle's records alone: what happened, known when, under which rule.

Pure: the same records, words and language give the same account, so that whoever verifies a bundle can make it again.
Never here: a page's looks (`account_pages`), a database, keys. Words of sealed parts come from outside, or not at all.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api.account_words import LEFT_OUT, Words
from api.history import Told as Line
from api.history import rule_text, trail
from api.texts import Language, account_text, sentence, told, withheld_word
from domain.calendar import HELSINKI, late_after
from domain.consequence import Deviation, DeviationNoted, Duty, DutyOpened
from domain.correction import EntryCorrected
from domain.entry import Entry, amendments, in_force
from domain.fact import Fact
from domain.ledger.mapper import entry_of
from domain.ledger.proof.given import ToldBundle
from domain.refusal import Refusal
from domain.register.state import RegisterState, fold_register
from domain.streams import fold_stream, kind_of
from domain.withheld import Withheld

OWN_SOURCE = "own"
"""What a model gives as the source of a rule that stands in none: a reading of our own."""
_SIGN = re.compile(r"\bS[0-9]\b")
"""What a model gives for a public document: its title is in the texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry of the trail. `words`: what a sealed field is called, and what it says or why that cannot be read."""

    entry: int
    position: int
    happened: str
    recorded: str
    actor: str
    sentence: str
    remarks: tuple[str, ...]
    words: tuple[tuple[str, str], ...] = ()
    struck: bool = False
    corrected: bool = False
    concluded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """A duty or a deviation as it stands: the rule's text, where it comes from, and what became of it."""

    position: int
    entry: int
    text: str
    rule: str
    day: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account in one language: all that a page of it shows. `about`: what it is of, by label.

    `sources`: the public documents that its rules are from, by the sign that stands with a rule.
    """

    language: str
    title: str
    about: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    duties: tuple[Obligation, ...]
    deviations: tuple[Obligation, ...]
    grounds: tuple[tuple[int, str], ...]
    sources: tuple[tuple[str, str], ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


def account_of(bundle: ToldBundle, words: Words) -> Account:
    """The account of a bundle's records. Raises UnknownFactName, ValueError on records that this release cannot read.

    `words` are those of the sealed fields, and are taken as they are.
    """
    return _Teller(bundle, [entry_of(record) for record in bundle.records], words).account(bundle)


class _Teller:
    def __init__(self, bundle: ToldBundle, entries: Sequence[Entry], words: Words) -> None:
        episode, as_of = bundle.manifest.episode, bundle.manifest.as_of
        self.language = Language(bundle.manifest.language)
        self.words = words
        last = max(record.recorded_at for record in bundle.records if record.position <= as_of)
        self.known_on = last.astimezone(HELSINKI).date()
        """When the last entry here was recorded: a day that the moment of the account does not precede."""
        self.entries = [entry for entry in entries if entry.stream_id == episode]
        self.others = [entry for entry in entries if entry.stream_id != episode]
        self.register: RegisterState = fold_register(self.others, in_force(self.others))
        self.positions = {entry.version: entry.position for entry in self.entries}
        kind = kind_of(self.entries)
        if kind is None or self.entries[0].version > 1:
            raise ValueError("the episode's first entry is not here")
        self.state = fold_stream(kind, self.entries)
        self.signs = set[str]()
        """Of the sources that were named so far."""

    def account(self, bundle: ToldBundle) -> Account:
        concluded = self.state.concluded
        return Account(
            language=self.language.value,
            title=self._text("label", "title"),
            about=tuple(self._about(bundle)),
            rows=tuple(self._rows()),
            duties=tuple(self._duty(duty) for duty in concluded.duties.values()),
            deviations=tuple(self._deviation(one) for one in concluded.deviations.values()),
            grounds=tuple(self._grounds()),
            sources=tuple(self._sources()),
            labels=self._labels(),
        )

    def _about(self, bundle: ToldBundle) -> Iterable[tuple[str, str]]:
        manifest = bundle.manifest
        told_of = {
            "episode": str(manifest.episode),
            "register": manifest.origin,
            "controller": self.register.controller,
            "service": ", ".join(self._services()),
            "as_of": str(manifest.as_of),
            "sealed": str(manifest.size),
            "made_with": manifest.made_with,
        }
        return ((self._text("label", name), value or "–") for name, value in told_of.items())

    def _services(self) -> list[str]:
        models = self.register.models.values()
        return [f"{one.service}.{one.model_version} {getattr(one.names, self.language.value)}" for one in models]

    def _rows(self) -> Iterable[Row]:
        _, corrections = amendments(self.entries)
        for entry, line in zip(self.entries, trail(self.entries, self.register, self.language), strict=True):
            yield Row(
                entry=line.version,
                position=line.position,
                happened=self._moment(entry.fact, line.occurred_at),
                recorded=told(line.recorded_at, self.language),
                actor=line.actor,
                sentence=line.sentence,
                remarks=tuple(self._remarks(entry, line, corrections.get(line.version))),
                words=tuple(self._words(entry)),
                struck=line.struck_by is not None,
                corrected=line.corrected_by is not None,
                concluded=entry.fact.consequence,
            )

    def _moment(self, fact: Fact, moment: dt.datetime) -> str:
        """A day alone where the fact tells no more, or was concluded from one that tells no more."""
        value = getattr(fact, fact.happened) if fact.happened else moment
        here = moment.astimezone(HELSINKI)
        bare = not isinstance(value, dt.datetime) or (fact.consequence and here.time() == dt.time())
        return told(here.date() if bare else moment, self.language)

    def _remarks(self, entry: Entry, line: Line, correction: Entry | None) -> Iterable[str]:
        if line.struck_by is not None:
            yield self._remark("struck", entry=line.struck_by, position=self.positions[line.struck_by])
        if correction is not None and isinstance(correction.fact, EntryCorrected):
            content = correction.fact.content
            reads = sentence(content, self.language, rule_text(content, self.register, self.language))
            at = self.positions[correction.version]
            changes = "; ".join(self._changes(entry.fact, content)) or "–"
            yield self._remark("corrected", entry=correction.version, position=at, sentence=reads, changes=changes)
        if line.caused_by is not None:
            yield self._remark("caused", entry=line.caused_by)
        if isinstance(entry.fact, DutyOpened | DeviationNoted):
            yield self._rule(entry.fact.service, entry.fact.model_version, entry.fact.rule_id)
        source = line.provenance
        if source is not None:
            yield self._remark("source", system=source.system, row=source.row_id)
        entered = source.entered_at if source else None
        if entered is not None:
            yield self._remark("entered", time=told(entered, self.language))
        known = entered or line.recorded_at
        if not entry.fact.consequence and known and (days := _days_between(line.occurred_at, known)) > 0:
            yield self._remark("late", days=days)

    def _changes(self, was: Fact, reads: Fact) -> Iterable[str]:
        """The plain fields that a correction changes, from what to what."""
        for name in type(reads).model_fields:
            before, after = getattr(was, name, None), getattr(reads, name)
            if name not in reads.sensitive and before != after:
                old, new = (told(value, self.language, field=name) for value in (before, after))
                yield f"{self._text('field', name)}: {old} → {new}"

    def _words(self, entry: Entry) -> Iterable[tuple[str, str]]:
        for name, word in self.words.of(entry.position).items():
            bare = name.removeprefix("content.")
            label = account_text("field", bare, self.language) or bare
            if word.withheld is not None:
                yield label, f"[{self._withheld(word.withheld)}]"
            else:
                yield label, _written(word.text, self.language)

    def _withheld(self, why: str) -> str:
        return self._text("withheld", why) if why == LEFT_OUT else withheld_word(Withheld(why), self.language)

    def _duty(self, duty: Duty) -> Obligation:
        day = told(duty.due_on, self.language)
        if duty.waived:
            state = self._text("state", "waived")
        elif duty.met_on is not None:
            late = duty.due_on is not None and duty.met_on > late_after(duty.due_on)
            how = self._text("state", "met_late" if late else "met")
            state = how.format(day=told(duty.met_on, self.language), entry=duty.met_by)
        else:
            past = duty.due_on is not None and self.known_on > late_after(duty.due_on)
            state = self._text("state", "open_late" if past else "open").format(day=told(self.known_on, self.language))
        return self._obligation(duty, duty.started_by, day, state)

    def _deviation(self, deviation: Deviation) -> Obligation:
        figures = "–"
        if deviation.measured is not None and deviation.limit is not None:
            unit = told(deviation.unit, self.language, field="unit") if deviation.unit else ""
            figures = f"{deviation.measured:g} / {deviation.limit:g} {unit}".strip()
        return self._obligation(deviation, deviation.entry, "", figures)

    def _obligation(self, one: Duty | Deviation, entry: int, day: str, state: str) -> Obligation:
        service, version = one.model.service, one.model.model_version
        rule = self._published_rule(service, version, one.rule_id)
        return Obligation(
            position=self.positions[entry],
            entry=entry,
            text=str(getattr(rule.texts, self.language.value)) if rule else one.rule_id,
            rule=self._rule(service, version, one.rule_id),
            day=day,
            state=state,
        )

    def _rule(self, service: str, version: int, rule_id: str) -> str:
        rule = self._published_rule(service, version, rule_id)
        strength = self._text("strength", rule.strength.value) if rule else "–"
        source = rule.source if rule else "–"
        self.signs |= set(_SIGN.findall(source))
        if source == OWN_SOURCE:
            source = self._text("text", "own_source")
        return self._remark("rule", rule=rule_id, strength=strength, model=f"{service}.{version}", source=source)

    def _published_rule(self, service: str, version: int, rule_id: str) -> Any:
        try:
            return self.register.model(service, version).rule(rule_id)
        except Refusal:
            return None  # told by its id: the verification says that the model is missing

    def _grounds(self) -> Iterable[tuple[int, str]]:
        for entry in self.others:
            what = self._text("ground", entry.fact.fact_name)
            yield entry.position, f"{what}: {sentence(entry.fact, self.language)}"

    def _sources(self) -> Iterable[tuple[str, str]]:
        """Asked for last: whatever names a rule adds to them."""
        return ((sign, self._text("source", sign)) for sign in sorted(self.signs))

    def _labels(self) -> dict[str, str]:
        named = ("entries", "duties", "deviations", "grounds", "entry", "position", "happened", "known", "who", "what")
        labels = {name: self._text("label", name) for name in (*named, "rule", "due", "state", "measured", "sources")}
        return labels | {name: self._text("text", name) for name in ("intro", "words", "none")}

    def _text(self, table: str, name: str) -> str:
        return account_text(table, name, self.language) or name

    def _remark(self, name: str, **places: object) -> str:
        return self._text("remark", name).format(**places)


def _days_between(happened: dt.datetime, recorded: dt.datetime) -> int:
    return (recorded.astimezone(HELSINKI).date() - happened.astimezone(HELSINKI).date()).days


def _written(value: Any, language: Language) -> str:
    """What a sealed field says, whatever its shape."""
    if isinstance(value, Mapping):
        return "; ".join(_written(one, language) for one in value.values())
    return told(value, language)
