"""Errands: a command as it was sent, before anybody has read its body; and what it is answered with.

Both go from process to process as msgpack, each errand as bytes of its own: one that cannot be packed or read keeps no
other from its answer. Never here: what a command means, HTTP's own requests and answers.
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
_errand = msgspec.msgpack.Decoder(Errand)
_parcels = msgspec.msgpack.Decoder(list[bytes])
_answers = msgspec.msgpack.Decoder(list[Answer])


def parcel_of(errand: Errand) -> bytes | Exception:
    """The errand as it goes to another process; what kept it from that, such as a text that UTF-8 has no form for."""
    try:
        return _encoder.encode(errand)
    except (ValueError, TypeError, OverflowError) as fault:
        return fault


def errand_in(parcel: bytes) -> Errand | Exception:
    """The errand that was packed; what is wrong with the bytes where they tell none."""
    try:
        return _errand.decode(parcel)
    except msgspec.MsgspecError as fault:
        return fault


def packed(what: Sequence[bytes] | Sequence[Answer]) -> bytes:
    """Parcels or answers, as they go together."""
    return _encoder.encode(what)


def parcels_in(data: bytes) -> list[bytes]:
    """Parcels that were packed. Raises msgspec.MsgspecError."""
    return _parcels.decode(data)


def answers_of(data: bytes) -> list[Answer]:
    """Answers that were packed. Raises msgspec.MsgspecError."""
    return _answers.decode(data)
