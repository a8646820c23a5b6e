"""What a caller is told when the database is away, and that the same command can then be sent again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from api.identity import issue_token
from api.settings import Settings
from domain.ledger.identity import new_id
from projections.install import install
from tests.api.caller import WORKER, Caller
from tests.api.conftest import served
from tests.ledger.proxy import Proxy, proxied


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Little patience, so that nobody waits long for what will not come."""
    return Settings(data=tmp_path_factory.mktemp("hasty"), port=0, patience_seconds=0.5)


class Line:
    """The way to the database, which can be severed and mended."""

    def __init__(self, proxy: Proxy, dsn: str) -> None:
        self.proxy = proxy
        self.dsn = make_conninfo(proxy.dsn, application_name="severed")
        self._direct = dsn

    def sever(self) -> None:
        """Nobody comes through any more, and those who had are cut off."""
        self.proxy.refusing.set()
        with psycopg.connect(self._direct) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'severed'"
            )

    def mend(self) -> None:
        self.proxy.refusing.clear()


@pytest.fixture
def line(opened: tuple[str, str]) -> Iterator[Line]:
    with proxied(opened[0]) as proxy:
        yield Line(proxy, opened[0])


@pytest.fixture
def token(opened: tuple[str, str], settings: Settings) -> str:
    return issue_token(settings, WORKER, [opened[1]])


@pytest.fixture
def remote(opened: tuple[str, str], line: Line, settings: Settings, token: str) -> Iterator[Caller]:
    """A caller of an API that reaches its database through the line."""
    with served(settings, line.dsn) as address, Caller(address, opened[1], token) as caller:
        yield caller


def away(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    told: dict[str, Any] = answer.json()
    assert told["code"] == "ledger_unavailable"
    return told


def test_a_command_sent_while_the_database_is_away_can_be_sent_again(remote: Caller, line: Line) -> None:
    place, key, body = f"clients/{new_id()}/register-client", new_id(), {"born_on": "2015-05-05"}
    remote.tell(f"clients/{new_id()}/register-client", **body)
    line.sever()
    assert "same Idempotency-Key" in away(remote.send(place, body, key=key))["remedy"]
    away(remote.ask("caseload"))
    line.mend()

    answer = remote.send(place, body, key=key)
    assert answer.status_code == 201
    assert answer.json()["version"] == 1
    assert remote.ask("caseload").status_code == 200


def test_a_command_whose_answer_was_lost_is_recorded_once(remote: Caller, line: Line) -> None:
    for _ in range(4):  # so that what is cut is the answer to an append
        remote.tell(f"clients/{new_id()}/register-client", born_on="2015-05-05")
    place, key = f"clients/{new_id()}/register-client", new_id()
    line.proxy.cut_next_answer.set()
    for _ in range(2):
        assert remote.send(place, {"born_on": "2015-05-05"}, key=key).status_code == 201
    history = remote.told(place.removesuffix("/register-client") + "/history")
    assert [entry["version"] for entry in history["entries"]] == [1]


def test_an_api_that_starts_without_its_database_serves_when_it_is_there(
    opened: tuple[str, str], line: Line, settings: Settings, token: str
) -> None:
    line.sever()
    with served(settings, line.dsn, following=True) as address, Caller(address, opened[1], token) as caller:
        health = caller.client.get("/health")
        assert (health.status_code, health.json()["database"]) == (503, "unreachable")
        away(caller.ask("caseload"))
        away(caller.client.get("/v1/registers"))
        line.mend()
        assert caller.client.get("/health").json()["database"] == "reachable"
        assert caller.ask("caseload").status_code == 200


def test_a_server_that_is_not_there_is_told_as_such(settings: Settings, tmp_path: Path) -> None:
    token = issue_token(settings, WORKER, ["kymenlaakso"])
    dsn = f"host={tmp_path} port=5432 user=postgres dbname=postgres"
    with served(settings, dsn) as address, Caller(address, "kymenlaakso", token) as caller:
        away(caller.ask("caseload"))
        away(caller.send(f"clients/{new_id()}/register-client", {"born_on": "2015-05-05"}))


def test_a_question_that_waits_in_vain_is_told_how_far_the_projections_are(
    register: tuple[str, str], settings: Settings
) -> None:
    dsn, name = register
    install(dsn, name)
    token = issue_token(settings, WORKER, [name])
    with served(settings, dsn, following=False) as address, Caller(address, name, token) as caller:
        told = caller.tell("open-register", register_name=name, controller="a county", opened_on="2022-01-01")
        answer = caller.ask("caseload", wait_for=str(told["position"]))
        assert answer.status_code == 504
        assert answer.headers["Retry-After"]
        assert {key: answer.json()[key] for key in ("code", "reflected", "head", "stopped")} == {
            "code": "not_reflected_yet",
            "reflected": 0,
            "head": told["position"],
            "stopped": [],
        }
        assert caller.told("caseload")["lag_events"] == 1
