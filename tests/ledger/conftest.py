"""Recorders and drafts for the tests of the register."""

from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest

from domain.ledger.recorder import RegisterRecorder
from domain.ledger.submission import Draft, Submission


@pytest.fixture
def recorder(register: tuple[str, str]) -> Iterator[RegisterRecorder]:
    dsn, name = register
    recorder = RegisterRecorder(dsn, name)
    yield recorder
    recorder.close()


@pytest.fixture
def a_submission() -> Callable[..., Submission]:
    """Makes a submission of `count` events to one stream, from `version` on."""

    def make(count: int = 1, *, stream_id: UUID | None = None, version: int = 0, state: bytes = b"{}") -> Submission:
        stream_id = stream_id or uuid4()
        drafts = tuple(Draft(stream_id, version + n, "meeting_held.1", state) for n in range(count))
        return Submission(uuid4(), b"digest", drafts)

    return make
