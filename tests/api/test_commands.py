"""Commands over HTTP: where they are sent, what they are answered with, what sending one again does."""

from uuid import UUID

import pytest

from api.commands import command_routes
from domain.commands import COMMANDS, ON_EVERY_STREAM
from domain.ledger.identity import new_id
from tests.api.caller import Caller
from tests.api.test_a_days_work import Episode


def a_client(caller: Caller) -> UUID:
    client_id = new_id()
    caller.tell(f"clients/{client_id}/register-client", born_on="2015-05-05", area="Kouvola")
    return client_id


def an_episode(caller: Caller) -> UUID:
    episode_id = new_id()
    referral = {"client_ids": [str(a_client(caller))], "received_on": "2022-03-01", "source": "family"}
    caller.tell(f"episodes/{episode_id}/receive-referral", **referral)
    return episode_id


ASKED_BY_POST = {"/v1/registers/{register}/clients/search"}
"""Questions whose words may stand in no address."""


def test_there_is_a_route_for_every_command_and_none_besides(caller: Caller) -> None:
    paths = caller.client.get("/openapi.json").json()["paths"]
    posts = {path for path, operations in paths.items() if "post" in operations}
    plurals = ("clients", "contacts", "episodes", "conferences", "activities", "quality", "networks")
    kinds = ("client", "contact", "episode", "conference", "activity", "quality", "network")
    plural = {kind: f"{many}/{{stream_id}}/" for kind, many in zip(kinds, plurals, strict=True)}

    assert posts - ASKED_BY_POST == {
        f"/v1/registers/{{register}}/{plural.get(kind, '')}{command.command_name()}"
        for kind, own in COMMANDS.items()
        for command in (*own, *ON_EVERY_STREAM)
    }
    assert posts >= ASKED_BY_POST
    assert len(posts - ASKED_BY_POST) == len(list(command_routes()))


def test_the_description_tells_the_fields_of_every_command(caller: Caller) -> None:
    schemas = caller.client.get("/openapi.json").json()["components"]["schemas"]
    for route in command_routes():
        assert schemas[route.command_type.__name__]["properties"].keys() == route.command_type.model_fields.keys()


def test_the_description_tells_that_a_key_is_required_and_what_is_answered(caller: Caller) -> None:
    described = caller.client.get("/openapi.json").json()
    operation = described["paths"]["/v1/registers/{register}/episodes/{stream_id}/record-meeting"]["post"]
    assert {one["name"]: one["required"] for one in operation["parameters"]} == {
        "register": True,
        "stream_id": True,
        "Idempotency-Key": True,
        "If-Match": False,
    }
    for status in ("200", "201"):
        (answered,) = operation["responses"][status]["content"].values()
        assert answered["schema"] == {"$ref": "#/components/schemas/Outcome"}


def test_what_is_answered_is_what_the_description_says(caller: Caller) -> None:
    described = caller.client.get("/openapi.json").json()["components"]["schemas"]["Outcome"]
    episode = Episode(caller)
    episode.is_asked_for()
    episode.is_granted("K2")
    episode.is_worked_on(meetings=16)
    told = next(answer for answer in episode.answers if answer["deviations"])
    opened = next(answer for answer in episode.answers if answer["duties_opened"])
    of_a_fact, of_a_rule = (described["properties"][name]["items"] for name in ("facts", "deviations"))

    assert told.keys() == described["properties"].keys() == set(described["required"])
    assert told["facts"][0].keys() == of_a_fact["properties"].keys() == set(of_a_fact["required"])
    for concluded in (*told["deviations"], *opened["duties_opened"]):
        assert concluded["rule"].keys() == of_a_rule["properties"]["rule"]["properties"].keys()


def test_a_recorded_command_is_answered_with_its_facts_position_and_version(caller: Caller) -> None:
    client_id, key = new_id(), new_id()
    answer = caller.send(f"clients/{client_id}/register-client", {"born_on": "2015-05-05", "area": "Kouvola"}, key=key)
    told = answer.json()

    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    assert told["command_id"] == str(key)
    assert told["stream_id"] == str(client_id)
    assert told["version"] == 1
    assert told["position"] == caller.told(f"clients/{client_id}")["as_of"]
    assert [(fact["name"], fact["version"], fact["fact"]) for fact in told["facts"]] == [
        ("client_registered", 1, {"area": "Kouvola"})
    ]
    assert told["replayed"] is False


def test_the_actor_is_the_one_whom_the_token_names(caller: Caller) -> None:
    episode_id = an_episode(caller)
    entries = caller.told(f"episodes/{episode_id}/history")["entries"]
    assert {entry["actor"] for entry in entries} == {"worker-1"}


