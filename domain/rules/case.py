"""Selectors of facts, and a case: one stream's entries in force, ready to be asked by selectors.

Order in the world is by the day and then the entry number; order of recording is by the entry number alone.
Must never hold: a clock. What is not among the entries is not known.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Annotated, Any, Self, TypeVar
from uuid import UUID

import msgspec
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from domain.calendar import day_in_helsinki, start_of_day
from domain.consequence import DutyWaived
from domain.entry import Entry
from domain.fact import Fact, StreamKind
from domain.rules.condition import FACTS_BY_NAME, Condition, check_condition, check_fact, check_field, satisfies
from domain.strict import Strict

T = TypeVar("T")
CALLING_OFF = "meeting_cancelled"
SETTLING = ("meeting_held", CALLING_OFF, "meeting_missed")
"""The facts after which a planned meeting is planned no longer."""


class Selector(Strict):
    """Entries of one kind of fact. `where`: what their fields say; `at`: the field that dates them, if another.

    `imported`: only those that were brought in from another system, or with `false` only those that were not.
    """

    fact: str
    where: Condition = Field(default_factory=dict)
    at: str | None = None
    imported: bool | None = None

    @model_validator(mode="after")
    def _names_what_there_is(self) -> Self:
        check_fact(self.fact)
        if self.at is not None:
            check_field(self.fact, self.at)
        check_condition(self.fact, self.where)
        return self

    @property
    def stream(self) -> StreamKind | None:
        """The stream whose facts it selects."""
        return FACTS_BY_NAME[self.fact].stream

    def matches(self, entry: Entry) -> bool:
        """Whether an entry of the fact is one that it selects. Raises CannotSee."""
        if self.imported is not None and self.imported is (entry.provenance is None):
            return False
        return satisfies(entry.fact, self.where)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, dict | Selector) else value


_KNOWN: dict[str, tuple[Selector, ...]] = {}
_FACTS_OF: dict[int, frozenset[str]] = {}
"""The facts that those selectors name, by the selectors' identity."""


def _one_for_all(selectors: tuple[Selector, ...]) -> tuple[Selector, ...]:
    """The same object for equal selectors, so that a case looks up once what several rules ask for."""
    one = _KNOWN.setdefault("".join(selector.model_dump_json() for selector in selectors), selectors)
    _FACTS_OF.setdefault(id(one), _facts_of(one))
    return one


def _unasked(selectors: tuple[Selector, ...]) -> Kept:
    """What is kept of selectors before they were asked for: a case without entries ends at -1."""
    return _NONE, -2, _FACTS_OF.get(id(selectors)) or _facts_of(selectors)


def _facts_of(selectors: tuple[Selector, ...]) -> frozenset[str]:
    return frozenset([selector.fact for selector in selectors])


Selectors = Annotated[tuple[Selector, ...], BeforeValidator(_as_list), AfterValidator(_one_for_all)]
"""One selector or several: entries that any of them matches."""


class Hit(msgspec.Struct, frozen=True, eq=False, gc=False):
    """An entry that was selected, and the moment it is dated by.

    A struct, since judging makes some dozens of them an entry and asks each a hundred times: it takes a tenth of making
    a frozen dataclass, and the collector does not look at it.
    """

    entry: Entry
    version: int
    """The entry's number."""
    fact: Fact
    """What the entry says."""
    at: dt.datetime
    day: dt.date
    """The day in Helsinki."""
    in_world: tuple[dt.date, int]
    """What orders hits by day and, within a day, by entry: dates and moments can be compared so."""
    named_its_day: bool = False
    """Whether the selector's `at` dates it, and the entry says that."""


_IN_WORLD, _VERSION = attrgetter("in_world"), attrgetter("version")
_NONE: list[Hit] = []
"""What was selected where nothing is: one for all, which nobody adds to."""
Kept = tuple[list[Hit], int, frozenset[str]]
"""What is kept of selectors: their hits, up to which entry these were looked for, and the facts that they name."""


class Seen(msgspec.Struct, frozen=True, gc=False):
    """What was found of hits one by one: of which, beside which others, and what."""

    hits: list[Hit]
    beside: tuple[list[Hit], ...]
    found: list[Any]


class Asked(msgspec.Struct, frozen=True, gc=False):
    """What somebody asked of a case: the facts by name, and the horizon as it was told, if it was asked for.

    Whoever asked nothing else comes to the same result where neither is another.
    """

    facts: frozenset[str]
    horizon: tuple[dt.date | None] | None = None

    def stands(self, changed: frozenset[str], case: Case) -> bool:
        """Whether the same would be told by a case that has entries of the `changed` facts more."""
        if not self.facts.isdisjoint(changed):
            return False
        return self.horizon is None or self.horizon == (case.horizon(),)


_ALIKE: dict[frozenset[str], Asked] = {}
"""The same object for the same question: there are as many as rules ask of facts in different ways."""


