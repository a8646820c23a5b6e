"""Reads the seven files of an export as raw rows. Says at once, before anything is recorded, what is missing.

Never here: what a value means. UTF-8 with or without a byte-order mark, `;` between fields.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.legacy.faults import BadExport, Fault, FaultyRow, RowKey

WORKERS = "ohjaajat.csv"
CLIENTS = "asiakkaat.csv"
CONTACTS = "yhteydenotot.csv"
EPISODES = "jaksot.csv"
PLANS = "suunnitelmat.csv"
MEETINGS = "tapaamiset.csv"
AMENDMENTS = "oikaisut.csv"

COLUMNS: Mapping[str, tuple[str, ...]] = {
    WORKERS: ("ohjaaja_id", "nimi", "perhekeskusalue"),
    CLIENTS: (
        *("asiakas_id", "hetu", "syntymaaika", "odottava_vanhempi", "laskettu_aika", "perhe_id", "kunta"),
        *("perhekeskusalue", "turvakielto"),
    ),
    CONTACTS: (
        *("yhteydenotto_id", "asiakas_id", "pvm", "klo", "tapa", "lahde", "suostumus", "vastattu_pvm"),
        *("vastattu_klo", "ohjaaja_id"),
    ),
    EPISODES: (
        *("jakso_id", "asiakas_id", "yhteydenotto_id", "palvelu", "paatos_pvm", "paatos", "paattaja_id", "laki"),
        *("alkoi_pvm", "paattyi_pvm", "paattymissyy", "poikkeuspaatos_pvm", "poikkeusperuste"),
    ),
    PLANS: ("jakso_id", "tyyppi", "pvm", "laatija_id", "teksti"),
    MEETINGS: (
        *("tapaaminen_id", "jakso_id", "pvm", "alkoi", "paattyi", "tapa", "tila", "ohjaaja_id", "osallistujat"),
        *("kirjattu_pvm", "kirjattu_klo", "teksti"),
    ),
    AMENDMENTS: ("rivi_tyyppi", "rivi_id", "toimi", "kentta", "uusi_arvo", "syy", "pvm", "tekija_id"),
}
"""The seven files, in the order in which they are told, and the columns that each must have."""

_NO_ID_OF_THEIR_OWN: Mapping[str, tuple[str, ...]] = {
    PLANS: ("jakso_id", "tyyppi", "pvm"),
    AMENDMENTS: ("rivi_id", "toimi", "kentta", "pvm"),
}


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it stands in its file. `fault` when it could not even be told apart into columns."""

    key: RowKey
    line: int
    values: Mapping[str, str]
    fault: FaultyRow | None = None


RawExport = Mapping[str, tuple[RawRow, ...]]


def read_export(folder: Path) -> RawExport:
    """All rows by file. Raises BadExport, naming everything that is missing, before any row is looked at."""
    if not folder.is_dir():
        raise BadExport(f"{folder} is no folder.")
    missing = [name for name in COLUMNS if not (folder / name).is_file()]
    if missing:
        raise BadExport(f"The export lacks {', '.join(missing)}. Nothing was recorded.")
    tables = {name: _table(folder / name) for name in COLUMNS}
    lacking = [
        f"{name} lacks the column{'s' * (len(absent) > 1)} {', '.join(absent)}"
        for name, (header, _) in tables.items()
        if (absent := [column for column in COLUMNS[name] if column not in header])
    ]
    if lacking:
        raise BadExport(f"{'; '.join(lacking)}. Nothing was recorded.")
    return {name: tuple(_rows(name, header, lines)) for name, (header, lines) in tables.items()}


def _table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and each row with the number of its first line. Blank lines are no rows."""
    lines: list[tuple[int, list[str]]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=";")
            header = next(reader, [])
            before = reader.line_num
            for fields in reader:
                if fields:
                    lines.append((before + 1, fields))
                before = reader.line_num
    except (UnicodeDecodeError, csv.Error) as error:
        kind = "UTF-8 text" if isinstance(error, UnicodeDecodeError) else "a table of fields parted by ;"
        raise BadExport(f"{path.name} is not {kind}. Nothing was recorded.") from None
    return [name.strip() for name in header], lines


def _rows(file: str, header: list[str], lines: list[tuple[int, list[str]]]) -> Iterator[RawRow]:
    counted: dict[str, list[Mapping[str, str]]] = {}
    for line, fields in lines:
        if len(fields) != len(header):
            message = f"The row has {len(fields)} fields; the header has {len(header)}."
            fault = FaultyRow(Fault.WRONG_NUMBER_OF_FIELDS, message)
            yield RawRow(RowKey(file, fields[0].strip() or f"line {line}"), line, {}, fault)
            continue
        values = {name: value.strip() for name, value in zip(header, fields, strict=True)}
        yield RawRow(RowKey(file, _row_id(file, values, line, counted)), line, values)


def _row_id(file: str, values: Mapping[str, str], line: int, counted: dict[str, list[Mapping[str, str]]]) -> str:
    """The row's own id. Rows of files without one are named by what they tell of; further ones by a number more."""
    parts = _NO_ID_OF_THEIR_OWN.get(file)
    if parts is None:
        return values[COLUMNS[file][0]] or f"line {line}"
    name = "/".join(values[part] for part in parts if values[part])
    told = counted.setdefault(name, [])
    if values not in told:
        told.append(values)
    number = told.index(values) + 1
    return name if number == 1 else f"{name}/{number}"
