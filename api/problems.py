"""Every way the API says no, as application/problem+json (RFC 9457): one shape, stable codes, what would be right.

Never here: what was sent. A problem names fields and rules, and may be shown, kept and logged by anybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic_core import ErrorDetails, to_jsonable_python

from domain import refusal as no
from domain.refusal import Refusal, RuleReference

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 2

REFUSAL_STATUS: dict[type[Refusal], HTTPStatus] = {
    no.Unknown: HTTPStatus.NOT_FOUND,
    no.CannotBeFact: HTTPStatus.UNPROCESSABLE_ENTITY,
    no.OutOfOrder: HTTPStatus.CONFLICT,
    no.AlreadyThere: HTTPStatus.CONFLICT,
    no.NotAuthorised: HTTPStatus.UNPROCESSABLE_ENTITY,
    no.CommandNotOfService: HTTPStatus.UNPROCESSABLE_ENTITY,
    no.UnsoundModel: HTTPStatus.UNPROCESSABLE_ENTITY,
    no.WrongVersion: HTTPStatus.PRECONDITION_FAILED,
    no.KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""The status of each family of refusals; a refusal has that of its nearest ancestor here."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field; `field` is its path in the body, or the name of a header or parameter."""

    field: str
    message: str


class Problem(Exception):
    """A request that cannot be answered as asked. `code` is stable; `remedy` says what would be right."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        remedy: str = "",
        errors: tuple[FieldError, ...] = (),
        headers: Mapping[str, str] | None = None,
        **details: Any,
    ) -> None:
        super().__init__(detail)
        self.answer = ProblemAnswer(
            status=status,
            type=f"urn:jaksokirja:problem:{code}",
            title=status.phrase,
            code=code,
            detail=detail,
            remedy=remedy,
            errors=errors,
            headers=headers or {},
            details=details,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemAnswer:
    """A problem as it is answered; `details` are members of its own beside the common ones."""

    status: HTTPStatus
    type: str
    title: str
    code: str
    detail: str
    remedy: str = ""
    rule: RuleReference | None = None
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The members of the problem; what is empty is left out."""
        members: dict[str, Any] = {
            **self.details,
            "type": self.type,
            "title": self.title,
            "status": int(self.status),
            "code": self.code,
            "detail": self.detail,
        }
        if self.remedy:
            members["remedy"] = self.remedy
        if self.rule is not None:
            members["rule"] = rule_named(self.rule)
        if self.errors:
            members["errors"] = [{"field": error.field, "message": error.message} for error in self.errors]
        return members

    def rendered(self) -> JSONResponse:
        """The answer."""
        body = to_jsonable_python(self.body())
        return JSONResponse(body, int(self.status), headers=dict(self.headers), media_type=MEDIA_TYPE)

    def response(self, request: Request) -> JSONResponse:
        """The answer; its code is left on the request for the log."""
        request.state.code = self.code
        return self.rendered()


def rule_named(rule: RuleReference) -> dict[str, Any]:
    """A rule as answers name it."""
    return {
        "service": rule.service,
        "version": rule.model_version,
        "id": rule.rule_id,
        "strength": rule.strength,
        "texts": dict(rule.texts),
        "source": rule.source,
    }


def of_refusal(refusal: Refusal, *, asked_version: bool = True) -> ProblemAnswer:
    """A refusal of the ledger. `asked_version`: the caller named a version, so that a wrong one is a failed condition.

    Without one the stream was only too busy to be written to, and the same command may be sent again.
    """
    status = next(REFUSAL_STATUS[kind] for kind in type(refusal).__mro__ if kind in REFUSAL_STATUS)
    details = dict(refusal.details)
    headers: dict[str, str] = {}
    errors: tuple[FieldError, ...] = ()
    if isinstance(refusal, no.WrongVersion):
        headers["ETag"] = f'"{details.get("current_version", 0)}"'
        if not asked_version:
            status, headers["Retry-After"] = HTTPStatus.CONFLICT, str(RETRY_SECONDS)
    if isinstance(details.get("field"), str):
        errors = (FieldError(details.pop("field"), refusal.message),)
    return ProblemAnswer(
        status=status,
        type=f"urn:jaksokirja:refusal:{refusal.code}",
        title=first_sentence(type(refusal)),
        code=refusal.code,
        detail=refusal.message,
        remedy=refusal.remedy,
        rule=refusal.rule,
        errors=errors,
        headers=headers,
        details=details,
    )


def unknown_register(register: str) -> Problem:
    """No register of that name: the name is not repeated when it cannot be one."""
    named = f"named {register} " if re.fullmatch(r"[a-z][a-z0-9-]{1,40}", register) else ""
    return Problem(
        HTTPStatus.NOT_FOUND,
        no.UnknownRegister.code,
        f"No register {named}is kept here.",
        remedy="GET /v1/registers lists the registers that you may use.",
    )


def unavailable() -> Problem:
    """The database is away."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "ledger_unavailable",
        "The register cannot be reached just now.",
        remedy="Send the same request again, a command with the same Idempotency-Key: nothing is recorded twice.",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def keyring_astray() -> Problem:
    """The keyring is not the one that this process has the register key of, or somebody changed it."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "keyring_out_of_order",
        "What is sealed here cannot be opened: a key of the keyring does not fit, or there is no keyring.",
        remedy="Tell whoever runs the register: the register key must be the one that the keyring was made with.",
    )