class Case:
    """The entries in force of one stream."""

    def __init__(self, entries: Iterable[Entry], *, reached_on: dt.date | None = None) -> None:
        """`reached_on`: as if the calendar had reached that day, whatever the entries tell."""
        self._reached_on = reached_on
        self._by_fact: dict[str, list[Entry]] = {}
        self._kept: dict[int, Kept] = {}
        self._in_world: dict[int, tuple[list[Hit], list[Hit]]] = {}
        """The hits of selectors as they were selected, and as they happened."""
        self.facts: frozenset[str] = frozenset()
        """The facts, by name, that it has entries of."""
        self.changed: frozenset[str] = frozenset()
        """The facts, by name, of the entries that this case has more than the one that it was made of."""
        self._hits: dict[tuple[int, str | None], Hit] = {}
        self._numbered: dict[int, Entry] | None = None
        self._told_on: dt.date | None = None
        self._told_upto = self._had_upto = self.last = -1
        """`last`: the version of the last entry; those that conclude something are not of the case."""
        self._asked: set[str] = set()
        self._asked_horizon = False
        self._had_seen: Mapping[object, Seen] = {}
        self._seen: dict[object, Seen] = {}
        self._add(sorted(entries, key=_VERSION))

    def with_entries(self, news: Iterable[Entry]) -> Case:
        """The case with those entries more, all later in the stream; this one stays as it is."""
        after = Case((), reached_on=self._reached_on)
        after._by_fact = dict(self._by_fact)
        after._kept, after._in_world, after._hits = dict(self._kept), dict(self._in_world), dict(self._hits)
        after._told_on, after._told_upto = self._told_on, self._told_upto
        after._had_upto = after.last = self.last
        after.changed = after._add(sorted(news, key=_VERSION))
        return after

    def _add(self, entries: Iterable[Entry]) -> frozenset[str]:
        more: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            if not entry.kind.consequence:
                more[entry.kind.fact_name].append(entry)
                self.last = entry.version
        for name, new in more.items():
            self._by_fact[name] = [*self._by_fact.get(name, ()), *new]
        self.facts = frozenset(self._by_fact)
        return frozenset(more)

    def asking(self, seen: Mapping[object, Seen] | None = None) -> None:
        """From here on it is noted anew what is asked. `seen`: what whoever asks had seen of the case before."""
        self._asked, self._asked_horizon = set(), False
        self._had_seen, self._seen = seen or {}, {}

    def answered(self) -> tuple[Asked, Mapping[object, Seen]]:
        """What was asked since, and what was seen. Whoever asks from here on is another, who has seen nothing."""
        seen, facts = self._seen, frozenset(self._asked)
        if self._asked_horizon:
            asked = Asked(facts, (self.horizon(),))
        else:
            asked = _ALIKE.get(facts) or _ALIKE.setdefault(facts, Asked(facts))
        self.asking()
        return asked, seen

    def select(self, selectors: tuple[Selector, ...]) -> list[Hit]:
        """The matching entries in the order of their recording, each once. `selectors` are those of a rule.

        Nobody changes the list: it is the same as long as nothing more matches, and only grows at its end.
        """
        if not selectors:
            return _NONE
        hits, upto, facts = self._kept.get(id(selectors)) or _unasked(selectors)
        self._asked |= facts
        if upto != self.last:
            if upto != self._had_upto or not facts.isdisjoint(self.changed):
                hits = [*hits, *more] if (more := self._more(selectors, upto)) else hits
            self._kept[id(selectors)] = (hits, self.last, facts)
        return hits

    def _more(self, selectors: tuple[Selector, ...], upto: int) -> Sequence[Hit]:
        """The hits of the entries after that one."""
        if len(selectors) == 1:  # as most are
            (one,) = selectors
            return [self._hit(entry, one.at) for entry in self._later(one.fact, upto) if one.matches(entry)]
        found: dict[int, Hit] = {}
        for selector in selectors:
            for entry in self._later(selector.fact, upto):
                if entry.version not in found and selector.matches(entry):
                    found[entry.version] = self._hit(entry, selector.at)
        return [found[version] for version in sorted(found)]

    def _later(self, fact: str, upto: int) -> Sequence[Entry]:
        """The entries of that fact after that one."""
        entries = self._by_fact.get(fact, ())
        return entries if upto < 0 else entries[bisect_right(entries, upto, key=_VERSION) :]

    def of_each(
        self, which: object, hits: list[Hit], beside: tuple[list[Hit], ...], look: Callable[[int, Hit], Iterable[T]]
    ) -> list[T]:
        """What `look` finds of each hit, told its place from 0, one after the other. `which`: of a rule's questions.

        It may look at that hit, those before it and those `beside`. While these are the same as when it looked before,
        it is asked of the new hits alone. Nobody changes the list.
        """
        found: list[T] = []
        done = 0
        if not hits:
            return found
        before = self._had_seen.get(which)
        if before is not None and before.beside == beside and before.hits == hits[: len(before.hits)]:
            found, done = before.found, len(before.hits)
        more = [one for place, hit in enumerate(hits[done:], start=done) for one in look(place, hit)]
        found = [*found, *more] if more else found
        self._seen[which] = Seen(hits, beside, found)
        return found

    def _hit(self, entry: Entry, dated_by: str | None) -> Hit:
        hit = self._hits.get((entry.version, dated_by))
        if hit is None:
            moment = _moment(entry, dated_by)
            day, version = day_in_helsinki(moment), entry.version
            named = dated_by is not None and getattr(entry.fact, dated_by) is not None
            hit = Hit(entry, version, entry.fact, moment, day, (day, version), named)
            self._hits[version, dated_by] = hit
        return hit

    def day_of(self, version: int) -> dt.date:
        """When the entry of that number happened."""
        if self._numbered is None:
            self._numbered = {entry.version: entry for entries in self._by_fact.values() for entry in entries}
        return self._hit(self._numbered[version], None).day

    def in_world(self, selectors: tuple[Selector, ...]) -> list[Hit]:
        """The matching entries in the order in which they happened. Nobody changes the list."""
        hits = self.select(selectors)
        if len(hits) < 2:
            return hits
        selected, happened = self._in_world.get(id(selectors), (None, hits))
        if selected is not hits:
            happened = sorted(hits, key=_IN_WORLD)
            self._in_world[id(selectors)] = (hits, happened)
        return happened

    def still_planned(self, selectors: tuple[Selector, ...]) -> list[Hit]:
        """Of the matching plans of meetings, the last agreed of each that is not held, cancelled or missed yet."""
        plans = _agreed_last(self.select(selectors))
        if not plans:  # then nothing can settle them
            return []
        self._asked.update(SETTLING)
        settled: set[object] = set()
        for entry in (entry for name in SETTLING for entry in self._by_fact.get(name, ())):
            plan = plans.get(key := meeting_of(entry.fact))
            if plan is not None and _settles(entry, plan):
                settled.add(key)
        return sorted((hit for key, hit in plans.items() if key not in settled), key=_IN_WORLD)

    def horizon(self) -> dt.date | None:
        """The last day that the stream tells of as having been, the calendar's own entries among what tells it."""
        self._asked_horizon = True
        if self._told_upto != self.last:
            for entries in self._by_fact.values():
                for entry in reversed(entries):
                    if entry.version <= self._told_upto:
                        break
                    day = self._hit(entry, None).day
                    self._told_on = day if self._told_on is None else max(self._told_on, day)
            self._told_upto = self.last
        return max(filter(None, (self._told_on, self._reached_on)), default=None)

    def waived(self) -> frozenset[str]:
        """The keys of the duties of which somebody decided that they need not be met."""
        self._asked.add(DutyWaived.fact_name)
        facts = (entry.fact for entry in self._by_fact.get(DutyWaived.fact_name, ()))
        return frozenset(fact.duty_key for fact in facts if isinstance(fact, DutyWaived))


