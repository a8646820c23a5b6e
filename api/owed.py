"""What somebody owes, one by one, each with the words of its rule.

Never here: what is owed (`projections`), what a rule demands (the register's published models).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.problems import rule_named
from domain.refusal import UnknownUnit, UnknownWorker
from domain.register.state import RegisterState
from projections.answers import Answer, OpenDuty


def with_words(answer: Answer[OpenDuty], register: RegisterState) -> dict[str, Any]:
    """The answer as it is told: of each duty also its `rule`, as everywhere that a rule is named."""
    return {**answer.model_dump(mode="json"), "rows": _told(answer.rows, register)}


def require_known(register: RegisterState, worker: str | None, unit: str | None) -> None:
    """To be asked where nothing was found: whoever mistyped an id would take it for nothing to be done.

    Raises UnknownWorker, UnknownUnit. Who has left, and a unit that was closed, are known still.
    """
    if worker is not None and worker not in register.workers and worker not in register.terms:
        raise UnknownWorker(
            "No worker of that id was ever enrolled in this register.",
            remedy="Give the id of one who is, such as stands beside what others have.",
        )
    if unit is not None and unit not in register.units:
        raise UnknownUnit(
            "No unit of that id was ever opened in this register.",
            remedy=f"Give the id of one of these: {', '.join(sorted(register.units)) or 'there is none yet'}.",
        )


def _told(rows: Sequence[OpenDuty], register: RegisterState) -> list[dict[str, Any]]:
    told = []
    for row in rows:
        rule = register.model(row.service, row.model_version).rule_reference(row.rule_id)
        told.append({**row.model_dump(mode="json"), "rule": rule_named(rule)})
    return told
