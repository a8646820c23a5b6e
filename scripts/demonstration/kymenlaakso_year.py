"""The last year of Kymenlaakso (S2), after its imported history: K1 and K2 from the contact to where the family went.

Never here: the history before it (`generate`, `history`), and what the rules say.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.contact.commands.answer_contact import AnswerContact
from domain.contact.commands.close_contact import CloseContact
from domain.contact.commands.receive_contact import ReceiveContact
from domain.contact.facts import ContactSource
from domain.episode.commands.close_episode import CloseEpisode
from domain.episode.commands.evaluate_plan import EvaluatePlan
from domain.episode.commands.grant_exception import GrantException
from domain.episode.commands.make_plan import MakePlan
from domain.episode.commands.open_spell import OpenSpell
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.facts import ClosureReason, GoalResult, MeetingMode, Outcome, PlanKind
from domain.fact import StreamKind
from domain.register.facts import WorkerRole
from scripts.demonstration.course import Course, Place
from scripts.demonstration.history import FOLDER
from scripts.demonstration.telling import DAY, Tale, Teller
from scripts.legacy.files import EPISODES
from scripts.legacy.naming import episode_of

SERVICES = ("K1", "K2")
KOTKA = Place("Kotka", "perhekeskus-kotka", "Perhekeskus Kotka", (12, 20), 0.08)
NORTH = Place("Kouvola pohjoinen", "perhekeskus-kouvola-pohjoinen", "Perhekeskus Kouvola pohjoinen", (18, 40), 0.22)
SOUTH = Place("Kouvola eteläinen", "perhekeskus-kouvola-etelainen", "Perhekeskus Kouvola eteläinen", (12, 24), 0.12)
HAMINA = Place("Hamina", "perhekeskus-hamina", "Perhekeskus Hamina", (9, 13), 0.04)
PLACES = (KOTKA, NORTH, SOUTH, HAMINA)
WORKERS: dict[str, tuple[WorkerRole, Place]] = {
    **{f"O{number}": (WorkerRole.FAMILY_INSTRUCTOR, place) for number, place in enumerate(PLACES, 81)},
    "KV1": (WorkerRole.TEAM_LEADER, KOTKA),
}
INSTRUCTORS = {place.area: worker for worker, (_, place) in WORKERS.items() if worker != "KV1"}
LAST_EXPORTED = dt.date(2025, 4, 25)
"""After the last day of the imported history."""
LAW = "Social Welfare Act (1301/2014) § 18"
ANSWERED_AFTER = {KOTKA.area: (1, 2), NORTH.area: (2, 5, 9), SOUTH.area: (1, 3), HAMINA.area: (0, 1)}
"""After how many days the instructor contacts the family."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A family that asked, or for which a professional did: when, for what, how often they met, what came of it."""

    service: str
    days_ago: int
    place: Place
    meetings: int
    age: int = 4
    source: str = "family"
    turns: tuple[str, ...] = ()
    ends: ClosureReason = ClosureReason.GOALS_MET


