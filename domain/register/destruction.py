"""Destruction of what is known of a client: asked for, approved by a second person, certified.

A destruction takes away the data keys of one client, in one service task or in all (`domain.subjects`). The names given
here are the storage format. Never here: keys, how a key is destroyed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from pydantic import AwareDatetime

from domain.fact import Fact, StreamKind
from domain.refusal import UnknownDestruction
from domain.register.undertaking import Course, Undertaking
from domain.strict import Ordinal, Position


class DestructionGround(StrEnum):
    """On what ground content is destroyed (domain book § 2; GDPR art. 5(1)(e), 16 and 17)."""

    RETENTION = "retention"
    """The time for which it had to be kept is over."""
    WRONG_CLIENT = "wrong_client"
    """It was recorded for another client than it is about."""
    ERASURE = "erasure"
    """The client has a right to have it erased."""


class DestructionRequested(Fact, name="destruction_requested", stream=StreamKind.REGISTER, sensitive=("reason",)):
    """Somebody asked that what is known of a client in a service task, or (None) in all, be destroyed.

    The reason is sealed for the client, outside every task: it goes with the client's other content.
    """

    destruction_id: UUID
    client_id: UUID
    task: str | None = None
    ground: DestructionGround
    reason: str


class DestructionApproved(Fact, name="destruction_approved", stream=StreamKind.REGISTER):
    """A second person approved it: the entry's actor is not the one of the request."""

    destruction_id: UUID


class DestructionCalledOff(Fact, name="destruction_called_off", stream=StreamKind.REGISTER):
    """It was given up before it was approved."""

    destruction_id: UUID


class DestructionCertified(Fact, name="destruction_certified", stream=StreamKind.REGISTER):
    """The keys are no more, and nothing that they sealed can be opened. This is the certificate.

    `key_ids` are the data keys, `segments_count` the sealed segments that name them among the entries at positions 1 to
    `searched_to`. By the keyring's clock: `fenced_at`, nobody was given the keys any more; `overwritten_at`, they were
    overwritten; `cleaned_at`, no older copy was left in the keyring's files and write-ahead log. `sealed_size` and
    `sealed_root` (base64) are the last checkpoint of the log that was signed before, where there was one.
    """

    destruction_id: UUID
    client_id: UUID
    task: str | None = None
    ground: DestructionGround
    requested_by: str
    approved_by: str
    key_ids: tuple[UUID, ...]
    segments_count: Ordinal
    searched_to: Position
    fenced_at: AwareDatetime
    overwritten_at: AwareDatetime
    cleaned_at: AwareDatetime
    sealed_size: Position | None = None
    sealed_root: str | None = None


DESTRUCTIONS = Course(
    noun="destruction",
    verb="destroy",
    requested=DestructionRequested,
    approved=DestructionApproved,
    called_off=DestructionCalledOff,
    certified=DestructionCertified,
    unknown=UnknownDestruction,
)
FACTS = DESTRUCTIONS.facts
Destruction: TypeAlias = Undertaking[DestructionRequested, DestructionCertified]
"""One destruction and how far it has come."""


def covers(destruction: Destruction, client_id: UUID, task: str | None) -> bool:
    """Whether it takes away any content that another one, of that client and task, would."""
    asked = destruction.request
    same_task = task is None or asked.task is None or asked.task == task
    return asked.client_id == client_id and same_task
