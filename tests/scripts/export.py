"""Small exports for the tests of the import: one sound family, to which a test adds the rows that it is about."""

import csv
from pathlib import Path

from scripts.legacy.files import AMENDMENTS, CLIENTS, COLUMNS, CONTACTS, EPISODES, MEETINGS, PLANS, WORKERS

CHILD = "A00001;010117A900V;01.01.2017;E;;F00001;Kotka;Kotka;E"
CONTACT = "Y00001;A00001;01.03.2022;09:00;PUHELIN;NEUVOLA;K;02.03.2022;10:00;O1"
EPISODE = "J00001;A00001;Y00001;MUUTOSTYO;10.03.2022;MYONTO;O1;SHL 1301/2014;14.03.2022;30.05.2022;TAVOITTEET;;"
PLAN = "J00001;SUUNNITELMA;15.03.2022;O1;Tavoitteet: unirytmi, arjen rutiinit"
EVALUATION = "J00001;ARVIOINTI;30.05.2022;O1;Tavoitteet osin saavutettu"
MEETING = "T00001;J00001;21.03.2022;09:00;10:30;KOTI;TOTEUTUNUT;O1;AITI,LAPSI;24.03.2022;15:00;Salainen huomio."

SOUND: dict[str, list[str]] = {
    WORKERS: ["O1;Perheohjaaja 1;Kotka"],
    CLIENTS: [CHILD],
    CONTACTS: [CONTACT],
    EPISODES: [EPISODE],
    PLANS: [PLAN, EVALUATION],
    MEETINGS: [MEETING],
    AMENDMENTS: [],
}


def write_export(folder: Path, *added: tuple[str, str], without: tuple[str, ...] = ()) -> Path:
    """The sound family's export with rows added; rows whose file is in `without` are left out first."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, rows in SOUND.items():
        told = [*([] if file in without else rows), *(row for where, row in added if where == file)]
        text = "\r\n".join([";".join(COLUMNS[file]), *told, ""])
        (folder / file).write_text(text, encoding="utf-8-sig", newline="")
    return folder


def read_table(folder: Path, file: str) -> list[dict[str, str]]:
    """The rows of a file by column, as a reader of CSV who knows nothing else sees them."""
    with (folder / file).open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=";"))
