"""That the episodes which the command bench posts meetings to are under way."""

from __future__ import annotations

from domain.episode.state import EpisodeState, Phase
from domain.fact import StreamKind
from domain.ledger.book import Book
from scripts.benches import opened
from scripts.commandline.session import keyring_of


def test_the_episodes_that_are_written_alike_are_under_way_each_for_a_child_of_its_own(
    register: tuple[str, str],
) -> None:
    with Book(*register, keyring=keyring_of(*register)) as book:
        opened.open_register(book)
        episodes = opened.open_episodes(book, 3)
        states = [book.state(one, StreamKind.EPISODE) for one in episodes]
    found = [one for one in states if isinstance(one, EpisodeState)]
    assert [one.phase for one in found] == [Phase.ACTIVE] * 3
    assert len({one.client_ids for one in found}) == 3
    assert len({len(one.entries) for one in found}) == 1
