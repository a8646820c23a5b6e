"""The quality file of a service: criteria, an audit with its sample, what was found and done, feedback, survey rounds.

Never here: what the rules say.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from domain.commands import AnyCommand
from domain.fact import StreamKind
from domain.quality.commands.assess_quality_criteria import AssessQualityCriteria
from domain.quality.commands.close_audit import CloseAudit
from domain.quality.commands.close_supervision import CloseSupervision
from domain.quality.commands.complete_quality_action import CompleteQualityAction
from domain.quality.commands.draw_audit_sample import DrawAuditSample
from domain.quality.commands.handle_quality_feedback import HandleQualityFeedback
from domain.quality.commands.handle_survey_round import HandleSurveyRound
from domain.quality.commands.open_quality_action import OpenQualityAction
from domain.quality.commands.open_quality_file import OpenQualityFile
from domain.quality.commands.open_supervision import OpenSupervision
from domain.quality.commands.plan_audit import PlanAudit
from domain.quality.commands.receive_quality_feedback import ReceiveQualityFeedback
from domain.quality.commands.record_audit import RecordAudit
from domain.quality.commands.record_audit_finding import RecordAuditFinding
from domain.quality.commands.record_survey_round import RecordSurveyRound
from domain.quality.commands.set_quality_criteria import SetQualityCriteria
from domain.quality.facts import AuditKind, Criterion, EventTied, FeedbackGiver, Severity, StreamOfEvent
from domain.quality.facts import SupervisionKind as Supervision
from domain.quality.state import QualityState
from scripts.demonstration.telling import DAY, Draft, Hearing, Tale, Teller

WORKER_OF = {"P": "L14", "L": "U1", "H": "S1", "K": "KV1"}
SAMPLE_SIZE = 3
BEGAN_DAYS_AGO, AUDITED_AFTER = 420, 330
"""How long ago the file was opened, and how many days after that the first audit takes place."""
ROUNDS = ("orientation", "goals", "working")


def tale(teller: Teller, service: str, area: str) -> Tale:
    """The year of the service's quality file in that area."""
    told = teller.tale(f"quality/{service}", BEGAN_DAYS_AGO, WORKER_OF[service[0]])
    _File(told, service, area, teller.seed).tell()
    return told


