"""`jaksokirja restrict`: asked for by one, approved by another, carried out, told, certified, and read by the few."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
from typer.testing import CliRunner, Result

from domain.amend.strike_out_entry import StrikeOutEntry
from domain.correction import MistakeKind
from domain.episode.facts import MeetingHeld
from domain.ledger.identity import new_id
from domain.ledger.secrecy import carrying_out
from domain.ledger.secrecy.keyring import keyring_dsn
from scripts.commandline.main import app
from tests.domain.desk import Desk, meeting

Run = Callable[..., Result]
NOTE = "told of another family"


@pytest.fixture
def desk(register: tuple[str, str]) -> Desk:
    desk = Desk(*register)
    desk.open()
    return desk


@pytest.fixture
def run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `restrict` on the desk's register. No process uses its keys, and the log's files are other tests' matter."""
    monkeypatch.setenv("JAKSOKIRJA_DSN", desk.dsn)
    monkeypatch.setattr(carrying_out, "LEASES_WAITED", 0)
    monkeypatch.setattr(carrying_out, "clean", lambda *_: None)

    def run(*words: object, said: str = "") -> Result:
        told = [*map(str, words), "--register", desk.book.register_name]
        return CliRunner().invoke(app, ["restrict", *told], input=said)

    return run


@pytest.fixture
def struck(desk: Desk) -> tuple[UUID, int]:
    """An episode, and the number of an entry that was struck out there."""
    episode_id = desk.started("K2")
    desk.do(episode_id, meeting(1, note=NOTE))
    version = desk.number(episode_id, MeetingHeld)
    desk.do(episode_id, StrikeOutEntry(entry=version, mistake=MistakeKind.WRONG_CLIENT, reason="another's"))
    return episode_id, version


def listed(run: Run) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(run("status", "--json").stdout)
    return found


def asked(run: Run, struck: tuple[UUID, int]) -> str:
    done = run("request", *struck, "--actor", "O1", said="another family's\n")
    assert done.exit_code == 0, done.output
    return done.stdout.split()[-1]


def test_a_restriction_goes_from_request_to_certificate_and_the_few_read_on(run: Run, struck: tuple[UUID, int]) -> None:
    restriction_id = asked(run, struck)
    assert [(one["restriction"], one["stage"]) for one in listed(run)] == [(restriction_id, "requested")]
    assert run("approve", restriction_id, "--actor", "O2").exit_code == 0
    done = run("carry-out", restriction_id, "--actor", "O3")
    told = json.loads(done.stdout)
    assert (told["stream_id"], told["entry"]) == (str(struck[0]), struck[1])
    assert (told["requested_by"], told["approved_by"], told["restricted_count"]) == ("O1", "O2", 1)
    assert json.loads(run("certificate", restriction_id).stdout) == told
    assert [(one["stage"], one["keys"]) for one in listed(run)] == [("certified", 1)]
    for lang, word in (("fi", "todistettu"), ("sv", "intygad"), ("en", "certified")):
        assert word in run("status", "--lang", lang).stdout
    assert json.loads(run("read", *struck).stdout)["sensitive"] == {"note": NOTE}


def test_what_is_struck_and_not_restricted_yet_is_read_too(run: Run, struck: tuple[UUID, int]) -> None:
    assert json.loads(run("read", *struck).stdout)["sensitive"] == {"note": NOTE}


def test_whoever_asked_cannot_approve_and_nothing_is_carried_out_unapproved(run: Run, struck: tuple[UUID, int]) -> None:
    restriction_id = asked(run, struck)
    for words, code in (
        (("approve", restriction_id, "--actor", "O1"), "second_person_needed"),
        (("carry-out", restriction_id, "--actor", "O1"), "restriction_not_approved"),
        (("certificate", restriction_id), "no_certificate"),
        (("read", struck[0], 900), "unknown_entry"),
        (("request", struck[0], 1, "--actor", "O1"), "out_of_order"),
    ):
        done = run(*words, said="r\n")
        assert done.exit_code != 0
        assert f"[{code}]" in done.stderr
    assert run("call-off", restriction_id, "--actor", "O1").exit_code == 0
    assert [one["stage"] for one in listed(run)] == ["called_off"]


def test_whose_login_is_not_of_the_few_is_told_so_and_reads_nothing(
    desk: Desk, run: Run, struck: tuple[UUID, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    login = f"clerk_{new_id().hex}"
    with psycopg.connect(desk.dsn, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {login} LOGIN IN ROLE jaksokirja_keykeeper".encode())
    monkeypatch.setenv("JAKSOKIRJA_KEYRING_DSN", psycopg.conninfo.make_conninfo(keyring_dsn(desk.dsn), user=login))
    done = run("read", *struck)
    with psycopg.connect(desk.dsn, autocommit=True) as connection:
        connection.execute(f"DROP ROLE {login}".encode())
    assert (done.exit_code != 0, NOTE in done.output) == (True, False)
    assert "[not_your_keyring]" in done.stderr


def test_a_third_person_who_approves_is_told_whose_approval_stands(run: Run, struck: tuple[UUID, int]) -> None:
    restriction_id = asked(run, struck)
    for actor, told in (("O2", "Approved."), ("O3", "O2 approved it before: that stands")):
        done = run("approve", restriction_id, "--actor", actor)
        assert (done.exit_code, done.stdout.startswith(told)) == (0, True), done.output
