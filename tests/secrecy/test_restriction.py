"""What a struck entry told of a wrong client is read by the few alone, whatever stops it, and all else as before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, LiteralString, cast
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.history import history
from api.texts import Language
from domain.amend.correct_entry import CorrectEntry
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.client.commands.register_client import RegisterClient
from domain.client.facts import ClientRegistered
from domain.correction import EntryCorrected, EntryStruckOut, MistakeKind
from domain.entry import Entry
from domain.episode.facts import MeetingHeld
from domain.fact import StreamKind
from domain.ledger.book import Book
from domain.ledger.identity import new_id
from domain.ledger.live import LiveRegister
from domain.ledger.proof.given import Trust
from domain.ledger.proof.verify import verify
from domain.ledger.secrecy.destruction_faults import (
    BeingRestricted,
    KeysFenced,
    KeysInUse,
    NotReadAsBefore,
    RestrictionNotApproved,
    StillOpens,
)
from domain.ledger.secrecy.examining import KeyFault, examined
from domain.ledger.secrecy.keyring import NotYourKeyring, keyring_dsn
from domain.ledger.secrecy.keyring_steps import KeyringSteps
from domain.ledger.secrecy.opening import KeyringPlace
from domain.ledger.secrecy.restriction import Restricter, Step
from domain.refusal import KeyReused, OutOfOrder, UnknownRestriction
from domain.register.commands.approve_restriction import ApproveRestriction
from domain.register.commands.request_restriction import RequestRestriction
from domain.register.restriction import RestrictionCertified
from domain.withheld import Withheld
from tests.domain.desk import OTHER_WORKER, WORKER, Desk, meeting
from tests.secrecy import test_destruction
from tests.secrecy.conftest import destroy, fence

CARRIER = "O3"
NOTE, OWN_NOTE, REASON = "told of another family", "told of this family", "belongs to another family"
BORN_ON = dt.date(2018, 1, 31)
MOMENTS = [(step, done) for step in Step for done in (False, True)]
TASK = "child_family_services"
Told = Callable[[Step, bool], None]


class Crash(Exception):
    """The process is gone."""


def place(desk: Desk) -> KeyringPlace:
    """Where the desk's keyring is; the register key is in the environment."""
    return KeyringPlace(keyring_dsn(desk.dsn), Path("register.key"))


@pytest.fixture
def few(desk: Desk) -> Iterator[Book]:
    """The same register, read by those who must be able to show what was there."""
    name = desk.book.register_name
    with Book(desk.dsn, name, keyring=place(desk).of(name, restricted=True)) as book:
        yield book


def mistaken(desk: Desk, *clients: UUID, note: str = NOTE) -> tuple[UUID, int]:
    """An episode with a meeting of its own and one, struck out, that was another family's; and its entry number."""
    episode_id = desk.started("K2", *clients)
    desk.do(episode_id, meeting(1, note=OWN_NOTE))
    desk.do(episode_id, meeting(2, note=note))
    version = desk.number(episode_id, MeetingHeld, 2)
    struck_out(desk, episode_id, version)
    return episode_id, version


def struck_out(desk: Desk, stream_id: UUID, version: int) -> None:
    desk.do(stream_id, StrikeOutEntry(entry=version, mistake=MistakeKind.WRONG_CLIENT, reason=REASON))


def agreed(desk: Desk, stream_id: UUID, version: int) -> UUID:
    """A restriction that two persons agreed on."""
    request = RequestRestriction(restriction_id=new_id(), stream_id=stream_id, entry=version, reason=REASON)
    desk.do(desk.register_id, request, actor=WORKER)
    desk.do(desk.register_id, ApproveRestriction(restriction_id=request.restriction_id), actor=OTHER_WORKER)
    return request.restriction_id


def restricter(desk: Desk, **told: Any) -> Restricter:
    """One that waits for no lease and does not write the server's log anew."""
    settings: dict[str, Any] = {"lease_seconds": 0.0, "clean": lambda: None} | told
    return Restricter(desk.book, desk.dsn, place(desk), **settings)


def carried_out(desk: Desk, *ids: UUID, **told: Any) -> RestrictionCertified:
    with restricter(desk, **told) as one:
        return one.carry_out_many(ids, CARRIER)[-1]


