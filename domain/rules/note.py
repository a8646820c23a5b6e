"""Notes: what a service's card tells and the figures show, and no more. They inform; nobody breaks them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from domain.rules.base import Finding, RuleBase
from domain.rules.case import Case, Selectors


class Note(RuleBase):
    """`codes`: the words that the service uses for it. `counts`: the entries that the figures count."""

    info_only: ClassVar[bool] = True

    kind: Literal["note"]
    codes: tuple[str, ...] = ()
    counts: Selectors = ()

    def find(self, case: Case) -> Iterator[Finding]:
        """Nothing: it only informs."""
        return iter(())
