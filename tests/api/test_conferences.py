"""Case conferences over HTTP: that no identity enters an anonymous one by any field, and one plan for one child."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from domain.commands import COMMANDS, ON_EVERY_STREAM, AnyCommand
from domain.fact import StreamKind
from domain.ledger.identity import new_id
from domain.ledger.migrate import schema_of
from tests.api.caller import WORKER, Caller, problem

# Made up, and told nowhere else in these tests; individual numbers from 900 on are never given to anybody.
NAME, CODE, WORDS = "Tuisku Keksitty", "010203-977J", "tuiki salaista"
CHILDS_NAME = "Utu Olematon"
PLANTED = (NAME, CODE, WORDS)
DAY = "2024-03-11"
CONVENING = {
    "convened_on": "2024-03-04",
    "conference_kind": "child_welfare_expert_group",
    "convened_by": "child_welfare",
    "organisations": ["child_welfare", "specialised_care"],
}
ACTION = {"agreed_on": DAY, "action_kind": "give_support", "owner": "school", "due_on": "2024-03-25"}
RIGHT: dict[str, dict[str, Any]] = {
    "convene-conference": CONVENING,
    "record-conference": {"held_on": DAY, "organisations": ["school"]},
    "assess-violence-risk": {"assessed_on": DAY, "risk": "low"},
    "make-conference-plan": {"made_on": DAY, "action_kinds": ["give_support"]},
    "agree-conference-action": ACTION,
    "begin-conference-action": {"action": 1, "begun_on": DAY},
    "ask-consultation": {"asked_on": DAY, "asked_by": "school", "asked_of": "child_welfare"},
    "give-consultation": {"consultation": 1, "given_on": DAY},
    "ask-work-pair": {"asked_on": DAY, "asked_by": "school", "asked_of": "youth_work"},
    "agree-work-pair": {"pair": 1, "agreed_on": DAY},
    "end-work-pair": {"pair": 1, "ended_on": DAY, "outcome": "need_ended"},
    "close-conference": {"closed_on": DAY, "outcome": "need_ended"},
    "correct-entry": {
        "entry": 1, "mistake": "typing_error", "changes": {"convened_by": "police"}, "reason": "typing_error",
    },
    "strike-out-entry": {"entry": 2, "mistake": "entered_twice", "reason": "entered_twice"},
    "waive-duty": {"duty_key": "action-begins/2", "waived_on": DAY, "reason": "done_elsewhere"},
    "explain-deviation": {"deviation_key": "none", "explained_on": DAY, "reason": "circumstances_changed"},
    "reach-calendar": {"reached_on": DAY},
}  # fmt: skip
"""Of each command a body in which nothing is wrong but what a test plants there."""
EVERY: tuple[type[AnyCommand], ...] = (*COMMANDS[StreamKind.CONFERENCE], *ON_EVERY_STREAM)


@pytest.fixture(scope="module")
def known(caller: Caller) -> dict[str, UUID]:
    """A client and an episode of the register."""
    client_id, episode_id = new_id(), new_id()
    caller.tell(f"clients/{client_id}/register-client", born_on="2015-05-05")
    caller.tell(
        f"episodes/{episode_id}/receive-referral", client_ids=[str(client_id)], received_on=DAY, source="family"
    )
    return {"client": client_id, "episode": episode_id}


def anonymous(caller: Caller) -> UUID:
    """A conference of the expert group, with an agreed action."""
    conference_id = new_id()
    caller.tell(f"conferences/{conference_id}/convene-conference", **CONVENING)
    caller.tell(f"conferences/{conference_id}/agree-conference-action", **ACTION)
    return conference_id


def attempts(field: str, known: dict[str, UUID]) -> Iterator[Any]:
    """Everything that could tell of somebody, in every shape in which the field might take it."""
    for planted in (*PLANTED, str(known["client"]), str(known["episode"]), WORKER):
        yield planted
        yield [planted]
        yield {planted: planted}
        if field == "changes":
            yield from ({one: planted} for one in ("topic", "convener_id", "convened_by", "convened_on", planted))
            yield from ({"client_ids": [planted]}, {"organisations": [planted]}, {"service": planted})


def stored(opened: tuple[str, str], *tables: str) -> dict[str, list[str]]:
    """Every row of these tables of the register, else of all, as text; bytes as what they say."""
    dsn, register = opened
    found: dict[str, list[str]] = {}
    with psycopg.connect(dsn) as connection:
        connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(schema_of(register))))
        listed = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (schema_of(register),))
        for table in tables or [name for (name,) in listed.fetchall()]:
            rows = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchall()
            found[table] = [" ".join(map(_as_text, row)) for row in rows]
    return found


def _as_text(value: object) -> str:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)


@pytest.mark.parametrize("command", EVERY, ids=lambda command: command.__name__)
def test_no_field_of_any_command_brings_an_identity_into_an_anonymous_conference(
    caller: Caller, opened: tuple[str, str], log: io.StringIO, known: dict[str, UUID], command: type[AnyCommand]
) -> None:
    name, answers, streams = command.command_name(), [], []
    conference_id = anonymous(caller)
    streams.append(conference_id)
    for field in command.model_fields:
        for planted in attempts(field, known):
            stream_id = new_id() if command.begins else conference_id
            streams.append(stream_id)
            answer = caller.send(f"conferences/{stream_id}/{name}", {**RIGHT[name], field: planted})
            assert answer.status_code in (404, 409, 422), (field, planted, answer.text)
            answers.append(answer.text)
    answers.append(caller.send(f"conferences/{conference_id}/{name}", {**RIGHT[name], NAME: NAME, CODE: 1}).text)

    rows = stored(opened, "events", "commands")
    of_streams = [row for row in rows["events"] if any(str(one) in row for one in streams)]
    assert any("child_welfare_expert_group" in row for row in of_streams), "the search looks where nothing is"
    everywhere = [log.getvalue(), *answers, *(row for table in rows.values() for row in table)]
    for secret in PLANTED:
        assert not [text for text in everywhere if secret in text], secret
    for secret in map(str, known.values()):
        assert not [text for text in (log.getvalue(), *answers, *of_streams) if secret in text], secret


def test_nothing_of_what_was_planted_is_in_any_table_of_the_register(opened: tuple[str, str]) -> None:
    tables = stored(opened)
    assert {"events", "commands", "conferences", "conference_actions", "trail"} <= tables.keys()
    assert [(table, one) for table, rows in tables.items() for row in rows for one in PLANTED if one in row] == []


def test_with_nothing_planted_each_of_these_commands_is_heard(caller: Caller) -> None:
    conference_id = new_id()
    for name, body in RIGHT.items():
        if name == "strike-out-entry":
            continue
        answer = caller.send(f"conferences/{conference_id}/{name}", body)
        if name not in ("waive-duty", "explain-deviation", "reach-calendar"):  # nothing there to name; the clock's own
            assert answer.status_code == 201, (name, answer.text)
    assert caller.told(f"conferences/{conference_id}")["anonymous"] is True
    sentences = caller.told(f"conferences/{conference_id}/history", lang="en")["entries"]
    assert any("child-welfare expert group" in one["sentence"] for one in sentences)


def test_the_refusal_names_the_field_and_says_what_can_be_told(caller: Caller) -> None:
    answer = caller.send(f"conferences/{anonymous(caller)}/agree-conference-action", {**ACTION, "owner_id": WORKER})
    told = problem(answer, 422, "identity_not_allowed")
    assert [error["field"] for error in told["errors"]] == ["owner_id"]


def test_the_services_of_a_child_are_listed_side_by_side_and_the_clients_of_its_family(caller: Caller) -> None:
    client_id, family_id, conference_id, episode_id = new_id(), new_id(), new_id(), new_id()
    body = {"born_on": "2015-05-05", "given_name": CHILDS_NAME, "family_id": str(family_id)}
    caller.tell(f"clients/{client_id}/register-client", **body)
    referral = {"client_ids": [str(client_id)], "received_on": DAY, "source": "family", "requested_service": "K1"}
    caller.tell(f"episodes/{episode_id}/receive-referral", **referral)
    convening = {**CONVENING, "conference_kind": "vasa", "permission": "given"}
    last = caller.tell(f"conferences/{conference_id}/convene-conference", **convening, client_ids=[str(client_id)])
    asked = {"wait_for": str(last["position"]), "on": date(2024, 3, 12).isoformat()}

    assignment = {"assignment_id": str(new_id()), "worker_id": WORKER, "role": "family_instructor", "from_on": DAY}
    last = caller.tell(f"episodes/{episode_id}/assign-worker", **assignment)
    asked["wait_for"] = str(last["position"])

    found = caller.told(f"clients/{client_id}/services", **asked)
    assert [(row["stream_id"], row["service"]) for row in found["rows"]] == [
        (str(conference_id), "F2"),
        (str(episode_id), "K1"),
    ]
    (member,) = caller.told(f"families/{family_id}", **asked)["rows"]
    assert (member["client_id"], member["open_episodes"], member["open_conferences"]) == (str(client_id), 1, 1)
    assert CHILDS_NAME not in f"{found} {member}"
    assert caller.told(f"clients/{client_id}/services", **(asked | {"on": "2024-03-05"}))["rows"][0]["service"] == "F2"
    assert caller.ask(f"families/{CODE}").status_code == 404
