"""What is sealed in a stream is opened when somebody looks into it, by a key that is lent then, and not before."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from domain.correction import EntryCorrected
from domain.decoding import Told
from domain.entry import Entry
from domain.episode.facts import MeetingHeld
from domain.fact import Fact, JsonObject, StreamKind
from domain.ledger.errors import MalformedRecord
from domain.ledger.identity import new_id
from domain.ledger.mapper import draft_of
from domain.ledger.migrate import schema_of
from domain.ledger.record import pack, unpack
from domain.ledger.secrecy import safe as safe_module
from domain.ledger.secrecy import sealing
from domain.ledger.secrecy.safe import Safe
from domain.ledger.secrecy.sealing import DataKey, Key, Place, SegmentRefused, seal
from domain.ledger.submission import StoredRecord
from domain.registry import REGISTRY, UnknownFactName
from domain.unread import Glimpse
from domain.withheld import Withheld
from tests.domain.desk import Desk, meeting, the
from tests.domain.test_registry import CURRENT, decoded
from tests.secrecy.conftest import destroy

NOTE = "said in confidence"
ORIGIN = "jaksokirja/tests"


class OneKey:
    """A keyring that lends one key, or says why not."""

    def __init__(self) -> None:
        self.key: Key | Withheld = DataKey(new_id(), bytes(range(32)))
        self.key_id = self.key.key_id
        self.epoch = 0

    def keys(self, key_ids: Iterator[UUID]) -> Mapping[UUID, Key | Withheld]:
        """The key, for whoever names it."""
        return {key_id: self.key if key_id == self.key_id else Withheld.NOT_YOURS for key_id in key_ids}


@pytest.fixture
def ring() -> OneKey:
    return OneKey()


@pytest.fixture
def safe(ring: OneKey) -> Safe:
    return Safe(ring, lambda: ORIGIN)  # type: ignore[arg-type] # all of a keyring that reading asks for


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Place]:
    """The places of the segments that were opened."""
    seen: list[Place] = []

    def unseal(segment: JsonObject, key: Key, place: Place) -> JsonObject:
        seen.append(place)
        return sealing.unseal(segment, key, place)

    monkeypatch.setattr(safe_module, "unseal", unseal)
    return seen


def stored(ring: OneKey, entry: Entry) -> bytes:
    """The record of the entry, what is sensitive sealed by the one key."""
    key = ring.key
    assert isinstance(key, DataKey)

    def sealed(one: Entry, hidden: JsonObject) -> list[JsonObject]:
        place = Place(ORIGIN, one.stream_id, one.version, one.fact.stored_name(), 0)
        return [seal(hidden, one.fact.hidden_names(hidden), key, place)]

    draft = draft_of(entry, sealed)
    return pack(ORIGIN, StoredRecord(7, draft.stream_id, draft.version, draft.name, entry.occurred_at, draft.state))


def held(ring: OneKey) -> bytes:
    return stored(ring, decoded("meeting_held.1"))


def both(safe: Safe, record: bytes) -> tuple[Entry, Entry]:
    """The entry unread, and the same opened at once."""
    (unread,), (opened,) = safe.read([record]), safe.entries([unpack(record)[1]])
    return unread, opened


USES: dict[str, Callable[[Fact], object]] = {
    "vars": lambda fact: list(vars(fact).items()),
    "dict": lambda fact: list(dict(fact).items()),
    "model_dump": lambda fact: fact.model_dump(),
    "model_dump_json": lambda fact: fact.model_dump_json(),
    "split": lambda fact: to_json(fact.split()),
    "copy": lambda fact: list(vars(copy.copy(fact)).items()),
    "deepcopy": copy.deepcopy,
    "model_copy": lambda fact: fact.model_copy(),
    "pickle": lambda fact: pickle.loads(pickle.dumps(fact)),  # noqa: S301 -- what this test itself has written
    "fields": lambda fact: [getattr(fact, field) for field in type(fact).model_fields],
    "withheld": lambda fact: dict(fact.withheld),
    "has_sensitive": lambda fact: fact.has_sensitive(),
    "fields_set": lambda fact: fact.model_fields_set,
    "inside another": lambda fact: EntryCorrected(
        entry=1, mistake="typing_error", content=fact, reason="typing"  # type: ignore[arg-type] # as JSON has it
    ).model_dump_json(),
}  # fmt: skip


@pytest.mark.parametrize("name", CURRENT)
def test_whatever_is_read_unopened_is_what_it_is_opened(name: str, ring: OneKey, safe: Safe) -> None:
    record = stored(ring, decoded(name))
    for use in USES.values():
        unread, opened = both(safe, record)
        assert use(unread.fact) == use(opened.fact)
    unread, opened = both(safe, record)
    assert unread == opened
    assert hash(type(unread)) == hash(type(opened))
    assert (unread.kind, repr(unread)) == (opened.kind, repr(opened))


@pytest.mark.parametrize("name", CURRENT)
def test_what_is_read_whole_is_as_unopened_and_the_same_as_read_in_parts(
    name: str, ring: OneKey, safe: Safe, looks: list[Place]
) -> None:
    record = stored(ring, decoded(name))
    (whole,), looked = safe.read([record], whole=True), list(looks)
    looks.clear()
    (in_parts,) = safe.read([record])
    assert looked == looks
    assert (whole, repr(whole)) == (in_parts, repr(in_parts))


def test_nothing_is_opened_before_somebody_looks_and_then_once(ring: OneKey, safe: Safe, looks: list[Place]) -> None:
    (entry,) = safe.read([held(ring)])
    fact = entry.fact
    assert isinstance(fact, MeetingHeld)
    assert (entry.kind, entry.version, fact.meeting_kind, fact.happened_at()) == (
        MeetingHeld, 1, entry.plain.meeting_kind, fact.started_at,
    )  # fmt: skip
    assert looks == []
    assert fact.note == fact.note is not None
    assert len(looks) == 1


def test_what_an_unopened_fact_shows_tells_nothing_and_opens_nothing(
    ring: OneKey, safe: Safe, looks: list[Place]
) -> None:
    record = held(ring)
    (entry,), (opened,) = safe.read([record]), safe.entries([unpack(record)[1]])
    assert isinstance(opened.fact, MeetingHeld)
    shown, looked = f"{entry!r} {entry.fact!r} {entry.fact}", len(looks)
    shown += repr(BaseModel.__dict__["__dict__"].__get__(entry.fact))  # what it keeps, as a debugger would show it
    assert "note='…'" in shown
    assert str(opened.fact.note) not in shown
    assert "ciphertext" not in shown
    assert len(looks) == looked == 1  # that of the one opened at once


def test_asked_by_many_at_once_all_hear_the_same(ring: OneKey, safe: Safe) -> None:
    record = held(ring)
    (opened,) = safe.entries([unpack(record)[1]])
    for _ in range(50):
        (entry,) = safe.read([record])
        with ThreadPoolExecutor(8) as threads:
            told = list(threads.map(lambda entry: (entry.actor, entry.fact.model_dump(), entry.plain), [entry] * 8))
        assert {actor for actor, _, _ in told} == {opened.actor}
        assert all(whole == opened.fact.model_dump() for _, whole, _ in told)
        assert entry == opened


def test_a_field_that_another_thread_opened_since_it_was_not_found_is_told(ring: OneKey, safe: Safe) -> None:
    (entry,) = safe.read([held(ring)])
    fact = entry.fact
    fact.look_into()  # what the other thread does between this one's look-up and its __getattr__
    assert isinstance(fact, MeetingHeld)
    assert fact.__getattr__("note") == fact.note is not None  # type: ignore[attr-defined] # it is there when running


def test_a_field_that_no_fact_has_is_none_of_an_unread_entry_either(ring: OneKey, safe: Safe) -> None:
    (entry,) = safe.read([held(ring)])
    for _ in range(2):
        with pytest.raises(AttributeError):
            _ = entry.unheard_of  # type: ignore[attr-defined] # that is asked here
        with pytest.raises(AttributeError):
            _ = entry.fact.unheard_of  # type: ignore[attr-defined] # the same


def test_what_was_asked_for_and_not_opened_goes_without_the_collector(ring: OneKey, safe: Safe) -> None:
    gc.disable()
    try:
        (entry,) = safe.read([held(ring)])
        fact = weakref.ref(entry.fact)
        assert isinstance(fact(), MeetingHeld)
        del entry
        assert fact() is None
    finally:
        gc.enable()


def test_a_changed_segment_is_refused_to_who_looks_each_time_and_to_nobody_else(ring: OneKey, safe: Safe) -> None:
    record = held(ring)
    at = record.index(b'"ciphertext":"') + 14
    changed = record[:at] + (b"B" if record[at : at + 1] == b"A" else b"A") + record[at + 1 :]
    (entry,) = safe.read([changed])
    fact = entry.fact
    assert isinstance(fact, MeetingHeld)
    assert fact.meeting_id == entry.plain.meeting_id
    for _ in range(2):
        with pytest.raises(SegmentRefused):
            _ = fact.note
    with pytest.raises(SegmentRefused):
        fact.look_into()


@pytest.mark.parametrize(
    ("sound", "spoilt"),
    [(b'"nonce":', b'"once":'), (b'"nonce":', b'"more":1,"nonce":'), (b'"key":"', b'"key":"no id ')],
)
def test_what_is_no_segment_is_refused_at_once(ring: OneKey, safe: Safe, sound: bytes, spoilt: bytes) -> None:
    record = held(ring)
    assert record.count(sound) == 1
    with pytest.raises(SegmentRefused):
        safe.read([record.replace(sound, spoilt)])


def test_a_segment_of_fields_that_the_fact_has_not_is_refused_at_once(ring: OneKey, safe: Safe) -> None:
    record = held(ring)
    (told,) = (REGISTRY.told(one.name, one.state) for one in [unpack(record)[1]])
    assert isinstance(told, Told)
    with pytest.raises(ValueError, match="sealed here"):  # the names are bound: whoever changes them is found out
        safe.read([record.replace(b'"fields":["note"]', b'"fields":["need"]')])


MISFITS: dict[str, tuple[bytes, bytes]] = {
    "another kind": (b'"mode":"', b'"mode":7,"was":"'),
    "an unknown value": (b'"mode":"', b'"mode":"by pigeon, '),
    "an unknown field": (b'"mode":', b'"unheard_of":1,"mode":'),
    "a field that is missing": (b'"ended_at":', b'"ended_on":'),
}


@pytest.mark.parametrize("case", MISFITS)
def test_what_does_not_fit_in_a_meeting_is_told_to_who_asks_for_it_each_time_and_shows_nothing(
    case: str, ring: OneKey, safe: Safe
) -> None:
    record = held(ring)
    assert record.count(MISFITS[case][0]) == 1
    spoilt = record.replace(*MISFITS[case])
    (entry,) = safe.read([spoilt])
    uses: list[Callable[[], object]] = [lambda: entry.fact, lambda: entry.actor, lambda: entry.occurred_at]
    for use in [*uses, *uses]:
        with pytest.raises(ValidationError) as told:
            use()
        assert "pigeon" not in str(told.value)
    with pytest.raises(ValidationError):
        safe.entries([unpack(spoilt)[1]])


def test_an_envelope_that_does_not_fit_is_told_to_who_asks_for_the_meeting(ring: OneKey, safe: Safe) -> None:
    (entry,) = safe.read([held(ring).replace(b'"correlation_id":"', b'"correlation_id":"no id ')])
    for _ in range(2):
        with pytest.raises(ValueError, match="badly formed"):
            _ = entry.actor


@pytest.mark.parametrize(
    ("sound", "spoilt"),
    [
        (b'"meeting_id":"', b'"meeting_id":"no id '),
        (b'"meeting_id":', b'"meeting_was":'),
        (b'"meeting_kind":"', b'"meeting_kind":"tea '),
        (b'"plain":{', b'"plain":[{'),
        (b'"plain":', b'"sensitive":{"note":"said"},"plain":'),
    ],
)
def test_early_fields_that_do_not_fit_are_refused_at_once_and_so_is_what_stands_in_the_clear(
    ring: OneKey, safe: Safe, sound: bytes, spoilt: bytes
) -> None:
    record = held(ring)
    assert record.count(sound) == 1
    with pytest.raises(ValueError):  # noqa: PT011 -- pydantic's, the parser's and NotSealed are all that
        safe.read([record.replace(sound, spoilt)])


def test_what_goes_the_long_way_only_is_what_it_is_opened(ring: OneKey, safe: Safe) -> None:
    """As validation reads a moment, and the short way does not: by seconds since 1970."""
    record = held(ring)
    at = record.index(b'"started_at":"')
    moment = record[at : record.index(b",", at)]
    unread, opened = both(safe, record.replace(moment, b'"started_at":1646907300'))
    assert isinstance(opened.fact, MeetingHeld)
    assert (unread.position, unread.recorded_at) == (opened.position, opened.recorded_at)
    assert unread == opened
    assert unread.plain == unread.fact


def test_an_unknown_name_is_refused_at_once(ring: OneKey) -> None:
    with pytest.raises(UnknownFactName):
        Safe(None, lambda: ORIGIN).read([held(ring), held(ring).replace(b"meeting_held.1", b"meeting_heid.1")])


def _outcome(read: Callable[[], Iterable[Entry]]) -> object:
    """The entries, or the kind of what is raised instead."""
    try:
        return [(entry, entry.position, entry.recorded_at, entry.kind) for entry in read()]
    except (MalformedRecord, UnknownFactName, ValueError) as refusal:
        return type(refusal)


@pytest.mark.parametrize("name", ["meeting_held.1", "episode_started.1"])
def test_whatever_byte_before_the_state_is_spoilt_or_cut_off_the_short_way_says_what_the_long_way_says(
    name: str, ring: OneKey, safe: Safe
) -> None:
    whole = stored(ring, decoded(name))
    plain, _, _ = whole.partition(b',"sealed":')  # what is sealed is bound to its place: then only looking would tell
    sound = whole if plain == whole else plain + b"}"
    state_at = sound.index(b"{")
    spoilt = [sound[:at] + bytes([byte]) + sound[at + 1 :] for at in range(state_at) for byte in (0, 1, 14, 128, 255)]
    outcomes = []
    for record in [*spoilt, *(sound[:length] for length in range(state_at + 1))]:
        both = [sound, record]
        outcomes.append(_outcome(partial(safe.read, both)))
        assert outcomes[-1] == _outcome(partial(_the_long_way, safe, both))
    assert {MalformedRecord, UnknownFactName} <= {one for one in outcomes if isinstance(one, type)}
    assert any(isinstance(one, list) for one in outcomes)


def _the_long_way(safe: Safe, records: list[bytes]) -> list[Entry]:
    return sorted(safe.entries([unpack(record)[1] for record in records]), key=lambda entry: entry.version)


def test_a_key_is_asked_for_once_a_lease_and_anew_in_the_next(ring: OneKey, safe: Safe) -> None:
    record = held(ring)
    asked: list[UUID] = []
    lend = ring.keys

    def counted(key_ids: Iterable[UUID]) -> Mapping[UUID, Key | Withheld]:
        asked.extend(wanted := list(key_ids))
        return lend(iter(wanted))

    ring.keys = counted  # type: ignore[method-assign] # what the safe asks
    for _ in range(3):
        safe.read([record, record])
    assert asked == [ring.key_id]
    ring.key, ring.epoch = Withheld.FENCED, 1
    (entry,) = safe.read([record])
    assert vars(entry.fact)["withheld"] == {"note": Withheld.FENCED}


def test_a_field_is_read_early_only_if_it_is_plain_and_always_there() -> None:
    with pytest.raises(TypeError, match="early"):
        type("Told", (Fact,), {"__annotations__": {"said": str}}, name="told", sensitive=("said",), early=("said",))
    with pytest.raises(TypeError, match="early"):
        type("Told", (Fact,), {"__annotations__": {"at": int}, "at": 1}, name="told", early=("at",))


def test_by_a_key_that_is_not_lent_any_more_nothing_is_opened(ring: OneKey, safe: Safe) -> None:
    (entry,) = safe.read([held(ring)])
    fact = entry.fact
    assert isinstance(fact, MeetingHeld)
    ring.key = Withheld.DESTROYED
    assert (fact.note, fact.withheld) == (None, {"note": Withheld.DESTROYED})


def test_a_key_that_went_before_the_first_look_is_told_whatever_is_asked_first(ring: OneKey, safe: Safe) -> None:
    (entry,) = safe.read([held(ring)])
    ring.key = Withheld.DESTROYED
    assert entry.fact.withheld == {"note": Withheld.DESTROYED}


def test_a_changed_segment_is_told_as_such_to_who_writes_the_fact_as_json(ring: OneKey, safe: Safe) -> None:
    record = held(ring)
    at = record.index(b'"ciphertext":"') + 14
    (entry,) = safe.read([record[:at] + (b"B" if record[at : at + 1] == b"A" else b"A") + record[at + 1 :]])
    with pytest.raises(SegmentRefused):
        entry.fact.model_dump_json()


# of a register


def _change(desk: Desk, statement: LiteralString, *arguments: object) -> None:
    with psycopg.connect(desk.dsn) as connection:
        schema = sql.Identifier(schema_of(desk.book.register_name))
        connection.execute(sql.SQL(statement).format(schema), arguments)


def reading(desk: Desk, stream_id: UUID) -> list[Any]:
    desk.book.states.forget()
    return [entry.fact for entry in desk.book.state(stream_id, StreamKind.EPISODE).entries]


def test_an_episode_is_loaded_without_opening_what_its_meetings_tell(desk: Desk, looks: list[Place]) -> None:
    episode_id = desk.started("K2", desk.client(), meetings=2)
    desk.do(episode_id, meeting(3, note=NOTE))
    looks.clear()
    facts = reading(desk, episode_id)
    assert looks == []
    assert [fact for fact in facts if isinstance(fact, MeetingHeld)][-1].note == NOTE
    assert len(looks) == 1


def test_a_command_opens_all_before_it_decides_and_a_changed_segment_stops_it(desk: Desk, looks: list[Place]) -> None:
    """Decided on, nothing may be what somebody changed: who only reads hears of it at the place."""
    episode_id = desk.started("K2", desk.client(), meetings=0)
    desk.do(episode_id, meeting(1, note=NOTE))
    reading(desk, episode_id)
    looks.clear()
    desk.do(episode_id, meeting(2, note=NOTE))
    assert len(looks) >= 1
    looks.clear()
    desk.do(episode_id, meeting(3))
    assert looks == []  # the state that was opened is kept
    _change(
        desk,
        "UPDATE {}.events SET record = overlay(record PLACING 'AAAA'::bytea FROM position(%s IN record) + 14)"
        " WHERE stream_id = %s AND position(%s IN record) > 0",
        b'"ciphertext":"', episode_id, b'"ciphertext":"',
    )  # fmt: skip
    reading(desk, episode_id)
    with pytest.raises(SegmentRefused):
        desk.do(episode_id, meeting(4))


def test_a_command_reads_no_meeting_twice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    episode_id = desk.started("K2", desk.client(), meetings=2)
    desk.book.states.forget()
    read_later = list[int]()
    monkeypatch.setattr(Glimpse, "read_into", lambda _, entry: read_later.append(entry.version))
    desk.do(episode_id, meeting(3))
    assert read_later == []


def test_a_command_reads_every_meeting_whole_before_it_decides_and_what_does_not_fit_stops_it(desk: Desk) -> None:
    episode_id = desk.started("K2", desk.client(), meetings=1)
    _change(
        desk,
        "UPDATE {}.events SET record = overlay(record PLACING '7777'::bytea FROM position(%s IN record) + 8)"
        " WHERE stream_id = %s AND position(%s IN record) > 0",
        b'"mode":"', episode_id, b'"mode":"',
    )  # fmt: skip
    desk.book.states.forget()
    assert len(desk.episode(episode_id).meetings) == 1
    with pytest.raises(ValidationError):
        desk.do(episode_id, meeting(2))


def test_a_state_from_before_a_key_was_destroyed_opens_nothing_by_it(desk: Desk) -> None:
    client_id = desk.client()
    episode_id = desk.started("K2", client_id, meetings=0)
    desk.do(episode_id, meeting(1, note=NOTE))
    held_before = the(reading(desk, episode_id), MeetingHeld)
    destroy(desk.dsn, desk.book.register_name, client_id, "%")
    desk.book.safe.keyring.forget()  # as when the lease is over
    assert isinstance(held_before, MeetingHeld)
    assert (held_before.note, held_before.withheld) == (None, {"note": Withheld.DESTROYED})
