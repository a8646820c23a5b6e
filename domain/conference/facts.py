"""Facts about a case conference (F2): who takes part, what is agreed, and whether it began.

The names given here are the storage format: add, never change.
"""

from __future__ import annotations

from domain.fact import Fact

FACTS: tuple[type[Fact], ...] = ()
