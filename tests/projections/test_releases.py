"""An older release that is started beside a newer one turns no projection back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

import pytest

from projections import rebuild as module
from projections.catalogue import PROJECTIONS
from projections.install import install, register_connection
from projections.rebuild import rebuild, start_up
from projections.releases import OlderRelease, note_release, require_newest
from projections.store import checkpoints
from tests.projections.conftest import Book
from tests.projections.history import History, referral

NEWER = tuple(replace(one, code=one.code + b"# newer") if one.name == "meetings" else one for one in PROJECTIONS)
OTHER_QUESTIONS = tuple(
    replace(one, script=one.script + "\n-- newer\n") if one.name == "episodes" else one for one in PROJECTIONS
)


def made_by(book: Book) -> dict[str, str]:
    """The fold that each projection's rows are made by."""
    with register_connection(*book) as connection:
        return {name: one.fold_fingerprint for name, one in checkpoints(connection).items()}


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


def test_a_release_that_waited_for_a_newer_ones_rebuild_is_refused_too(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_up(*book)
    alone = module._alone

    @contextmanager
    def after_a_newer_one(dsn: str, register: str) -> Iterator[None]:
        monkeypatch.setattr(module, "_alone", alone)
        start_up(dsn, register, NEWER)
        with alone(dsn, register):
            yield

    monkeypatch.setattr(module, "_alone", after_a_newer_one)
    with register_connection(*book) as connection:
        connection.execute("UPDATE projection_checkpoints SET fold_fingerprint = 'older' WHERE projection = 'meetings'")
    with pytest.raises(OlderRelease):
        start_up(*book)
    assert made_by(book) == {one.name: one.fingerprint for one in NEWER}


def test_one_goes_back_to_an_older_release_by_a_rebuild_on_purpose(book: Book) -> None:
    start_up(*book)
    start_up(*book, NEWER)
    rebuild(*book)
    note_release(*book)
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
    assert require_newest(*book)