def at_moment(moment: tuple[Step, bool], act: Callable[[], object]) -> Told:
    def told(step: Step, done: bool) -> None:
        if (step, done) == moment:
            act()

    return told


def crash() -> None:
    raise Crash


def entries(book: Book, stream_id: UUID) -> tuple[Entry, ...]:
    """Read anew, as by a process that has no keys yet."""
    book.safe.keyring.forget()
    return book.state(stream_id, StreamKind.EPISODE).entries


def note(book: Book, stream_id: UUID, version: int) -> tuple[str | None, dict[str, Withheld]]:
    """What the meeting says, and what of it is withheld."""
    fact = cast("MeetingHeld", entries(book, stream_id)[version - 1].fact)
    return fact.note, dict(fact.withheld)


NOT_YOURS = (None, {"note": Withheld.NOT_YOURS})


def keyring_rows(desk: Desk, statement: LiteralString, *arguments: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(keyring_dsn(desk.dsn)) as connection:
        done = connection.execute(statement, arguments)
        return done.fetchall() if done.description else []


def test_what_was_struck_is_read_by_the_few_alone_and_the_certificate_tells_how(desk: Desk, few: Book) -> None:
    client_id = desk.client()
    episode_id, version = mistaken(desk, client_id)
    restriction_id, before = agreed(desk, episode_id, version), entries(desk.book, episode_id)
    stored = desk.book.ledger.read_stream(episode_id)
    certificate = carried_out(desk, restriction_id)
    assert note(desk.book, episode_id, version) == NOT_YOURS
    assert entries(few, episode_id) == before
    assert cast("MeetingHeld", before[version - 1].fact).note == NOTE
    others = [entry for entry in entries(desk.book, episode_id) if entry.version != version]
    assert others == [entry for entry in before if entry.version != version]
    assert desk.book.ledger.read_stream(episode_id) == stored
    with LiveRegister(desk.dsn, desk.book.register_name) as live:
        assert verify(live, Trust()).finding is None
    assert (certificate.requested_by, certificate.approved_by) == (WORKER, OTHER_WORKER)
    assert (certificate.stream_id, certificate.entry, certificate.versions) == (episode_id, version, (version,))
    assert (certificate.restricted_count, len(certificate.key_ids)) == (1, 1)
    assert certificate.kept_count >= 2
    assert certificate.retired_at <= certificate.parted_at <= certificate.overwritten_at <= certificate.cleaned_at


def test_nothing_is_left_of_the_key_that_had_sealed_it(desk: Desk) -> None:
    episode_id, version = mistaken(desk, desk.client())
    restriction_id = agreed(desk, episode_id, version)
    ((key_id, before),) = keyring_rows(
        desk, "SELECT key_id, wrapped FROM keyring.data_keys WHERE register = %s AND task = %s",
        desk.book.register_name, TASK,
    )  # fmt: skip
    assert carried_out(desk, restriction_id).key_ids == (key_id,)
    ((state, wrapped, former),) = keyring_rows(
        desk, "SELECT state, wrapped, former FROM keyring.data_keys WHERE key_id = %s", key_id
    )
    assert (state, former, wrapped != before) == ("parted", None, True)


def test_what_corrections_of_it_told_goes_with_it_and_why_it_was_struck_stays(desk: Desk, few: Book) -> None:
    episode_id = desk.started("K2", desk.client())
    desk.do(episode_id, meeting(1, note=NOTE))
    version = desk.number(episode_id, MeetingHeld)
    told: dict[str, Any] = {"entry": version, "mistake": MistakeKind.TYPING_ERROR, "reason": "said otherwise"}
    desk.do(episode_id, CorrectEntry(changes={"note": NOTE + "!"}, **told))
    struck_out(desk, episode_id, version)
    certificate = carried_out(desk, agreed(desk, episode_id, version))
    correction = desk.number(episode_id, EntryCorrected)
    assert certificate.versions == (version, correction)
    fact = cast("EntryCorrected", entries(desk.book, episode_id)[correction - 1].fact)
    assert (fact.reason, cast("MeetingHeld", fact.content).note) == (Withheld.NOT_YOURS, None)
    reasons = [one.fact.reason for one in entries(desk.book, episode_id) if isinstance(one.fact, EntryStruckOut)]
    assert reasons == [REASON]
    read = cast("EntryCorrected", entries(few, episode_id)[correction - 1].fact)
    assert cast("MeetingHeld", read.content).note == NOTE + "!"


def test_a_text_of_a_family_is_out_of_reach_under_the_key_of_each(desk: Desk, few: Book) -> None:
    one, other = desk.client(), desk.client()
    episode_id, version = mistaken(desk, one, other)
    certificate = carried_out(desk, agreed(desk, episode_id, version))
    assert (certificate.restricted_count, len(certificate.key_ids)) == (2, 2)
    assert note(desk.book, episode_id, version) == NOT_YOURS
    assert note(few, episode_id, version) == (NOTE, {})


def test_what_a_client_was_registered_with_by_mistake_is_restricted(desk: Desk, few: Book) -> None:
    client_id = desk.client(given_name="Aino")
    struck_out(desk, client_id, 1)
    carried_out(desk, agreed(desk, client_id, 1))
    fact = cast("ClientRegistered", entries(desk.book, client_id)[0].fact)
    assert (fact.given_name, fact.withheld["given_name"]) == (None, Withheld.NOT_YOURS)
    assert cast("ClientRegistered", entries(few, client_id)[0].fact).given_name == "Aino"


def test_the_trail_says_in_words_that_it_is_not_yours_to_read(desk: Desk, few: Book) -> None:
    episode_id, version = mistaken(desk, desk.client())
    carried_out(desk, agreed(desk, episode_id, version))
    desk.book.safe.keyring.forget()
    position = desk.last_position()
    for language, word in ((Language.FI, "sinun"), (Language.SV, "dig"), (Language.EN, "not yours to read")):
        for book, unreadable in ((desk.book, True), (few, False)):
            told = history(book, episode_id, StreamKind.EPISODE, as_of=position, language=language)
            entry = next(one for one in told.entries if one.version == version)
            assert entry.withheld == ("note",)
            assert bool(entry.unreadable) == unreadable
            assert not unreadable or word in entry.unreadable["note"]


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"{moment[0]}-{'after' if moment[1] else 'before'}")
def test_two_crashes_at_any_step_leave_a_restriction_that_is_carried_out(
    desk: Desk, few: Book, moment: tuple[Step, bool]
) -> None:
    episode_id, version = mistaken(desk, desk.client(), desk.client())
    restriction_id, before = agreed(desk, episode_id, version), entries(desk.book, episode_id)
    for _ in range(2):
        with pytest.raises(Crash):
            carried_out(desk, restriction_id, told=at_moment(moment, crash))
        parted = MOMENTS.index(moment) >= MOMENTS.index((Step.PART, True))
        assert note(desk.book, episode_id, version) == (NOT_YOURS if parted else (NOTE, {}))
        assert entries(few, episode_id) == before
        if moment == (Step.CERTIFY, True):
            break  # it is done: asked again, nothing is done that could crash
    certificate = carried_out(desk, restriction_id)
    position = desk.last_position()
    assert carried_out(desk, restriction_id) == certificate
    assert desk.last_position() == position
    assert note(desk.book, episode_id, version) == NOT_YOURS
    assert entries(few, episode_id) == before


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"{moment[0]}-{'after' if moment[1] else 'before'}")
def test_all_else_is_read_and_more_is_told_at_every_step(desk: Desk, moment: tuple[Step, bool]) -> None:
    episode_id, version = mistaken(desk, desk.client())
    restriction_id, seen = agreed(desk, episode_id, version), []

    def work() -> None:
        seen.append(note(desk.book, episode_id, version - 1))
        desk.do(episode_id, meeting(3, note="told meanwhile"))

    carried_out(desk, restriction_id, told=at_moment(moment, work))
    assert seen == [(OWN_NOTE, {})]
    assert note(desk.book, episode_id, desk.number(episode_id, MeetingHeld, 3)) == ("told meanwhile", {})


