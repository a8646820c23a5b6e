"""Makes the demonstration history: `python -m scripts.demonstration.generate` writes the CSV files anew, the same.

The scenes below are chosen so that every kind of row, every fault and the deviations that matter are there at least
once. The days lie outside the periods whose figures are published, and the ids are of a number range of their own.
"""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from random import Random

from scripts.demonstration import faulty
from scripts.demonstration.history import FOLDER
from scripts.demonstration.people import birthday, identity_code
from scripts.legacy.files import AMENDMENTS, CLIENTS, COLUMNS, CONTACTS, EPISODES, MEETINGS, PLANS, WORKERS

SEED = "jaksokirja: demonstration"
AREAS = (("Kotka", "Kotka"), ("Kouvola", "Kouvola pohjoinen"), ("Kouvola", "Kouvola eteläinen"), ("Hamina", "Hamina"))
SOURCES = ("PERHE", "NEUVOLA", "VARHAISKASVATUS", "PERHESOSIAALITYO", "PERHENEUVOLA")
GOALS = ("arjen rutiinit", "unirytmi", "rajojen asettaminen", "vanhempien yhteistyö")
NOTES = ("Harjoiteltiin iltatoimia.", "Juteltiin jaksamisesta.", "Leikkihetki ohjattuna.", "")
LAW = "SHL 1301/2014"
EXCEPTION = "Perhe arvioidaan tulevan autetuksi toisella jaksolla."
PRESENT = ("AITI,LAPSI", "ISA,LAPSI", "AITI,ISA,LAPSI", "AITI")

AMENDED = (
    ("", "", "Kirjattu väärälle asiakkaalle"),
    ("", "", "Kirjattu kahteen kertaan"),
    ("tapa", "VIDEO", "Väärä yhteydenpitotapa"),
    ("paattyi", "16:55", "Kirjoitusvirhe kellonajassa"),
    ("osallistujat", "AITI,ISA", "Läsnäolijat kirjattu väärin"),
)
"""The field, its right value and the reason of each correction; strike-outs have neither field nor value."""

Rows = dict[str, list[list[str]]]


@dataclass(frozen=True, slots=True)
class Scene:
    """An episode to be made. `asked` is the day of the contact; `end` the legacy code, none while it goes on."""

    service: str
    asked: dt.date
    meetings: int
    end: str | None = "TAVOITTEET"
    granted: bool = True
    age: int = 4
    expecting: bool = False
    consent: bool = True
    plan: bool = True
    evaluation: bool = True
    exception: bool = False
    again: bool = False  # the family of the scene before asks again


def day(text: str) -> dt.date:
    """A day written as in the export."""
    return dt.datetime.strptime(text, "%d.%m.%Y").replace(tzinfo=dt.UTC).date()


def k0(asked: str, meetings: int, end: str = "TAVOITTEET", **more: object) -> Scene:
    """Before the models."""
    return Scene("MUUTOSTYO", day(asked), meetings, end, **more)  # type: ignore[arg-type] # the scene's own fields


def k1(asked: str, meetings: int, end: str | None = "TAVOITTEET", **more: object) -> Scene:
    """Guidance and counselling."""
    return Scene("OHJAUS", day(asked), meetings, end, plan=False, **more)  # type: ignore[arg-type] # the same


def k2(asked: str, meetings: int, end: str | None = "TAVOITTEET", **more: object) -> Scene:
    """Short change work."""
    return Scene("MUUTOSTYO", day(asked), meetings, end, **more)  # type: ignore[arg-type] # the same