LONG_TERM, WITHDREW = ClosureReason.MOVED_TO_LONG_TERM, ClosureReason.FAMILY_WITHDREW
ASKED = (
    Asked("K2", 352, KOTKA, 6),
    Asked("K1", 341, HAMINA, 2, 2, "maternity_clinic"),
    Asked("K2", 330, NORTH, 8, 6, "early_education"),
    Asked("K1", 318, SOUTH, 3, 1, turns=("goes on",)),
    Asked("K2", 300, KOTKA, 12, 5, "family_counselling", ("exception",)),
    Asked("K2", 283, NORTH, 5, 7, turns=("no plan",), ends=LONG_TERM),
    Asked("K1", 268, HAMINA, 1, ends=WITHDREW),
    Asked("K2", 251, SOUTH, 10, 3, turns=("new spell",)),
    Asked("K2", 240, KOTKA, 6, 10, "family_social_work"),
    Asked("K1", 222, NORTH, 4, 8, turns=("reasoned",)),
    Asked("K2", 201, HAMINA, 6, 0),
    Asked("K1", 190, KOTKA, 3, 4, turns=("goes on",)),
    Asked("K2", 172, SOUTH, 3, 6, turns=("no evaluation",), ends=WITHDREW),
    Asked("K2", 150, NORTH, 7, 2, "maternity_clinic", ends=LONG_TERM),
    Asked("K1", 131, HAMINA, 2, 5, "early_education"),
    Asked("K2", 112, KOTKA, 7, 7),
    Asked("K2", 96, NORTH, 7, 3),
    Asked("K1", 71, SOUTH, 3, 2),
    Asked("K2", 55, HAMINA, 6, 8, "family_counselling"),
    Asked("K1", 38, KOTKA, 3, 1),
    Asked("K2", 13, NORTH, 6, 5),
    Asked("K1", 8, SOUTH, 2, 3),
)
NOT_GRANTED = (("no consent", 209, NORTH, 3), ("too old", 144, KOTKA, 14), ("something else", 90, SOUTH, 5))


def tales(teller: Teller) -> Iterator[Tale]:
    """The ends of the history, every family of the year, and those who were not granted what was asked."""
    yield from _ends_of_the_history(teller)
    for asked in ASKED:
        tale = teller.tale(f"{asked.service}/{asked.days_ago}", asked.days_ago, INSTRUCTORS[asked.place.area])
        child = tale.client(asked.age, asked.place.area, municipality=asked.place.area.split()[0])
        Early(tale, asked.place, [child], asked.service).tell(asked)
        yield tale
    for name, days_ago, place, age in NOT_GRANTED:
        tale = teller.tale(f"K2/{name}", days_ago, INSTRUCTORS[place.area])
        course = Early(tale, place, [tale.client(age, place.area)], "K2")
        consent = "refused" if name == "no consent" else "given"
        course.ask("maternity_clinic", consent=consent)
        if name != "no consent":
            course.refuse("Palvelu on tarkoitettu muille, tai toinen palvelu sopii paremmin.", legal_basis=LAW)
        yield tale


def _ends_of_the_history(teller: Teller) -> Iterator[Tale]:
    """The episodes that the export left open in the spring of 2025 are closed before the summer."""
    with (FOLDER / EPISODES).open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter=";") if row["paatos"] == "MYONTO"]
    for number, row in enumerate(row for row in rows if not row["paattyi_pvm"]):
        days_after = 5 + 3 * number
        tale = Tale(teller, f"history/{row['jakso_id']}", LAST_EXPORTED + days_after * DAY, row["paattaja_id"])
        episode = episode_of(teller.register, row["jakso_id"])
        tale.do(episode, EvaluatePlan, evaluated_on=tale.day(0), overall_result=GoalResult.PARTLY_MET)
        reason, outcome = ClosureReason.GOALS_MET, Outcome.NONE
        tale.do(episode, CloseEpisode, closed_on=tale.day(0), reason=reason, outcome=outcome, closing=True)
        yield tale