def _moment(entry: Entry, field: str | None) -> dt.datetime:
    value = getattr(entry.fact, field) if field else entry.fact.happened_at()
    if isinstance(value, dt.datetime):
        return value
    return start_of_day(value) if isinstance(value, dt.date) else entry.occurred_at


def _agreed_last(plans: Iterable[Hit]) -> dict[object, Hit]:
    """Of each meeting the plan that was agreed last, in whatever order they were told; of one moment, the last told."""
    last: dict[object, Hit] = {}
    for hit in plans:
        before = last.get(key := meeting_of(hit.fact))
        if before is None or _agreed_at(before) <= _agreed_at(hit):
            last[key] = hit
    return last


def _agreed_at(plan: Hit) -> dt.datetime:
    return plan.fact.happened_at() or plan.at


def _settles(entry: Entry, plan: Hit) -> bool:
    """Whether the meeting is planned no longer: a calling-off leaves what was agreed after it."""
    if entry.kind.fact_name != CALLING_OFF:
        return True
    return (entry.fact.happened_at() or entry.occurred_at) >= _agreed_at(plan)


def meeting_of(fact: Fact) -> object:
    """Which meeting a fact tells of."""
    return fact.said_in("meeting_id")


def clients_of(fact: Fact) -> tuple[UUID, ...]:
    """The clients that a fact names: one, several or none."""
    one: UUID | None = fact.said_in("client_id")
    several: tuple[UUID, ...] = fact.said_in("client_ids") or ()
    return several if one is None else (one,)


def gone_on_after(ends: Sequence[Hit], resumptions: Sequence[Hit], day: dt.date) -> Hit | None:
    """The end that lies before `day` with no resumption after it up to that day, if there is one."""
    last = max((end for end in ends if end.day < day), key=_IN_WORLD, default=None)
    if last is None or any(last.day <= again.day <= day and again.version > last.version for again in resumptions):
        return None
    return last


def standing_end(ends: Sequence[Hit], resumptions: Sequence[Hit]) -> Hit | None:
    """The last of the ends in the world, if nothing was resumed after it."""
    last = max(ends, key=_IN_WORLD, default=None)
    if last is None or any(again.in_world > last.in_world for again in resumptions):
        return None
    return last
