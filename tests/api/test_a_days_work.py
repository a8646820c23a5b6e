"""An episode of guidance and counselling from the first contact to the end, as a social worker sends it over HTTP."""

import datetime as dt
from itertools import count
from typing import Any

import pytest

from domain.ledger.identity import new_id
from tests.api.caller import Caller
from tests.domain.people import identity_code

HELSINKI_WINTER = "+02:00"
_BIRTHS = count()
"""Each client of the shared register has a birthday, and so an identity, of their own."""


class Episode:
    """One family's way through the service, with its ids."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.client_id, self.contact_id, self.episode_id = new_id(), new_id(), new_id()
        self.area = f"area {self.episode_id}"
        self.answers: list[dict[str, Any]] = []

    def tell(self, command: str, **body: Any) -> dict[str, Any]:
        told = self.caller.tell(f"episodes/{self.episode_id}/{command}", **body)
        self.answers.append(told)
        return told

    def is_asked_for(self) -> None:
        self.caller.tell(
            f"clients/{self.client_id}/register-client",
            identity_code=identity_code(dt.date(2017, 5, 1) + dt.timedelta(days=next(_BIRTHS))),
            given_name="Tuuli",
            family_name="Tuulentupa",
            area=self.area,
        )
        self.caller.tell(
            f"contacts/{self.contact_id}/receive-contact",
            received_at=f"2022-03-01T09:00:00{HELSINKI_WINTER}",
            channel="phone",
            source="family",
            client_id=str(self.client_id),
        )
        answered = {"answered_at": f"2022-03-02T09:30:00{HELSINKI_WINTER}", "worker_id": "worker-1"}
        self.caller.tell(f"contacts/{self.contact_id}/answer-contact", **answered, outcome="guided")
        referral = {"client_ids": [str(self.client_id)], "contact_id": str(self.contact_id)}
        self.tell("receive-referral", **referral, received_on="2022-03-02", need="a quiet word")

    def is_granted(self, service: str = "K1") -> dict[str, Any]:
        decided = {"decided_on": "2022-03-03", "decision_maker": "worker-1", "service": service}
        return self.tell("grant-service", decision_id=str(new_id()), **decided)

    def is_worked_on(self, meetings: int) -> None:
        assigned = {"worker_id": "worker-1", "role": "family_instructor", "from_on": "2022-03-03"}
        self.tell("assign-worker", assignment_id=str(new_id()), **assigned)
        self.tell("start-episode", started_on="2022-03-07")
        planned = {"plan_kind": "client_plan", "made_on": "2022-03-07", "worker_id": "worker-1"}
        self.tell("make-plan", plan_id=str(new_id()), **planned)
        for number in range(meetings):
            self.tell("record-meeting", **meeting(day=8 + number))

    def is_closed(self) -> None:
        self.tell("close-episode", closed_on="2022-03-31", reason="goals_met", outcome="none")


def meeting(day: int) -> dict[str, Any]:
    return {
        "meeting_id": str(new_id()),
        "started_at": f"2022-03-{day:02}T10:00:00{HELSINKI_WINTER}",
        "ended_at": f"2022-03-{day:02}T11:30:00{HELSINKI_WINTER}",
        "mode": "home",
        "worker_ids": ["worker-1"],
        "note": "what was said",
    }


@pytest.fixture
def episode(caller: Caller) -> Episode:
    return Episode(caller)


def test_an_episode_is_recorded_read_and_told_from_its_beginning_to_its_end(episode: Episode, caller: Caller) -> None:
    episode.is_asked_for()
    assert episode.is_granted()["facts"][0]["fact"]["age_years"] == 4
    episode.is_worked_on(meetings=2)
    episode.is_closed()
    last = episode.answers[-1]

    state = caller.told(f"episodes/{episode.episode_id}")
    assert (state["phase"], state["version"]) == ("closed", last["version"])
    assert state["model"] == {"service": "K1", "version": 1}
    assert set(state) == {
        "stream_id", "kind", "as_of", "version", "model", "duties", "deviations", "shares", "phase", "referral",
        "joined", "ended", "decisions", "grant", "started_on", "closed_on", "suspended_on", "transfers", "assignments",
        "plans", "meetings", "client_meetings_in_spell",
    }, "what the ledger keeps for itself beside them is nobody's to read"  # fmt: skip

    history = caller.told(f"episodes/{episode.episode_id}/history", lang="en")
    acts = [entry for entry in history["entries"] if entry["caused_by"] is None]
    assert [entry["name"] for entry in acts] == [
        "referral_received",
        "decision_made",
        "worker_assigned",
        "episode_started",
        "plan_made",
        "meeting_held",
        "meeting_held",
        "episode_closed",
    ]
    assert acts[5]["sentence"] == "Held: client meeting on 8 Mar 2022 10:00–11:30, home, worker-1."
    assert acts[5]["withheld"] == ["note"]
    assert history["entries"][-1]["position"] == last["position"]


def test_a_worker_can_wait_for_the_figures_to_tell_of_what_was_sent(episode: Episode, caller: Caller) -> None:
    def visits(as_of: str | None = None) -> dict[str, Any]:
        asked = {"as_of": as_of} if as_of else {"wait_for": str(episode.answers[-1]["position"])}
        answer = caller.told("visits", by="episode", **asked)
        assert answer["lag_events"] == 0 or as_of
        found: dict[str, Any] = next((r for r in answer["rows"] if r["group_key"] == str(episode.episode_id)), {})
        return found

    episode.is_asked_for()
    episode.is_granted()
    episode.is_worked_on(meetings=1)
    after_one = str(episode.answers[-1]["position"])
    episode.tell("record-meeting", **meeting(day=20))

    assert visits()["held_meetings"] == 2
    assert visits()["held_minutes"] == 180
    assert visits(as_of=after_one)["held_meetings"] == 1


def test_meetings_beyond_what_was_granted_are_recorded_with_their_deviation(episode: Episode) -> None:
    episode.is_asked_for()
    episode.is_granted()
    episode.is_worked_on(meetings=4)
    noted = [deviation for answer in episode.answers for deviation in answer["deviations"]]

    assert noted
    assert all(deviation["rule"]["texts"].keys() == {"fi", "sv", "en"} for deviation in noted)
    assert {deviation["rule"]["id"] for deviation in noted} == {deviation["rule_id"] for deviation in noted}
    assert any(deviation["measured"] == 4 and deviation["limit"] == 3 for deviation in noted)


def test_an_authorisation_whose_rule_does_not_hold_is_refused_by_that_rule(caller: Caller) -> None:
    client_id, episode_id = new_id(), new_id()
    caller.tell(f"clients/{client_id}/register-client", born_on="2005-05-05")
    caller.tell(
        f"episodes/{episode_id}/receive-referral",
        client_ids=[str(client_id)],
        received_on="2022-03-02",
        source="family",
    )
    decided = {"decided_on": "2022-03-03", "decision_maker": "worker-1", "service": "K1"}
    answer = caller.send(f"episodes/{episode_id}/grant-service", {"decision_id": str(new_id()), **decided})
    told = answer.json()

    assert answer.status_code == 422
    assert told["code"] == "rule_not_met"
    assert {name: told["rule"][name] for name in ("service", "version", "id", "strength", "source")} == {
        "service": "K1",
        "version": 1,
        "id": "age",
        "strength": "must",
        "source": "S2",
    }
    assert told["rule"]["texts"].keys() == {"fi", "sv", "en"}
    assert "12 years" in told["remedy"]
    assert told["measured"] == 16
    assert caller.told(f"episodes/{episode_id}")["version"] == 1


def test_what_was_put_right_stays_visible_in_the_trail(episode: Episode, caller: Caller) -> None:
    episode.is_asked_for()
    episode.is_granted()
    episode.is_worked_on(meetings=2)
    meetings = [answer["facts"][0] for answer in episode.answers if answer["facts"][0]["name"] == "meeting_held"]
    before = str(episode.answers[-1]["position"])
    correction = episode.tell(
        "correct-entry",
        entry=meetings[0]["version"],
        mistake="typing_error",
        changes={"mode": "office"},
        reason="it was at the office",
    )
    struck = episode.tell(
        "strike-out-entry", entry=meetings[1]["version"], mistake="entered_twice", reason="the same visit"
    )

    def told(**asked: str) -> dict[int, dict[str, Any]]:
        history = caller.told(f"episodes/{episode.episode_id}/history", **asked)
        return {entry["version"]: entry for entry in history["entries"]}

    now, then = told(), told(as_of=before)
    corrected, gone = now[meetings[0]["version"]], now[meetings[1]["version"]]
    assert (corrected["fact"]["mode"], corrected["reads_now"]["mode"]) == ("home", "office")
    assert corrected["corrected_by"] == correction["facts"][0]["version"]
    assert gone["struck_by"] == struck["facts"][0]["version"]
    assert then[meetings[1]["version"]]["struck_by"] is None
    assert struck["facts"][0]["version"] not in then


def test_that_a_child_died_is_told_in_no_state_and_no_trail(episode: Episode, caller: Caller) -> None:
    episode.is_asked_for()
    sibling = new_id()
    caller.tell(f"clients/{sibling}/register-client", born_on="2015-05-05", area=episode.area)
    two_of_them = new_id()
    referral = {"client_ids": [str(episode.client_id), str(sibling)], "received_on": "2022-03-02", "source": "family"}
    caller.tell(f"episodes/{two_of_them}/receive-referral", **referral)
    ended = {"client_id": str(sibling), "ended_on": "2022-03-05", "reason": "died", "explanation": "an accident"}
    answered = caller.tell(f"episodes/{two_of_them}/end-clientship", **ended)
    state, history = caller.told(f"episodes/{two_of_them}"), caller.told(f"episodes/{two_of_them}/history")
    assert state["ended"][str(sibling)]["ended_on"] == "2022-03-05"
    for told in (answered, state, history):
        assert "died" not in str(told)
        assert "accident" not in str(told)
