"""What a text may hold."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.fi import hetu

from domain import truth
from domain.amend.correct_entry import CorrectEntry
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.client.commands.register_client import RegisterClient
from domain.correction import MistakeKind
from domain.episode.facts import MeetingHeld
from domain.ledger.identity import new_id
from domain.plainness import check_plain
from domain.refusal import IdentityInTheClear, NullCharacter, WordsInTheClear
from domain.register.destruction import DestructionCertified, DestructionGround
from tests.domain.desk import Desk, meeting
from tests.domain.people import identity_code

CODE = identity_code(dt.date(2014, 5, 6))


def test_a_text_with_the_null_character_is_refused_and_nothing_recorded(desk: Desk) -> None:
    client = desk.client()
    command = StrikeOutEntry(entry=1, mistake=MistakeKind.TYPING_ERROR, reason="a\x00b")
    refusal = desk.refused(client, command)
    assert isinstance(refusal, NullCharacter)


def test_a_correction_with_the_null_character_is_refused_too(desk: Desk) -> None:
    episode = desk.started(meetings=1)
    entry = desk.number(episode, MeetingHeld, 1)
    changes = {"note": "a\x00b"}
    command = CorrectEntry(entry=entry, mistake=MistakeKind.TYPING_ERROR, changes=changes, reason="a typing error")
    assert isinstance(desk.refused(episode, command), NullCharacter)


@pytest.mark.parametrize("text", ["\\u0000", "\\\\u0000", "plain"])
def test_a_text_that_only_spells_it_is_a_text(desk: Desk, text: str) -> None:
    client = desk.client()
    desk.do(client, StrikeOutEntry(entry=1, mistake=MistakeKind.TYPING_ERROR, reason=text))


@pytest.mark.parametrize("fields", [{"place": f"at {CODE}"}, {"participants": ("mother", CODE.lower())}])
def test_an_identity_code_in_a_field_that_everybody_can_read_is_refused_by_the_fields_name(
    desk: Desk, fields: dict[str, Any]
) -> None:
    refusal = desk.refused(desk.started(), meeting(**fields))
    assert isinstance(refusal, IdentityInTheClear)
    assert refusal.details == {"field": next(iter(fields))}
    assert CODE not in str(refusal.message + refusal.remedy).upper()


@pytest.mark.parametrize("blank", [" ", "  ", "\u00a0", "\u202f"])
@pytest.mark.parametrize("at", [6, 7, 10])
def test_an_identity_code_is_one_with_a_blank_in_it_too(desk: Desk, at: int, blank: str) -> None:
    written = f"{CODE[:at]}{blank}{CODE[at:]}"
    assert isinstance(desk.refused(desk.started(), meeting(place=f"at {written}")), IdentityInTheClear)


@pytest.mark.parametrize("between", [".", ". ", " ", "\u00a0", "\u202f."])
@pytest.mark.parametrize("places", [(2,), (4,), (2, 4)])
def test_nor_do_dots_or_blanks_in_its_date_hide_one(desk: Desk, places: tuple[int, ...], between: str) -> None:
    parts = [CODE[start:end] for start, end in pairwise((0, *places, len(CODE)))]
    refusal = desk.refused(desk.started(), meeting(place=f"at {between.join(parts)}"))
    assert isinstance(refusal, IdentityInTheClear)


def test_a_reference_of_a_day_and_an_hour_is_none_though_it_checks_as_one() -> None:
    checked = "121092-153"
    last = next(one for one in "0123456789ABCDEFHJKLMNPRSTUVWXY" if hetu.is_valid(checked + one))
    times = [day for day in range(1, 29) if hetu.is_valid(f"{day:02}1092-1530")]
    assert times, "of a month some do"
    assert not any(truth._is_identity_code(f"{day:02}.10.92-1530") for day in times)
    assert all(truth._is_identity_code(f"{day:02}1092-1530") for day in times), "written as a code is, it is one"
    assert truth._is_identity_code(f"12.10.92-153{last}") is not last.isdigit()


@pytest.mark.parametrize(
    "place",
    [
        "12.10.2022-1530",
        "1.12.10.22-9999.1",
        "040-1234567",
        "2022.10.12-900",
        "3-1.10.22",
        "10:30-11:30",
        "12.10.22-31.10.22",
    ],
)
def test_dates_times_numbers_of_telephones_and_versions_are_codes_like_any_other(desk: Desk, place: str) -> None:
    desk.do(desk.started(), meeting(place=place))


LIKE_CODES = st.from_regex(
    r"[0-9]{2}[\s.]*[0-9]{2}[\s.]*[0-9]{2}\s*[-+A-FU-Ya-fu-y]\s*[0-9]{3}\s*[0-9A-Ya-y]"
    r"|\d\d[\s.]*\d\d[\s.]*\d\d\s*[-+A-FU-Ya-fu-y]\s*\d{3}\s*[0-9A-Ya-y]"
)


@given(st.text(max_size=5), LIKE_CODES, st.text(max_size=5))
def test_where_an_identity_code_is_searched_for_its_shape_was_found(before: str, code: str, after: str) -> None:
    text = before + code + after
    assert truth._IDENTITY_CODE.search(text) is None or truth._may_hold_identity_code(text)


SIGNS = "-+ABCDEFUVWXYabcdefuvwxy"
"""Of the centuries, as an identity code is written in either case."""


@pytest.mark.parametrize("sign", SIGNS)
def test_the_shape_is_found_whatever_the_sign_of_the_century(sign: str) -> None:
    assert truth._may_hold_identity_code(f"010101{sign}900X")


def test_these_are_all_the_signs_that_are_searched_for() -> None:
    written = {sign for sign in map(chr, range(0x3000)) if truth._IDENTITY_CODE.search(f"010101{sign}900X")}
    assert written == set(SIGNS)


def test_nor_is_it_let_in_by_a_correction(desk: Desk) -> None:
    episode = desk.started(meetings=1)
    entry = desk.number(episode, MeetingHeld, 1)
    changes = {"place": CODE}
    command = CorrectEntry(entry=entry, mistake=MistakeKind.TYPING_ERROR, changes=changes, reason="a typing error")
    assert isinstance(desk.refused(episode, command), IdentityInTheClear)


def test_in_free_text_and_in_its_own_field_an_identity_code_is_told_and_sealed(desk: Desk) -> None:
    desk.client(born_on=None, identity_code=CODE)
    desk.do(desk.started(), meeting(note=f"They asked after {CODE}."))


def test_what_only_looks_like_an_identity_code_is_a_reference_like_any_other(desk: Desk) -> None:
    wrong = CODE[:-1] + ("A" if CODE[-1] != "A" else "B")
    desk.do(desk.started(), meeting(place=f"unit-{wrong.lower()}"))


def test_an_id_that_was_drawn_may_look_like_one_by_chance_and_check(desk: Desk) -> None:
    codes = (identity_code(dt.date(2017, 5, day)).lower() for day in range(1, 32))
    drawn = UUID(f"01a202ec-a0fb-7240-9dbf-c{next(code for code in codes if set(code) <= set('0123456789abcdef'))}")
    desk.do(desk.started(), meeting(meeting_id=drawn))
    refusal = desk.refused(desk.started(), meeting(place=f"{drawn}-{CODE.lower()}"))
    assert isinstance(refusal, IdentityInTheClear), "beside one it is refused as ever"


@pytest.mark.parametrize(
    "fields",
    [
        {"place": "at grandmother's"},
        {"place": "Virtanen"},
        {"place": "x" * 65},
        {"place": "home\n"},
        {"participants": ("mother", "Aunt Maija")},
        {"topics": ("the child's fear",)},
    ],
)
def test_words_in_a_field_that_everybody_can_read_are_refused_by_the_fields_name(
    desk: Desk, fields: dict[str, Any]
) -> None:
    refusal = desk.refused(desk.started(), meeting(**fields))
    assert isinstance(refusal, WordsInTheClear)
    assert refusal.details == {"field": next(iter(fields))}
    (value,) = fields.values()
    texts = value if isinstance(value, tuple) else (value,)
    assert not [text for text in texts if text and text in refusal.message + refusal.remedy]


@pytest.mark.parametrize(
    "fields", [{"place": "school"}, {"place": ""}, {"participants": ("mother", "p-2")}, {"topics": ("t:1/2",)}]
)
def test_codes_are_taken_there(desk: Desk, fields: dict[str, Any]) -> None:
    desk.do(desk.started(), meeting(**fields))


def test_words_are_not_let_in_by_a_correction(desk: Desk) -> None:
    episode = desk.started(meetings=1)
    entry = desk.number(episode, MeetingHeld, 1)
    changes = {"place": "in the yard of the neighbours"}
    command = CorrectEntry(entry=entry, mistake=MistakeKind.TYPING_ERROR, changes=changes, reason="a typing error")
    refusal = desk.refused(episode, command)
    assert (refusal.code, refusal.details["field"]) == ("words_in_the_clear", "changes.place")


@pytest.mark.parametrize("area", ["Kouvola pohjoinen", "Länsi-Uusimaa (itä)"])
def test_a_place_of_administration_has_its_public_name(desk: Desk, area: str) -> None:
    desk.client(area=area)


@pytest.mark.parametrize("area", ["Kouvola\npohjoinen", "K" * 201])
def test_a_public_name_is_short_and_on_one_line(desk: Desk, area: str) -> None:
    registered = RegisterClient(born_on=dt.date(2018, 1, 31), area=area)
    assert desk.refused(new_id(), registered).details == {"field": "area"}


@pytest.mark.parametrize("first", ["+", "/", "A", "9"])
def test_the_root_in_a_certificate_is_an_id_however_its_base64_begins(first: str) -> None:
    moment = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    certificate = DestructionCertified(
        destruction_id=new_id(), client_id=new_id(), ground=DestructionGround.ERASURE, requested_by="O1",
        approved_by="O2", key_ids=(new_id(),), segments_count=1, searched_to=9, fenced_at=moment,
        overwritten_at=moment, cleaned_at=moment, sealed_size=9, sealed_root=first + "b" * 42 + "=",
    )  # fmt: skip
    check_plain(certificate)