def keyring_not_migrated() -> Problem:
    """The keyring is of an earlier release than this process."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "keyring_not_migrated",
        "The keyring is of an earlier release.",
        remedy="Tell whoever runs the register: `jaksokirja migrate` brings the keyring up to date.",
    )


def register_not_migrated() -> Problem:
    """The register and this process are of different releases."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "register_not_migrated",
        "The register and this server are of different releases.",
        remedy="Tell whoever runs the register: `jaksokirja migrate` brings it up to date, and what still runs on an"
        " older release must then be restarted.",
    )


def head_astray() -> Problem:
    """The register's own row is gone, renamed, or not the only one: which log this is cannot be told."""
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "head_astray",
        "The register's own row is not as it was made: somebody changed it.",
        remedy="Tell the controller, and keep the database as it is: `jaksokirja verify --register` tells more.",
    )


def projections_astray() -> Problem:
    """What the projections show is not in the ledger any more: nothing is counted of it."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "projections_astray",
        "The projections have shown events that the ledger does not hold any more.",
        remedy="Tell the administrator: `jaksokirja verify --register` tells what is there, `jaksokirja rebuild` makes"
        " the projections of it anew. Commands are recorded meanwhile.",
    )


def record_astray() -> Problem:
    """A sealed part is not what was sealed at its place: somebody changed what is stored."""
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "segment_refused",
        "What is stored here is not what was sealed here.",
        remedy="Tell the controller, and keep the database as it is: `jaksokirja verify --register` tells more.",
    )


def malformed(*errors: FieldError, code: str = "malformed_request", remedy: str = "") -> Problem:
    """Something of the request is not as it should be: which field, and what is wrong with it."""
    detail = "; ".join(f"{error.field}: {error.message}" for error in errors)
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, code, detail, remedy=remedy, errors=errors)


def malformed_id() -> Problem:
    """The id in the address cannot be one, so that nothing can be there: 404, as of an id that is unknown."""
    return Problem(
        HTTPStatus.NOT_FOUND,
        "malformed_id",
        "An id in this address is malformed, so that nothing can be there.",
        remedy="Streams, clients and families have UUIDs, such as 01890000-0000-7000-8000-000000000001; events a"
        " position, from 1.",
    )


def of_status(status: HTTPStatus, headers: Mapping[str, str] | None = None) -> Problem:
    """A problem that the framework found: no such address, or not by that method."""
    match status:
        case HTTPStatus.NOT_FOUND:
            return Problem(status, "no_such_address", "There is nothing at this address.", remedy="See /openapi.json.")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = (headers or {}).get("allow", "another method")
            remedy = f"Use {allowed}: commands are sent with POST, questions asked with GET."
            return Problem(
                status, "method_not_allowed", "This address has no such method.", remedy=remedy, headers=headers
            )
        case _:
            return Problem(status, status.name.lower(), status.description or status.phrase, headers=headers)


def unexpected() -> Problem:
    """Something failed here that should not have; nothing of it is told."""
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "unexpected_error",
        "Something went wrong here. It has been noted, under the X-Request-Id of this answer.",
        remedy="The same request can be sent again, a command with the same Idempotency-Key.",
    )


def field_errors(faults: list[ErrorDetails], known: frozenset[str], *, skip: int = 0) -> tuple[FieldError, ...]:
    """Each fault of a validator as a field and a sentence, without anything of what was sent.

    `known` are the names that fields can have: other keys are the caller's own words, and are told only where they
    look like a misspelt field. `skip`: how many leading parts of a place are not part of a field's name.
    """
    return tuple(FieldError(_place(fault, known, skip), _sentence(fault)) for fault in faults)


def _place(fault: ErrorDetails, known: frozenset[str], skip: int) -> str:
    parts = [part for part in fault["loc"][skip:] if isinstance(part, int) or part in known]
    last = fault["loc"][-1] if fault["loc"] else ""
    if fault["type"] == "extra_forbidden" and isinstance(last, str) and re.fullmatch(r"[a-z][a-z_]{0,40}", last):
        parts = [*parts, last] if last not in known else parts
    return ".".join(map(str, parts)) or "body"


def _sentence(fault: ErrorDetails) -> str:
    match fault["type"]:
        case "extra_forbidden":
            return "There is no such field here."
        case "union_tag_invalid":
            return f"Should be one of {fault.get('ctx', {}).get('expected_tags', 'the kinds there are')}."
        case "uuid_parsing":
            return "Should be a UUID."
        case "missing":
            return "Is missing."
        case "json_invalid":
            return f"Is no JSON: {fault.get('ctx', {}).get('error', 'it cannot be read')}."
        case "enum" | "literal_error":
            return f"Should be one of {fault.get('ctx', {}).get('expected', 'those there are')}."
        case "too_short":
            return f"Should name {fault.get('ctx', {}).get('min_length', 1)} at least."
        case "int_parsing":
            return "Should be a whole number."
        case kind if kind.startswith("date_") and not kind.startswith("date_time"):
            return "Should be a day that there is, such as 2026-03-31."
        case _:
            return fault["msg"].removeprefix("Value error, ")


def first_sentence(kind: type) -> str:
    """The first sentence of a class's docstring."""
    text = " ".join((kind.__doc__ or kind.__name__).split())
    return re.split(r"(?<=\.)\s", text, maxsplit=1)[0]
