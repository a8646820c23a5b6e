"""Tables: whole where the output is piped, folded to the width of a terminal, and never cut in either."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from scripts.commandline.tables import Column, cell, show

WORD = st.text(st.sampled_from("abcdefgh0123456789"), min_size=1, max_size=30)
HEADER = st.lists(WORD, min_size=1, max_size=3).map(" ".join)
TABLES = st.integers(1, 10).flatmap(
    lambda width: st.tuples(
        st.lists(st.tuples(HEADER, st.booleans()), min_size=width, max_size=width),
        st.lists(st.lists(WORD, min_size=width, max_size=width), min_size=1, max_size=4),
    )
)


def shown(columns: list[tuple[str, bool]], rows: list[list[str]], *, terminal: bool, width: int = 100) -> str:
    out = io.StringIO()
    to = Console(file=out, width=width, force_terminal=terminal, color_system=None, highlight=False)
    show(to, "", [Column(header, number=number) for header, number in columns], rows)
    return out.getvalue()


def characters(columns: list[tuple[str, bool]], rows: list[list[str]]) -> Counter[str]:
    """Every letter and digit that the table has to show."""
    told = [header for header, _ in columns] + [cell for row in rows for cell in row]
    return Counter(char for char in "".join(told) if char.isalnum())


@given(TABLES)
def test_a_piped_table_has_every_row_whole_on_one_line(table: tuple[list[tuple[str, bool]], list[list[str]]]) -> None:
    columns, rows = table
    text = shown(columns, rows, terminal=False)
    lines = [line.split() for line in text.splitlines()]
    assert all(row in lines for row in rows)
    assert Counter(char for char in text if char.isalnum()) == characters(columns, rows)


@pytest.mark.parametrize("width", [80, 120])
@given(table=TABLES)
def test_a_table_on_a_terminal_is_folded_to_its_width_and_loses_nothing(
    width: int, table: tuple[list[tuple[str, bool]], list[list[str]]]
) -> None:
    columns, rows = table
    text = shown(columns, rows, terminal=True, width=width)
    assert max(map(len, text.splitlines())) <= width
    assert Counter(char for char in text if char.isalnum()) == characters(columns, rows)


@pytest.mark.parametrize(("width", "header"), [(40, "Sitoumuksia"), (18, "Sitou- muksia")])
def test_a_long_word_of_a_header_bears_a_hyphen_only_where_it_is_broken(width: int, header: str) -> None:
    text = shown([("Alue", False), ("Sitou\u00admuksia", True)], [["Kouvola", "12"]], terminal=True, width=width)
    words = [word for line in text.split("─")[0].splitlines() for word in line.split() if word != "Alue"]
    assert " ".join(words) == header


def test_no_label_shows_where_it_might_be_broken_but_is_not() -> None:
    assert cell("Sitou\u00admuksia") == "Sitoumuksia"
