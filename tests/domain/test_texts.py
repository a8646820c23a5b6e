"""What a text may hold."""

from __future__ import annotations

import pytest

from domain.amend.strike_out_entry import StrikeOutEntry
from domain.correction import MistakeKind
from domain.refusal import NullCharacter
from tests.domain.desk import Desk


def test_a_text_with_the_null_character_is_refused_and_nothing_recorded(desk: Desk) -> None:
    client = desk.client()
    command = StrikeOutEntry(entry=1, mistake=MistakeKind.TYPING_ERROR, reason="a\x00b")
    refusal = desk.refused(client, command)
    assert isinstance(refusal, NullCharacter)


@pytest.mark.parametrize("text", ["\\u0000", "\\\\u0000", "plain"])
def test_a_text_that_only_spells_it_is_a_text(desk: Desk, text: str) -> None:
    client = desk.client()
    desk.do(client, StrikeOutEntry(entry=1, mistake=MistakeKind.TYPING_ERROR, reason=text))
