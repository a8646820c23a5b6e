"""What is logged, and what never is."""

import errno
import io
import json
import logging
import resource
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from api.logging import Lines, configure_logging
from api.settings import Settings
from domain.ledger.identity import new_id
from tests.api.caller import Caller

# Made up: individual numbers from 900 on are never given to anybody.
IDENTITY_CODE = "131052-9085"
BAD_IDENTITY_CODE = "131052-9086"
NAME = "Kanerva Kuvitteellinen"
FREE_TEXT = "salaisuus jota kukaan ei saa lukea"
CANARIES = (IDENTITY_CODE, BAD_IDENTITY_CODE, "Kanerva", "Kuvitteellinen", "salaisuus", "131052-")


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def requests(log: io.StringIO) -> list[dict[str, Any]]:
    return [line for line in lines(log) if line["event"] == "request"]


def test_a_request_is_one_line_that_names_what_it_was_about(caller: Caller, log: io.StringIO) -> None:
    answer = caller.send(f"clients/{new_id()}/register-client", {"born_on": "2015-05-05"})
    (line,) = requests(log)

    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert line["register"] == caller.register
    assert line["command"] == "register-client"
    assert line["status"] == 201
    assert line["method"] == "POST"
    assert line["route"] == "/v1/registers/{register}/clients/{stream_id}/register-client"
    assert line["duration_ms"] > 0
    assert line["level"] == "info"


def test_a_refusal_is_logged_by_its_code(caller: Caller, log: io.StringIO) -> None:
    caller.send(f"episodes/{new_id()}/start-episode", {"started_on": "2022-03-01"})
    (line,) = requests(log)
    assert (line["status"], line["code"]) == (404, "unknown_episode")


def _everything_wrong(caller: Caller) -> list[httpx.Response]:
    """Requests that hold what must not be told, in every place that a request has."""
    identity = {"identity_code": IDENTITY_CODE, "given_name": NAME}
    wrong = {"identity_code": BAD_IDENTITY_CODE, "family_name": NAME}
    key = new_id()
    client_id = new_id()
    place = f"clients/{client_id}/register-client"
    return [
        caller.send(place, {**identity, "family_name": NAME, "municipality": FREE_TEXT}, key=key),
        caller.send(place, identity, key=key),
        caller.send(place, identity),
        caller.send(f"clients/{new_id()}/register-client", wrong),
        caller.send(f"clients/{new_id()}/register-client", {**identity, "born_on": NAME}),
        caller.send(f"clients/{new_id()}/register-client", {**identity, "born_on": "1999-01-01"}),
        caller.send(f"clients/{new_id()}/register-client", {**identity, NAME: NAME, IDENTITY_CODE: 1}),
        caller.send(f"clients/{new_id()}/register-client", {"identity_code": [IDENTITY_CODE], "given_name": {NAME: 1}}),
        caller.send(f"clients/{client_id}/correct-entry", _correction(NAME)),
        caller.send(f"clients/{client_id}/tell-address", {"told_on": NAME, "street_address": FREE_TEXT}),
        caller.send(f"episodes/{new_id()}/receive-referral", {"client_ids": [NAME], "need": FREE_TEXT}),
        caller.send(f"clients/{IDENTITY_CODE}/register-client", identity),
        caller.send(f"clients/{new_id()}/register-client", identity, key=IDENTITY_CODE),
        caller.send(f"clients/{new_id()}/register-client", identity, headers={"If-Match": IDENTITY_CODE}),
        caller.send(f"clients/{new_id()}/{IDENTITY_CODE}", identity),
        caller.client.get(f"/v1/registers/{IDENTITY_CODE}/caseload"),
        caller.client.get(f"/{IDENTITY_CODE}", headers={"X-Request-Id": IDENTITY_CODE}),
        caller.client.get("/v1/registers", headers={"Authorization": f"Bearer {IDENTITY_CODE}"}),
        caller.ask("caseload", by=NAME),
        caller.ask("caseload", as_of=IDENTITY_CODE),
        caller.ask(f"projections/{IDENTITY_CODE}"),
        caller.ask("projections/episodes", **{IDENTITY_CODE: NAME}),
        caller.ask("projections/episodes", area=NAME),
        caller.ask("projections/episodes", episode_id=IDENTITY_CODE),
        caller.ask(f"explain/{IDENTITY_CODE}", key=NAME),
        caller.ask(f"clients/{client_id}/history", lang=NAME),
        caller.ask(f"clients/{client_id}/history"),
        caller.ask(f"clients/{client_id}"),
    ]


def _correction(text: str) -> dict[str, Any]:
    changes = {"born_on": text, "given_name": text, IDENTITY_CODE: text}
    return {"entry": 1, "mistake": "typing_error", "changes": changes, "reason": FREE_TEXT}


def test_no_name_free_text_or_identity_code_is_logged_or_answered(
    caller: Caller, log: io.StringIO, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    answers = _everything_wrong(caller)
    assert {answer.status_code for answer in answers} >= {200, 201, 401, 404, 409, 422}
    assert len(requests(log)) == len(answers)

    written = [log.getvalue(), caplog.text, *capfd.readouterr(), *(answer.text for answer in answers)]
    for canary in CANARIES:
        assert not any(canary in text for text in written), canary


def test_the_level_of_the_settings_is_obeyed(log: io.StringIO, settings: Settings) -> None:
    configure_logging(settings.model_copy(update={"log_level": "warning"}), log)
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    logging.getLogger("a.library").warning("of %s", NAME)

    assert [line["event"] for line in lines(log)] == ["loud", "library"]
    assert NAME not in log.getvalue()


class Full(io.StringIO):
    """A log on a disk that is full until there is `room`."""

    room = False

    def write(self, text: str) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(text)


def test_a_log_that_cannot_be_written_keeps_nobody_from_an_answer_and_tells_what_was_lost(
    caller: Caller, log: io.StringIO, settings: Settings
) -> None:
    full = Full()
    configure_logging(settings, full)
    for _ in range(3):
        caller.tell(f"clients/{new_id()}/register-client", born_on="2015-05-05")
    full.room = True
    caller.tell(f"clients/{new_id()}/register-client", born_on="2015-05-05")
    lost, *told = [json.loads(line) for line in full.getvalue().splitlines() if line]
    assert (lost["event"], lost["level"]) == ("log_lines_lost", "error")
    assert lost["lines"] >= 3  # the ledger's clock may have told something too
    assert [one["status"] for one in told if one["event"] == "request"] == [201]


def test_a_line_that_was_told_as_lost_is_not_written_after_all(tmp_path: Path) -> None:
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with (tmp_path / "log").open("w+", encoding="utf-8") as full:
        told = Lines(full)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (len("whole\n") + 2, limit[1]))
            for line in ("whole\n", "cut off\n", "lost\n"):
                told.write(line)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
            signal.signal(signal.SIGXFSZ, before)
        told.write("whole again\n")
    whole, cut_off, lost, again = (tmp_path / "log").read_text().splitlines()
    assert (whole, cut_off, again) == ("whole", "cu", "whole again")
    assert json.loads(lost)["lines"] == 2