class _File:
    def __init__(self, tale: Tale, service: str, area: str, seed: str) -> None:
        self.tale, self.service, self.area, self.seed = tale, service, area, seed
        self.file = tale.id("file")

    def do(self, kind: type[AnyCommand], /, **fields: Any) -> UUID:
        return self.tale.do(self.file, kind, **fields)

    def tell(self) -> None:
        """From the opening to now."""
        day = self.tale.day
        self.do(OpenQualityFile, opened_on=day(0), service=self.service, area=self.area)
        criteria = tuple(Criterion(code=code, target_score=4) for code in ("participation", "plans", "reports"))
        self.do(SetQualityCriteria, set_on=day(1), origin="national", criteria=criteria)
        for number, scores in ((40, (3, 3, 2)), (AUDITED_AFTER + 5, (4, 3, 3))):
            told = dict(zip(("participation", "plans", "reports"), scores, strict=True))
            self.do(AssessQualityCriteria, assessed_on=day(number), scores=told)
        for turn, number in enumerate(range(70, 420, 91) if self.service == "P2" else ()):
            self._survey(turn, number)
        self._feedback()
        self._audit("first", AUDITED_AFTER, AuditKind.ON_SITE, days_back=300)
        if self.service == "P2":
            self._audit("in writing", 120, AuditKind.WRITTEN, days_back=110)
        self._supervise()

    def _survey(self, turn: int, number: int) -> None:
        """A round a quarter, with scores that rise a little; one is not gone through, one late."""
        draw, round_id = self.tale.draw, self.tale.id("round", str(turn))
        scores = {topic: (draw.randint(30, 40) + 2 * turn) / 10 for topic in ROUNDS}
        answers = {"respondents": draw.randint(4, 11), "scores": scores, "instrument": "Vaikuttavuus esiin"}
        self.do(RecordSurveyRound, round_id=round_id, held_on=self.tale.day(number), topics=ROUNDS, **answers)
        if turn != 2:
            then = self.tale.day(number + (64 if turn == 1 else 12))
            self.do(HandleSurveyRound, round_id=round_id, handled_on=then, in_community=True, change_code="evening")

    def _feedback(self) -> None:
        """Worries and thanks; most are handled, with what was changed because of them."""
        givers = (FeedbackGiver.RESPONSIBLE_WORKER, FeedbackGiver.CLIENTS)
        for turn, number in enumerate((85, 210, 290, 395)):
            feedback_id = self.tale.id("feedback", str(turn))
            kind = "concern" if turn % 2 == 0 else "thanks"
            told = {"feedback_kind": kind, "producer": "a producer", "form": "Webropol"}
            day, giver = self.tale.day(number), givers[turn % 2]
            self.do(ReceiveQualityFeedback, feedback_id=feedback_id, received_on=day, given_by=giver, **told)
            if turn != 2:
                handled = {"handled_on": self.tale.day(number + 6), "result_code": "used_in_arranging"}
                self.do(HandleQualityFeedback, feedback_id=feedback_id, **handled)

    def _audit(self, name: str, number: int, kind: AuditKind, *, days_back: int) -> None:
        """Planned, its sample drawn, held, what was found tied to events, actions opened and done, closed."""
        day, audit = self.tale.day(number), self.tale.id("audit", name)
        span = {"covers_from": day - days_back * DAY, "covers_to": day - 10 * DAY}
        plan = {"scope": ("plans", "participation"), "seed": self.seed, "auditor": "coordination", **span}
        planned = self.tale.day(number - 40)
        told = {"audit_kind": kind, "planned_on": planned, "takes_place_on": day, **plan}
        self.do(PlanAudit, audit_id=audit, **told)
        self.tale.tell(self.file, DrawAuditSample, self._sample(audit, day, span), day)
        self.do(RecordAudit, audit_id=audit, held_on=day)
        self.tale.tell(self.file, RecordAuditFinding, self._finding(audit, day), day)
        self._act(name, day)
        closed = {"closed_on": day + 35 * DAY, "result_code": "improvements_agreed"}
        self.do(CloseAudit, audit_id=audit, **closed)

    def _act(self, name: str, day: dt.date) -> None:
        for number, due in enumerate((day + 30 * DAY, day + 60 * DAY)):
            action_id = self.tale.id("action", name, str(number))
            because = {"because_of": self.tale.id("finding", str(day)), "action_code": "plans_in_time"}
            told = {"opened_on": day, "due_on": due, "when": day, "closing": True}
            self.do(OpenQualityAction, action_id=action_id, **told, **because)
            if number == 0:
                self.do(CompleteQualityAction, action_id=action_id, done_on=due - 3 * DAY)

    def _sample(self, audit: UUID, day: dt.date, span: dict[str, dt.date]) -> Draft:
        def draft(hearing: Hearing) -> AnyCommand:
            position, population = hearing.population(self.service, self.area, span["covers_from"], span["covers_to"])
            size = min(SAMPLE_SIZE, len(population))
            told = {"population_position": position, "population": population, "sample_size": size}
            return DrawAuditSample.model_validate({"audit_id": audit, "drawn_on": day, **told})

        return draft

    def _finding(self, audit: UUID, day: dt.date) -> Draft:
        """A shortcoming, tied to the first event of an episode of the sample."""

        def draft(hearing: Hearing) -> AnyCommand:
            state = hearing.book.state(self.file, StreamKind.QUALITY)
            if not isinstance(state, QualityState):
                raise TypeError("the stream is no quality file")
            episode_id = state.samples[audit].episode_ids[0]
            tied = EventTied(stream_kind=StreamOfEvent.EPISODE, stream_id=episode_id, version=1)
            return RecordAuditFinding(
                finding_id=self.tale.id("finding", str(day)),
                audit_id=audit,
                found_on=day,
                severity=Severity.SHORTCOMING,
                criterion_code="plans",
                events=(tied,),
            )

        return draft

    def _supervise(self) -> None:
        """A planned visit, closed; a reactive one after worries, which goes on."""
        planned, reactive = self.tale.id("planned"), self.tale.id("reactive")
        told: dict[str, Any] = {"producer": "a producer"}
        on = {"opened_on": self.tale.day(60), "supervision_kind": Supervision.PLANNED}
        self.do(OpenSupervision, supervision_id=planned, **on, **told)
        closed = {"closed_on": self.tale.day(88), "result_code": "nothing_to_remark"}
        self.do(CloseSupervision, supervision_id=planned, **closed)
        on = {"opened_on": self.tale.day(398), "supervision_kind": Supervision.REACTIVE}
        self.do(OpenSupervision, supervision_id=reactive, ground_codes=("quality",), **on, **told)
