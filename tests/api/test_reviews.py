"""Quality over HTTP: the review and what it stands on, an audit's sample drawn again, feedback, scores, outcomes."""

from typing import Any
from uuid import UUID

import pytest

from domain.ledger.identity import new_id
from domain.quality.sampling import draw, population_sha256
from tests.api.caller import Caller, fields_of, problem
from tests.api.test_a_days_work import Episode

PERIOD = {"from": "2022-01-01", "to": "2022-12-31"}
SEED = "told beforehand"


@pytest.fixture(scope="module")
def worked(caller: Caller) -> Episode:
    """An episode that was asked for, granted, worked on and closed."""
    episode = Episode(caller)
    episode.is_asked_for()
    episode.is_granted("K2")
    episode.is_worked_on(meetings=2)
    episode.is_closed()
    return episode


@pytest.fixture(scope="module")
def quality_file(worked: Episode, caller: Caller) -> UUID:
    """A quality file of the episode's service and area, with feedback and a survey round."""
    file_id, feedback_id = new_id(), str(new_id())
    place = f"quality/{file_id}"
    caller.tell(f"{place}/open-quality-file", opened_on="2022-02-01", service="K2", area=worked.area)
    told = {"received_on": "2022-04-01", "given_by": "clients", "comment": "a quiet word", "scores": {"heard": 4}}
    caller.tell(f"{place}/receive-quality-feedback", feedback_id=feedback_id, **told)
    handled = {"handled_on": "2022-04-05", "worker_id": "worker-1", "result_code": "used", "change_code": "letter"}
    caller.tell(f"{place}/handle-quality-feedback", feedback_id=feedback_id, **handled)
    scored = {"instrument": "i", "topics": ["goals"], "respondents": 3, "scores": {"goals": 3.5}}
    caller.tell(f"{place}/record-survey-round", round_id=str(new_id()), held_on="2022-04-02", **scored)
    return file_id


def reflected(caller: Caller, file_id: UUID) -> dict[str, str]:
    """What makes a question wait for all that is in the file."""
    position = caller.told(f"quality/{file_id}/history")["entries"][-1]["position"]
    return {"wait_for": str(position)}


def test_the_review_of_a_service_tells_every_step_and_leads_to_its_events(
    worked: Episode, quality_file: UUID, caller: Caller
) -> None:
    wait = reflected(caller, quality_file)
    rows = caller.told("quality-review", service="K2", **PERIOD, **wait)["rows"]
    own = {row["measure"]: row for row in rows if (row["grouped_by"], row["group_key"]) == ("area", worked.area)}
    assert own["days_contact_to_answer"]["median_days"] == 1
    assert own["days_decision_to_start"]["median_days"] == 4
    assert (own["decision_before_work"]["cases"], own["decision_before_work"]["kept_cases"]) == (1, 1)
    asked = {"service": "K2", "measure": "decision_before_work", "by": "area", "key": worked.area}
    (case,) = caller.told("quality-review/explain", **asked, **PERIOD)["rows"]
    assert case["stream_id"] == str(worked.episode_id)
    event = caller.told(f"events/{case['event_positions'][0]}")
    assert event["stream_id"] == str(worked.episode_id)


def test_an_audits_sample_is_drawn_from_the_population_and_can_be_drawn_again(
    worked: Episode, quality_file: UUID, caller: Caller
) -> None:
    asked = {"service": "K2", "area": worked.area, **PERIOD}
    answer = caller.told("audits/population", **asked, **reflected(caller, quality_file))
    ids = [row["episode_id"] for row in answer["rows"]]
    assert ids == [str(worked.episode_id)]
    audit_id = str(new_id())
    planned = {"planned_on": "2023-01-10", "auditor": "coordination", "scope": ["plans"], "seed": SEED}
    covers = {"covers_from": PERIOD["from"], "covers_to": PERIOD["to"]}
    caller.tell(f"quality/{quality_file}/plan-audit", audit_id=audit_id, audit_kind="written", **planned, **covers)
    sample = {"population_position": answer["as_of"], "population": ids, "sample_size": 5}
    caller.tell(f"quality/{quality_file}/draw-audit-sample", audit_id=audit_id, drawn_on="2023-01-11", **sample)
    rows = caller.told("audits", service="K2", **reflected(caller, quality_file))["rows"]
    (audit,) = [row for row in rows if row["audit_id"] == audit_id]
    again = caller.told("audits/population", **asked, as_of=str(audit["population_position"]))["rows"]
    population = [UUID(row["episode_id"]) for row in again]
    assert audit["sampled_episodes"] == [str(one) for one in draw(audit["seed"], population, 5)]
    assert audit["population_sha256"] == population_sha256(population)


def test_feedback_scores_and_outcomes_are_told(worked: Episode, quality_file: UUID, caller: Caller) -> None:
    wait = reflected(caller, quality_file)
    feedback = {row["group_key"]: row for row in caller.told("feedback", by="area", **PERIOD, **wait)["rows"]}
    assert feedback[worked.area]["led_to_change"] == 1
    (beneath,) = caller.told("feedback", by="area", key=worked.area, explain="true", **PERIOD)["rows"]
    assert beneath["stream_id"] == str(quality_file)
    scores = [row for row in caller.told("scores", service="K2", **PERIOD)["rows"] if row["area"] == worked.area]
    assert {(row["question"], row["given"], row["mean_score"]) for row in scores} == {
        ("goals", "survey", 3.5), ("heard", "feedback", 4.0),
    }  # fmt: skip
    outcomes = {row["group_key"]: row for row in caller.told("outcomes", by="area", **PERIOD)["rows"]}
    assert (outcomes[worked.area]["goals_met"], outcomes[worked.area]["clients_returned"]) == (1, 0)
    (client,) = caller.told("outcomes", by="area", key=worked.area, explain="true", **PERIOD)["rows"]
    assert client["client_id"] == str(worked.client_id)


@pytest.mark.parametrize(
    ("place", "asked", "field"),
    [
        ("quality-review", {"service": "K2", "from": "2022-02-01", "to": "2022-01-01"}, "to"),
        ("quality-review/explain", {"service": "K2", "by": "colour", **PERIOD}, "by"),
        ("feedback", {"by": "colour", **PERIOD}, "by"),
        ("outcomes", {"by": "colour", **PERIOD}, "by"),
        ("scores", {"colour": "blue", **PERIOD}, "parameters"),
    ],
)
def test_what_cannot_be_asked_so_is_told(place: str, asked: dict[str, Any], field: str, caller: Caller) -> None:
    assert fields_of(problem(caller.ask(place, **asked), 422, "malformed_request")) == [field]


def test_the_words_of_feedback_are_in_no_answer(quality_file: UUID, caller: Caller) -> None:
    for place in (f"quality/{quality_file}", f"quality/{quality_file}/history", "projections/feedback"):
        assert "quiet word" not in caller.ask(place).text
