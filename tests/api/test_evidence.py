"""Evidence over HTTP: for auditors only, without the words of sealed fields, refused by name when it proves nothing."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from api.evidence import made_again
from api.identity import issue_token
from api.settings import Settings
from domain.ledger.book import Book, Order
from domain.ledger.identity import new_id
from domain.ledger.proof.formats import verify_files
from domain.ledger.proof.given import Options, Trust
from domain.ledger.proof.note import SignerKey
from domain.ledger.sealing.keyfiles import file_name, new_key, write_key
from domain.ledger.sealing.working import Workshop
from domain.register.commands.adopt_log_key import AdoptLogKey
from domain.register.facts import LogKeyPurpose
from scripts.commandline.session import keyring_of
from tests.api.caller import Caller, problem

DAY = "2024-03-04"
CANARY = "Only the family knows this."


class Sealed:
    """The register that the API serves, and its sealer."""

    def __init__(self, dsn: str, register: str, folder: Path) -> None:
        self.dsn, self.register = dsn, register
        self.workshop = Workshop(state=folder / "sealer", keys=folder / "keys")
        key = new_key("checkpoints", f"jaksokirja/{register}")
        write_key(self.workshop.keys / file_name("checkpoints", key), key)
        self.key: SignerKey = key
        with Book(dsn, register, keyring=keyring_of(dsn, register)) as book:
            at = book.ledger.head()[0] + 1
            told = AdoptLogKey(verifier_key=str(key.verifier()), purpose=LogKeyPurpose.CHECKPOINTS, from_size=at)
            book.execute(Order(stream_id=book.register_id, command=told, command_id=new_id(), actor="tests"))

    def seal(self) -> int:
        with self.workshop.sealer(self.dsn, self.register) as sealer:
            checkpoint = sealer.seal()
        assert checkpoint is not None
        return checkpoint.size


@pytest.fixture(scope="module")
def sealed(opened: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    return Sealed(*opened, tmp_path_factory.mktemp("sealed"))


@pytest.fixture
def auditor(caller: Caller, settings: Settings) -> Iterator[Caller]:
    token = issue_token(settings, "auditor-1", [caller.register], ["auditor"])
    with Caller(caller.address, caller.register, token) as auditor:
        yield auditor


def referred(caller: Caller) -> UUID:
    """A new episode, in which a word is said that is sealed."""
    client_id, episode_id = new_id(), new_id()
    caller.tell(f"clients/{client_id}/register-client", born_on="2015-05-05")
    referral = {"client_ids": [str(client_id)], "received_on": DAY, "source": "family", "need": CANARY}
    caller.tell(f"episodes/{episode_id}/receive-referral", **referral)
    return episode_id


def test_an_auditor_gets_a_bundle_that_verifies_and_tells_no_words(
    caller: Caller, auditor: Caller, sealed: Sealed, tmp_path: Path
) -> None:
    episode = referred(caller)
    size = sealed.seal()
    answer = auditor.ask(f"episodes/{episode}/evidence", lang="en")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip")
    path = tmp_path / "bundle.zip"
    path.write_bytes(answer.content)
    report = verify_files(path, Trust([sealed.key.verifier()]), Options(made_again=made_again()))
    assert (report.finding, report.sealed_to) == (None, size)
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if CANARY.encode() in archive.read(name)]
        assert b"left out of this account" in archive.read("account/account.html")
    assert not list(Path(tempfile.gettempdir()).glob("jaksokirja-evidence-*/bundle.zip"))


def test_nobody_else_gets_one(caller: Caller, stranger: object, sealed: Sealed) -> None:
    told = problem(caller.ask(f"episodes/{new_id()}/evidence"), 403, "evidence_not_yours")
    assert "auditor" in told["remedy"]


def test_what_is_not_sealed_yet_can_be_asked_for_again_soon(caller: Caller, auditor: Caller, sealed: Sealed) -> None:
    answer = auditor.ask(f"episodes/{referred(caller)}/evidence")
    problem(answer, 503, "not_sealed_yet")
    assert answer.headers["Retry-After"] == "10"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"against": "999999999"}, "against_ahead"),
        ({"against": "0"}, "malformed_request"),
        ({"lang": "de"}, "malformed_request"),
        ({"words": "true"}, "malformed_request"),
        ({"as_of": "never"}, "malformed_request"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(
    caller: Caller, auditor: Caller, sealed: Sealed, asked: dict[str, str], code: str
) -> None:
    episode = referred(caller)
    sealed.seal()
    problem(auditor.ask(f"episodes/{episode}/evidence", **asked), 422, code)


def test_an_unknown_episode_is_a_404(auditor: Caller, sealed: Sealed) -> None:
    problem(auditor.ask(f"episodes/{new_id()}/evidence"), 404, "unknown_episode")


def test_each_bundle_is_logged_without_saying_whose(
    caller: Caller, auditor: Caller, sealed: Sealed, log: io.StringIO
) -> None:
    episode = referred(caller)
    sealed.seal()
    assert auditor.ask(f"episodes/{episode}/evidence").status_code == 200
    assert '"evidence_given"' in log.getvalue()
    assert str(episode) not in log.getvalue()
    assert CANARY not in log.getvalue()
