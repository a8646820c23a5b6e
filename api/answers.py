"""What a recorded command is answered with.

Never here: sensitive parts of facts: who sent them knows them, and answers are kept by many.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse
from pydantic_core import to_jsonable_python

from api.problems import rule_named
from domain.consequence import DeviationNoted, DutyOpened
from domain.fact import StreamKind
from domain.ledger.book import Book, Outcome
from domain.stream import Entry


def outcome_answer(book: Book, outcome: Outcome) -> JSONResponse:
    """201 with what was recorded, also when it had been recorded before; 200 when nothing had to be."""
    rules = _Rules(book)
    then = outcome.position if outcome.replayed else None
    body = {
        "command_id": outcome.command_id,
        "stream_id": outcome.stream_id,
        "version": outcome.version,
        "position": outcome.position,
        "facts": [fact_told(entry) for entry in outcome.entries],
        "duties_opened": [rules.with_rule(duty) for duty in outcome.opened_duties],
        "duties_met": [duty.split()[0] for duty in outcome.met_duties],
        "deviations": [rules.with_rule(deviation) for deviation in outcome.deviations],
        "warnings": list(outcome.warnings),
        "shares": book.shares(book.state(outcome.stream_id, StreamKind.EPISODE, position=then)),
        "replayed": outcome.replayed,
    }
    headers = {"ETag": f'"{outcome.version}"'}
    if outcome.replayed:
        headers["Idempotency-Replayed"] = "true"
    status = HTTPStatus.CREATED if outcome.entries else HTTPStatus.OK
    return JSONResponse(to_jsonable_python(body), int(status), headers=headers)


def fact_told(entry: Entry) -> dict[str, Any]:
    """An entry with the plain part of its fact."""
    return {
        "version": entry.version,
        "position": entry.position,
        "name": entry.fact.fact_name,
        "occurred_at": entry.occurred_at,
        "recorded_at": entry.recorded_at,
        "fact": entry.fact.split()[0],
    }


class _Rules:
    """Adds to what was concluded the words of its rule, from the models that the register has published."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def with_rule(self, fact: DutyOpened | DeviationNoted) -> dict[str, Any]:
        model = self._book.register_state().model(fact.service, fact.model_version)
        return {**fact.split()[0], "rule": rule_named(model.rule_reference(fact.rule_id))}
