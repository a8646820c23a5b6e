"""The demonstration registers: every service in use, with what goes wrong and is put right; the same from one seed."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from stdnum.fi import hetu

from domain.catalogue.loader import load_catalogue
from domain.client.facts import ClientRegistered
from domain.consequence import DeviationNoted, DutyMet, DutyOpened
from domain.correction import EntryCorrected, EntryStruckOut
from domain.episode.facts import DecisionKind, DecisionMade, EpisodeClosed
from domain.fact import Fact
from domain.ledger.book import Book
from domain.ledger.mapper import entry_of
from domain.ledger.migrate import schema_of
from domain.quality.facts import QualityFileOpened
from domain.register.facts import ServiceModelPublished
from domain.stream import Entry
from scripts.demonstration import registers
from scripts.demonstration.registers import DEMONSTRATIONS, Demonstration, fill_register, fill_registers
from scripts.demonstration.telling import REFERENCE, SEED
from tests.scripts.conftest import Imported

YEAR = (dt.date(2024, 11, 1), REFERENCE.date())
LATE = dt.timedelta(days=2)


@dataclass(frozen=True)
class Filled:
    """A register that was filled, and all its entries."""

    demonstration: Demonstration
    dsn: str
    register: str
    recorded: int
    entries: tuple[Entry, ...]

    def facts(self, kind: type[Fact]) -> list[Fact]:
        return [entry.fact for entry in self.entries if isinstance(entry.fact, kind)]


def entries_of(book: Book) -> tuple[Entry, ...]:
    return tuple(entry_of(record) for record in book.ledger.read_feed(0, 100_000))


def _filled(dsn: str, demonstration: Demonstration, register: str, folder: Path, seed: str = SEED) -> Filled:
    recorded = fill_register(dsn, demonstration, folder / f"{register}.unfinished", register=register, seed=seed)
    book = Book(dsn, register)
    try:
        return Filled(demonstration, dsn, register, recorded, entries_of(book))
    finally:
        book.close()


@pytest.fixture(scope="module")
def filled(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Filled, ...]]:
    """Every demonstration register, under a name of the test's own."""
    folder = tmp_path_factory.mktemp("filled")
    yield tuple(_filled(postgres, one, f"{one.name}-{os.getpid()}", folder) for one in DEMONSTRATIONS)
    for one in DEMONSTRATIONS:
        _drop(postgres, f"{one.name}-{os.getpid()}")


def _drop(dsn: str, register: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema_of(register))))


def pins(entries: tuple[Entry, ...]) -> set[tuple[str, int]]:
    """The models to which grants, contacts, conferences, activities and networks are pinned."""
    facts = (entry.fact for entry in entries if not isinstance(entry.fact, ServiceModelPublished | QualityFileOpened))
    refused = DecisionKind.REFUSED
    told = (fact for fact in facts if not (isinstance(fact, DecisionMade) and fact.kind is refused))
    named = ((getattr(fact, "service", None), getattr(fact, "model_version", None)) for fact in told)
    return {(service, version) for service, version in named if service is not None and version is not None}


def test_every_model_of_the_catalogue_is_in_use(filled: tuple[Filled, ...], demonstration: Imported) -> None:
    used = {pin for one in filled for pin in pins(one.entries)} | pins(entries_of(demonstration.book))
    models = {(model.service, model.model_version) for model in load_catalogue() if not model.only_frame}
    assert used == models


def test_no_register_is_empty_and_each_has_what_goes_wrong(filled: tuple[Filled, ...]) -> None:
    for one in filled:
        assert one.recorded == len(one.entries) > 250, one.register
        for kind in (DeviationNoted, DutyOpened, DutyMet, EntryCorrected, EntryStruckOut):
            assert one.facts(kind), f"no {kind.__name__} in {one.register}"
        assert late_entries(one), f"nothing was entered late in {one.register}"


def late_entries(one: Filled) -> list[Entry]:
    """Entries that were written down days after they happened."""
    told = ((entry, entry.provenance.entered_at) for entry in one.entries if entry.provenance is not None)
    return [entry for entry, entered_at in told if entered_at is not None and entered_at - entry.occurred_at > LATE]


