"""One child, one plan: the services that run side by side for a client, and the clients of a family."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from domain.client.facts import ClientRegistered, FamilyJoined
from domain.conference.facts import (
    ActionKind,
    ConferenceActionAgreed,
    ConferenceActionBegun,
    ConferenceClosed,
    ConferenceConvened,
    ConferenceKind,
    ConferenceOutcome,
    Handling,
)
from domain.organisations import Organisation
from projections.answers import ServiceOfClient
from projections.engine import run_once
from projections.queries import reading
from tests.projections.conftest import Book, Rows
from tests.projections.history import History, assigned, closed, day, decision, referral, started

KIND = ConferenceKind.VASA


def convened(*clients: UUID, on: int) -> ConferenceConvened:
    return ConferenceConvened(
        convened_on=day(on), conference_kind=KIND, handling=Handling.IDENTIFIED, service="F2", model_version=1,
        convened_by=Organisation.SCHOOL, client_ids=clients,
    )  # fmt: skip


def shut(on: int) -> ConferenceClosed:
    return ConferenceClosed(closed_on=day(on), conference_kind=KIND, outcome=ConferenceOutcome.NEED_ENDED)


def services(book: Book, client_id: UUID, on: int, as_of: int | None = None) -> list[ServiceOfClient]:
    run_once(*book)
    with reading(*book) as asked:
        return asked.services_of_client(client_id, on_day=day(on), as_of=as_of).rows


def test_every_service_that_is_open_for_a_child_on_the_day_is_listed_once(book: Book, history: History) -> None:
    child, sibling, other = uuid4(), uuid4(), uuid4()
    first, second, gone, strange, meeting = uuid4(), uuid4(), uuid4(), uuid4(), uuid4()
    history.record(first, referral(child, sibling), decision(), assigned("anna"), started())
    history.record(second, referral(child, on=3, requested_service="P6"))
    history.record(gone, referral(child), decision(), started(), closed(4))
    history.record(strange, referral(other), decision())
    history.record(meeting, convened(child, on=5))
    found = services(book, child, on=6)
    assert [(row.stream_id, row.stream_kind, row.service, row.phase) for row in found] == [
        (first, "episode", "K1", "active"),
        (second, "episode", "P6", "referred"),
        (meeting, "conference", "F2", "vasa"),
    ]
    assert (found[0].worker_ids, set(found[0].with_client_ids), found[0].unit_id) == (
        ["anna"],
        {child, sibling},
        "unit-1",
    )
    assert {row.stream_id for row in services(book, sibling, on=6)} == {first}


def test_the_day_of_the_world_and_what_was_known_are_asked_apart(book: Book, history: History) -> None:
    child, episode, meeting = uuid4(), uuid4(), uuid4()
    history.record(episode, referral(child), decision(), started())
    known = history.record(meeting, convened(child, on=5))
    history.record(episode, closed(10))
    history.record(meeting, shut(8))
    assert {row.stream_id for row in services(book, child, on=4)} == {episode}
    assert {row.stream_id for row in services(book, child, on=7)} == {episode, meeting}
    assert services(book, child, on=12) == []
    assert {row.stream_id for row in services(book, child, on=12, as_of=known)} == {episode, meeting}


def test_a_conference_that_was_struck_out_runs_beside_nothing(book: Book, history: History) -> None:
    child, meeting = uuid4(), uuid4()
    history.record(meeting, convened(child, on=1))
    history.strike(meeting, 1)
    assert services(book, child, on=2) == []


def test_the_clients_of_a_family_are_those_that_joined_it_and_have_no_name_here(book: Book, history: History) -> None:
    family, child, sibling, other = uuid4(), uuid4(), uuid4(), uuid4()
    history.record(child, ClientRegistered(area="north", family_id=family, given_name="Kuvitteellinen"))
    history.record(sibling, ClientRegistered(area="north"), FamilyJoined(family_id=family, joined_on=day(1)))
    history.record(other, ClientRegistered(area="north", family_id=uuid4()))
    history.record(uuid4(), referral(child, sibling), decision())
    history.record(uuid4(), convened(child, on=2))
    run_once(*book)
    with reading(*book) as asked:
        answer = asked.clients_of_family(family, on_day=day(3))
    counts = {row.client_id: (row.open_episodes, row.open_conferences, row.services) for row in answer.rows}
    assert counts == {child: (1, 1, ["F2", "K1"]), sibling: (1, 0, ["K1"])}
    assert "Kuvitteellinen" not in answer.model_dump_json()


@pytest.mark.parametrize(("on", "status"), [(2, "waiting"), (6, "late"), (9, "begun")])
def test_an_agreed_action_waits_is_late_and_has_begun(
    book: Book, history: History, rows: Rows, on: int, status: str
) -> None:
    meeting = uuid4()
    action = ConferenceActionAgreed(
        action=1, agreed_on=day(1), action_kind=ActionKind.GIVE_SUPPORT, owner=Organisation.SCHOOL, due_on=day(5)
    )
    history.record(meeting, convened(on=1), action, ConferenceActionBegun(action=1, begun_on=day(8)))
    (row,) = rows("conference_actions")
    assert (row["owner"], row["begun_on"]) == ("school", day(8))
    with reading(*book) as asked:
        found = asked.connection.execute(
            "SELECT status FROM conference_actions_on(%s, %s)", (2**62, day(on))
        ).fetchall()
    assert [told[0] for told in found] == [status]
