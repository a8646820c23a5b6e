"""What a projection sees of a stored event: the plain part of its fact, just as it was recorded, and nothing else."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import fields
from uuid import UUID

import msgspec
import pytest
from pydantic import BaseModel

from domain.correction import EntryCorrected
from domain.entry import Entry, Provenance
from domain.fact import Fact
from domain.registry import UnknownFactName
from projections.plain import as_entry, entry_of, seen
from tests.domain.test_registry import EVERY_NAME, STREAM, golden
from tests.domain.test_registry import decoded as whole

MOMENT = dt.datetime(2022, 3, 11, 9, 30, tzinfo=dt.UTC)


def plain(name: str, state: bytes | None = None) -> Entry:
    return entry_of(name, golden(name) if state is None else state, STREAM, 1, 7, MOMENT)


def assert_same_plain_part(seen: Fact, recorded: Fact) -> None:
    assert type(seen) is type(recorded)
    for field in type(recorded).model_fields:
        if field in recorded.sensitive:
            assert not hasattr(seen, field)
        elif isinstance(recorded, EntryCorrected) and field == "content":
            assert_same_plain_part(seen.content, recorded.content)  # type: ignore[attr-defined] # both are corrections
        else:
            assert_same(getattr(seen, field), getattr(recorded, field))


def assert_same(seen: object, recorded: object) -> None:
    """Value for value and kind for kind, but that ids are texts."""
    match recorded:
        case UUID():
            assert (seen, type(seen)) == (str(recorded), str)
        case BaseModel():
            assert isinstance(seen, BaseModel)
            assert type(seen) is type(recorded)
            for field in type(recorded).model_fields:
                assert_same(getattr(seen, field), getattr(recorded, field))
        case tuple():
            assert isinstance(seen, tuple)
            for one, other in zip(seen, recorded, strict=True):
                assert_same(one, other)
        case dict():
            assert isinstance(seen, dict)
            for one, other in zip(seen.items(), recorded.items(), strict=True):
                assert_same(one, other)
        case _:
            assert (seen, type(seen)) == (recorded, type(recorded))


@pytest.mark.parametrize("name", EVERY_NAME)
def test_of_every_kind_of_fact_the_plain_part_is_seen_as_recorded_and_the_sensitive_part_is_not(name: str) -> None:
    assert_same_plain_part(plain(name).fact, whole(name).fact)


@pytest.mark.parametrize("name", ["meeting_held.1", "entry_corrected.1"])
def test_the_envelope_is_that_of_the_event(name: str) -> None:
    seen, recorded = plain(name), whole(name)
    assert (seen.position, seen.recorded_at, seen.version, seen.stream_id) == (7, MOMENT, 1, STREAM)
    assert (seen.occurred_at, seen.actor, seen.caused_by, seen.corrected_by) == (
        recorded.occurred_at, recorded.actor, recorded.caused_by, None,
    )  # fmt: skip
    assert_same(seen.correlation_id, recorded.correlation_id)
    assert seen.provenance is not None
    assert recorded.provenance is not None
    assert seen.provenance.__dict__ == recorded.provenance.__dict__


@pytest.mark.parametrize("name", EVERY_NAME)
def test_what_a_rebuild_sees_of_an_event_is_what_its_entry_tells(name: str) -> None:
    one, entry = seen(name, golden(name), STREAM, 1, 7, MOMENT), plain(name)
    assert one.kind is type(entry.fact)
    for field in one.kind.model_fields:
        if field in one.kind.sensitive:
            assert not hasattr(one.fact, field)
        elif one.kind is not EntryCorrected:
            assert_same(getattr(one.fact, field), getattr(whole(name).fact, field))
    of_source = one.provenance and {field: getattr(one.provenance, field) for field in Provenance.model_fields}
    assert of_source == (entry.provenance and entry.provenance.__dict__)
    told = {field.name for field in fields(Entry)} - {"fact", "provenance", "corrected_by"}
    assert {field: getattr(one, field) for field in told} == {field: getattr(entry, field) for field in told}


def test_where_an_event_stands_is_never_told_by_its_bytes() -> None:
    state = json.loads(golden("meeting_held.1"))
    false = {"fact": {}, "kind": 1, "version": 9, "position": 9, "stream_id": "x", "recorded_at": 0}
    one = seen("meeting_held.1", json.dumps(state | false).encode(), STREAM, 1, 7, MOMENT)
    assert (one.version, one.position, one.stream_id, one.recorded_at) == (1, 7, STREAM, MOMENT)
    assert as_entry(one).fact.__dict__ == plain("meeting_held.1").fact.__dict__


def test_the_sensitive_part_is_passed_over_whatever_form_it_has() -> None:
    state = json.loads(golden("meeting_held.1"))
    state.pop("sensitive", None)
    sealed = [{"key": "k1", "ciphertext": "…"}]
    expected = plain("meeting_held.1").fact.__dict__
    for extra in ({}, {"sealed": sealed}, {"sensitive": sealed}):
        assert plain("meeting_held.1", json.dumps(state | extra).encode()).fact.__dict__ == expected


def test_a_name_that_is_not_in_the_registry_is_an_error() -> None:
    with pytest.raises(UnknownFactName):
        entry_of("no_such_fact.1", golden("meeting_held.1"), STREAM, 1, 7, MOMENT)


@pytest.mark.parametrize("wrong", [{"unheard_of": 1}, {"meeting_id": "no id"}, {"mode": "by balloon"}])
def test_a_plain_part_that_does_not_fit_its_fact_is_an_error(wrong: dict[str, object]) -> None:
    state = json.loads(golden("meeting_held.1"))
    state["plain"] |= wrong
    with pytest.raises(msgspec.ValidationError):
        plain("meeting_held.1", json.dumps(state).encode())


@pytest.mark.parametrize("state", [b"", b"{}", b"[]", b"not json", b'{"plain": {}}'])
def test_bytes_that_hold_no_event_are_an_error(state: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        plain("meeting_held.1", state)
