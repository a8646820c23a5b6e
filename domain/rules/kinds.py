"""The kinds of rule that a service model may use, told apart by `kind`. A new kind is one file and one line here."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from domain.rules.allowance import Allowance
from domain.rules.cap import Cap
from domain.rules.duration import Duration
from domain.rules.duty import Duty
from domain.rules.frequency import Frequency
from domain.rules.measure import Measure
from domain.rules.note import Note
from domain.rules.precondition import Precondition
from domain.rules.share import Share
from domain.rules.statement import Statement

AnyRule = Statement | Precondition | Allowance | Cap | Duration | Duty | Measure | Frequency | Share | Note
Rule = Annotated[AnyRule, Field(discriminator="kind")]

KINDS: tuple[str, ...] = tuple(
    kind for rule in get_args(AnyRule) for kind in get_args(rule.model_fields["kind"].annotation)
)
