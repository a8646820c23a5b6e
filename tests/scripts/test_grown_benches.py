"""That the benches of questions and of loading measure what they say; how fast it is, is for people to judge."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from eventsourcing.application import Application

from domain.episode.facts import EpisodeClosed
from domain.ledger.book import Book
from domain.registry import REGISTRY
from scripts.benches import load
from scripts.benches.__main__ import main
from scripts.benches.unfolding import unfolding, workers
from scripts.commandline.session import keyring_of


def test_a_register_unfolds_in_the_order_in_which_it_happened_each_stream_from_its_first_entry_on() -> None:
    drafts = list(unfolding(3_000))
    entries = [REGISTRY.decode(d.name, d.state, stream_id=d.stream_id, version=d.version) for d in drafts]
    days = [entry.occurred_at.date() for entry in entries if isinstance(entry.fact, EpisodeClosed)]
    assert len(entries) == 3_000
    assert days == sorted(days)
    versions: Counter[Any] = Counter()
    for entry in entries:
        versions[entry.stream_id] += 1
        assert entry.version == versions[entry.stream_id]


def test_a_register_a_hundred_times_as_large_has_a_hundred_times_as_many_workers() -> None:
    assert workers(10_000_000) == pytest.approx(100 * workers(100_000), rel=0.1)


def test_the_load_bench_loads_all_events_of_an_episode_by_ours_and_by_the_stock_repository(
    register: tuple[str, str],
) -> None:
    stock: Application[Any] = Application(load.stock_environment(register[0]))
    try:
        with Book(*register, keyring=keyring_of(*register)) as book:
            figures = load.measure(book, stock, 220, times=1)
    finally:
        stock.close()
    assert min(min(figure["ours"], figure["peers"]["stock repository"]) for figure in figures) > 0
    cold, again, asked, opened = figures
    assert [again["case"], cold["case"]] == ["an episode of 220 events, again", "an episode of 220 events, cold"]
    assert cold["peers"] == asked["peers"] == opened["peers"] != again["peers"]


def test_a_folder_is_kept_by_the_benches_that_have_something_to_keep(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["load", "--keep", "there"])
    assert stopped.value.code == 2
    assert "as-of, growth, query, start" in capsys.readouterr().err
