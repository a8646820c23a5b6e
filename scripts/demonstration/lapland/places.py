"""Where the services of Lapland are given, who works there, and who decides for the purchaser.

The mother-and-child home is the producer's own unit of the sources; the others are made up. Waiting, lateness and
caseload differ from place to place, so that comparing them says something.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.contact.facts import ContactChannel
from domain.episode.commands.evaluate_plan import EvaluatePlan
from domain.episode.commands.make_agreement import MakeAgreement
from domain.episode.commands.receive_feedback import ReceiveFeedback
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.facts import AgreementSubject, GoalResult
from domain.register.facts import WorkerRole
from scripts.demonstration.course import Course, Place

SERVICES = ("P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "F2")
"""Those that are granted, and the case conferences that an episode's network holds."""
PRODUCER = "Lapin ensi- ja turvakoti ry"
HOME = Place("Rovaniemi", "lahteentie", "Lähteentien ensikoti", (9, 20), 0.08, producer=PRODUCER)
ROVANIEMI = Place("Rovaniemi", "rovaniemi-perhetyo", "Rovaniemen perhetyö", (10, 22), 0.06, producer=PRODUCER)
KEMI = Place("Kemi", "kemi-perhetyo", "Kemin perhetyö", (24, 47), 0.30, 6, producer=PRODUCER)
TORNIO = Place("Tornio", "tornio-perhetyo", "Tornion perhetyö", (15, 30), 0.15, 2, producer=PRODUCER)
SODANKYLA = Place("Sodankylä", "sodankyla-perhetyo", "Sodankylän perhetyö", (9, 13), 0.02, producer=PRODUCER)
PLACES = (HOME, ROVANIEMI, KEMI, TORNIO, SODANKYLA)
WORKERS: dict[str, tuple[WorkerRole, Place]] = {
    "L1": (WorkerRole.KEY_WORKER, HOME),
    "L2": (WorkerRole.OWN_INSTRUCTOR, HOME),
    "L3": (WorkerRole.VISITATION_SUPERVISOR, ROVANIEMI),
    "L4": (WorkerRole.FAMILY_INSTRUCTOR, ROVANIEMI),
    "L5": (WorkerRole.FAMILY_INSTRUCTOR, ROVANIEMI),
    "L6": (WorkerRole.KEY_WORKER, HOME),
    "L7": (WorkerRole.OWN_INSTRUCTOR, HOME),
    "L8": (WorkerRole.COMMUNITY_INSTRUCTOR, HOME),
    "L9": (WorkerRole.VISITATION_SUPERVISOR, KEMI),
    "L10": (WorkerRole.FAMILY_INSTRUCTOR, KEMI),
    "L11": (WorkerRole.VISITATION_SUPERVISOR, TORNIO),
    "L12": (WorkerRole.FAMILY_INSTRUCTOR, TORNIO),
    "L13": (WorkerRole.FAMILY_INSTRUCTOR, SODANKYLA),
    "L14": (WorkerRole.TEAM_LEADER, ROVANIEMI),
    "LS1": (WorkerRole.RESPONSIBLE_SOCIAL_WORKER, ROVANIEMI),
    "LS2": (WorkerRole.RESPONSIBLE_SOCIAL_WORKER, KEMI),
}
DECIDERS = {KEMI.area: "LS2", TORNIO.area: "LS2"}
TOGETHER = ("client", "family", "network", "referrer", "authority")


class LaplandCourse(Course):
    """An episode at the producer's."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.decider = DECIDERS.get(self.place.area, "LS1")

    def pay(self, units: int, cost_centre: str = "4100", number: int = -4, **fields: Any) -> None:
        """The commitment that the purchaser, Lapland itself, makes."""
        told = {"issuer": "lapland", "contract_reference": "tender-1", "cost_centre": cost_centre, **fields}
        self.commit(number, units=units, **told)

    def agree(self, subject: AgreementSubject, number: int = -4, **fields: Any) -> None:
        """Something is agreed with the purchaser's social worker, or with the referrer where that is told."""
        told = {"agreed_on": self.day(number), "agreed_with": "purchaser_social_worker", **fields}
        self.do(MakeAgreement, subject=subject, **told)

    def agree_by_phone(self) -> None:
        """That the family becomes a client."""
        self.agree(AgreementSubject.CLIENTSHIP, channel=ContactChannel.PHONE)

    def begin(self, number: int = 0, **fields: Any) -> None:
        """The work begins."""
        self.do(StartEpisode, started_on=self.day(number), **fields)

    def assess(self, number: int, result: GoalResult, *others: str) -> None:
        """The work is assessed against its goals, together with the family, the referrer and others."""
        together = ("family", "referrer", *others)
        told = {"together_with": together, "evaluation": "Tavoitteita arvioitiin yhdessä perheen kanssa."}
        self.do(EvaluatePlan, evaluated_on=self.day(number), overall_result=result, closing=True, **told)

    def hear(self, number: int, given_by: str, **fields: Any) -> UUID:
        """Feedback; answers its id."""
        feedback: UUID = self.tale.id()
        self.do(ReceiveFeedback, feedback_id=feedback, received_on=self.day(number), given_by=given_by, **fields)
        return feedback