@pytest.mark.parametrize("moment", MOMENTS[: MOMENTS.index((Step.OVERWRITE, True))], ids=str)
def test_what_a_process_seals_late_by_a_key_that_it_was_lent_is_read_still(
    desk: Desk, moment: tuple[Step, bool]
) -> None:
    episode_id, version = mistaken(desk, desk.client())
    restriction_id = agreed(desk, episode_id, version)
    slow = Desk(desk.dsn, desk.book.register_name)
    slow.do(episode_id, meeting(3, note="told"))  # it has the key now, for a minute
    telling = at_moment(moment, lambda: slow.do(episode_id, meeting(4, note="told late")))
    assert carried_out(desk, restriction_id, told=telling).restricted_count == 1
    slow.book.close()
    assert note(desk.book, episode_id, desk.number(episode_id, MeetingHeld, 4)) == ("told late", {})
    assert note(desk.book, episode_id, version) == NOT_YOURS


def test_what_was_sealed_when_the_key_was_gone_is_found_out_and_nothing_certified(desk: Desk) -> None:
    episode_id, version = mistaken(desk, desk.client())
    restriction_id = agreed(desk, episode_id, version)
    slow = Desk(desk.dsn, desk.book.register_name)
    slow.do(episode_id, meeting(3, note="told"))
    telling = at_moment((Step.OVERWRITE, True), lambda: slow.do(episode_id, meeting(4, note="told too late")))
    with pytest.raises(NotReadAsBefore):
        carried_out(desk, restriction_id, told=telling)
    slow.book.close()
    assert not [one for one in desk.entries(desk.register_id) if isinstance(one.fact, RestrictionCertified)]


