"""Reads a command from a request: its body within the limit, its key, and the version that it expects.

Never here: what a command means. Nothing of what was sent is told in a fault, but the names of fields.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.requests import ClientDisconnect

from api.problems import FieldError, Problem, field_errors, malformed
from domain.ledger.identity import id_from_name

DRAINED_TIMES_LIMIT = 4
"""So many times the limit is read and thrown away, so that a caller who sends too much hears of it."""

KEY_LIMIT_CHARACTERS = 200
M = TypeVar("M", bound=BaseModel)

_ETAG = re.compile(r'"(\d{1,9})"')


def command_id(request: Request) -> UUID:
    """The Idempotency-Key, which is the command's id: a UUID as it is, another key by an id that follows from it.

    Raises a 422 problem.
    """
    given = request.headers.get("idempotency-key", "").strip().strip('"')
    with suppress(ValueError):
        return UUID(given)
    if given.isascii() and given.isprintable() and 8 <= len(given) <= KEY_LIMIT_CHARACTERS:
        return id_from_name("idempotency-key", given)
    message = f"Should be a UUID, or 8 to {KEY_LIMIT_CHARACTERS} printable characters." if given else "Is missing."
    raise malformed(
        FieldError("Idempotency-Key", message),
        remedy="Send the header Idempotency-Key with a key of your own, best a UUIDv7: a new one for each new"
        " command, the same one when you send a command again.",
    )


def expected_version(request: Request) -> int | None:
    """The stream's version that If-Match names; None without one. Raises a 422 problem."""
    given = request.headers.get("if-match")
    if given is None:
        return None
    found = _ETAG.fullmatch(given.strip())
    if found is None:
        raise malformed(
            FieldError("If-Match", "Should be one version, in double quotes."),
            remedy='Send the ETag that you were given, such as If-Match: "7"; "0" for a stream that has not begun.',
        )
    return int(found[1])


async def body_of(request: Request, limit_bytes: int) -> bytes:
    """The JSON that was sent, unread; never more than the limit is held, whatever Content-Length says or does not say.

    Raises problems: 415, 413; 400 when the caller left before it was whole.
    """
    _check_media_type(request)
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > DRAINED_TIMES_LIMIT * limit_bytes:
        raise _too_large(limit_bytes)
    chunks: list[bytes] = []
    received = 0
    try:
        async for chunk in request.stream():
            received += len(chunk)
            if received <= limit_bytes:
                chunks.append(chunk)
            elif received > DRAINED_TIMES_LIMIT * limit_bytes:
                break
    except ClientDisconnect:  # nobody hears it but the log
        raise Problem(HTTPStatus.BAD_REQUEST, "body_cut_off", "The caller left before the body was whole.") from None
    if received > limit_bytes:
        raise _too_large(limit_bytes)
    return b"".join(chunks)


def read_as(kind: type[M], body: bytes, *, code: str = "malformed_command") -> M:
    """What the body tells. Raises a 422 problem of that code where it does not tell a command (or such) rightly."""
    try:
        told = kind.model_validate_json(body, strict=True)
    except ValidationError as fault:
        faults = fault.errors(include_url=False, include_input=False)
        raise malformed(
            *field_errors(faults, field_names(kind)),
            code=code,
            remedy="/openapi.json tells the fields of every command.",
        ) from None
    if b"\\u0000" in body and (field := _with_null(from_json(body))):
        raise malformed(FieldError(field, "Holds the character U+0000, which cannot be kept."), code=code)
    return told


@lru_cache(maxsize=256)
def field_names(kind: type[BaseModel]) -> frozenset[str]:
    """Every name that a field in such a body can have."""
    schema = kind.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return frozenset(name for part in parts for name in part.get("properties", ()))


def _check_media_type(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if media_type != "application/json" or coding != "identity":
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "A command is sent as JSON, uncompressed.",
            remedy="Send Content-Type: application/json, and no Content-Encoding.",
            headers={"Accept": "application/json"},
        )


def _too_large(limit_bytes: int) -> Problem:
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body_too_large",
        f"The body is larger than {limit_bytes} bytes.",
        remedy=f"Send at most {limit_bytes} bytes.",
        headers={"Connection": "close"},
        limit_bytes=limit_bytes,
    )


def _with_null(value: Any, place: str = "body") -> str:
    """Where U+0000 stands in the text: neither the database's text columns nor its followers can hold it."""
    match value:
        case str():
            return place if "\x00" in value else ""
        case dict():
            found = (
                place if "\x00" in key else _with_null(one, key if place == "body" else place)
                for key, one in value.items()
            )
        case list():
            found = (_with_null(one, place) for one in value)
        case _:
            return ""
    return next((name for name in found if name), "")
