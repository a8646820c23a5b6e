"""What a projection is made of: tables, the operations of a fold on their rows, and where both are written down.

Pure. Must never hold: a connection, SQL of its own, a clock. A row belongs to exactly one stream; what it holds is
plain (ids, codes, dates, numbers): no names, no free text, no identity codes, no dates of birth.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Any, NamedTuple

import msgspec

from domain import calendar
from domain.entry import Entry, in_force
from domain.fact import Fact

Key = tuple[Any, ...]
Columns = Mapping[str, Any]

FOLDING = 1
"""Raised when the engine, or how facts are read, comes to make other rows of the same folds: all are then outdated."""


class Open(msgspec.Struct, frozen=True, gc=False):
    """A row stands under the key with these columns; the others are null. One that stood there ends."""

    table: str
    key: Key
    columns: Columns


class Close(msgspec.Struct, frozen=True, gc=False):
    """The row under the key ends; with a shorter key, every row of the stream whose key begins so."""

    table: str
    key: Key


class Amend(msgspec.Struct, frozen=True, gc=False):
    """The row under the key goes on with some columns changed. Where none stands, nothing, or one opens if `opens`.

    With a shorter key: every row of the stream whose key begins so. `since`: the one of the changed columns that tells
    from which day the changes are so; a row in which that day is a later one already stays as it is.
    """

    table: str
    key: Key
    changes: Columns
    opens: bool = False
    since: str = ""


Operation = Open | Close | Amend
Handler = Callable[[Entry, Any], Iterable[Operation]]
"""What one kind of fact does to the rows. The second argument is the entry's fact, of the class it is listed under."""
Wide = tuple[Sequence[Any] | None, ...]
"""Columns of many rows, one after the other; None for one that is null in all."""
Each = Callable[[Sequence[Entry], Sequence[type[Fact]]], Wide]


class Stand(NamedTuple):
    """An entry as it counts after corrections and strike-outs; `stands_on`: the positions that its content is from."""

    entry: Entry
    operations: Iterable[Operation]
    stands_on: tuple[int, ...]


Refold = Callable[[Sequence[Entry]], Iterable[Stand]]


@dataclass(frozen=True)
class Table:
    """A table of rows. `stream`: the column of the stream's id; `key`: the key's further columns and their types.

    Beside them and `columns` each row has `known_from`, `known_to` (positions; null while it stands) and `because`
    (the positions of the events that its content stands on); the .sql may generate more. Stream, key and
    `known_from` are the primary key: the same key in two streams is two rows.
    """

    name: str
    stream: str
    key: Mapping[str, str]
    columns: tuple[str, ...]

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of each column among them."""
        return {name: place for place, name in enumerate(self.columns)}

    @cached_property
    def written(self) -> tuple[str, ...]:
        """All columns that are written, in the order in which they are: all but those that the table generates."""
        return (self.stream, *self.key, "known_from", "known_to", "because", *self.columns)


@dataclass(frozen=True)
class Projection:
    """A fold and its tables. `when`: what each kind of fact does; what is not listed does nothing.

    `refold` says, of all entries of an amended stream, how they count; by default those that are in force.
    `each`, of a projection whose `when` opens a row of its one table for every entry, under the entry's version, tells
    the columns of the rows of many entries, of facts of these kinds: what a rebuild needs not take the long way.
    `called`: the modules whose functions the fold calls.
    """

    name: str
    tables: tuple[Table, ...]
    when: Mapping[type[Fact], Handler]
    script: str
    code: bytes = b""
    refold: Refold | None = None
    each: Each | None = None
    called: tuple[str, ...] = ()

    @classmethod
    def beside(
        cls,
        module: str,
        tables: tuple[Table, ...],
        when: Mapping[type[Fact], Handler],
        refold: Refold | None = None,
        *,
        questions: tuple[str, ...] = (),
        each: Each | None = None,
    ) -> Projection:
        """The projection of that module (its `__name__`), with the .sql of the same name that lies beside it.

        `questions`: further .sql files there, of nothing but questions.
        """
        package, _, name = module.rpartition(".")
        scripts = ((resources.files(package) / f"{one}.sql").read_text(encoding="utf-8") for one in (name, *questions))
        return cls(name, tables, when, "\n".join(scripts), _source(module), refold, each, _called(module))

    def fold(self, entry: Entry) -> Iterable[Operation]:
        """What the entry does to the rows of its stream."""
        handler = self.when.get(type(entry.fact))
        return handler(entry, entry.fact) if handler else ()

    def refolded(self, entries: Sequence[Entry], counting: Sequence[Entry] | None = None) -> Iterable[Stand]:
        """All entries of a stream as they count, in order. `counting`: those in force, where they are known."""
        if self.refold is not None:
            return self.refold(entries)
        positions = {entry.version: entry.position for entry in entries}
        counting = in_force(entries) if counting is None else counting
        return (Stand(entry, self.fold(entry), stands_on(entry, positions)) for entry in counting)

    @cached_property
    def parts(self) -> Mapping[str, str]:
        """The sections of the script, each under a line `-- tables`, `-- indexes` or `-- questions`."""
        found = {"tables": "", "indexes": "", "questions": ""}
        section = ""
        for line in self.script.splitlines(keepends=True):
            title = line.removeprefix("-- ").strip()
            if line.startswith("-- ") and title in found:
                section = title
            elif section:
                found[section] += line
        return found

    @cached_property
    def fingerprint(self) -> str:
        """Of all that decides which rows there are. Rows made under another one must be rebuilt."""
        parts = [str(FOLDING).encode(), self.code, self.parts["tables"].encode(), *map(_source, self.called)]
        if calendar.__name__ in self.called:
            parts.append(calendar.edition().encode())
        return hashlib.sha256(b"\x00".join(parts)).hexdigest()[:16]

    @cached_property
    def questions_fingerprint(self) -> str:
        """Of the functions that answer questions: replaced without a rebuild. Indexes are in no fingerprint."""
        return hashlib.sha256(self.parts["questions"].encode()).hexdigest()[:16]


def _source(module: str) -> bytes:
    package, _, name = module.rpartition(".")
    return (resources.files(package) / f"{name}.py").read_bytes()


def _called(module: str) -> tuple[str, ...]:
    """The modules of the domain whose functions the module has imported."""
    found = map(inspect.unwrap, filter(callable, vars(sys.modules[module]).values()))
    modules = {one.__module__ for one in found if inspect.isfunction(one)}
    return tuple(sorted(name for name in modules if name.startswith("domain.")))


def stands_on(entry: Entry, positions: Mapping[int, int]) -> tuple[int, ...]:
    """The positions that the entry's content stands on: its own, and that of the correction whose content it bears."""
    if entry.corrected_by is None:
        return (entry.position,)
    return (entry.position, positions[entry.corrected_by])
