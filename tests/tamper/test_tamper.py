"""Whoever tampers is found out by an auditor who kept a checkpoint; who keeps less is told how far that goes.

Places are drawn from SEED; `jaksokirja verify --self-test --times 50` tries more of them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

import pytest

from domain.ledger.live import LiveRegister
from domain.ledger.proof.verify import verify
from scripts.tampering.scratch import Scratch
from scripts.tampering.table import BEGINS, ENDS, HEADERS, failures, place, row
from scripts.tampering.trials import IN_HAND, WAYS, Tried, clean, try_way
from scripts.tampering.way import Way

SEED, TIMES = 20_261_122, 2
PAGE = Path(__file__).resolve().parents[2] / "docs" / "proof.md"
COVERED = [way for way in WAYS if not way.beyond]
BEYOND = [way for way in WAYS if way.beyond]


@cache
def tried(scratch: Scratch, name: str) -> Tried:
    """The trials of a way, made once for all who ask about them."""
    (way,) = (way for way in WAYS if way.name == name)
    return try_way(scratch, way, times=TIMES, seed=SEED)


def written() -> dict[str, tuple[str, ...]]:
    """The table in the page about proof, by what it tells of a way."""
    lines = PAGE.read_text(encoding="utf-8").split(BEGINS)[1].split(ENDS)[0].strip().splitlines()
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    assert rows[0] == HEADERS
    return {cells[0]: cells for cells in rows[2:]}


def test_there_are_more_than_fifty_ways_each_told_in_its_own_words() -> None:
    assert len(COVERED) > 50
    assert len({way.name for way in WAYS}) == len({way.told for way in WAYS}) == len(WAYS)


def test_where_nobody_tampered_nothing_is_found(scratch: Scratch) -> None:
    assert clean(scratch) == []
    with LiveRegister(scratch.dsn, scratch.register) as live:
        report = verify(live, scratch.held.tiles)
    assert (report.events, report.proved_to) == (len(scratch.records), scratch.sealed)


@pytest.mark.parametrize("name", [way.name for way in COVERED])
def test_is_found_and_placed_by_who_kept_a_checkpoint(scratch: Scratch, name: str) -> None:
    result = tried(scratch, name)
    assert failures([result]) == []
    assert result.times == TIMES


@pytest.mark.parametrize("name", [way.name for way in BEYOND])
def test_what_no_checkpoint_covers_is_found_by_nothing(scratch: Scratch, name: str) -> None:
    assert all(tried(scratch, name).never(in_hand) for in_hand in IN_HAND)


@pytest.mark.parametrize("name", [way.name for way in WAYS])
def test_the_page_about_proof_says_of_it_what_is_measured(scratch: Scratch, name: str) -> None:
    result = tried(scratch, name)
    told, measured = written()[result.way.told], row(result)
    assert told[:5] == measured[:5]
    for in_hand, said in zip(("checkpoint", "tiles"), told[5:], strict=True):
        # bits that are flipped may show by themselves: where the page promises a range, the very place is no less
        assert (said, place(result, in_hand)) in {
            ("exact", "exact"),
            ("range", "range"),
            ("range", "exact"),
            ("–", "–"),
        }


def test_the_page_about_proof_tells_of_no_other_ways() -> None:
    assert set(written()) == {way.told for way in WAYS}


def test_tampering_that_the_verifier_missed_would_fail_the_suite(scratch: Scratch) -> None:
    def nothing(scratch: Scratch, drawn: Random) -> None:
        """Done to nobody."""

    missed = try_way(scratch, Way("nothing", "Nothing is done", "superuser", nothing), times=1, seed=SEED)
    assert failures([missed]) == [f"nothing: not always found with a {each} in hand" for each in IN_HAND[2:]]


def test_a_first_bad_event_told_wrongly_would_fail_the_suite(scratch: Scratch) -> None:
    result = Tried(WAYS[0], times=1, misplaced=["it is position 3"])
    result.found.update(IN_HAND)
    assert failures([result]) == [f"{WAYS[0].name}: it is position 3"]


def test_every_trial_leaves_the_register_as_it_was_sealed(scratch: Scratch) -> None:
    try_way(scratch, next(way for way in WAYS if way.name == "emptied"), times=1, seed=SEED)
    assert scratch.rows_now() == scratch.rows
    assert clean(scratch) == []
