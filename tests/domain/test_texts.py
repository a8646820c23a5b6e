"""What a text may hold."""

from __future__ import annotations

import datetime as dt

import pytest

from domain.amend.correct_entry import CorrectEntry
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.correction import MistakeKind
from domain.episode.facts import MeetingHeld
from domain.refusal import IdentityInTheClear, NullCharacter
from tests.domain.desk import Desk, meeting
from tests.domain.people import identity_code

CODE = identity_code(dt.date(2014, 5, 6))


def test_a_text_with_the_null_character_is_refused_and_nothing_recorded(desk: Desk) -> None:
    client = desk.client()
    command = StrikeOutEntry(entry=1, mistake=MistakeKind.TYPING_ERROR, reason="a\x00b")
    refusal = desk.refused(client, command)
    assert isinstance(refusal, NullCharacter)


@pytest.mark.parametrize("text", ["\\u0000", "\\\\u0000", "plain"])
def test_a_text_that_only_spells_it_is_a_text(desk: Desk, text: str) -> None:
    client = desk.client()
    desk.do(client, StrikeOutEntry(entry=1, mistake=MistakeKind.TYPING_ERROR, reason=text))


@pytest.mark.parametrize("fields", [{"place": f"at {CODE}"}, {"participants": ("mother", CODE.lower())}])
def test_an_identity_code_in_a_field_that_everybody_can_read_is_refused_by_the_fields_name(
    desk: Desk, fields: dict[str, object]
) -> None:
    refusal = desk.refused(desk.started(), meeting(**fields))
    assert isinstance(refusal, IdentityInTheClear)
    assert refusal.details == {"field": next(iter(fields))}
    assert CODE not in str(refusal.message + refusal.remedy).upper()


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
    desk.do(desk.started(), meeting(place=f"unit-{wrong}"))
