"""The page that shows how a visit is recorded: what it says to send is recorded, what it names is there."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from domain.episode.commands.record_meeting import RecordMeeting
from domain.episode.facts import MeetingMode
from domain.ledger.identity import new_id
from tests.api.caller import WORKER, Caller
from tests.api.test_a_days_work import Episode

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()


@pytest.fixture
def episode(caller: Caller) -> Episode:
    """An episode at work."""
    episode = Episode(caller)
    episode.is_asked_for()
    episode.is_granted()
    episode.is_worked_on(meetings=0)
    return episode


def visit() -> dict[str, Any]:
    """The page's own, of a worker that the tests' register has."""
    (told,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    return {**json.loads(told), "worker_ids": [WORKER], "meeting_id": str(new_id())}


def test_the_visit_on_the_page_is_recorded_and_sent_again_is_answered_alike(episode: Episode) -> None:
    place, key = f"episodes/{episode.episode_id}/record-meeting", new_id()
    first, again = (episode.caller.send(place, body, key=key) for body in [visit()] * 2)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "What was talked about" not in first.text
    waited = episode.caller.told("visits", by="worker", wait_for=str(first.json()["position"]))
    assert waited["as_of"] >= first.json()["position"]


def test_the_page_names_every_mode_and_no_field_that_there_is_not() -> None:
    (modes,) = re.findall(r"\| `mode` \|(.*?)\|", PAGE)
    assert set(re.findall(r"`(\w+)`", modes)) == {mode.value for mode in MeetingMode}
    assert visit().keys() <= RecordMeeting.model_fields.keys()
    (table,) = re.findall(r"\| field \| \|\n(.*?)\n\n", PAGE, re.DOTALL)
    named = {name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert named <= RecordMeeting.model_fields.keys()


def test_the_questions_on_the_page_are_answered(episode: Episode) -> None:
    asked = re.findall(r"ask ['\"]([\w/]+)\?(\w+)=(\w+)", PAGE)
    assert len(asked) >= 3
    for place, parameter, value in asked:
        episode.caller.told(place, **{parameter: WORKER if parameter == "worker" else value})
