"""Facts about the quality of a service: criteria, audits, feedback, surveys, supervision.

The names given here are the storage format: add, never change.
"""

from __future__ import annotations

from domain.fact import Fact

FACTS: tuple[type[Fact], ...] = ()
