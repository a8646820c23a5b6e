"""The description at /openapi.json: what the framework knows, the commands' fields, and the shape of problems.

Never here: the name of any one command.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from api.commands import command_routes
from api.problems import MEDIA_TYPE

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; `remedy` says what would be right; refusals by a rule name the `rule`.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "remedy": {"type": "string"},
        "rule": {"type": "object"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}

_ID, _TEXT, _NUMBER = {"type": "string", "format": "uuid"}, {"type": "string"}, {"type": "integer"}
_MOMENT = {"type": "string", "format": "date-time"}
_RULE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "service": _TEXT,
        "version": _NUMBER,
        "id": _TEXT,
        "strength": {"enum": ["must", "norm", "info"]},
        "texts": {"type": "object", "description": "In fi, sv and en.", "additionalProperties": _TEXT},
        "source": _TEXT,
    },
}
_CONCLUDED: dict[str, Any] = {"type": "object", "required": ["rule"], "properties": {"rule": _RULE}}
OUTCOME: dict[str, Any] = {
    "type": "object",
    "description": "What a command came to: its facts, and what the rules concluded. Nothing sensitive is told.",
    "required": [
        "command_id", "stream_id", "version", "position", "facts", "duties_opened", "duties_met", "deviations",
        "warnings", "shares", "replayed",
    ],
    "properties": {
        "command_id": _ID | {"description": "The Idempotency-Key, or what follows from it."},
        "stream_id": _ID,
        "version": _NUMBER | {"description": "Where the stream stands now, as in ETag; for If-Match."},
        "position": {"type": ["integer", "null"], "description": "Of its last fact in the ledger; for `wait_for`."},
        "facts": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["version", "position", "name", "occurred_at", "recorded_at", "fact"],
                "properties": {
                    "version": _NUMBER,
                    "position": _NUMBER,
                    "name": _TEXT,
                    "occurred_at": _MOMENT,
                    "recorded_at": _MOMENT,
                    "fact": {"type": "object"},
                },
            },
        },
        "duties_opened": {"type": "array", "items": _CONCLUDED, "description": "What must happen now, and by when."},
        "duties_met": {"type": "array", "items": {"type": "object"}},
        "deviations": {"type": "array", "items": _CONCLUDED, "description": "Rules that it breaks, told beside it."},
        "warnings": {"type": "array", "items": _TEXT},
        "shares": {"type": "array", "items": {"type": "object"}, "description": "Shares that the service follows."},
        "replayed": {"type": "boolean", "description": "It had been recorded before; this is what it came to then."},
    },
}  # fmt: skip


def describe(app: FastAPI) -> None:
    """Let the application answer this description."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _description(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # the framework's own way to have it otherwise


def _description(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    commands = {route.command_type for route in command_routes()}
    models = [(command, "validation") for command in sorted(commands, key=lambda one: one.__name__)]
    _, definitions = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type] # the mode is a literal there
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas |= definitions["$defs"] | {"Outcome": OUTCOME, "Problem": PROBLEM}
    answer = {
        "description": "A problem.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path in schema["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = answer
    for route in command_routes():
        _describe_command(schema["paths"][route.path]["post"])
    return schema


def _describe_command(operation: dict[str, Any]) -> None:
    """Its answers; and that its key is required, which the framework does not know: without one we say so ourselves."""
    outcome = {"application/json": {"schema": {"$ref": "#/components/schemas/Outcome"}}}
    operation["responses"]["200"] = {"description": "Nothing had to be recorded: it is so already.", "content": outcome}
    operation["responses"]["201"] = {"description": "Recorded, now or when it was first sent.", "content": outcome}
    for parameter in operation["parameters"]:
        if parameter["name"] == "Idempotency-Key":
            parameter["required"] = True
            parameter["schema"] = {"type": "string", "minLength": 8}
