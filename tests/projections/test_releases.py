"""An older release that is started beside a newer one turns no projection back."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from psycopg import Connection

from projections import loading
from projections import rebuild as module
from projections.catalogue import PROJECTIONS
from projections.install import install, register_connection
from projections.rebuild import rebuild, start_up
from projections.releases import OlderRelease, require_newest
from projections.store import checkpoints, lock_key
from tests.patience import until
from tests.projections.conftest import Book
from tests.projections.history import History, referral

NEWER = tuple(replace(one, code=one.code + b"# newer") if one.name == "meetings" else one for one in PROJECTIONS)
OTHER_QUESTIONS = tuple(
    replace(one, script=one.script + "\n-- newer\n") if one.name == "episodes" else one for one in PROJECTIONS
)
ALL_NEWER = tuple(NEWER[place] if one.name == "meetings" else one for place, one in enumerate(OTHER_QUESTIONS))
OLDEST = "UPDATE projection_checkpoints SET fold_fingerprint = 'oldest' WHERE projection = 'meetings'"


def made_by(book: Book) -> dict[str, str]:
    """The fold that each projection's rows are made by."""
    with register_connection(*book) as connection:
        return {name: one.fold_fingerprint for name, one in checkpoints(connection).items()}


def questions_of(book: Book) -> dict[str, str]:
    """What tells whose functions and views each projection has."""
    with register_connection(*book) as connection:
        return {name: one.questions_fingerprint for name, one in checkpoints(connection).items()}


@contextmanager
def somebody_rebuilds(book: Book) -> Iterator[Callable[[int], None]]:
    """Who rebuilds has to wait meanwhile; the function given waits until so many do."""
    with register_connection(*book, autocommit=True) as looks, register_connection(*book, autocommit=True) as holds:
        holds.execute("SELECT pg_advisory_lock(%s)", (lock_key(f"rebuild {book[1]}"),))
        yield lambda times: until(lambda: _waiting(looks, holds.info.backend_pid) == times)
        holds.execute("SELECT pg_advisory_unlock(%s)", (lock_key(f"rebuild {book[1]}"),))


def _waiting(looks: Connection[Any], process_id: int) -> int:
    return looks.execute("SELECT FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))", (process_id,)).rowcount


def test_a_newer_release_makes_anew_what_an_older_had_and_the_older_one_is_refused_then(
    book: Book, history: History
) -> None:
    start_up(*book)
    history.record(uuid4(), referral(uuid4()))
    assert {one.status for one in start_up(*book, NEWER).values()} == {"running"}
    newer = made_by(book)
    with pytest.raises(OlderRelease, match="Stop it, and start the newer one"):
        start_up(*book)
    assert made_by(book) == newer == {one.name: one.fingerprint for one in NEWER}
    start_up(*book, NEWER)


def test_a_login_that_may_not_migrate_is_refused_as_such_not_sent_to_rebuild(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_up(*book)
    start_up(*book, NEWER)
    monkeypatch.setattr(module, "may_work_as", lambda *_: False)
    with pytest.raises(OlderRelease):
        start_up(*book)


def test_an_older_one_that_gets_its_turn_to_rebuild_before_the_newer_is_refused(book: Book) -> None:
    start_up(*book)
    with register_connection(*book) as connection:
        connection.execute(OLDEST)
    with ThreadPoolExecutor(2) as pool:
        with somebody_rebuilds(book) as has_come:
            older = pool.submit(start_up, *book)
            has_come(1)
            newer = pool.submit(start_up, *book, NEWER)
            has_come(2)
        assert isinstance(older.exception(), OlderRelease)
        newer.result()
    assert made_by(book) == {one.name: one.fingerprint for one in NEWER}


def test_an_older_one_that_starts_while_the_newer_waits_or_loads_is_refused_and_replaces_no_question(
    book: Book,
) -> None:
    start_up(*book)
    with ThreadPoolExecutor(1) as pool:
        with somebody_rebuilds(book) as has_come:
            newer = pool.submit(start_up, *book, ALL_NEWER)
            has_come(1)
            meanwhile = questions_of(book)
            with pytest.raises(OlderRelease):
                start_up(*book)
            assert questions_of(book) == meanwhile
        newer.result()
    assert made_by(book) == {one.name: one.fingerprint for one in ALL_NEWER}


def test_an_older_one_that_was_loading_when_the_newer_came_swaps_nothing_in(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_up(*book)
    start_up(*book, NEWER)
    with register_connection(*book) as connection:
        connection.execute("TRUNCATE projection_releases")

    def load_while_the_newer_comes(*told: Any, **named: Any) -> None:
        start_up(*book, NEWER)
        loading.load(*told, **named)

    monkeypatch.setattr(module, "load", load_while_the_newer_comes)
    with pytest.raises(OlderRelease):
        start_up(*book)
    assert made_by(book) == {one.name: one.fingerprint for one in NEWER}


def test_what_a_release_could_not_make_it_has_not_claimed(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    start_up(*book)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("projections.install.replace_questions", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            start_up(*book, OTHER_QUESTIONS)
    start_up(*book)


def test_one_goes_back_to_an_older_release_by_a_rebuild_on_purpose(book: Book) -> None:
    start_up(*book)
    start_up(*book, NEWER)
    rebuild(*book)
    start_up(*book)
    with pytest.raises(OlderRelease):
        start_up(*book, NEWER)


def test_questions_of_a_newer_release_are_not_turned_back_either(book: Book) -> None:
    start_up(*book)
    start_up(*book, OTHER_QUESTIONS)
    with pytest.raises(OlderRelease):
        start_up(*book)


@pytest.mark.parametrize("first", [start_up, install], ids=["once noted", "never noted"])
def test_a_release_is_refused_nothing_by_itself(book: Book, first: Callable[..., object]) -> None:
    first(*book)
    start_up(*book)
    require_newest(*book)
