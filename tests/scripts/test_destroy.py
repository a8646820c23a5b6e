"""`jaksokirja destroy`: asked for by one, approved by another, carried out, told and certified."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
from typer.testing import CliRunner, Result

from domain.ledger.secrecy import carrying_out
from domain.ledger.secrecy.keyring import keyring_dsn
from scripts.commandline.main import app
from tests.domain.desk import Desk

Run = Callable[..., Result]


@pytest.fixture
def desk(register: tuple[str, str]) -> Desk:
    desk = Desk(*register)
    desk.open()
    return desk


@pytest.fixture
def run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `destroy` on the desk's register. No process uses its keys, and the log's files are other tests' matter."""
    monkeypatch.setenv("JAKSOKIRJA_DSN", desk.dsn)
    monkeypatch.setattr(carrying_out, "LEASES_WAITED", 0)
    monkeypatch.setattr(carrying_out, "clean", lambda *_: None)

    def run(*words: object, said: str = "") -> Result:
        told = [*map(str, words), "--register", desk.book.register_name]
        return CliRunner().invoke(app, ["destroy", *told], input=said)

    return run


def listed(run: Run) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(run("status", "--json").stdout)
    return found


def asked(run: Run, client_id: UUID) -> str:
    words = ("request", client_id, "--ground", "erasure", "--actor", "O1")
    done = run(*words, said="the family asked\n")
    assert done.exit_code == 0, done.output
    return done.stdout.split()[-1]


def test_a_destruction_goes_from_request_to_certificate(desk: Desk, run: Run) -> None:
    client_id = desk.client()
    destruction_id = asked(run, client_id)
    assert [(one["destruction"], one["stage"]) for one in listed(run)] == [(destruction_id, "requested")]
    assert run("approve", destruction_id, "--actor", "O2").exit_code == 0
    done = run("carry-out", destruction_id, "--actor", "O3")
    told = json.loads(done.stdout)
    assert (told["client_id"], told["requested_by"], told["approved_by"]) == (str(client_id), "O1", "O2")
    assert json.loads(run("certificate", destruction_id).stdout) == told
    assert [(one["stage"], one["keys"]) for one in listed(run)] == [("certified", 1)]
    for lang, word in (("fi", "todistettu"), ("sv", "intygad"), ("en", "certified")):
        assert word in run("status", "--lang", lang).stdout


def test_whoever_asked_cannot_approve_and_nothing_is_carried_out_unapproved(desk: Desk, run: Run) -> None:
    destruction_id = asked(run, desk.client())
    for words, code in (
        (("approve", destruction_id, "--actor", "O1"), "second_person_needed"),
        (("carry-out", destruction_id, "--actor", "O1"), "destruction_not_approved"),
        (("certificate", destruction_id), "no_certificate"),
    ):
        done = run(*words)
        assert done.exit_code != 0
        assert f"[{code}]" in done.stderr
    assert run("call-off", destruction_id, "--actor", "O1").exit_code == 0
    assert [one["stage"] for one in listed(run)] == ["called_off"]


def test_a_keyring_is_looked_at_and_a_key_taken_away_beside_the_ledger_is_listed(desk: Desk, run: Run) -> None:
    client_id = desk.client(given_name="Kaarna")
    assert (run("check").exit_code, json.loads(run("check", "--json").stdout)["faulty"]) == (0, [])
    with psycopg.connect(keyring_dsn(desk.dsn)) as connection:
        connection.execute("DELETE FROM keyring.data_keys WHERE holder_id = %s", (client_id,))
    done = run("check")
    assert (done.exit_code, "key_missing, first named at position" in done.stdout) == (1, True)
    (told,) = json.loads(run("check", "--json").stdout)["faulty"]
    assert told["fault"] == "key_missing"


def test_a_third_person_who_approves_is_told_whose_approval_stands(desk: Desk, run: Run) -> None:
    destruction_id = asked(run, desk.client())
    for actor, told in (("O2", "Approved."), ("O2", "Approved."), ("O3", "O2 approved it before: that stands")):
        done = run("approve", destruction_id, "--actor", actor)
        assert (done.exit_code, done.stdout.startswith(told)) == (0, True), done.output
