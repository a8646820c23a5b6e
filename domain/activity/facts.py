"""Facts about an open meeting place or peer group (F4): sessions with counts only, never persons.

The names given here are the storage format: add, never change.
"""

from __future__ import annotations

from domain.fact import Fact

FACTS: tuple[type[Fact], ...] = ()
