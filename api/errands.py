"""Errands: a command as it was sent, before anybody has read its body; and what it is answered with.

Both go from process to process as msgpack. Never here: what a command means, HTTP's own requests and answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec


class Errand(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A command as it was sent: `kind` and `name` say which; `body` is what nobody has read yet, at most the limit."""

    register: str
    kind: str
    name: str
    stream_id: UUID
    command_id: UUID
    actor: str
    expected_version: int | None
    body: bytes


class Answer(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What is answered: status, headers as they are sent, body.

    `code`: the problem's, for the log. `fault`: what failed that should not have and where, as the log tells it.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    code: str = ""
    fault: dict[str, str] = {}


_encoder = msgspec.msgpack.Encoder()
_errands = msgspec.msgpack.Decoder(list[Errand])
_answers = msgspec.msgpack.Decoder(list[Answer])


def packed(what: Sequence[Errand] | Sequence[Answer]) -> bytes:
    """As they go to another process."""
    return _encoder.encode(what)


def errands_of(data: bytes) -> list[Errand]:
    """Errands that were packed."""
    return _errands.decode(data)


def answers_of(data: bytes) -> list[Answer]:
    """Answers that were packed."""
    return _answers.decode(data)
