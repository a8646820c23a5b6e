"""Feedback on episodes and units, and the survey rounds of units: counts and scores, and what was changed, as a code.

Must never hold: comments, or a single person's answers to a survey.
"""

from collections.abc import Iterator

from domain.entry import Entry
from domain.episode.facts import FeedbackHandledInTeam, FeedbackReceived
from domain.quality.facts import QualityFeedbackHandled, QualityFeedbackReceived, SurveyRoundHandled, SurveyRoundHeld
from projections.rows import Amend, Open, Operation, Projection, Table

FEEDBACK = Table(
    "feedback",
    stream="stream_id",
    key={"feedback_id": "uuid"},
    columns=(
        "given_on", "given_by", "feedback_kind", "producer", "form", "oral", "episode_id", "handled_on", "in_team",
        "result_code", "change_code",
    ),
)  # fmt: skip
FEEDBACK_SCORES = Table(
    "feedback_scores",
    stream="stream_id",
    key={"feedback_id": "uuid", "question": "text"},
    columns=("given_on", "score"),
)
SURVEY_ROUNDS = Table(
    "survey_rounds",
    stream="file_id",
    key={"round_id": "uuid"},
    columns=("held_on", "instrument", "topics", "respondents", "handled_on", "in_community", "change_code"),
)
SURVEY_SCORES = Table(
    "survey_scores",
    stream="file_id",
    key={"round_id": "uuid", "question": "text"},
    columns=("held_on", "respondents", "mean_score"),
)
_TOLD = ("given_by", "feedback_kind", "producer", "form", "oral", "episode_id")
_HANDLED = ("handled_on", "in_team", "result_code", "change_code")


def of_episode(entry: Entry, fact: FeedbackReceived) -> Iterator[Operation]:
    told = {name: getattr(fact, name) for name in ("given_by", "feedback_kind", "oral")}
    of = {"given_on": fact.received_on, "episode_id": str(entry.stream_id)}
    yield Open("feedback", (fact.feedback_id,), {**told, **of})
    yield from _scores(fact)


def of_unit(_entry: Entry, fact: QualityFeedbackReceived) -> Iterator[Operation]:
    told = {name: getattr(fact, name) for name in _TOLD}
    yield Open("feedback", (fact.feedback_id,), {**told, "given_on": fact.received_on})
    yield from _scores(fact)


def _scores(fact: FeedbackReceived | QualityFeedbackReceived) -> Iterator[Operation]:
    for question, score in (fact.scores or {}).items():
        told = {"given_on": fact.received_on, "score": score}
        yield Open("feedback_scores", (fact.feedback_id, question), told)


def handled(_entry: Entry, fact: QualityFeedbackHandled) -> Iterator[Operation]:
    yield Amend("feedback", (fact.feedback_id,), {name: getattr(fact, name) for name in _HANDLED})


def handled_in_team(_entry: Entry, fact: FeedbackHandledInTeam) -> Iterator[Operation]:
    told = {"handled_on": fact.handled_on, "in_team": True, "change_code": fact.change_code}
    yield Amend("feedback", (fact.feedback_id,), told)


def round_held(_entry: Entry, fact: SurveyRoundHeld) -> Iterator[Operation]:
    told = {name: getattr(fact, name) for name in ("held_on", "instrument", "topics", "respondents")}
    yield Open("survey_rounds", (fact.round_id,), told)
    for question, score in fact.scores.items():
        scored = {"held_on": fact.held_on, "respondents": fact.respondents, "mean_score": score}
        yield Open("survey_scores", (fact.round_id, question), scored)


def round_handled(_entry: Entry, fact: SurveyRoundHandled) -> Iterator[Operation]:
    told = {name: getattr(fact, name) for name in ("handled_on", "in_community", "change_code")}
    yield Amend("survey_rounds", (fact.round_id,), told)


PROJECTION = Projection.beside(
    __name__,
    (FEEDBACK, FEEDBACK_SCORES, SURVEY_ROUNDS, SURVEY_SCORES),
    {
        FeedbackReceived: of_episode,
        FeedbackHandledInTeam: handled_in_team,
        QualityFeedbackReceived: of_unit,
        QualityFeedbackHandled: handled,
        SurveyRoundHeld: round_held,
        SurveyRoundHandled: round_handled,
    },
)
