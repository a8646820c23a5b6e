"""Family centres over HTTP: sessions by counts, the cover of working days, steering, and what each stands on."""

from uuid import UUID

import pytest

from domain.ledger.identity import new_id
from tests.api.caller import Caller, fields_of, problem

PERIOD = {"from": "2025-01-01", "to": "2025-01-31"}
NAME = "Aino Esimerkki"


@pytest.fixture(scope="module")
def activity(caller: Caller) -> UUID:
    """The open meeting places of an area, with two sessions in the same week."""
    activity_id, place_id = new_id(), str(new_id())
    place = f"activities/{activity_id}"
    caller.tell(f"{place}/open-activity", opened_on="2025-01-07", area="rovaniemi")
    cafe = {"place_kind": "family_cafe", "organiser": "parish", "weekdays": ["tuesday"], "tasks": ["early_support"]}
    caller.tell(f"{place}/open-place", place_id=place_id, opened_on="2025-01-07", **cafe)
    counts = {"adults": 4, "children": 6, "under_ones": 2, "first_timers": 1, "minutes": 90}
    for day in ("2025-01-07", "2025-01-09"):
        caller.tell(f"{place}/record-session", session_id=str(new_id()), place_id=place_id, held_on=day, **counts)
    return activity_id


@pytest.fixture(scope="module")
def network(caller: Caller) -> UUID:
    """The steering of a family centre, with a goal and a gathering."""
    network_id, goal_id, measure_id = new_id(), str(new_id()), str(new_id())
    place = f"networks/{network_id}"
    caller.tell(f"{place}/open-network", opened_on="2025-01-01", area="rovaniemi")
    measures = [{"measure_id": measure_id, "measure_kind": "network_coffees_held", "target": 12}]
    covers = {"covers_from": "2025-01-01", "covers_to": "2025-12-31", "set_on": "2025-01-10"}
    caller.tell(f"{place}/set-goal", goal_id=goal_id, number=4, measures=measures, wording="know each other", **covers)
    coffee = {"gathering_kind": "network_coffee", "held_on": "2025-01-15", "participants": 30}
    caller.tell(f"{place}/record-gathering", gathering_id=str(new_id()), **coffee)
    return network_id


def wait_for(caller: Caller, place: str) -> dict[str, str]:
    """What makes a question wait for all that is in the stream."""
    return {"wait_for": str(caller.told(f"{place}/history")["entries"][-1]["position"])}


def test_sessions_are_counted_and_explained(activity: UUID, caller: Caller) -> None:
    wait = wait_for(caller, f"activities/{activity}")
    (row,) = caller.told("sessions", by="area", **PERIOD, **wait)["rows"]
    assert (row["group_key"], row["sessions"], row["child_visits"], row["first_visits"]) == ("rovaniemi", 2, 12, 2)
    beneath = caller.told("sessions/explain", by="day", key="2025-01-09", **PERIOD)["rows"]
    assert [(one["stream_id"], one["happened_on"]) for one in beneath] == [(str(activity), "2025-01-09")]


def test_working_days_that_no_open_place_covers_are_told_one_by_one(activity: UUID, caller: Caller) -> None:
    wait = wait_for(caller, f"activities/{activity}")
    rows = caller.told("place-coverage", on="2025-01-10", **PERIOD, **wait)["rows"]
    covered = {row["working_day"][-2:]: row["covered"] for row in rows}
    assert covered == {"07": True, "08": False, "09": True, "10": False}


def test_the_rows_of_the_stream_can_be_read_and_its_trail_tells_counts_in_words(activity: UUID, caller: Caller) -> None:
    wait = wait_for(caller, f"activities/{activity}")
    rows = caller.told("projections/sessions", activity_id=str(activity), **wait)["rows"]
    assert {row["adults"] for row in rows} == {4}
    sentences = [entry["sentence"] for entry in caller.told(f"activities/{activity}/history", lang="en")["entries"]]
    assert any("adults 4, children 6 (under-ones 2), first-timers 1" in sentence for sentence in sentences)


def test_a_name_has_no_place_in_a_session(activity: UUID, caller: Caller) -> None:
    counts = {"adults": 1, "children": 1, "under_ones": 0, "first_timers": 0, "minutes": 9, "held_on": "2025-01-08"}
    ids = {"session_id": str(new_id()), "place_id": str(new_id())}
    for field in ("note", "participants", "session_kind", "adults"):
        answer = caller.send(f"activities/{activity}/record-session", {**counts, **ids, field: NAME})
        assert problem(answer, 422, "malformed_command")
        assert NAME not in answer.text
    strike = {"entry": 1, "mistake": "typing_error", "reason": NAME}
    refused = caller.send(f"activities/{activity}/strike-out-entry", strike)
    problem(refused, 422, "identity_not_allowed")
    assert NAME not in refused.text


def test_steering_is_counted_and_its_goals_told(network: UUID, caller: Caller) -> None:
    wait = wait_for(caller, f"networks/{network}")
    (row,) = caller.told("gatherings", by="month", **PERIOD, **wait)["rows"]
    assert (row["group_key"], row["gatherings"], row["participants"]) == ("2025-01", 1, 30)
    assert caller.told("group-meetings", **PERIOD)["rows"] == []
    (goal,) = caller.told("goals", on="2025-06-01")["rows"]
    assert (goal["measure_kind"], goal["target"], goal["progress"]) == ("network_coffees_held", 12, "not_begun")


def test_a_period_the_wrong_way_round_is_refused(caller: Caller) -> None:
    answer = caller.ask("place-coverage", **{"from": "2025-02-01", "to": "2025-01-01"})
    assert fields_of(problem(answer, 422, "malformed_request")) == ["to"]