class Early(Course):
    """Early-support family work with one family."""

    def __init__(self, tale: Tale, place: Place, clients: list[UUID], service: str, **named: Any) -> None:
        self.service = service
        super().__init__(tale, place, clients, **named)

    def tell(self, asked: Asked) -> None:
        """From the contact to where the family went."""
        self.ask(asked.source)
        self.begin()
        last = self.work(asked.meetings, asked.turns)
        goes_on = "goes on" in asked.turns
        self._end(last, asked, Outcome.OTHER_SERVICE if goes_on else Outcome.NONE)
        if goes_on:
            self._change_work(last)

    def ask(self, source: str, consent: str = "given") -> None:
        """Somebody asks; the family is contacted only with its consent; the episode begins."""
        tale, contact = self.tale, self.tale.id("contact", str(self.after))
        at, channel = tale.at(self.after, tale.draw.randint(8, 14)), tale.draw.choice(("phone", "form", "electronic"))
        told = {"client_id": self.clients[0], "consent": consent, "area": self.place.area, "service": self.service}
        order = tale.do(contact, ReceiveContact, received_at=at, channel=channel, source=source, **told)
        if tale.draw.random() < 0.1:
            tale.correct(contact, order, StreamKind.CONTACT, channel="in_person")
        if consent != "given":
            tale.do(contact, CloseContact, closed_on=tale.day(self.after + 4))
            return
        days = self.after + tale.draw.choice(ANSWERED_AFTER[self.place.area])
        tale.do(contact, AnswerContact, answered_at=tale.at(days, 15), outcome="guided")
        self.refer(ContactSource(source), contact_id=contact, consent=consent, when=tale.day(days), closing=True)

    def begin(self, **continues: Any) -> None:
        """Decision, worker, start."""
        self.grant("Perhe hyötyy varhaisesta tuesta.", legal_basis=LAW, **continues)
        self.assign(WorkerRole.FAMILY_INSTRUCTOR, -1)
        self.do(StartEpisode, started_on=self.day(0))

    def work(self, meetings: int, turns: tuple[str, ...] = ()) -> int:
        """Meetings a week or two apart, one now and then not held; answers the day of the last."""
        if self.service == "K2" and "no plan" not in turns:
            told = {"plan_kind": PlanKind.FAMILY_WORK_PLAN, "with_family": True, **self.goals("unirytmi", "rajat")}
            self.do(MakePlan, made_on=self.day(0), **told)
        number, orders = 1, []
        for turn in range(meetings):
            orders.append(self.meet(number, agreed=turn % 2 == 1, **self._way(turn)))
            number += self.tale.draw.randint(6, 12)
            if self.tale.draw.random() < 0.12:
                self.call_off(number) if turn % 2 else self.miss(number)
                number += 6
            if turn == 6 and "exception" in turns:
                self._exception(number - 4)
            if turn == 5 and "new spell" in turns:
                reason = "Vanhempien ero muutti tavoitteet."
                self.do(OpenSpell, opened_on=self.day(number - 3), ground="new_challenge", reason=reason)
        if len(orders) > 3:
            self.tale.correct(self.episode, orders[1], participants=["parents"])
        if "reasoned" in turns:
            self.tale.explain(self.episode, "meetings", self.day(number), "Perhe tarvitsi yhden kerran lisää.")
        return number

    def _way(self, turn: int) -> dict[str, Any]:
        modes = (MeetingMode.HOME, MeetingMode.HOME, MeetingMode.VIDEO, MeetingMode.HOME, MeetingMode.PHONE)
        present = ("parents", "children") if turn % 2 == 0 else ("mother", "child")
        return {"mode": modes[turn % len(modes)], "participants": present, "topics": ("parenting",)}

    def _exception(self, number: int) -> None:
        """A second period for this family."""
        told = {"reasons": "Toinen jakso auttaa perhettä eteenpäin.", "expected_effect": "Tuen tarve päättyy."}
        self.do(GrantException, decided_on=self.day(number), legal_basis=LAW, meetings_granted=7, **told)

    def _end(self, number: int, asked: Asked, outcome: Outcome) -> None:
        if self.service == "K2" and "no evaluation" not in asked.turns:
            result = self.tale.draw.choice((GoalResult.MET, GoalResult.PARTLY_MET))
            self.do(EvaluatePlan, evaluated_on=self.day(number), overall_result=result)
        went = Outcome.LONG_TERM_FAMILY_WORK if asked.ends is LONG_TERM else outcome
        self.close(number, asked.ends, outcome=went)

    def _change_work(self, number: int) -> None:
        """Guidance led to short change work with the same need: its meetings count in the same spell."""
        after = Early(self.tale, self.place, self.clients, "K2", name="change work", after=self.start + number - 4)
        after.ask("family")
        after.begin(continues_episode_id=self.episode)
        last = after.work(6)
        after._end(last, Asked("K2", 0, self.place, 6), Outcome.NONE)