def test_a_second_entry_that_the_same_key_had_sealed_is_restricted_later(desk: Desk, few: Book) -> None:
    episode_id, version = mistaken(desk, desk.client())
    first = carried_out(desk, agreed(desk, episode_id, version))
    struck_out(desk, episode_id, version - 1)
    second = carried_out(desk, agreed(desk, episode_id, version - 1))
    assert second.key_ids == first.key_ids
    assert (second.restricted_count, second.kept_count) == (1, first.kept_count - 1)
    for number, told in ((version, NOTE), (version - 1, OWN_NOTE)):
        assert note(desk.book, episode_id, number) == NOT_YOURS
        assert note(few, episode_id, number) == (told, {})


def test_several_are_carried_out_together_also_of_the_same_key(desk: Desk, few: Book) -> None:
    client_id = desk.client()
    struck = [mistaken(desk, client_id, note=f"{NOTE} {number}") for number in range(3)]
    cleaned: list[int] = []
    carried_out(desk, *(agreed(desk, *one) for one in struck), clean=lambda: cleaned.append(1))
    assert len(cleaned) == 1
    for number, (episode_id, version) in enumerate(struck):
        assert note(desk.book, episode_id, version) == NOT_YOURS
        assert note(desk.book, episode_id, version - 1) == (OWN_NOTE, {})
        assert note(few, episode_id, version) == (f"{NOTE} {number}", {})


def test_one_that_is_begun_while_another_of_the_same_key_is_on_its_way_does_it_no_harm(desk: Desk, few: Book) -> None:
    client_id = desk.client()
    one, other = mistaken(desk, client_id), mistaken(desk, client_id)
    ids = agreed(desk, *one), agreed(desk, *other)
    for moment in MOMENTS[:-1]:
        if moment[1]:
            continue
        with pytest.raises(Crash):
            carried_out(desk, ids[0], told=at_moment(moment, crash))
        with pytest.raises(Crash):
            carried_out(desk, ids[1], told=at_moment(moment, crash))
    for restriction_id in reversed(ids):
        assert carried_out(desk, restriction_id).restricted_count == 1
    for episode_id, version in (one, other):
        assert note(desk.book, episode_id, version) == NOT_YOURS
        assert note(desk.book, episode_id, version - 1) == (OWN_NOTE, {})
        assert note(few, episode_id, version) == (NOTE, {})


def test_a_destruction_takes_away_what_was_kept_and_what_was_restricted(desk: Desk, few: Book) -> None:
    client_id = desk.client()
    episode_id, version = mistaken(desk, client_id)
    carried_out(desk, agreed(desk, episode_id, version))
    desk.do(episode_id, meeting(3, note="told by the next key"))
    test_destruction.carried_out(desk, test_destruction.approved(desk, client_id))
    for book in (desk.book, few):
        for number in (version, version - 1, desk.number(episode_id, MeetingHeld, 3)):
            assert note(book, episode_id, number) == (None, {"note": Withheld.DESTROYED})
    rows = keyring_rows(
        desk,
        "SELECT 1 FROM keyring.data_keys k LEFT JOIN keyring.restricted_parts r USING (key_id)"
        " WHERE k.register = %s AND k.holder_id = %s AND coalesce(k.wrapped, k.former, k.parts, r.wrapped, r.parts)"
        " IS NOT NULL",
        desk.book.register_name,
        client_id,
    )
    assert rows == []


