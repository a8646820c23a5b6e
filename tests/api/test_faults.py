"""What happens when something fails here that should not: it is told and logged without what it holds."""

import datetime as dt
import io
import json

import psycopg
import pytest
from psycopg import sql

from domain.client.commands.register_client import RegisterClient
from domain.ledger.book import Book, Order
from domain.ledger.errors import HeadAstray, RegisterNotMigrated
from domain.ledger.identity import new_id
from domain.ledger.migrate import schema_of
from domain.ledger.secrecy.keyring import Keyring, KeyringNotMigrated, keyring_dsn
from scripts.commandline.session import keyring_of
from tests.api.caller import Caller, problem
from tests.domain.people import identity_code

SECRET = "131052-908X Kanerva"


def test_an_unexpected_fault_is_answered_and_logged_without_what_it_says(
    caller: Caller, log: io.StringIO, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(RegisterClient, "decide", fail)
    answer = caller.send(f"clients/{new_id()}/register-client", {"born_on": "2015-05-05"})
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (line,) = [line for line in lines if line["event"] == "request"]  # the ledger's clock may tell that it has run

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


def test_a_key_that_somebody_changed_is_told_as_the_keyrings_fault(
    caller: Caller, opened: tuple[str, str], log: io.StringIO
) -> None:
    dsn, register = opened
    client_id, code = new_id(), identity_code(dt.date(2012, 6, 6), number=978)
    book = Book(dsn, register, keyring=keyring_of(dsn, register))  # so that the served one has no key of the client yet
    command = RegisterClient(identity_code=code)
    book.execute(Order(stream_id=client_id, command=command, command_id=new_id(), actor="tests"))
    book.close()
    with psycopg.connect(keyring_dsn(dsn)) as connection:
        connection.execute(
            "UPDATE keyring.data_keys SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1)"
            " WHERE holder_id = %s",
            (client_id,),
        )
    told = problem(caller.ask(f"clients/{client_id}"), 503, "keyring_out_of_order")
    assert "register key" in told["remedy"]
    assert "keyring_out_of_order" in log.getvalue()
    assert code not in log.getvalue()


def test_a_sealed_part_that_somebody_changed_is_told_as_such_and_not_as_absent(
    caller: Caller, opened: tuple[str, str]
) -> None:
    dsn, register = opened
    client_id, code = new_id(), identity_code(dt.date(2012, 6, 7), number=978)
    caller.tell(f"clients/{client_id}/register-client", identity_code=code)
    events = sql.Identifier(schema_of(register), "events")
    with psycopg.connect(dsn) as connection:
        connection.execute(
            sql.SQL(
                "UPDATE {} SET record = overlay(record PLACING %s FROM position(%s IN record) + 14)"
                " WHERE stream_id = %s"
            ).format(events),
            (b"AAAA", b'"ciphertext":"', client_id),
        )
        row = connection.execute(sql.SQL("SELECT max(position) FROM {}").format(events)).fetchone()
    told = problem(caller.ask(f"clients/{client_id}", as_of=str(row[0] if row else 0)), 500, "segment_refused")
    assert "verify" in told["remedy"]
    assert code not in str(told)


@pytest.mark.parametrize(
    ("fault", "answer", "remedy"),
    [
        (KeyringNotMigrated(), (503, "keyring_not_migrated"), "jaksokirja migrate"),
        (RegisterNotMigrated("lapland"), (503, "register_not_migrated"), "jaksokirja migrate"),
        (HeadAstray("lapland"), (500, "head_astray"), "keep the database as it is"),
    ],
)
def test_what_whoever_runs_the_register_must_mend_has_a_code_and_a_remedy(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, fault: Exception, answer: tuple[int, str], remedy: str
) -> None:
    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(Keyring, "provide", fail)
    told = problem(caller.send(f"clients/{new_id()}/register-client", {"born_on": "2015-05-05"}), *answer)
    assert remedy in told["remedy"]


@pytest.mark.parametrize("place", ["caseload?by=area", "clients/search", "clients/x", "no/such/place"])
def test_no_answer_may_be_kept_by_whoever_passes_it_on(caller: Caller, place: str) -> None:
    assert caller.client.get(caller.path(place)).headers["Cache-Control"] == "no-store"
    assert caller.client.get("/openapi.json").headers["Cache-Control"] == "no-store"


def test_what_a_client_is_told_as_may_not_be_kept(caller: Caller) -> None:
    client_id = new_id()
    caller.tell(f"clients/{client_id}/register-client", identity_code=identity_code(dt.date(2012, 6, 8), number=978))
    answer = caller.ask(f"clients/{client_id}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
