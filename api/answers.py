"""What a recorded command is answered with.

Never here: sensitive parts of facts: who sent them knows them, and answers are kept by many.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi.responses import Response
from pydantic_core import to_json

from api.problems import rule_named
from domain.consequence import DeviationNoted, DutyOpened
from domain.entry import Entry
from domain.fact import StreamKind
from domain.ledger.book import Book, Outcome
from domain.register.state import RegisterState


def outcome_answer(book: Book, outcome: Outcome) -> Response:
    """201 with what was recorded, also when it had been recorded before; 200 when nothing had to be."""
    register = outcome.register or book.register_state()
    state = outcome.after
    if state is None:
        then = outcome.position if outcome.replayed else None
        state = book.state(outcome.stream_id, StreamKind.EPISODE, position=then)
    rules = _Rules(register)
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
        "shares": book.shares(state, register),
        "replayed": outcome.replayed,
    }
    headers = {"ETag": f'"{outcome.version}"'}
    if outcome.replayed:
        headers["Idempotency-Replayed"] = "true"
    status = HTTPStatus.CREATED if outcome.entries else HTTPStatus.OK
    return Response(to_json(body), int(status), headers=headers, media_type="application/json")


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

    def __init__(self, register: RegisterState) -> None:
        self._register = register

    def with_rule(self, fact: DutyOpened | DeviationNoted) -> dict[str, Any]:
        model = self._register.model(fact.service, fact.model_version)
        return {**fact.split()[0], "rule": rule_named(model.rule_reference(fact.rule_id))}
