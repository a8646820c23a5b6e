"""The judge: from a service model and one stream's entries in force to the duties and deviations there should be.

One pure function for every caller: facts get deviations by it, authorisations are refused by it, imported history
is judged by it. It knows no clock, and no history of what was concluded before. What was judged can be judged on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar, assert_never

import msgspec

from domain.catalogue.model import ServiceModel
from domain.consequence import Deviation, Duty, Judgement, ModelReference
from domain.entry import Entry
from domain.rules.base import Breach, Due, Finding, Measured, RuleBase, ShareTold, Strength, Warned
from domain.rules.case import Asked, Case, Seen
from domain.rules.condition import CannotSee
from domain.rules.moved import Moved

RowT = TypeVar("RowT")
_INFO = Strength.INFO
"""Looked up once: finding a member of an enumeration takes as long as asking a rule for it."""
_UNSEEN: Mapping[object, Seen] = {}


def judge(model: ServiceModel, entries_in_force: Iterable[Entry], *, moved: Moved | None = None) -> Judgement:
    """What the model's rules make of the entries in force of one stream, in any order.

    `moved`: when this model was in force, if not always; what was before and after that, it sees and does not judge.
    """
    return Judged(model, Case(entries_in_force), moved).judgement


class Judged:
    """A case that a model has judged, so that of a longer one only that is judged which the new entries touch.

    A rule is a function of what it asks of its case: where nothing of that has changed, it finds what it found.
    """

    judgement: Judgement
    _rules: list[RuleBase]
    _rulings: list[_Ruling]

    def __init__(self, model: ServiceModel, case: Case, moved: Moved | None, earlier: Judged | None = None) -> None:
        self.model = model
        self.moved = moved
        self.case = case
        self._reference = ModelReference(model.service, model.model_version)
        if earlier is None:
            case.asking()  # whatever anybody asked of it before is not theirs who ask now
            self._rules = [rule for rule in model.rules if rule.strength is not _INFO]
            self._rulings = [self._first_ruling(rule) for rule in self._rules]
        else:
            self._rules, self._rulings = earlier._rules, list(earlier._rulings)
        same = earlier is not None and self._look_again()
        self.judgement = earlier.judgement if earlier and same else _together(self._reference, self._rulings)

    def _look_again(self) -> bool:
        """Let the rules that the case's news touch look again; tells whether all come to what they came to before."""
        same, changed = True, self.case.changed
        for number, before in enumerate(self._rulings):
            if not before.asked.stands(changed, self.case):
                ruling = self._rulings[number] = self._ruling(self._rules[number], before)
                same = same and ruling.verdict is before.verdict
        return same

    def with_entries(self, model: ServiceModel, entries: Sequence[Entry], moved: Moved | None) -> Judged:
        """What `judge` makes of the case with those entries more, all later in the stream. This one stays as it is."""
        same = model is self.model and moved == self.moved
        return Judged(model, self.case.with_entries(entries), moved, self if same else None)

    def _first_ruling(self, rule: RuleBase) -> _Ruling:
        """As `_ruling`; of what has not come about that the rule waits for, it need not be asked."""
        if rule.awaited.isdisjoint(self.case.facts):
            return _Ruling([], None, Asked(rule.awaited), _UNSEEN)
        return self._ruling(rule, None)

    def _ruling(self, rule: RuleBase, before: _Ruling | None) -> _Ruling:
        if before:
            self.case.asking(before.seen)
        findings = self._found(rule)
        if before and findings == before.findings:
            verdict = before.verdict
        elif findings or findings is None:
            verdict = _Verdict.of(self._reference, rule, findings, before)
        else:
            verdict = None
        return _Ruling(findings, verdict, *self.case.answered())

    def _found(self, rule: RuleBase) -> list[Finding] | None:
        """What the rule finds that is this model's to tell; None where it would have to see what is withheld."""
        try:
            findings = list(rule.find(self.case))
        except CannotSee:
            return None
        return self.moved.concerning(findings, self.case.day_of) if self.moved else findings


class _Ruling(msgspec.Struct, frozen=True, gc=False):
    """What one rule made of a case, what that comes to, if to anything, and what it asked and saw of the case."""

    findings: list[Finding] | None
    verdict: _Verdict | None
    asked: Asked
    seen: Mapping[object, Seen]


def _together(model: ModelReference, rulings: Iterable[_Ruling]) -> Judgement:
    """The judgement that the verdicts of all rules make, in the rules' order."""
    whole = _Verdict(model)
    for one in rulings:
        if one.verdict is not None:
            whole.add(one.verdict)
    return whole.judgement()


