"""Roles: who adopts the log's keys; what runs side by side is seen by who works with them, and by two roles, logged."""

from __future__ import annotations

import io
import json
from uuid import UUID

import pytest

from api.identity import issue_token
from api.settings import Settings
from domain.ledger.identity import new_id
from domain.ledger.sealing.keyfiles import new_key
from tests.api.caller import WORKER, Caller, problem

DAY = "2024-03-04"


class Family:
    """A child of a family with an open episode, to which the worker may be assigned."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.client_id, self.family_id, self.episode_id, self.assignment_id = (new_id() for _ in range(4))
        born = {"born_on": "2015-05-05", "family_id": str(self.family_id)}
        caller.tell(f"clients/{self.client_id}/register-client", **born)
        referral = {"client_ids": [str(self.client_id)], "received_on": DAY, "source": "family"}
        self.last = caller.tell(f"episodes/{self.episode_id}/receive-referral", **referral)["position"]

    def tell(self, command: str, **body: object) -> None:
        self.last = self.caller.tell(f"episodes/{self.episode_id}/{command}", **body)["position"]

    def assign(self) -> None:
        told = {"assignment_id": str(self.assignment_id), "worker_id": WORKER, "role": "family_instructor"}
        self.tell("assign-worker", **told, from_on=DAY)

    @property
    def places(self) -> list[tuple[str, dict[str, str]]]:
        asked = {"wait_for": str(self.last)}
        return [(f"clients/{self.client_id}/services", asked), (f"families/{self.family_id}", asked)]


@pytest.fixture
def family(caller: Caller) -> Family:
    return Family(caller)


def looked(log: io.StringIO) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line for line in lines if line["event"] == "side_by_side"]


def test_who_is_not_assigned_may_not_see_and_hears_what_would_do(family: Family, caller: Caller) -> None:
    for place, asked in family.places:
        told = problem(caller.ask(place, **asked), 403, "side_by_side_not_yours")
        assert "team_leader" in told["remedy"]
        assert str(family.client_id) not in str(told)


def test_whoever_is_assigned_to_an_open_episode_sees_it_and_no_longer_when_released(
    family: Family, caller: Caller
) -> None:
    family.assign()
    for place, asked in family.places:
        assert caller.told(place, **asked)["rows"]
    family.tell("release-worker", assignment_id=str(family.assignment_id), to_on="2024-03-05")
    for place, asked in family.places:
        assert caller.ask(place, **asked).status_code == 403
        assert caller.ask(place, **asked, on=DAY).status_code == 403, "what holds now decides, not what held then"


def test_an_episode_that_is_closed_gives_no_right(family: Family, caller: Caller) -> None:
    family.assign()
    family.tell("close-episode", closed_on="2024-03-06", reason="other", outcome="none")
    for place, asked in family.places:
        assert caller.ask(place, **asked).status_code == 403


@pytest.mark.parametrize(
    ("role", "status"), [("team_leader", 200), ("auditor", 200), ("family_instructor", 403), ("Auditor", 403)]
)
def test_a_team_leader_and_an_auditor_see_it_by_their_role_and_no_other_role(
    role: str, status: int, family: Family, caller: Caller, settings: Settings
) -> None:
    token = issue_token(settings, "other-1", [caller.register], [role])
    with Caller(caller.address, caller.register, token) as other:
        for place, asked in family.places:
            assert other.ask(place, **asked).status_code == status


def test_each_look_is_logged_with_its_ground_and_nobodys_identity(
    family: Family, caller: Caller, log: io.StringIO
) -> None:
    place, asked = family.places[0]
    caller.ask(place, **asked)
    family.assign()
    for place, asked in family.places:
        caller.ask(place, **asked)
    told = [(line["of"], line["ground"], line["permitted"]) for line in looked(log)]
    assert told == [("client", "none", False), ("client", "assignment", True), ("family", "assignment", True)]
    ids: list[UUID | str] = [family.client_id, family.family_id, family.episode_id, WORKER]
    assert not [one for one in ids if str(one) in log.getvalue()]


@pytest.mark.parametrize("command", ["adopt-log-key", "record-log-restore"])
def test_what_the_log_is_signed_by_is_recorded_for_an_administrator_only(
    command: str, caller: Caller, settings: Settings
) -> None:
    vkey = str(new_key("restores", f"jaksokirja/{caller.register}").verifier())
    bodies = {
        "adopt-log-key": {"verifier_key": vkey, "purpose": "restores", "from_size": 1},
        "record-log-restore": {
            "sealed_size": 9, "sealed_root": "A" * 43 + "=", "restored_size": 5, "restored_root": "B" * 43 + "=",
            "statement": "signed",
        },
    }  # fmt: skip
    told = problem(caller.send(command, bodies[command]), 403, "role_missing")
    assert "--role administrator" in told["remedy"]
    for roles, permitted in ((["auditor", "team_leader"], False), (["administrator"], True)):
        token = issue_token(settings, "other-1", [caller.register], roles)
        with Caller(caller.address, caller.register, token) as other:
            assert (other.send(command, bodies[command]).status_code != 403) is permitted
