"""What changed between two moments, over HTTP: the figures, the groups, the events, and what cannot be asked."""

import pytest

from domain.ledger.identity import new_id
from tests.api.caller import Caller, fields_of, problem
from tests.api.test_a_days_work import Episode


@pytest.fixture(scope="module")
def worked(caller: Caller) -> Episode:
    """An episode that was asked for, granted and worked on."""
    episode = Episode(caller)
    episode.is_asked_for()
    episode.is_granted("K2")
    episode.is_worked_on(meetings=2)
    return episode


def last_position(caller: Caller, episode: Episode) -> int:
    position: int = caller.told(f"episodes/{episode.episode_id}/history")["entries"][-1]["position"]
    return position


def test_a_struck_out_meeting_changes_the_figures_and_is_named(worked: Episode, caller: Caller) -> None:
    since = last_position(caller, worked)
    entries = caller.told(f"episodes/{worked.episode_id}/history")["entries"]
    meeting = next(entry["version"] for entry in entries if entry["name"] == "meeting_held")
    command = {"entry": meeting, "mistake": "wrong_client", "reason": "a quiet word"}
    caller.tell(f"episodes/{worked.episode_id}/strike-out-entry", **command)
    asked = {"figure": "visits", "by": "area", "on": "2023-01-01", "wait_for": str(last_position(caller, worked))}
    answer = caller.told("diff", **{"from": str(since)}, **asked)
    assert (answer["from"]["position"], answer["unchanged"]) == (since, [])
    (change,) = answer["changed"]
    (group,) = [group for group in change["groups"] if group["group"]["group_key"] == worked.area]
    assert group["before"]["held_meetings"] - group["after"]["held_meetings"] == 1
    assert group["by_kind"] == {"strike_out": 1}
    (event,) = group["events"]
    assert (event["stream_id"], event["name"]) == (str(worked.episode_id), "entry_struck_out.1")
    (row,) = group["rows"]
    assert (row["after"], row["positions"]) == (None, [event["position"]])
    assert "a quiet word" not in str(answer)


def test_times_and_dates_are_moments_too(worked: Episode, caller: Caller) -> None:
    answer = caller.told("diff", **{"from": "2020-01-01", "to": "2020-06-01T12:00:00+03:00"})
    assert answer["changed"] == []
    assert (answer["from"]["position"], answer["from"]["on_day"]) == (0, "2020-01-01")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"from": "1", "to": "soon"}, "to"),
        ({"from": "2", "to": "1"}, "to"),
        ({"from": "2020-06-01", "to": "2020-01-01"}, "to"),
        ({"from": "2199-06-01", "to": "2199-01-01"}, "to"),
        ({"from": "999999999"}, "from"),
        ({"from": "1", "to": "999999999"}, "to"),
        ({"from": "1", "figure": "weather"}, "figure"),
        ({"from": "1", "by": "area"}, "by"),
        ({"from": "1", "figure": "visits", "by": "colour"}, "by"),
        ({"from": "1", "counted_from": "2022-02-01", "counted_to": "2022-01-01"}, "counted_to"),
        ({"from": "1", "colour": "red"}, "parameters"),
    ],
)
def test_what_cannot_be_asked_names_its_field(caller: Caller, asked: dict[str, str], field: str) -> None:
    told = problem(caller.ask("diff", **asked), 422, "malformed_request")
    assert fields_of(told) == [field]


def test_another_register_is_not_told(caller: Caller) -> None:
    answer = caller.client.get(f"/v1/registers/not-{new_id().hex[:6]}/diff", params={"from": "1"})
    assert answer.status_code in {403, 404}
