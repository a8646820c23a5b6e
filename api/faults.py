"""Which problem each fault is answered with: one table for whoever answers, wherever the fault came up.

What is not in it is unexpected: the log's to tell. Never here: requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import psycopg

from api.problems import (
    Problem,
    ProblemAnswer,
    head_astray,
    keyring_astray,
    keyring_not_migrated,
    of_refusal,
    projections_astray,
    record_astray,
    register_not_migrated,
    unavailable,
    unknown_register,
)
from domain.ledger.errors import HeadAstray, LedgerUnavailable, RegisterNotMigrated, UnknownRegister
from domain.ledger.secrecy.keyring import KeyringMissing, KeyringNotMigrated
from domain.ledger.secrecy.sealing import SegmentRefused
from domain.ledger.secrecy.wrapping import RegisterKeyFault
from domain.refusal import Refusal
from projections.store import ProjectionsAstray

_SAME: Mapping[type[Exception], Callable[[], Problem]] = {
    LedgerUnavailable: unavailable,
    psycopg.OperationalError: unavailable,
    RegisterKeyFault: keyring_astray,
    KeyringMissing: keyring_astray,
    KeyringNotMigrated: keyring_not_migrated,
    RegisterNotMigrated: register_not_migrated,
    HeadAstray: head_astray,
    ProjectionsAstray: projections_astray,
    SegmentRefused: record_astray,
}
"""Faults that are always told alike."""

FAULTS: tuple[type[Exception], ...] = (Problem, Refusal, UnknownRegister, *_SAME)
"""Every class of fault that there is a problem for."""


def problem_of(fault: Exception, *, asked_version: bool) -> ProblemAnswer | None:
    """How the fault is answered; None when it is unexpected. `asked_version`: see `of_refusal`."""
    if isinstance(fault, Problem):
        return fault.answer
    if isinstance(fault, Refusal):
        return of_refusal(fault, asked_version=asked_version)
    if isinstance(fault, UnknownRegister):
        return unknown_register(fault.register).answer
    for kind in type(fault).__mro__:
        if kind in _SAME:
            return _SAME[kind]().answer
    return None