def measures(model: ServiceModel, entries_in_force: Iterable[Entry]) -> list[Measured]:
    """What the model measures in the entries in force of one stream: waiting times and the like."""
    case = Case(entries_in_force)
    return [row for rule in model.rules for row in _seen(rule.measure(case))]


def shares(model: ServiceModel, entries_in_force: Iterable[Entry]) -> list[ShareTold]:
    """The shares that the model follows in one stream, planned and held, numerator and denominator told."""
    rules = [rule for rule in model.rules if rule.kind == "share"]
    case = Case(entries_in_force) if rules else None
    return [row for rule in rules for row in _seen(rule.shares(case))] if case else []


def _seen(rows: Iterable[RowT]) -> list[RowT]:
    """The rows; none of a rule that would have to see what is withheld."""
    try:
        return list(rows)
    except CannotSee:
        return []


def key_of(rule: RuleBase, finding: Breach | Due) -> str:
    """What tells the finding from every other of the stream: rule, entry, client, and what sets it apart."""
    if isinstance(finding, Due):
        parts = (rule.id, str(finding.started_by), str(finding.client_id or ""), finding.apart)
    else:
        parts = (rule.id, str(finding.entry), "", finding.apart)
    return "/".join(filter(None, parts))


class Remedies(Mapping[str, str]):
    """What would satisfy the rules, by deviation: put into words when somebody is told, which is when one refuses."""

    def __init__(self) -> None:
        self.breaches: dict[str, tuple[RuleBase, Breach]] = {}

    def __getitem__(self, key: str) -> str:
        """The remedy of that deviation."""
        rule, breach = self.breaches[key]
        return rule.remedy_for(breach)

    def __iter__(self) -> Iterator[str]:
        """The keys of the deviations."""
        return iter(self.breaches)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.breaches)


class _Verdict:
    """Gathers findings under their keys."""

    def __init__(self, model: ModelReference) -> None:
        self.model = model
        self.duties: dict[str, Duty] = {}
        self.deviations: dict[str, Deviation] = {}
        self.remedies = Remedies()
        self.warnings: list[str] = []
        self.forbidden: set[str] = set()
        self.unjudged: dict[str, str] = {}

    @classmethod
    def of(
        cls, model: ModelReference, rule: RuleBase, findings: list[Finding] | None, before: _Ruling | None
    ) -> _Verdict:
        """What one rule's findings come to; None: it could not see. Where it only found more than `before`, the more
        is added to what that came to."""
        verdict = cls(model)
        if findings is None:
            verdict.unjudged[rule.id] = rule.strength.value
            return verdict
        if before and before.verdict and before.findings and findings[: len(before.findings)] == before.findings:
            verdict.add(before.verdict)
            findings = findings[len(before.findings) :]
        for finding in findings:
            verdict.take(rule, finding)
        return verdict

    def add(self, other: _Verdict) -> None:
        """Take in all that another says."""
        self.duties |= other.duties
        self.deviations |= other.deviations
        self.remedies.breaches |= other.remedies.breaches
        self.warnings += other.warnings
        self.forbidden |= other.forbidden
        self.unjudged |= other.unjudged

    def take(self, rule: RuleBase, finding: Finding) -> None:
        match finding:
            case Breach():
                self._deviation(rule, finding)
            case Due():
                self._duty(rule, finding)
            case Warned():
                told = f"Held and planned together make {finding.measured:g}; the most is {finding.limit:g}."
                self.warnings.append(f"{told} {rule.texts.en}")
            case _:
                assert_never(finding)

    def _deviation(self, rule: RuleBase, breach: Breach) -> None:
        key = key_of(rule, breach)
        self.deviations[key] = Deviation(
            key=key,
            model=self.model,
            rule_id=rule.id,
            strength=rule.strength.value,
            entry=breach.entry,
            measured=breach.measured,
            limit=breach.limit,
            unit=breach.unit,
        )
        self.remedies.breaches[key] = rule, breach
        if breach.forbids:
            self.forbidden.add(key)

    def _duty(self, rule: RuleBase, due: Due) -> None:
        key = key_of(rule, due)
        self.duties[key] = Duty(
            key=key,
            model=self.model,
            rule_id=rule.id,
            strength=rule.strength.value,
            started_by=due.started_by,
            due_on=due.due_on,
            client_id=due.client_id,
            met_by=due.met_by,
            met_on=due.met_on,
            opened_on=due.opened_on,
        )

    def judgement(self) -> Judgement:
        forbidden = frozenset(self.forbidden)
        return Judgement(
            self.model,
            self.duties,
            self.deviations,
            self.remedies,
            tuple(self.warnings),
            forbidden,
            unjudged=self.unjudged,
        )