LONG_TERM, WITHDREW, MOVED, OTHER = "SIIRTO_PITKAKESTOISEEN", "PERHE_KESKEYTTI", "MUUTTO", "MUU_PALVELU"
SCENES = (
    *(k0("14.1.2020", 5), k0("3.2.2020", 6, LONG_TERM), k0("20.2.2020", 3, age=11), k0("2.3.2020", 7, expecting=True)),
    *(k0("15.4.2020", 4, WITHDREW), k0("4.5.2020", 12, exception=True), k0("11.8.2020", 5, MOVED), k0("1.9.2020", 6)),
    *(
        k0("21.9.2020", 5, OTHER),
        k0("5.10.2020", 0, granted=False),
        k0("19.10.2020", 6),
        k0("2.11.2020", 4, again=True),
    ),
    *(k1("5.9.2022", 2), k1("12.9.2022", 3, age=2), k1("3.10.2022", 4), k1("17.10.2022", 3, LONG_TERM)),
    *(k1("7.11.2022", 1, WITHDREW), k1("9.1.2023", 2, expecting=True), k1("6.2.2023", 0, granted=False)),
    *(k1("20.3.2023", 3, age=10), k1("11.9.2023", 3, OTHER), k1("5.2.2024", 2, consent=False)),
    *(k2("8.9.2022", 6), k2("26.9.2022", 7, LONG_TERM), k2("10.10.2022", 5), k2("14.11.2022", 12, exception=True)),
    *(k2("16.1.2023", 8, age=7), k2("13.2.2023", 6, plan=False), k2("13.3.2023", 5, evaluation=False)),
    *(k2("24.4.2023", 6, expecting=True), k2("21.8.2023", 7, age=13), k2("2.10.2023", 3, WITHDREW)),
    *(k2("8.1.2024", 6, OTHER), k2("4.3.2024", 5, again=True), k2("19.8.2024", 0, granted=False), k2("7.10.2024", 6)),
    *(k2("13.1.2025", 5), k1("3.2.2025", 2, None), k2("10.2.2025", 4, None), k2("3.3.2025", 3, None, age=1)),
    *(
        k2("17.3.2025", 2, None, expecting=True),
        k1("24.3.2025", 1, None),
        k2("31.3.2025", 1, None),
        k1("7.4.2025", 0, None),
    ),
)