def test_a_destruction_waits_for_a_restriction_that_is_on_its_way(desk: Desk) -> None:
    client_id = desk.client()
    episode_id, version = mistaken(desk, client_id)
    restriction_id, destruction_id = agreed(desk, episode_id, version), test_destruction.approved(desk, client_id)
    with pytest.raises(Crash):
        carried_out(desk, restriction_id, told=at_moment((Step.RETIRE, True), crash))
    with pytest.raises(BeingRestricted):
        test_destruction.carried_out(desk, destruction_id)
    carried_out(desk, restriction_id)
    assert test_destruction.carried_out(desk, destruction_id).client_id == client_id


def test_a_restriction_waits_for_a_destruction_and_then_has_nothing_to_restrict(desk: Desk) -> None:
    client_id = desk.client()
    episode_id, version = mistaken(desk, client_id)
    restriction_id = agreed(desk, episode_id, version)
    fence(desk.dsn, desk.book.register_name, client_id, TASK)
    with pytest.raises(KeysFenced):
        carried_out(desk, restriction_id)
    destroy(desk.dsn, desk.book.register_name, client_id, TASK)
    certificate = carried_out(desk, restriction_id)
    assert (certificate.restricted_count, certificate.kept_count) == (0, 0)
    assert note(desk.book, episode_id, version) == (None, {"note": Withheld.DESTROYED})


def test_nothing_is_done_that_no_second_person_approved_or_to_an_entry_that_stands_again(desk: Desk) -> None:
    episode_id, version = mistaken(desk, desk.client())
    request = RequestRestriction(restriction_id=new_id(), stream_id=episode_id, entry=version, reason=REASON)
    desk.do(desk.register_id, request)
    with pytest.raises(RestrictionNotApproved):
        carried_out(desk, request.restriction_id)
    with pytest.raises(UnknownRestriction):
        carried_out(desk, new_id())
    desk.do(desk.register_id, ApproveRestriction(restriction_id=request.restriction_id), actor=OTHER_WORKER)
    strike = desk.number(episode_id, EntryStruckOut)
    desk.do(episode_id, StrikeOutEntry(entry=strike, mistake=MistakeKind.FACTUAL_ERROR, reason="it was theirs"))
    with pytest.raises(OutOfOrder):
        carried_out(desk, request.restriction_id)
    assert note(desk.book, episode_id, version) == (NOTE, {})


def test_until_leases_are_over_the_keys_are_neither_parted_nor_overwritten(desk: Desk) -> None:
    episode_id, version = mistaken(desk, desk.client())
    restriction_id = agreed(desk, episode_id, version)
    with restricter(desk, lease_seconds=60.0) as one, pytest.raises(KeysInUse):
        one.carry_out_many([restriction_id], CARRIER, wait=False)
    assert note(desk.book, episode_id, version) == (NOTE, {})
    with pytest.raises(Crash):
        carried_out(desk, restriction_id, told=at_moment((Step.PART, True), crash))
    keyring_rows(
        desk, "UPDATE keyring.restrictions SET retired_at = retired_at - interval '1 hour' WHERE restriction_id = %s",
        restriction_id,
    )  # fmt: skip
    with restricter(desk, lease_seconds=60.0) as one, pytest.raises(KeysInUse):
        one.carry_out_many([restriction_id], CARRIER, wait=False)
    assert keyring_rows(
        desk, "SELECT 1 FROM keyring.data_keys WHERE register = %s AND former IS NOT NULL", desk.book.register_name
    )


def test_a_key_that_somebody_puts_back_is_not_certified(desk: Desk) -> None:
    episode_id, version = mistaken(desk, desk.client())
    restriction_id = agreed(desk, episode_id, version)
    ((key_id, wrapped),) = keyring_rows(
        desk, "SELECT key_id, wrapped FROM keyring.data_keys WHERE register = %s AND task = %s",
        desk.book.register_name, TASK,
    )  # fmt: skip

    def put_back() -> None:
        keyring_rows(
            desk,
            "UPDATE keyring.data_keys SET state = 'retired', wrapped = %s, parts = NULL, parted_at = NULL"
            " WHERE key_id = %s",
            wrapped,
            key_id,
        )

    with pytest.raises(StillOpens):
        carried_out(desk, restriction_id, clean=put_back)


