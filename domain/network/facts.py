"""Facts about the steering of a family centre (F5): groups and their meetings, goals, the year clock.

The names given here are the storage format: add, never change.
"""

from __future__ import annotations

from domain.fact import Fact

FACTS: tuple[type[Fact], ...] = ()
