"""The remote share of family rehabilitation at home over HTTP: always told whole, and a plan above it refused."""

from typing import Any
from uuid import UUID

import pytest

from domain.ledger.identity import new_id
from tests.api.caller import WORKER, Caller, problem

PLANNED = {"plan_kind": "implementation_plan", "made_on": "2023-03-08", "worker_id": WORKER, "planned_minutes": 600}


@pytest.fixture
def episode(caller: Caller) -> UUID:
    """An episode of P8 that was granted."""
    client_id, episode_id = new_id(), new_id()
    caller.tell(f"clients/{client_id}/register-client", born_on="2019-02-01")
    caller.tell(
        f"episodes/{episode_id}/receive-referral",
        client_ids=[str(client_id)],
        received_on="2023-03-01",
        source="child_welfare",
        consent="given",
    )
    caller.tell(
        f"episodes/{episode_id}/grant-service",
        decision_id=str(new_id()),
        decided_on="2023-03-06",
        decision_maker=WORKER,
        service="P8",
        reasons="Tarve on arvioitu.",
        valid_from="2023-03-08",
        clientship="child_welfare",
        codes=["child_threatened", "serious_lack_parenting"],
    )
    return episode_id


def meeting(mode: str, ended: str) -> dict[str, Any]:
    return {
        "meeting_id": str(new_id()),
        "worker_ids": [WORKER],
        "mode": mode,
        "started_at": "2023-03-14T10:00:00+02:00",
        "ended_at": f"2023-03-14T{ended}:00+02:00",
    }


def test_every_answer_tells_the_share_planned_and_held(caller: Caller, episode: UUID) -> None:
    place = f"episodes/{episode}"
    planned = caller.tell(f"{place}/make-plan", plan_id=str(new_id()), planned_remote_minutes=120, **PLANNED)
    assert [(row["basis"], row["part_minutes"], row["whole_minutes"]) for row in planned["shares"]] == [
        ("planned", 120, 600)
    ]
    caller.tell(f"{place}/record-meeting", **meeting("home", "11:20"))
    held = caller.tell(f"{place}/record-meeting", **meeting("video", "10:20"))
    share = {
        "rule_id": "remote-share",
        "part_minutes": 20,
        "whole_minutes": 100,
        "percent": 20.0,
        "at_most_percent": 20,
    }
    assert share.items() <= held["shares"][1].items()
    assert caller.told(place)["shares"] == held["shares"]


def test_a_plan_above_the_share_is_refused_by_name(caller: Caller, episode: UUID) -> None:
    body = {"plan_id": str(new_id()), "planned_remote_minutes": 121, **PLANNED}
    told = problem(caller.send(f"episodes/{episode}/make-plan", body), 422, "rule_not_met")
    assert told["rule"]["id"] == "remote-share"
    assert (told["measured"], told["limit"]) == (20.17, 20)


def test_an_episode_is_told_with_its_deviations_field_by_field(caller: Caller, episode: UUID) -> None:
    caller.tell(f"episodes/{episode}/record-meeting", **meeting("home", "11:20"))
    (noted,) = caller.told(f"episodes/{episode}")["deviations"]
    assert noted == {
        "key": "P0.work-within-service/3",
        "model": {"service": "P8", "model_version": 1},
        "rule_id": "P0.work-within-service",
        "strength": "must",
        "entry": 3,
        "measured": None,
        "limit": None,
        "unit": None,
    }
