"""Restriction of what a struck entry told of a wrong client: asked for, approved by a second person, certified.

Its content is kept, as evidence of what was there, for the few who must be able to show it, and read by nobody else
(domain book § 2; GDPR art. 18). The names given here are the storage format. Never here: keys, how they are parted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from pydantic import AwareDatetime

from domain.fact import Fact, StreamKind
from domain.stream import Entry


class RestrictionRequested(Fact, name="restriction_requested", stream=StreamKind.REGISTER, sensitive=("reason",)):
    """Somebody asked that what a struck entry told of a wrong client be read by the few alone.

    `client_ids` are those whom the entry was about; the reason is sealed for them, outside every task.
    """

    restriction_id: UUID
    stream_id: UUID
    entry: int
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
    entry: int
    versions: tuple[int, ...]
    requested_by: str
    approved_by: str
    key_ids: tuple[UUID, ...]
    restricted_count: int
    kept_count: int
    searched_to: int
    retired_at: AwareDatetime
    parted_at: AwareDatetime
    overwritten_at: AwareDatetime
    cleaned_at: AwareDatetime
    sealed_size: int | None = None
    sealed_root: str | None = None


FACTS: tuple[type[Fact], ...] = (
    RestrictionRequested,
    RestrictionApproved,
    RestrictionCalledOff,
    RestrictionCertified,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """One restriction and how far it has come. Who asked and who approved are actors of the entries."""

    request: RestrictionRequested
    requested_by: str
    requested_at: dt.datetime | None
    approved_by: str | None = None
    called_off: bool = False
    certificate: RestrictionCertified | None = None

    @property
    def under_way(self) -> bool:
        """Whether it is neither called off nor done."""
        return not self.called_off and self.certificate is None


def restrictions(entries: Iterable[Entry]) -> Mapping[UUID, Restriction]:
    """The restrictions of a register by id, from all its entries in order: none of them is amended by a correction."""
    known: dict[UUID, Restriction] = {}
    for entry in entries:
        match entry.fact:
            case RestrictionRequested() as fact:
                known[fact.restriction_id] = Restriction(
                    request=fact, requested_by=entry.actor, requested_at=entry.recorded_at
                )
            case RestrictionApproved() as fact:
                known[fact.restriction_id] = replace(known[fact.restriction_id], approved_by=entry.actor)
            case RestrictionCalledOff() as fact:
                known[fact.restriction_id] = replace(known[fact.restriction_id], called_off=True)
            case RestrictionCertified() as fact:
                known[fact.restriction_id] = replace(known[fact.restriction_id], certificate=fact)
            case _:
                pass
    return known
