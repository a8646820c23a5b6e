"""The demonstration registers: every service in use, with what goes wrong and is put right; the same from one seed."""

from __future__ import annotations

import contextlib
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

from domain.amend.reach_calendar import ReachCalendar
from domain.catalogue.loader import load_catalogue
from domain.client.facts import ClientRegistered
from domain.clock import CalendarReached
from domain.commands import COMMANDS, ON_EVERY_STREAM, AnyCommand
from domain.conference.facts import ConferenceConvened, ConferenceKind
from domain.consequence import DeviationNoted, DutyMet, DutyOpened
from domain.correction import EntryCorrected, EntryStruckOut
from domain.entry import Entry
from domain.episode.facts import (
    DecisionKind,
    DecisionMade,
    EpisodeClosed,
    EpisodeStarted,
    MeetingPlanned,
    ReferralReceived,
    SpellOpened,
)
from domain.fact import Fact
from domain.ledger.book import Book
from domain.ledger.migrate import create_register, schema_of
from domain.quality.facts import QualityFileOpened
from domain.register.commands.adopt_log_key import AdoptLogKey
from domain.register.commands.approve_destruction import ApproveDestruction
from domain.register.commands.approve_restriction import ApproveRestriction
from domain.register.commands.call_off_destruction import CallOffDestruction
from domain.register.commands.call_off_restriction import CallOffRestriction
from domain.register.commands.record_log_restore import RecordLogRestore
from domain.register.commands.request_destruction import RequestDestruction
from domain.register.commands.request_restriction import RequestRestriction
from domain.register.commands.succeed_controller import SucceedController
from domain.register.facts import ServiceModelPublished
from scripts.commandline.session import keyring_of
from scripts.demonstration import quality, registers
from scripts.demonstration.history import import_into_empty
from scripts.demonstration.registers import (
    DEMONSTRATIONS,
    EARLIEST_END,
    KYMENLAAKSO,
    Demonstration,
    fill_register,
    fill_registers,
    opening,
)
from scripts.demonstration.telling import SEED, Tale, Teller
from tests.scripts.conftest import Imported

UNTIL = dt.date(2026, 3, 20)
LONGEST = dt.timedelta(days=730)
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
    return tuple(book.safe.entries(book.ledger.read_feed(0, 100_000)))


def _filled(dsn: str, demonstration: Demonstration, register: str, folder: Path, seed: str = SEED) -> Filled:
    unfinished = folder / f"{register}.unfinished"
    recorded = fill_register(dsn, demonstration, unfinished, register=register, seed=seed, until=UNTIL)
    book = Book(dsn, register, keyring=keyring_of(dsn, register))
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
    assert used == models, "a model that nothing goes by is to be used in a register of scripts/demonstration"


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


def test_the_stories_end_near_the_day_that_is_told_and_the_oldest_begins_two_years_before(
    filled: tuple[Filled, ...],
) -> None:
    for one in filled:
        days = [entry.occurred_at.date() for entry in one.entries if entry.provenance is not None]
        assert min(days) >= UNTIL - LONGEST, one.register
        assert UNTIL - dt.timedelta(days=7) <= max(days) <= UNTIL, one.register


def test_meetings_lie_ahead_where_work_goes_on(filled: tuple[Filled, ...]) -> None:
    for one in filled:
        planned = [fact for fact in one.facts(MeetingPlanned) if isinstance(fact, MeetingPlanned)]
        ahead = [fact for fact in planned if fact.starts_at.date() > UNTIL]
        assert bool(ahead) is one.demonstration.has_episodes, one.register


def test_nobody_in_it_can_be_real_or_has_a_name(filled: tuple[Filled, ...]) -> None:
    people = [fact for one in filled for fact in one.facts(ClientRegistered) if isinstance(fact, ClientRegistered)]
    codes = [person.identity_code for person in people if person.identity_code]
    assert len(set(codes)) == len(codes) >= 40
    assert {code[7] for code in codes} == {"9"}
    assert all(hetu.is_valid(code, allow_temporary=True) for code in codes)
    assert not any(person.given_name or person.family_name for person in people)


STEERED_BY_THE_LEDGER = {
    ReachCalendar: "only the ledger's own clock gives it; it runs in story time",
    SucceedController: "given by the import of Kymenlaakso's history",
    AdoptLogKey: "given by the sealer of a register's log",
    RecordLogRestore: "given when a register was restored from a backup",
    RequestDestruction: "a demonstration has nobody whose content must go",
    ApproveDestruction: "as RequestDestruction",
    CallOffDestruction: "as RequestDestruction",
    RequestRestriction: "a demonstration has no entry that was made of a wrong client",
    ApproveRestriction: "as RequestRestriction",
    CallOffRestriction: "as RequestRestriction",
}
"""The commands that no story gives, and why."""


def commands_given(one: Demonstration) -> set[type[AnyCommand]]:
    """The kinds of command with which a register is filled."""
    teller = Teller(one.name, SEED, UNTIL)
    audits = [quality.tale(teller, service, area) for service, area in one.audited]
    told = {telling.kind for tale in (*one.tales(teller), *audits) for telling in tale.tellings}
    return told | {type(command) for _, command in opening(one.name, one, UNTIL)}


