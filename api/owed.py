"""What somebody owes, one by one, each with the words of its rule.

Never here: what is owed (`projections`), what a rule demands (the register's published models).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.problems import rule_named
from domain.register.state import RegisterState
from projections.answers import Answer, OpenDuty


def with_words(answer: Answer[OpenDuty], register: RegisterState) -> dict[str, Any]:
    """The answer as it is told: of each duty also its `rule`, as everywhere that a rule is named."""
    return {**answer.model_dump(mode="json"), "rows": _told(answer.rows, register)}


def _told(rows: Sequence[OpenDuty], register: RegisterState) -> list[dict[str, Any]]:
    told = []
    for row in rows:
        rule = register.model(row.service, row.model_version).rule_reference(row.rule_id)
        told.append({**row.model_dump(mode="json"), "rule": rule_named(rule)})
    return told
