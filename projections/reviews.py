"""The questions on quality: reviews of a service, audits and their populations, feedback and scores, outcomes.

Must never hold: writing, how an answer is shown. See `projections.queries`, whose `Reading` asks these too.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal, LiteralString, get_args

from projections import answers
from projections.answers import Answer
from projections.snapshots import Snapshots

ReviewBy = Literal["all", "area", "unit"]
FeedbackBy = Literal["service", "unit", "area", "given_by", "month"]
OutcomesBy = Literal["service", "area", "unit", "reason", "month"]


class UnknownGrouping(ValueError):
    """The figure cannot be counted by that."""


def check_grouping(by: str, allowed: Any) -> None:
    """Raises UnknownGrouping when the figure cannot be counted by that."""
    if by not in get_args(allowed):
        raise UnknownGrouping(by)


class Reviews(Snapshots):
    """The questions on quality. Periods are whole: both days count."""

    def quality_review(
        self, service: str, from_on: dt.date, to_on: dt.date, *, on_day: dt.date, as_of: int | None = None
    ) -> Answer[answers.QualityReviewRow]:
        """The quality review of a service and period: each measure over all, by area and by unit."""
        question: LiteralString = "SELECT * FROM quality_review(%s, %s, %s, %s, %s)"
        after = [on_day, from_on, to_on]
        return self.ask(question, answers.QualityReviewRow, before=[service], as_of=as_of, after=after, on_day=on_day)

    def quality_review_explain(
        self,
        service: str,
        from_on: dt.date,
        to_on: dt.date,
        *,
        on_day: dt.date,
        measure: str | None = None,
        by: ReviewBy = "all",
        key: str | None = None,
        as_of: int | None = None,
    ) -> Answer[answers.QualityReviewCase]:
        """What a figure of the review stands on: the cases of the measure, of one area or unit if one is named."""
        check_grouping(by, ReviewBy)
        question: LiteralString = "SELECT * FROM quality_review_explain(%s, %s, %s, %s, %s, %s, %s, %s)"
        before, after = [service, measure, by, key], [on_day, from_on, to_on]
        return self.ask(question, answers.QualityReviewCase, before=before, as_of=as_of, after=after, on_day=on_day)

    def audits(
        self, *, on_day: dt.date, service: str | None = None, as_of: int | None = None
    ) -> Answer[answers.AuditRow]:
        """Audits, with their samples and how far each is; of one service, if it is named."""
        question: LiteralString = "SELECT * FROM audit_rows(%s, %s, %s)"
        return self.ask(question, answers.AuditRow, as_of=as_of, after=[on_day, service], on_day=on_day)

    def audit_population(
        self,
        service: str,
        covers_from: dt.date,
        covers_to: dt.date,
        *,
        unit: str | None = None,
        area: str | None = None,
        as_of: int | None = None,
    ) -> Answer[answers.PopulationRow]:
        """The episodes from which an audit draws its sample, as known at a position; in the order of their ids."""
        question: LiteralString = "SELECT * FROM audit_population(%s, %s, %s, %s, %s, %s)"
        after = [service, unit, area, covers_from, covers_to]
        return self.ask(question, answers.PopulationRow, as_of=as_of, after=after)

    def feedback(
        self, by: FeedbackBy, from_on: dt.date, to_on: dt.date, *, on_day: dt.date, as_of: int | None = None
    ) -> Answer[answers.FeedbackRow]:
        """Feedback given in the period: how much was handled, and how much led to a change."""
        check_grouping(by, FeedbackBy)
        question: LiteralString = "SELECT * FROM feedback_figures(%s, %s, %s, %s, %s)"
        after = [on_day, from_on, to_on]
        return self.ask(question, answers.FeedbackRow, before=[by], as_of=as_of, after=after, on_day=on_day)

    def feedback_explain(
        self,
        by: FeedbackBy,
        from_on: dt.date,
        to_on: dt.date,
        *,
        on_day: dt.date,
        key: str | None = None,
        as_of: int | None = None,
    ) -> Answer[answers.Explained]:
        """What stands beneath one group of the feedback figures."""
        check_grouping(by, FeedbackBy)
        question: LiteralString = (
            "SELECT stream_id, feedback_id::text AS item, given_on AS happened_on,"
            " CASE WHEN handled_on IS NULL THEN 'open' ELSE 'handled' END AS status, event_positions"
            " FROM feedback_explain(%s, %s, %s, %s, %s, %s)"
        )
        after = [on_day, from_on, to_on]
        return self.ask(question, answers.Explained, before=[by, key], as_of=as_of, after=after, on_day=on_day)

    def scores(
        self,
        from_on: dt.date,
        to_on: dt.date,
        *,
        on_day: dt.date,
        service: str | None = None,
        as_of: int | None = None,
    ) -> Answer[answers.ScoreRow]:
        """Scores of surveys and feedback over time, by service, unit, question and quarter of a year."""
        question: LiteralString = "SELECT * FROM score_series(%s, %s, %s, %s, %s)"
        after = [on_day, from_on, to_on, service]
        return self.ask(question, answers.ScoreRow, as_of=as_of, after=after, on_day=on_day)

    def outcomes(
        self, by: OutcomesBy, from_on: dt.date, to_on: dt.date, *, on_day: dt.date, as_of: int | None = None
    ) -> Answer[answers.OutcomeRow]:
        """Episodes closed in the period: reasons, moves to heavier and lighter services, returns within 12 months."""
        check_grouping(by, OutcomesBy)
        question: LiteralString = "SELECT * FROM outcome_figures(%s, %s, %s, %s, %s)"
        after = [on_day, from_on, to_on]
        return self.ask(question, answers.OutcomeRow, before=[by], as_of=as_of, after=after, on_day=on_day)

    def outcomes_explain(
        self,
        by: OutcomesBy,
        from_on: dt.date,
        to_on: dt.date,
        *,
        on_day: dt.date,
        key: str | None = None,
        as_of: int | None = None,
    ) -> Answer[answers.Explained]:
        """What stands beneath one group of the outcomes; `item` is the move, if there was one."""
        check_grouping(by, OutcomesBy)
        question: LiteralString = (
            "SELECT episode_id AS stream_id, client_id, move AS item, closed_on AS happened_on,"
            " closure_reason AS status, event_positions FROM outcome_explain(%s, %s, %s, %s, %s, %s)"
        )
        after = [on_day, from_on, to_on]
        return self.ask(question, answers.Explained, before=[by, key], as_of=as_of, after=after, on_day=on_day)
