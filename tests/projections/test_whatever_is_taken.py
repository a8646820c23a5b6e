"""Whatever a command accepts can be stored, read back, followed by every projection, corrected and struck out."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.activity.commands.open_activity import OpenActivity
from domain.amend.correct_entry import CorrectEntry
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.calendar import HELSINKI
from domain.client.commands.register_client import RegisterClient
from domain.commands import COMMANDS, ON_EVERY_STREAM, AnyCommand
from domain.conference.commands.convene_conference import ConveneConference
from domain.contact.commands.receive_contact import ReceiveContact
from domain.correction import MistakeKind
from domain.episode.commands.grant_service import GrantService
from domain.episode.commands.receive_referral import ReceiveReferral
from domain.episode.commands.start_episode import StartEpisode
from domain.fact import StreamKind
from domain.ledger.identity import id_from_name
from domain.network.commands.open_network import OpenNetwork
from domain.quality.commands.open_quality_file import OpenQualityFile
from domain.refusal import Refusal, Unreadable
from domain.streams import fold_stream
from projections import store
from projections.engine import run_once
from projections.rebuild import rebuild
from tests.domain.desk import Desk
from tests.projections.conftest import Book
from tests.projections.told import IDS, body_of, value_of

KINDS = [kind for kind in StreamKind if kind is not StreamKind.REGISTER]
ORDERS, CORRECTED_OF_WHICH = 600, 0.5
DAY = "2026-03-02"
BEGUN: dict[StreamKind, list[tuple[type[AnyCommand], dict[str, Any]]]] = {
    StreamKind.CLIENT: [(RegisterClient, {"born_on": "2021-05-05", "area": "Kotka"})],
    StreamKind.CONTACT: [
        (
            ReceiveContact,
            {"received_at": f"{DAY}T10:00:00Z", "channel": "phone", "source": "family", "consent": "given"},
        )
    ],
    StreamKind.EPISODE: [
        (ReceiveReferral, {"client_ids": [str(one) for one in IDS[:2]], "received_on": DAY, "source": "family"}),
        (GrantService, {"decision_id": str(IDS[0]), "decided_on": DAY, "decision_maker": "O1", "service": "K2"}),
        (StartEpisode, {"started_on": DAY}),
    ],
    StreamKind.CONFERENCE: [
        (
            ConveneConference,
            {"convened_on": DAY, "conference_kind": "motti", "convened_by": "school_health_care", "permission": "given"}
            | {"client_ids": [str(IDS[0])], "convener_id": "O1", "organisations": ["maternity_clinic", "police"]},
        )
    ],
    StreamKind.ACTIVITY: [(OpenActivity, {"opened_on": DAY, "area": "rovaniemi"})],
    StreamKind.QUALITY: [(OpenQualityFile, {"opened_on": DAY, "service": "K2", "area": "Kotka"})],
    StreamKind.NETWORK: [(OpenNetwork, {"opened_on": DAY, "area": "rovaniemi"})],
}
"""What each kind of stream begins with here."""


@pytest.fixture
def desk(book: Book) -> Iterator[Desk]:
    """Each kind of stream has begun: as many of each as there are clients."""
    desk = Desk(*book)
    desk.now = dt.datetime(2026, 11, 2, 12, tzinfo=HELSINKI)
    desk.open()
    for kind in KINDS:
        for number in range(len(IDS)):
            for command, body in BEGUN[kind]:
                desk.do(stream(kind, number), command.model_validate_json(json.dumps(body), strict=True))
    yield desk
    desk.book.close()


def stream(kind: StreamKind, number: int) -> UUID:
    """The id of a client is one that bodies name; other streams of that number have ids of their own."""
    return IDS[number] if kind is StreamKind.CLIENT else id_from_name(kind.value, str(number))


def taken(desk: Desk, stream_id: UUID, command: type[AnyCommand], body: dict[str, Any]) -> bool:
    """Whether the command was recorded; what its reader or the ledger refuses leaves nothing behind."""
    try:
        read = command.model_validate_json(json.dumps(body), strict=True)
    except ValidationError:
        return False
    try:
        return bool(desk.do(stream_id, read).entries)
    except Unreadable:
        raise
    except Refusal:
        return False


def corrected(desk: Desk, draw: Random, kind: StreamKind, stream_id: UUID) -> bool:
    """Whether any entry of the stream could be corrected in any one of its fields."""
    entry = draw.choice(desk.book.state(stream_id, kind).entries)
    field = draw.choice(list(type(entry.fact).model_fields))
    changes = {field: value_of(type(entry.fact), field, draw)}
    body = {"entry": entry.version, "mistake": MistakeKind.TYPING_ERROR, "reason": "x", "changes": changes}
    return taken(desk, stream_id, CorrectEntry, body)


def followed(book: Book) -> None:
    """Every projection took all that there is."""
    for name, checkpoint in run_once(*book).items():
        assert checkpoint.status == store.RUNNING, (name, checkpoint)


def struck_out(desk: Desk) -> None:
    """All that can be struck out is, each entry after those that follow it."""
    for kind in KINDS:
        for number in range(len(IDS)):
            for entry in reversed(desk.book.state(stream(kind, number), kind).entries):
                body = {"entry": entry.version, "mistake": MistakeKind.TYPING_ERROR, "reason": "x"}
                taken(desk, stream(kind, number), StrikeOutEntry, body)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_a_command_accepts_is_read_followed_and_struck_out(desk: Desk, book: Book, seed: int) -> None:
    draw, found = Random(seed), Counter[str]()
    for _ in range(ORDERS):
        kind, number = draw.choice(KINDS), draw.randrange(len(IDS))
        command = draw.choice(COMMANDS[kind] + ON_EVERY_STREAM)
        if taken(desk, stream(kind, number), command, body_of(command, draw)):
            found[command.__name__] += 1
        if draw.random() < CORRECTED_OF_WHICH and corrected(desk, draw, kind, stream(kind, number)):
            found[CorrectEntry.__name__] += 1
    followed(book)
    assert len(found) > 30, "too few commands were taken to tell anything"
    assert found[CorrectEntry.__name__] > 10, "too few corrections"
    for kind in KINDS:
        for number in range(len(IDS)):
            records = desk.book.ledger.read_stream(stream(kind, number))
            assert fold_stream(kind, desk.book.safe.entries(records)) == desk.book.state(stream(kind, number), kind)
    struck_out(desk)
    followed(book)
    assert [(one.projection, one.table) for one in rebuild(*book, processes=1) if not one.equal] == []
