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
from scripts.demonstration.telling import Hearing, Tale

OPENED_ON = dt.date(2025, 1, 7)
FIRST, LAST = dt.date(2025, 1, 1), dt.date(2025, 9, 30)
WORKER_OF = {"P": "L4", "L": "U1"}
SAMPLE_SIZE = 2


def tale(register: str, service: str, area: str, seed: str) -> Tale:
    """The year of the service's quality file in that area."""
    told = Tale(register, f"quality/{service}", OPENED_ON, WORKER_OF[service[0]], seed=seed)
    _File(told, service, area, seed).tell()
    return told


class _File:
    def __init__(self, tale: Tale, service: str, area: str, seed: str) -> None:
        self.tale, self.service, self.area, self.seed = tale, service, area, seed
        self.file, self.audit = tale.id("file"), tale.id("audit")

    def do(self, kind: type[AnyCommand], /, **fields: Any) -> UUID:
        return self.tale.do(self.file, kind, **fields)

    def tell(self) -> None:
        """From the opening to the year's end."""
        self.do(OpenQualityFile, opened_on=OPENED_ON, service=self.service, area=self.area)
        criteria = tuple(Criterion(code=code, target_score=4) for code in ("participation", "plans", "reports"))
        self.do(SetQualityCriteria, set_on=OPENED_ON, origin="national", criteria=criteria)
        for day in (dt.date(2025, 3, 20), dt.date(2025, 9, 18)):
            self._survey(day)
        self._feedback()
        self._audit()
        self._supervise()

    def _survey(self, day: dt.date) -> None:
        draw, round_id = self.tale.draw, self.tale.id("round", str(day))
        topics = ("orientation", "goals", "working")
        scores = {topic: draw.randint(32, 46) / 10 for topic in topics}
        answers = {"respondents": draw.randint(5, 14), "scores": scores, "instrument": "Vaikuttavuus esiin"}
        self.do(RecordSurveyRound, round_id=round_id, held_on=day, topics=topics, **answers)
        if day.month < 6:
            then = day + dt.timedelta(days=12)
            self.do(HandleSurveyRound, round_id=round_id, handled_on=then, in_community=True, change_code="evening")

    def _feedback(self) -> None:
        given = (dt.date(2025, 4, 2), FeedbackGiver.RESPONSIBLE_WORKER), (dt.date(2025, 8, 6), FeedbackGiver.CLIENTS)
        for day, giver in given:
            feedback_id = self.tale.id("feedback", str(day))
            told = {"feedback_kind": "concern", "producer": "a producer", "form": "Webropol"}
            self.do(ReceiveQualityFeedback, feedback_id=feedback_id, received_on=day, given_by=giver, **told)
            if giver is FeedbackGiver.RESPONSIBLE_WORKER:
                handled = {"handled_on": day + dt.timedelta(days=6), "result_code": "used_in_arranging"}
                self.do(HandleQualityFeedback, feedback_id=feedback_id, **handled)

    def _audit(self) -> None:
        day = dt.date(2025, 10, 14)
        plan = {"scope": ("plans", "participation"), "covers_from": FIRST, "covers_to": LAST, "seed": self.seed}
        kind = AuditKind.ON_SITE
        self.do(
            PlanAudit,
            audit_id=self.audit,
            audit_kind=kind,
            planned_on=dt.date(2025, 9, 1),
            auditor="coordination",
            takes_place_on=day,
            **plan,
        )
        self.tale.tell(self.file, self._sample(day))
        self.do(RecordAudit, audit_id=self.audit, held_on=day)
        self.do(AssessQualityCriteria, assessed_on=day, scores={"participation": 4, "plans": 3, "reports": 3})
        self.tale.tell(self.file, self._finding(day))
        self._act(day)
        self.do(
            CloseAudit, audit_id=self.audit, closed_on=day + dt.timedelta(days=35), result_code="improvements_agreed"
        )

    def _act(self, day: dt.date) -> None:
        for number, due in enumerate((day + dt.timedelta(days=30), day + dt.timedelta(days=60))):
            action_id = self.tale.id("action", str(number))
            because = {"because_of": self.tale.id("finding"), "action_code": "plans_in_time"}
            self.do(OpenQualityAction, action_id=action_id, opened_on=day, due_on=due, **because)
            if number == 0:
                self.do(CompleteQualityAction, action_id=action_id, done_on=due - dt.timedelta(days=3))

    def _sample(self, day: dt.date) -> Any:
        def draft(hearing: Hearing) -> AnyCommand:
            position, population = hearing.population(self.service, self.area, FIRST, LAST)
            size = min(SAMPLE_SIZE, len(population))
            told = {"population_position": position, "population": population, "sample_size": size}
            return DrawAuditSample.model_validate({"audit_id": self.audit, "drawn_on": day, **told})

        return draft

    def _finding(self, day: dt.date) -> Any:
        """A shortcoming, tied to the decision of an episode of the sample."""

        def draft(hearing: Hearing) -> AnyCommand:
            state = hearing.book.state(self.file, StreamKind.QUALITY)
            if not isinstance(state, QualityState):
                raise TypeError("the stream is no quality file")
            episode_id = state.samples[self.audit].episode_ids[0]
            tied = EventTied(stream_kind=StreamOfEvent.EPISODE, stream_id=episode_id, version=1)
            return RecordAuditFinding(
                finding_id=self.tale.id("finding"),
                audit_id=self.audit,
                found_on=day,
                severity=Severity.SHORTCOMING,
                criterion_code="plans",
                events=(tied,),
            )

        return draft

    def _supervise(self) -> None:
        planned, reactive = self.tale.id("planned"), self.tale.id("reactive")
        told = {"producer": "a producer"}
        self.do(
            OpenSupervision,
            supervision_id=planned,
            supervision_kind=Supervision.PLANNED,
            opened_on=dt.date(2025, 2, 4),
            **told,
        )
        closed = dt.date(2025, 3, 4)
        self.do(CloseSupervision, supervision_id=planned, closed_on=closed, result_code="nothing_to_remark")
        self.do(
            OpenSupervision,
            supervision_id=reactive,
            supervision_kind=Supervision.REACTIVE,
            opened_on=dt.date(2025, 11, 3),
            ground_codes=("quality",),
            **told,
        )
