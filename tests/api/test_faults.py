"""What happens when something fails here that should not: it is told and logged without what it holds."""

import io
import json

import pytest

from domain.client.commands.register_client import RegisterClient
from domain.ledger.identity import new_id
from tests.api.caller import Caller

SECRET = "131052-908X Kanerva"


def test_an_unexpected_fault_is_answered_and_logged_without_what_it_says(
    caller: Caller, log: io.StringIO, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(RegisterClient, "decide", fail)
    answer = caller.send(f"clients/{new_id()}/register-client", {"born_on": "2015-05-05"})
    (line,) = [json.loads(line) for line in log.getvalue().splitlines()]

    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == line["code"] == "unexpected_error"
    assert answer.headers["X-Request-Id"] == line["request_id"]
    assert line["level"] == "error"
    assert line["fault"] == "RuntimeError"
    assert "test_faults.py" in line["where"]
    for text in (answer.text, log.getvalue(), *capfd.readouterr()):
        assert "Kanerva" not in text
        assert "Traceback" not in text


def test_the_service_goes_on_after_a_fault(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RegisterClient, "decide", None)
    client_id, key = new_id(), new_id()
    body = {"born_on": "2015-05-05"}
    assert caller.send(f"clients/{client_id}/register-client", body, key=key).status_code == 500
    monkeypatch.undo()
    assert caller.send(f"clients/{client_id}/register-client", body, key=key).status_code == 201
