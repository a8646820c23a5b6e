"""Restriction of what a struck entry told of a wrong client: asked for, approved by a second person, certified.

Its content is kept, as evidence of what was there, for the few who must be able to show it, and read by nobody else
(domain book § 2; GDPR art. 18). The names given here are the storage format. Never here: keys, how they are parted.
"""

from __future__ import annotations

from typing import TypeAlias
from uuid import UUID

from pydantic import AwareDatetime

from domain.fact import Fact, StreamKind
from domain.refusal import UnknownRestriction
from domain.register.undertaking import Course, Undertaking
from domain.strict import Ordinal, Position


class RestrictionRequested(Fact, name="restriction_requested", stream=StreamKind.REGISTER, sensitive=("reason",)):
    """Somebody asked that what a struck entry told of a wrong client be read by the few alone.

    `client_ids` are those whom the entry was about; the reason is sealed for them, outside every task.
    """

    restriction_id: UUID
    stream_id: UUID
    entry: Ordinal
    client_ids: tuple[UUID, ...] = ()
    reason: str


class RestrictionApproved(Fact, name="restriction_approved", stream=StreamKind.REGISTER):
    """A second person approved it: the entry's actor is not the one of the request."""

    restriction_id: UUID


class RestrictionCalledOff(Fact, name="restriction_called_off", stream=StreamKind.REGISTER):
    """It was given up before it was approved."""

    restriction_id: UUID


class RestrictionCertified(Fact, name="restriction_certified", stream=StreamKind.REGISTER):
    """What the entry told is read by the few alone, and whatever else its keys had sealed as before: the certificate.

    `versions` are the entries of the stream that told it: the struck one, and corrections of it. `key_ids` are the data
    keys that had sealed it, which are no more; of what they sealed in the entries at positions 1 to `searched_to`,
    `restricted_count` segments were restricted by this and `kept_count` are read as before. By the keyring's clock:
    `retired_at`, nothing more was sealed by the keys; `parted_at`, they were given to nobody any more;
    `overwritten_at`, they were overwritten; `cleaned_at`, no older copy was left in the keyring's files and write-ahead
    log. `sealed_size` and `sealed_root` (base64) are the last checkpoint of the log that was signed before, where there
    was one.
    """

    restriction_id: UUID
    stream_id: UUID
    entry: Ordinal
    versions: tuple[Ordinal, ...]
    requested_by: str
    approved_by: str
    key_ids: tuple[UUID, ...]
    restricted_count: Ordinal
    kept_count: Ordinal
    searched_to: Position
    retired_at: AwareDatetime
    parted_at: AwareDatetime
    overwritten_at: AwareDatetime
    cleaned_at: AwareDatetime
    sealed_size: Position | None = None
    sealed_root: str | None = None


RESTRICTIONS = Course(
    noun="restriction",
    verb="restrict",
    requested=RestrictionRequested,
    approved=RestrictionApproved,
    called_off=RestrictionCalledOff,
    certified=RestrictionCertified,
    unknown=UnknownRestriction,
)
FACTS = RESTRICTIONS.facts
Restriction: TypeAlias = Undertaking[RestrictionRequested, RestrictionCertified]
"""One restriction and how far it has come."""
