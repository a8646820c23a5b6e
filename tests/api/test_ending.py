"""Who leaves in the middle of a request, or never comes to its end, keeps nobody from ending."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from api import serving
from api.identity import issue_token
from api.settings import Settings
from domain.ledger.identity import new_id
from tests.api.caller import WORKER
from tests.api.conftest import served
from tests.patience import until


@contextmanager
def half_sent(address: str, register: str, settings: Settings) -> Iterator[None]:
    """A command of which the head and one byte have come, as long as the sender stays."""
    head = (
        f"POST /v1/registers/{register}/clients/{new_id()}/register-client HTTP/1.1",
        "Host: here",
        f"Authorization: Bearer {issue_token(settings, WORKER, [register])}",
        f"Idempotency-Key: {new_id()}",
        "Content-Type: application/json",
        "Content-Length: 100",
    )
    with socket.socket() as sender:
        sender.connect((httpx.URL(address).host, httpx.URL(address).port or 0))
        sender.sendall("\r\n".join((*head, "", "{")).encode())
        assert httpx.get(f"{address}/health", timeout=60).json()  # asked later: the head has come by now
        yield


def requests(log: io.StringIO) -> list[dict[str, object]]:
    told = map(json.loads, log.getvalue().splitlines())
    return [one for one in told if one["event"] == "request" and "clients" in str(one["route"])]


def test_a_request_that_was_half_sent_keeps_the_server_from_ending_for_no_longer_than_is_said(
    opened: tuple[str, str], settings: Settings, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "LAST_SECONDS", 0)
    with ExitStack() as sender, served(settings, opened[0]) as address:
        sender.enter_context(half_sent(address, opened[1], settings))
    assert [(line["status"], line["code"]) for line in requests(log)] == [(503, "ledger_unavailable")]


def test_who_leaves_before_the_body_is_whole_is_told_in_the_log_as_a_fault_of_the_callers(
    address: str, opened: tuple[str, str], settings: Settings, log: io.StringIO
) -> None:
    with half_sent(address, opened[1], settings):
        assert requests(log) == []
    until(lambda: bool(requests(log)))
    (line,) = requests(log)
    assert (line["status"], line["code"], line["level"]) == (400, "body_cut_off", "info")
