"""Errands are taken to the book together, and each is answered with what came of it alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from uuid import UUID

import pytest
from fastapi.responses import Response
from pydantic_core import from_json, to_json

from api import taking
from api.answers import outcome_answer
from api.errands import Answer, Errand, answers_of, errand_in, packed, parcel_of, parcels_in
from api.registers import Registers
from api.settings import Settings
from api.taking import take
from domain.client.commands.register_client import RegisterClient
from domain.commands import AnyCommand
from domain.entry import Entry
from domain.fact import StreamKind
from domain.ledger import states
from domain.ledger.book import Book, Outcome
from domain.ledger.errors import LedgerUnavailable
from domain.ledger.identity import new_id
from domain.state import StreamState
from domain.streams import fold_stream
from tests.domain.desk import Desk, meeting


@pytest.fixture
def desk(register: tuple[str, str]) -> Iterator[Desk]:
    """A desk at a register of its own."""
    working = Desk(*register)
    working.open()
    yield working
    working.book.close()


@pytest.fixture
def registers(register: tuple[str, str], settings: Settings) -> Iterator[Registers]:
    """The register that the desk is at, as it is served."""
    opened = Registers(register[0], patience_seconds=5.0, keyring=settings.keyring(register[0]))
    yield opened
    opened.close()


def errand(desk: Desk, stream_id: UUID, command: AnyCommand, *, version: int | None = None) -> Errand:
    kind = getattr(type(command), "stream", "episode")
    return Errand(
        register=desk.book.register_name,
        kind=str(kind),
        name=command.command_name(),
        stream_id=stream_id,
        command_id=new_id(),
        actor="O1",
        expected_version=version,
        body=to_json(command.model_dump(mode="json", exclude_none=True)),
    )


def test_each_is_answered_with_its_own(desk: Desk, registers: Registers) -> None:
    episodes = [desk.started() for _ in range(5)]
    errands = [errand(desk, one, meeting(1)) for one in (*episodes, new_id())]
    *answers, refused = take(registers, errands)
    told = [from_json(answer.body) for answer in answers]
    assert [answer.status for answer in answers] == [201] * 5
    assert [(one["stream_id"], one["command_id"]) for one in told] == [
        (str(one.stream_id), str(one.command_id)) for one in errands[:5]
    ]
    assert (refused.status, refused.code, refused.fault) == (404, "unknown_episode", {})


def test_who_decides_has_read_the_register_before_the_first_command(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = errand(desk, desk.started(), meeting(1))
    dsn, folded = desk.dsn, list[StreamKind]()
    deciding = Registers(dsn, patience_seconds=5.0, keyring=settings.keyring(dsn), deciding=True)
    deciding.open_all()

    def spied(kind: StreamKind, entries: Sequence[Entry]) -> StreamState:
        folded.append(kind)
        return fold_stream(kind, entries)

    monkeypatch.setattr(states, "fold_stream", spied)
    (answer,) = take(deciding, [one])
    deciding.close()
    assert answer.status == 201
    assert folded == [StreamKind.EPISODE]


def test_the_same_errand_again_is_answered_with_what_it_first_came_to(desk: Desk, registers: Registers) -> None:
    one = errand(desk, desk.started(), meeting(1))
    (first,) = take(registers, [one])
    (again,) = take(registers, [one])
    told, told_again = from_json(first.body), from_json(again.body)
    assert (told["replayed"], told_again["replayed"]) == (False, True)
    assert [told_again[name] for name in ("version", "position")] == [told[name] for name in ("version", "position")]
    assert (b"idempotency-replayed", b"true") in again.headers


def test_one_that_cannot_be_read_keeps_nobody_from_theirs(desk: Desk, registers: Registers) -> None:
    good = errand(desk, desk.started(), meeting(1))
    bad = Errand(**{name: getattr(good, name) for name in good.__struct_fields__} | {"body": b'{"mode": 1}'})
    refused, taken = take(registers, [bad, good])
    assert (refused.status, refused.code) == (422, "malformed_command")
    assert taken.status == 201


def test_what_cannot_be_told_is_told_as_a_fault_to_who_sent_it_alone(
    desk: Desk, registers: Registers, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt, good = (errand(desk, desk.started(), meeting(1)) for _ in range(2))

    def fails_for_one(book: Book, outcome: Outcome) -> Response:
        if outcome.stream_id == spoilt.stream_id:
            raise ZeroDivisionError("of a child")
        return outcome_answer(book, outcome)

    monkeypatch.setattr(taking, "outcome_answer", fails_for_one)
    unexpected, taken = take(registers, [spoilt, good])
    assert (unexpected.status, unexpected.code) == (500, "unexpected_error")
    assert unexpected.fault["fault"] == "ZeroDivisionError"
    assert b"of a child" not in unexpected.body
    assert taken.status == 201


def test_a_wrong_version_is_a_failed_condition(desk: Desk, registers: Registers) -> None:
    (refused,) = take(registers, [errand(desk, desk.started(), meeting(1), version=1)])
    assert (refused.status, refused.code) == (412, "wrong_version")


def test_a_register_that_is_not_there_is_told_to_everybody_who_asked_for_it(desk: Desk, registers: Registers) -> None:
    one = errand(desk, new_id(), meeting(1))
    nowhere = Errand(**{name: getattr(one, name) for name in one.__struct_fields__} | {"register": "nowhere"})
    answers = take(registers, [nowhere, nowhere])
    assert [(answer.status, answer.code) for answer in answers] == [(404, "unknown_register")] * 2


def test_where_the_database_is_away_each_is_told_so_and_it_is_waited_for_once(
    desk: Desk, registers: Registers, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[str] = []

    def away(*_: object) -> Outcome:
        waited.append("for the database")
        raise LedgerUnavailable("away")

    monkeypatch.setattr(Book, "execute", away)
    errands = [errand(desk, new_id(), RegisterClient(born_on=date(2015, 5, 5))) for _ in range(4)]
    answers = take(registers, errands)
    assert [(one.status, one.code) for one in answers] == [(503, "ledger_unavailable")] * 4
    assert len(waited) == 1


def test_errands_and_answers_come_out_of_their_packing_as_they_went_in(desk: Desk) -> None:
    errands = [errand(desk, new_id(), meeting(1)), errand(desk, new_id(), meeting(2), version=0)]
    answers = [
        Answer(status=201, headers=[(b"etag", b'"7"')], body=b"{}"),
        Answer(status=500, headers=[], body=b"", code="unexpected_error", fault={"fault": "E", "where": "a.py:1 (b)"}),
    ]
    parcels = [parcel for one in errands if isinstance(parcel := parcel_of(one), bytes)]
    assert [errand_in(one) for one in parcels_in(packed(parcels))] == errands
    assert answers_of(packed(answers)) == answers