class Generator:
    """Writes scene after scene into rows. The same seed gives the same rows."""

    def __init__(self, seed: str = SEED) -> None:
        self._draw = Random(seed)
        self.rows: Rows = {file: [] for file in COLUMNS}
        self._ids = dict.fromkeys("AFYJT", 70000)
        for number, (_, area) in enumerate(AREAS, 71):
            self.rows[WORKERS].append([f"O{number}", f"Perheohjaaja {number}", area])

    def run(self) -> Rows:
        """All rows, the faulty ones among them."""
        for number, scene in enumerate(SCENES):
            place = (number - scene.again) % len(AREAS)
            if not scene.again:
                self._client(scene, *AREAS[place])
            self._episode(scene, f"O{71 + place}")
        self._amendments()
        faulty.add_to(self.rows, self._draw)
        return self.rows

    def _id(self, letter: str, *, last: bool = False) -> str:
        self._ids[letter] += not last
        return f"{letter}{self._ids[letter]:05}"

    def _client(self, scene: Scene, municipality: str, area: str) -> None:
        born_on = birthday(30 if scene.expecting else scene.age, scene.asked, self._draw)
        expected = written(scene.asked + dt.timedelta(days=120)) if scene.expecting else ""
        told = [identity_code(born_on, self._draw), written(born_on), flag(scene.expecting), expected]
        hidden = flag(self._draw.random() < 0.1)
        self.rows[CLIENTS].append([self._id("A"), *told, self._id("F"), municipality, area, hidden])

    def _episode(self, scene: Scene, worker: str) -> None:
        draw, contact = self._draw, self._contact(scene, worker)
        decided = scene.asked + dt.timedelta(days=draw.randint(7, 16))
        started = decided + dt.timedelta(days=draw.randint(1, 8))
        episode = self._id("J")
        about = [episode, self._id("A", last=True), contact, scene.service, written(decided)]
        if not scene.granted:
            self.rows[EPISODES].append([*about, "KIELTO", worker, LAW, *[""] * 5])
            return
        ended = self._work(scene, episode, started, worker)
        span = [written(started), written(ended) if scene.end else "", scene.end or ""]
        exception = [written(started + (ended - started) / 2), EXCEPTION] if scene.exception else ["", ""]
        self.rows[EPISODES].append([*about, "MYONTO", worker, LAW, *span, *exception])

    def _contact(self, scene: Scene, worker: str) -> str:
        draw, contact = self._draw, self._id("Y")
        asked = dt.datetime.combine(scene.asked, dt.time(draw.randint(8, 15), draw.choice((0, 20, 40))))
        answered = asked + dt.timedelta(days=draw.randint(0, 5), minutes=45)
        source = draw.choice(SOURCES) if scene.consent else "NEUVOLA"
        channel = draw.choice(("PUHELIN", "LOMAKE", "SAHKOINEN"))
        told = [*moment(asked), channel, source, flag(scene.consent), *moment(answered), worker]
        self.rows[CONTACTS].append([contact, self._id("A", last=True), *told])
        return contact

    def _work(self, scene: Scene, episode: str, started: dt.date, worker: str) -> dt.date:
        """Plan, meetings and evaluation; the day on which the work ended."""
        draw, day_met = self._draw, started
        if scene.plan and scene.meetings:
            planned = written(started + dt.timedelta(days=1))
            self.rows[PLANS].append([episode, "SUUNNITELMA", planned, worker, f"Tavoitteet: {draw.choice(GOALS)}"])
        for _ in range(scene.meetings):
            self._meeting(episode, day_met, "TOTEUTUNUT", worker)
            day_met += dt.timedelta(days=draw.randint(5, 10))
            if draw.random() < 0.15:
                self._meeting(
                    episode, day_met, draw.choice(("PERUTTU_PERHE", "PERUTTU_TYONTEKIJA", "EI_SAAPUNUT")), worker
                )
                day_met += dt.timedelta(days=draw.randint(3, 7))
        if scene.plan and scene.end and scene.evaluation:
            result = draw.choice(("saavutettu", "osin saavutettu", "ei saavutettu"))
            self.rows[PLANS].append([episode, "ARVIOINTI", written(day_met), worker, f"Tavoitteet {result}"])
        return day_met

    def _meeting(self, episode: str, day_met: dt.date, status: str, worker: str) -> None:
        draw = self._draw
        begins = dt.datetime.combine(day_met, dt.time(draw.randint(8, 15), draw.choice((0, 15, 30, 45))))
        ends = begins + dt.timedelta(minutes=draw.choice((45, 60, 75, 90)))
        late = dt.timedelta(days=draw.randint(2, 12)) if draw.random() < 0.15 else dt.timedelta()
        entered = ends + late + dt.timedelta(minutes=draw.randint(5, 90))
        mode = draw.choice(("KOTI",) * 7 + ("TOIMISTO", "PUHELIN", "VIDEO"))
        when = [written(day_met), f"{begins:%H:%M}", f"{ends:%H:%M}"]
        told = [mode, status, worker, draw.choice(PRESENT), *moment(entered), draw.choice(NOTES)]
        self.rows[MEETINGS].append([self._id("T"), episode, *when, *told])

    def _amendments(self) -> None:
        """Two strike-outs and three corrections, of meetings that were held, a few days after they were entered."""
        held = [row for row in self.rows[MEETINGS] if row[6] == "TOTEUTUNUT" and row[5] == "KOTI"]
        for row, (field, value, reason) in zip(held[10::25], AMENDED, strict=False):
            act = "OIKAISU" if field else "MITATOINTI"
            amended = written(day(row[9]) + dt.timedelta(days=3))
            self.rows[AMENDMENTS].append(["TAPAAMINEN", row[0], act, field, value, reason, amended, row[7]])


def written(on: dt.date) -> str:
    """As dates stand in the export."""
    return f"{on:%d.%m.%Y}"


def moment(at: dt.datetime) -> list[str]:
    """As a day and a time stand in the export."""
    return [written(at), f"{at:%H:%M}"]


def flag(yes: bool) -> str:
    """K or E."""
    return "K" if yes else "E"


def write(folder: Path) -> None:
    """Write the seven files."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, rows in Generator().run().items():
        with (folder / file).open("w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out, delimiter=";", lineterminator="\r\n").writerows([COLUMNS[file], *rows])


if __name__ == "__main__":
    write(FOLDER)