def test_every_public_command_is_given_at_least_once() -> None:
    given = {kind for one in (*DEMONSTRATIONS, KYMENLAAKSO) for kind in commands_given(one)}
    public = {kind for kinds in (*COMMANDS.values(), ON_EVERY_STREAM) for kind in kinds}
    assert public - given == set(STEERED_BY_THE_LEDGER)


def test_the_calendar_opened_duties_in_story_time(filled: tuple[Filled, ...]) -> None:
    for one in filled:
        if one.demonstration.name == "rovaniemi":  # where whole months pass without a word
            reached = [fact for fact in one.facts(CalendarReached) if isinstance(fact, CalendarReached)]
            assert reached, one.register
            assert all(fact.reached_on <= UNTIL for fact in reached)


def test_every_kind_of_conference_is_held(filled: tuple[Filled, ...]) -> None:
    facts = [fact for one in filled for fact in one.facts(ConferenceConvened)]
    assert {fact.conference_kind for fact in facts if isinstance(fact, ConferenceConvened)} == set(ConferenceKind)


def test_areas_of_a_register_differ_in_how_long_families_wait(filled: tuple[Filled, ...]) -> None:
    for one in filled:
        waits = waits_by_area(one)
        if one.demonstration.has_episodes:
            assert max(waits.values()) > 1.5 * min(waits.values()), (one.register, waits)


def waits_by_area(one: Filled) -> dict[str, float]:
    """The mean days from the referral to the start, of each area."""
    referrals = {entry.stream_id: entry.fact for entry in one.entries if isinstance(entry.fact, ReferralReceived)}
    waits: dict[str, list[int]] = {}
    for entry in one.entries:
        if isinstance(entry.fact, EpisodeStarted):
            referral = referrals[entry.stream_id]
            waits.setdefault(str(referral.area), []).append((entry.fact.started_on - referral.received_on).days)
    return {area: sum(days) / len(days) for area, days in waits.items()}


@pytest.mark.parametrize("until", [EARLIEST_END, dt.date(2025, 12, 31), dt.date(2026, 2, 28), dt.date(2027, 7, 1)])
def test_a_story_is_the_same_up_to_the_end_that_is_told(until: dt.date) -> None:
    for one in (*DEMONSTRATIONS, KYMENLAAKSO):
        told: list[Tale] = list(one.tales(Teller("here", SEED, until)))
        assert {tale.name for tale in told} == {tale.name for tale in one.tales(Teller("here", SEED, UNTIL))}
        assert all(telling.told_at.date() <= until for tale in told for telling in tale.tellings)


@pytest.mark.parametrize("until", [EARLIEST_END, dt.date(2026, 1, 2), dt.date(2026, 5, 2)])
def test_no_order_of_any_story_is_refused_whatever_the_day_it_ends_on(
    postgres: str, tmp_path: Path, until: dt.date
) -> None:
    register = f"ends-{os.getpid()}-{until:%Y%m%d}"
    one = next(one for one in DEMONSTRATIONS if one.name == "western-uusimaa")
    try:
        assert fill_register(postgres, one, tmp_path / "unfinished", register=register, until=until) > 250
    finally:
        _drop(postgres, register)


def test_the_year_of_kymenlaakso_is_told_after_its_imported_history(postgres: str, tmp_path: Path) -> None:
    register = f"kymenlaakso-year-{os.getpid()}"
    create_register(postgres, register)
    try:
        with contextlib.closing(Book(postgres, register, keyring=keyring_of(postgres, register))) as book:
            import_into_empty(book, tmp_path / "history")
            before = book.ledger.head()[0]
            told = fill_register(postgres, KYMENLAAKSO, tmp_path / "unfinished", register=register, until=UNTIL)
            assert book.ledger.head()[0] == before + told
            later = [entry.fact for entry in entries_of(book)[before:]]
        tomorrow = UNTIL + dt.timedelta(days=1)
        again = fill_register(postgres, KYMENLAAKSO, tmp_path / "unfinished", register=register, until=tomorrow)
        assert again == 0
        assert {fact.service for fact in later if isinstance(fact, DecisionMade)} == {"K1", "K2"}
        assert any(isinstance(fact, SpellOpened) for fact in later)
    finally:
        _drop(postgres, register)


def test_a_second_run_records_nothing(filled: tuple[Filled, ...], tmp_path: Path) -> None:
    for one in filled:
        unfinished = tmp_path / f"{one.register}.unfinished"
        assert fill_register(one.dsn, one.demonstration, unfinished, register=one.register) == 0
        unfinished.write_text(UNTIL.isoformat(), encoding="ascii")  # as if it had been cut off at the very end
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
            fill_register(first.dsn, first.demonstration, unfinished, cut_off, register=register, until=UNTIL)
        assert unfinished.exists()
        another_day = UNTIL + dt.timedelta(days=3)  # it is taken up again up to the same day as before
        fill_register(first.dsn, first.demonstration, unfinished, register=register, until=another_day)
        again = Book(first.dsn, register, keyring=keyring_of(first.dsn, register))
        counted = Counter(entry.fact.stored_name() for entry in entries_of(again))
        again.close()
    finally:
        _drop(first.dsn, register)
    assert counted == figures(first)


def test_the_stories_follow_from_the_seed() -> None:
    for one in DEMONSTRATIONS:
        told = [list(one.tales(Teller("here", seed, UNTIL))) for seed in (SEED, SEED, "another")]
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