def test_the_same_command_again_is_answered_with_what_it_first_came_to(caller: Caller) -> None:
    place, key = f"clients/{new_id()}/register-client", new_id()
    first = caller.send(place, {"born_on": "2015-05-05"}, key=key)
    again = caller.send(place, {"born_on": "2015-05-05"}, key=key)

    assert again.status_code == first.status_code == 201
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert again.json() == {**first.json(), "replayed": True}


def test_the_same_key_with_another_body_is_refused(caller: Caller) -> None:
    place, key = f"clients/{new_id()}/register-client", new_id()
    caller.send(place, {"born_on": "2015-05-05"}, key=key)
    answer = caller.send(place, {"born_on": "2016-05-05"}, key=key)

    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency_key_reused"


def test_a_command_that_changes_nothing_is_answered_with_no_facts(caller: Caller) -> None:
    episode_id = an_episode(caller)
    assignment = {"worker_id": "worker-1", "role": "family_instructor", "from_on": "2022-03-02"}
    caller.tell(f"episodes/{episode_id}/assign-worker", assignment_id=str(new_id()), **assignment)
    key = new_id()
    for replayed in (False, True):
        body = {"assignment_id": str(UUID(int=7)), **assignment}
        answer = caller.send(f"episodes/{episode_id}/assign-worker", body, key=key)
        assert answer.status_code == 200
        assert answer.json()["facts"] == []
        assert answer.json()["position"] is None
        assert answer.json()["replayed"] is replayed
        assert answer.headers["ETag"] == '"2"'


def test_a_command_for_the_version_that_stands_is_taken(caller: Caller) -> None:
    episode_id = an_episode(caller)
    etag = caller.ask(f"episodes/{episode_id}").headers["ETag"]
    body = {"closed_on": "2022-03-02", "reason": "other"}
    answer = caller.send(f"episodes/{episode_id}/close-episode", body, headers={"If-Match": etag})
    assert answer.status_code == 201


def test_a_command_for_another_version_is_answered_with_the_one_that_stands(caller: Caller) -> None:
    episode_id = an_episode(caller)
    body = {"closed_on": "2022-03-02", "reason": "other"}
    answer = caller.send(f"episodes/{episode_id}/close-episode", body, headers={"If-Match": '"7"'})

    assert answer.status_code == 412
    assert answer.headers["ETag"] == '"1"'
    assert answer.json()["code"] == "wrong_version"
    assert answer.json()["current_version"] == 1


def test_a_command_for_a_stream_that_should_not_have_begun_can_say_so(caller: Caller) -> None:
    client_id = new_id()
    for expected in (201, 412):
        answer = caller.send(
            f"clients/{client_id}/register-client", {"born_on": "2015-05-05"}, headers={"If-Match": '"0"'}
        )
        assert answer.status_code == expected


@pytest.mark.parametrize("kind", ["clients", "contacts"])
def test_an_entry_is_not_struck_out_of_a_stream_of_another_kind(kind: str, caller: Caller) -> None:
    episode_id = an_episode(caller)
    body = {"entry": 1, "mistake": "entered_twice", "reason": "twice"}
    answer = caller.send(f"{kind}/{episode_id}/strike-out-entry", body)

    assert answer.status_code == 404
    assert answer.json()["code"] == f"unknown_{kind.removesuffix('s')}"


def test_naming_a_client_as_an_episode_spoils_nothing(caller: Caller) -> None:
    client_id = a_client(caller)
    answer = caller.send(f"episodes/{client_id}/start-episode", {"started_on": "2022-03-01"})
    assert answer.json()["code"] == "unknown_episode"

    referral = {"client_ids": [str(client_id)], "received_on": "2022-03-01", "source": "family"}
    assert caller.send(f"episodes/{new_id()}/receive-referral", referral).status_code == 201


def test_a_command_of_the_register_itself_needs_no_id(caller: Caller) -> None:
    told = caller.tell("open-unit", unit_id="kouvola", unit_name="Kouvola", opened_on="2021-01-01")
    assert [fact["name"] for fact in told["facts"]] == ["unit_opened"]


def test_an_entry_of_the_register_itself_can_be_struck_out(caller: Caller) -> None:
    told = caller.tell("open-unit", unit_id="kouvola", unit_name="Kouvola", opened_on="2021-01-01")
    struck = caller.tell("strike-out-entry", entry=told["version"], mistake="typing_error", reason="no such unit")
    assert [fact["name"] for fact in struck["facts"]] == ["entry_struck_out"]