def test_there_are_closures_refusals_exceptions_and_extensions(filled: tuple[Filled, ...]) -> None:
    reasons = {fact.reason for one in filled for fact in one.facts(EpisodeClosed) if isinstance(fact, EpisodeClosed)}
    kinds = {fact.kind for one in filled for fact in one.facts(DecisionMade) if isinstance(fact, DecisionMade)}
    assert len(reasons) >= 2
    assert kinds >= {DecisionKind.GRANTED, DecisionKind.REFUSED, DecisionKind.EXCEPTION, DecisionKind.EXTENSION}


def test_it_all_happened_in_the_year_before_the_reference_day(filled: tuple[Filled, ...]) -> None:
    for one in filled:
        own = [entry for entry in one.entries if entry.provenance is not None]
        days = [entry.occurred_at.date() for entry in own]
        assert YEAR[0] <= min(days), one.register
        assert max(days) <= YEAR[1], one.register


def test_nobody_in_it_can_be_real_or_has_a_name(filled: tuple[Filled, ...]) -> None:
    people = [fact for one in filled for fact in one.facts(ClientRegistered) if isinstance(fact, ClientRegistered)]
    codes = [person.identity_code for person in people if person.identity_code]
    assert len(set(codes)) == len(codes) >= 40
    assert {code[7] for code in codes} == {"9"}
    assert all(hetu.is_valid(code, allow_temporary=True) for code in codes)
    assert not any(person.given_name or person.family_name for person in people)


def test_a_second_run_records_nothing(filled: tuple[Filled, ...], tmp_path: Path) -> None:
    for one in filled:
        unfinished = tmp_path / f"{one.register}.unfinished"
        assert fill_register(one.dsn, one.demonstration, unfinished, register=one.register) == 0
        unfinished.touch()  # as if it had been cut off at the very end
        assert fill_register(one.dsn, one.demonstration, unfinished, register=one.register) == 0
        assert not unfinished.exists()


def figures(one: Filled) -> Counter[str]:
    return Counter(entry.fact.stored_name() for entry in one.entries)


def test_what_was_cut_off_is_taken_up_again_and_the_same_seed_gives_the_same(
    filled: tuple[Filled, ...], tmp_path: Path
) -> None:
    first = next(one for one in filled if one.demonstration.name == "helsinki")
    register, unfinished = f"again-{os.getpid()}", tmp_path / "unfinished"

    def cut_off(told: int, steps: int) -> None:
        if told > steps // 2:
            raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):
            fill_register(first.dsn, first.demonstration, unfinished, cut_off, register=register)
        assert unfinished.exists()
        fill_register(first.dsn, first.demonstration, unfinished, register=register)
        again = Book(first.dsn, register)
        counted = Counter(entry.fact.stored_name() for entry in entries_of(again))
        again.close()
    finally:
        _drop(first.dsn, register)
    assert counted == figures(first)


def test_the_stories_follow_from_the_seed() -> None:
    for one in DEMONSTRATIONS:
        told = [list(one.tales("here", seed)) for seed in (SEED, SEED, "another")]
        first, same, other = (
            [(telling.command_id, telling.command, telling.provenance) for telling in tale.tellings if plain(telling)]
            for tales in told
            for tale in tales[:1]
        )
        assert first == same
        assert first != other


def plain(telling: object) -> bool:
    """Whether the command is known beforehand."""
    return hasattr(getattr(telling, "command", None), "model_dump")


def test_only_those_that_are_empty_are_filled(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fill(_dsn: str, one: Demonstration, *_: object, **__: object) -> int:
        asked.append(one.name)
        return 0

    monkeypatch.setattr(registers, "fill_register", fill)
    assert fill_registers(postgres, tmp_path) == dict.fromkeys((one.name for one in DEMONSTRATIONS), 0)
    assert asked == ["lapland", "western-uusimaa", "helsinki", "rovaniemi"]