def test_a_command_that_is_sent_again_is_known_by_the_key_that_was_parted(desk: Desk) -> None:
    client_id = new_id()
    order = desk.order(client_id, RegisterClient(born_on=BORN_ON, given_name="Aino"))
    first = desk.book.execute(order)
    struck_out(desk, client_id, 1)
    carried_out(desk, agreed(desk, client_id, 1))
    changed = replace(order, command=RegisterClient(born_on=BORN_ON, given_name="Eino"))
    for told_anew in (False, True):
        if told_anew:
            correction = {"given_name": "Ilmari", "born_on": BORN_ON.isoformat()}
            strike = desk.number(client_id, EntryStruckOut)
            desk.do(client_id, StrikeOutEntry(entry=strike, mistake=MistakeKind.FACTUAL_ERROR, reason="told anew"))
            told: dict[str, Any] = {"mistake": MistakeKind.TYPING_ERROR, "reason": "told anew"}
            desk.do(client_id, CorrectEntry(entry=1, changes=correction, **told))
        again = desk.book.execute(order)
        assert (again.replayed, again.position) == (True, first.position)
        with pytest.raises(KeyReused):
            desk.book.execute(changed)


def test_a_key_that_an_older_keyring_brought_back_is_listed_and_what_it_opens_restricted_anew(desk: Desk) -> None:
    def wrong() -> dict[UUID, KeyFault]:
        return {one.key_id: one.fault for one in examined(desk.book, (), lambda done, total: None)[1]}

    episode_id, version = mistaken(desk, desk.client())
    restriction_id = agreed(desk, episode_id, version)
    ((key_id, wrapped),) = keyring_rows(
        desk,
        "SELECT key_id, wrapped FROM keyring.data_keys WHERE register = %s AND task = %s",
        desk.book.register_name,
        TASK,
    )
    carried_out(desk, restriction_id)
    assert wrong() == {}
    keyring_rows(
        desk,
        "UPDATE keyring.data_keys SET state = 'active', wrapped = %s, parts = NULL, parted_at = NULL WHERE key_id = %s",
        wrapped,
        key_id,
    )
    keyring_rows(desk, "DELETE FROM keyring.restricted_parts WHERE key_id = %s", key_id)
    keyring_rows(desk, "DELETE FROM keyring.restrictions WHERE restriction_id = %s", restriction_id)
    assert wrong() == {key_id: KeyFault.BACK}
    assert note(desk.book, episode_id, version) == (NOTE, {})
    assert carried_out(desk, agreed(desk, episode_id, version)).restricted_count == 1
    assert wrong() == {}
    assert note(desk.book, episode_id, version) == NOT_YOURS


