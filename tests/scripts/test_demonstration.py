"""The demonstration history: made by its generator, of nobody, with every fault and kind of row that exports have."""

from pathlib import Path

import pytest
from stdnum.fi import hetu

from domain.ledger.book import Book
from scripts.demonstration.generate import write
from scripts.demonstration.history import FOLDER, import_into_empty
from scripts.legacy.files import AMENDMENTS, CLIENTS, COLUMNS, EPISODES, MEETINGS
from tests.scripts.conftest import Imported
from tests.scripts.export import read_table

FAULTS_OF_REAL_EXPORTS = {
    *("exported_twice", "unknown_episode", "ended_before_it_began", "no_such_day", "in_the_future", "unknown_code"),
    *("bad_identity_code", "missing_identity"),
}


def test_the_files_are_what_the_generator_makes(tmp_path: Path) -> None:
    write(tmp_path)
    for file in COLUMNS:
        assert (tmp_path / file).read_bytes() == (FOLDER / file).read_bytes(), file


def test_nobody_in_it_can_be_real_or_has_a_name() -> None:
    codes = [row["hetu"] for row in read_table(FOLDER, CLIENTS) if row["hetu"]]
    assert {code[7] for code in codes} == {"9"}
    assert sum(not hetu.is_valid(code, allow_temporary=True) for code in codes) == 1  # the one that is a fault
    assert len(set(codes)) == len(codes) >= 40


def test_every_fault_of_real_exports_is_there(demonstration: Imported) -> None:
    assert set(demonstration.report.faults) >= FAULTS_OF_REAL_EXPORTS


def test_every_kind_of_row_is_there(demonstration: Imported) -> None:
    meetings, amendments = read_table(FOLDER, MEETINGS), read_table(FOLDER, AMENDMENTS)
    assert {row["toimi"] for row in amendments} == {"OIKAISU", "MITATOINTI"}
    assert {row["tila"] for row in meetings if row["tila"]} == {
        *("TOTEUTUNUT", "PERUTTU_PERHE", "PERUTTU_TYONTEKIJA", "EI_SAAPUNUT"),
    }
    assert any(row["kirjattu_pvm"] not in ("", None, row["pvm"]) for row in meetings)
    assert any(row["poikkeuspaatos_pvm"] for row in read_table(FOLDER, EPISODES))
    assert demonstration.report.by_file[AMENDMENTS].rows_refused == 0


def test_it_is_imported_into_an_empty_ledger_only(book: Book, tmp_path: Path) -> None:
    unfinished = tmp_path / "unfinished"
    assert import_into_empty(book, unfinished) is not None
    head = book.ledger.head()[0]
    assert import_into_empty(book, unfinished) is None
    assert book.ledger.head()[0] == head


def test_an_import_cut_off_half_way_is_taken_up_again(book: Book, tmp_path: Path, demonstration: Imported) -> None:
    unfinished = tmp_path / "unfinished"

    def cut_off(told: int, steps: int) -> None:
        if told > steps // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_into_empty(book, unfinished, cut_off)
    report = import_into_empty(book, unfinished)
    assert report is not None
    assert report.totals.rows_recorded_earlier > 0
    told = report.totals.rows_recorded + report.totals.rows_recorded_earlier
    assert told == demonstration.report.totals.rows_recorded
    assert book.ledger.head()[0] == demonstration.book.ledger.head()[0]
    assert import_into_empty(book, unfinished) is None
