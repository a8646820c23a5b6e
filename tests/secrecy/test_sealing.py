"""A segment opens where it was sealed, under the key that sealed it, as it was: and in no other way."""

from __future__ import annotations

import base64
import dataclasses
import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.secrecy.sealing import PADDED_TO_BYTES, DataKey, Place, SegmentRefused, check, seal, unseal

KEY = DataKey(UUID(int=1), bytes(range(32)))
PLACE = Place("jaksokirja/test", UUID(int=7), 3, "meeting_held.1", 0)
CONTENT = {"note": "said in confidence"}
ELSEWHERE = [
    {"origin": "jaksokirja/other"},
    {"stream_id": UUID(int=8)},
    {"version": 4},
    {"name": "meeting_missed.1"},
    {"number": 1},
]
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3))


def sealed(content: dict[str, Any] = CONTENT, key: DataKey = KEY, place: Place = PLACE) -> dict[str, Any]:
    return seal(content, sorted(content), key, place)


@given(content=st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_what_was_sealed_is_opened(content: dict[str, Any]) -> None:
    assert unseal(json.loads(json.dumps(sealed(content))), KEY, PLACE) == content


@pytest.mark.parametrize("moved", ELSEWHERE, ids=lambda moved: next(iter(moved)))
def test_a_segment_that_was_moved_is_refused(moved: dict[str, Any]) -> None:
    with pytest.raises(SegmentRefused):
        unseal(sealed(), KEY, dataclasses.replace(PLACE, **moved))


@pytest.mark.parametrize("key", [DataKey(KEY.key_id, bytes(32)), DataKey(UUID(int=2), KEY.secret)])
def test_a_segment_under_another_key_or_key_name_is_refused(key: DataKey) -> None:
    with pytest.raises(SegmentRefused):
        unseal(sealed(), key, PLACE)


@given(data=st.data(), part=st.sampled_from(["nonce", "commitment", "ciphertext"]))
def test_a_segment_in_which_any_bit_was_turned_is_refused(data: st.DataObject, part: str) -> None:
    segment = sealed()
    raw = bytearray(base64.urlsafe_b64decode(segment[part] + "=="))
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    segment[part] = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    with pytest.raises(SegmentRefused):
        unseal(segment, KEY, PLACE)


def test_the_names_of_its_fields_are_bound_too() -> None:
    with pytest.raises(SegmentRefused):
        unseal({**sealed(), "fields": ["message"]}, KEY, PLACE)


def test_the_commitment_is_what_refuses_another_key_even_where_the_ciphertext_would_open() -> None:
    """AES-GCM alone does not commit to its key: a ciphertext can be made that opens under two."""
    mine, other = sealed(), sealed(key=DataKey(KEY.key_id, bytes(32)))
    with pytest.raises(SegmentRefused, match="not sealed here under this key"):
        unseal({**mine, "commitment": other["commitment"]}, KEY, PLACE)


@pytest.mark.parametrize(
    "segment",
    [
        {},
        {**sealed(), "more": 1},
        {**sealed(), "key": "no id"},
        {**sealed(), "key": 7},
        {**sealed(), "fields": 7},
        {**sealed(), "fields": [7]},
        {name: value for name, value in sealed().items() if name != "nonce"},
    ],
)
def test_what_is_no_segment_is_refused(segment: dict[str, Any]) -> None:
    with pytest.raises(SegmentRefused):
        check(segment)


@pytest.mark.parametrize("text", ["", "!", "AA", 7, None, pytest.param(sealed()["nonce"] + "=", id="padded"), "ä"])
def test_a_part_that_is_not_written_in_the_one_way_is_refused(text: object) -> None:
    with pytest.raises(SegmentRefused):
        unseal({**sealed(), "nonce": text}, KEY, PLACE)


def test_the_same_content_at_the_same_place_is_never_the_same_bytes() -> None:
    assert len({sealed()["ciphertext"] for _ in range(50)}) == 50


def test_the_length_tells_no_yes_from_a_no() -> None:
    yes, no = sealed({"matches_medication": True}), sealed({"matches_medication": False})
    assert len(yes["ciphertext"]) == len(no["ciphertext"])
    assert (len(base64.urlsafe_b64decode(yes["ciphertext"] + "==")) - 16) % PADDED_TO_BYTES == 0


def test_the_stored_form_stays_as_it_is() -> None:
    """Given nonces, the segment is the same bytes for good: what one release sealed, every later one opens."""
    segment = seal(CONTENT, ["note"], KEY, PLACE, nonces=lambda length: bytes([9]) * length)
    assert segment == STORED
    assert unseal(STORED, KEY, PLACE) == CONTENT


def test_a_key_shows_its_name_only() -> None:
    assert repr(KEY) == str(KEY) == "DataKey(00000000-0000-0000-0000-000000000001, …)"


STORED: dict[str, Any] = {
    "key": "00000000-0000-0000-0000-000000000001",
    "fields": ["note"],
    "nonce": "CQkJCQkJCQkJCQkJCQkJCQ",
    "commitment": "PgBaiwB-5RkM2nvwq5boPMwA5BJak6-5L9GbecCWqHs",
    "ciphertext": "QaszL36WrDfw6s9L5Ne21Udyt3UbRbYZOc88Zh-ewnt3-OBvdWGxXaMvVP44wAos",
}