def test_a_fault_in_the_middle_of_a_step_leaves_everything_as_it_was(
    desk: Desk, few: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks after the last statement of each step that changes keys, before its transaction ends."""
    episode_id, version = mistaken(desk, desk.client(), desk.client())
    restriction_id, before = agreed(desk, episode_id, version), entries(desk.book, episode_id)
    whole, armed = KeyringSteps._in_transaction, list[int]()

    def broken(self: KeyringSteps, work: Callable[[psycopg.Connection], Any]) -> Any:
        def cut(connection: psycopg.Connection) -> Any:
            done = work(connection)
            if armed:
                connection.close()
                raise Crash
            return done

        return whole(self, cut)

    for step in (Step.RETIRE, Step.PART, Step.OVERWRITE, Step.CLEAN):
        with monkeypatch.context() as patched:
            patched.setattr(KeyringSteps, "_in_transaction", broken)
            with pytest.raises(Crash):
                carried_out(desk, restriction_id, told=at_moment((step, False), lambda: armed.append(1)))
        armed.clear()
        assert note(desk.book, episode_id, version) == (
            NOT_YOURS if step in {Step.OVERWRITE, Step.CLEAN} else (NOTE, {})
        )
        assert entries(few, episode_id) == before
    assert carried_out(desk, restriction_id).restricted_count == 2


FORBIDDEN: list[tuple[str, LiteralString]] = [
    ("keykeeper", "SELECT wrapped FROM keyring.restricted_parts"),
    ("keykeeper", "SELECT parts FROM keyring.restricted_parts"),
    ("keykeeper", "DELETE FROM keyring.restricted_parts"),
    ("keykeeper", "UPDATE keyring.restricted_parts SET key_id = restriction_id"),
    ("keykeeper", "TRUNCATE keyring.restrictions"),
    ("restricted_keeper", "INSERT INTO keyring.restricted_parts DEFAULT VALUES"),
    ("restricted_keeper", "UPDATE keyring.restricted_parts SET parts = NULL"),
    ("restricted_keeper", "UPDATE keyring.data_keys SET state = 'active'"),
    ("restricted_keeper", "DELETE FROM keyring.restricted_parts"),
    ("restricted_keeper", "SELECT FROM keyring.restrictions"),
    *((role, "SELECT FROM keyring.restricted_parts") for role in ("owner", "migrator", "appender", "projector")),
    *((role, "SELECT FROM keyring.restricted_parts") for role in ("reader", "sealer", "analyst")),
]


@pytest.mark.parametrize(("role", "statement"), FORBIDDEN, ids=[f"{role}: {text}" for role, text in FORBIDDEN])
def test_nobody_but_the_few_reads_what_was_restricted_and_they_change_nothing(
    register: tuple[str, str], role: str, statement: LiteralString
) -> None:
    with (
        psycopg.connect(keyring_dsn(register[0]), options=f"-c role=jaksokirja_{role}") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_a_login_that_is_not_of_the_few_is_told_so(desk: Desk, postgres: str) -> None:
    login = f"clerk_{new_id().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {login} LOGIN IN ROLE jaksokirja_keykeeper".encode())
    try:
        dsn = psycopg.conninfo.make_conninfo(keyring_dsn(postgres), user=login)
        elsewhere, name, key_id = KeyringPlace(dsn, Path("register.key")), desk.book.register_name, new_id()
        with closing(elsewhere.of(name)) as ordinary:
            assert ordinary.keys([key_id]) == {key_id: Withheld.NOT_YOURS}
        with closing(elsewhere.of(name, restricted=True)) as restricted, pytest.raises(NotYourKeyring):
            restricted.keys([key_id])
    finally:
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f"DROP ROLE {login}".encode())


def test_what_is_restricted_does_not_open_by_the_services_of_the_rest(desk: Desk) -> None:
    here = place(desk)
    wrapped = here.restricted_service("one").wrap(bytes(32), b"")
    with pytest.raises(Exception, match="wrapped by another register key"):
        here.service("one").unwrap(wrapped, b"")


Acts = st.lists(st.sampled_from(["meeting", "named meeting", "other episode", "restrict"]), min_size=2, max_size=7)


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(acts=Acts, drawn=st.randoms(use_true_random=False))
def test_whatever_was_told_and_struck_all_else_is_read_exactly_as_before(
    desk: Desk, few: Book, acts: list[str], drawn: Any
) -> None:
    family = (desk.client(given_name="Aino"), desk.client())
    told = [desk.started("K2", *family)]
    restricted: dict[tuple[UUID, int], str] = {}
    number = 0
    for act in [*acts, "meeting", "restrict"]:
        number += 1
        stream_id = drawn.choice(told)
        if act == "other episode":
            told.append(desk.started("K2", drawn.choice(family)))
            continue
        named = {"client_ids": (family[0],)} if act == "named meeting" and stream_id == told[0] else {}
        desk.do(stream_id, meeting(number, note=f"told {number}", **named))
        if act == "restrict":
            version = max(one.version for one in desk.entries(stream_id) if isinstance(one.fact, MeetingHeld))
            struck_out(desk, stream_id, version)
            restriction_id = agreed(desk, stream_id, version)
            before = {one: entries(desk.book, one) for one in (*told, *family)}
            carried_out(desk, restriction_id)
            restricted[stream_id, version] = f"told {number}"
            for one, stood in before.items():
                after = entries(desk.book, one)
                same = [entry for entry in stood if (one, entry.version) not in restricted]
                assert [entry for entry in after if (one, entry.version) not in restricted] == same
    for (stream_id, version), said in restricted.items():
        assert note(desk.book, stream_id, version) == NOT_YOURS
        assert note(few, stream_id, version) == (said, {})
