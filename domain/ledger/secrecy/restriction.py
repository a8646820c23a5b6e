"""Carries out an approved restriction, step by step; whatever stops it, it goes on from where it stands.

retire: nothing more is sealed by the keys that sealed the struck entry. wait: until nobody seals by them. part: every
entry is searched for what they sealed; what was drawn for each segment is kept in their place, of the struck entry for
the few alone. let go: until nobody has the keys any more. overwrite: the keys are taken out. clean: no older copy is
left. certify: the struck entry does not open, all else that the keys had sealed does, and the register records it.
What is told meanwhile is sealed by new keys, and all but the struck entry is read all the time.
Never here: who may ask or approve (the commands'), SQL on the keyring (`restriction_keys`, `destruction_cleaning`).
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.amend.struck import wrongly_told
from domain.fact import StreamKind
from domain.ledger.book import Book
from domain.ledger.identity import new_id
from domain.ledger.orders import Order
from domain.ledger.secrecy.carrying_out import CarryingOut, no_progress
from domain.ledger.secrecy.destruction_faults import NotReadAsBefore, RestrictionNotApproved, StillOpens
from domain.ledger.secrecy.opening import KeyringPlace
from domain.ledger.secrecy.restriction_keys import Apart, Count, RestrictionStanding, RetiredKeys, Services
from domain.ledger.secrecy.sealing import PartedKey, Spot, commands_key, draw, unseal
from domain.ledger.secrecy.searching import Progress, sealed_by, segments_of
from domain.register.commands.certify_restriction import CertifyRestriction
from domain.register.restriction import RESTRICTIONS, Restriction, RestrictionCertified


class Step(StrEnum):
    """The steps, in order."""

    RETIRE = "retire"
    WAIT = "wait"
    PART = "part"
    LET_GO = "let_go"
    OVERWRITE = "overwrite"
    CLEAN = "clean"
    CERTIFY = "certify"


class Restricter(CarryingOut[Step]):
    """Carries out the restrictions of one register."""

    def __init__(self, book: Book, dsn: str, place: KeyringPlace, **settings: Any) -> None:
        """`settings`: see CarryingOut. Raises RegisterKeyFault."""
        super().__init__(book, dsn, place.dsn, **settings)
        services = Services(place.service(book.register_name), place.restricted_service(book.register_name))
        self._keys = RetiredKeys(place.dsn, book.register_name, services)

    def close(self) -> None:
        """Let go of the connections; not of the book."""
        self._keys.close()
        super().close()

    def standing(self, restriction_id: UUID) -> RestrictionStanding | None:
        """How far the keys have come; None before anything was retired."""
        return self._keys.standing(restriction_id)

    def restriction(self, restriction_id: UUID) -> Restriction:
        """What the register knows of it. Raises UnknownRestriction."""
        return RESTRICTIONS.one(self._book.register_state().restrictions, restriction_id)

    def carry_out_many(
        self, ids: Sequence[UUID], actor: str, *, wait: bool = True, progress: Progress = no_progress
    ) -> list[RestrictionCertified]:
        """Do what is left of them: leases run out together, entries are searched and files cleaned once.

        The certificates; done already, they are only read. Raises UnknownRestriction, OutOfOrder when an entry is no
        longer struck out, KeysHeld (it goes on from there when asked again), LedgerUnavailable.
        """
        known = {one: self.restriction(one) for one in ids}
        left = [one for one, restriction in known.items() if restriction.certificate is None]
        if any(known[one].approved_by is None or known[one].called_off for one in left):
            raise RestrictionNotApproved(
                "Nobody has approved this restriction.", "A second person runs `restrict approve`."
            )
        if left:
            self._do(Step.RETIRE, left, lambda one: self._retire(one, known[one]))
            self._do(Step.WAIT, left, lambda one: self._wait_for(one, "retired_for_seconds", wait, progress))
            self._do(Step.PART, [left], lambda all_left: self._part(all_left, progress))
            self._do(Step.LET_GO, left, lambda one: self._wait_for(one, "parted_for_seconds", wait, progress))
            self._do(Step.OVERWRITE, left, lambda one: self._overwrite(one, progress))
            self._do(Step.CLEAN, [left], self._cleaned)
            self._do(Step.CERTIFY, left, lambda one: self._certify(one, actor, progress))
        return [certificate for one in ids if (certificate := self.restriction(one).certificate) is not None]

    def _known(self, restriction_id: UUID) -> RestrictionStanding:
        standing = self._keys.standing(restriction_id)
        assert standing is not None  # noqa: S101 -- retiring comes first, and writes it down
        return standing

    def _retire(self, restriction_id: UUID, restriction: Restriction) -> None:
        if self._keys.standing(restriction_id) is not None:
            return
        stream_id = restriction.request.stream_id
        told = wrongly_told(self._book.state(stream_id, StreamKind.EPISODE), restriction.request.entry)
        versions = [entry.version for entry in told]
        records = [one for one in self._book.ledger.read_stream(stream_id) if one.version in versions]
        key_ids = sorted({segment.key_id for record in records for segment in segments_of(record)})
        self._keys.retire(restriction_id, stream_id, versions, key_ids)

    def _wait_for(self, restriction_id: UUID, since: str, wait: bool, progress: Progress) -> None:
        self._wait(lambda: float(getattr(self._known(restriction_id), since)), wait=wait, progress=progress)

    def _part(self, ids: Sequence[UUID], progress: Progress) -> None:
        standings = {one: standing for one in ids if (standing := self._known(one)).parted_at is None}
        upto = self._book.ledger.head()[0]
        drawn = self._drawn({key_id for one in standings.values() for key_id in one.key_ids}, {}, upto, progress)
        for restriction_id, standing in standings.items():
            self._keys.part(Apart(restriction_id, self._spots(standing)), drawn, upto)

    def _overwrite(self, restriction_id: UUID, progress: Progress) -> None:
        standing = self._known(restriction_id)
        if standing.overwritten_at is None:
            upto = self._book.ledger.head()[0]
            searched_to = self._keys.searched_to(standing.key_ids)
            self._keys.overwrite(restriction_id, self._drawn(searched_to, searched_to, upto, progress), upto)

    def _drawn(
        self, key_ids: Collection[UUID], after: Mapping[UUID, int], upto: int, progress: Progress
    ) -> dict[UUID, PartedKey]:
        """What the keys sealed, each `after` its position (else from the first on): drawn, and tried on the segment.

        Raises SegmentRefused, when a record is not what was recorded.
        """
        secrets = self._keys.secrets(key_ids)
        drawn: dict[UUID, dict[Spot, bytes]] = {key_id: {} for key_id in secrets}
        parted = {one: PartedKey(one, drawn[one], commands_key(key)) for one, key in secrets.items()}
        origin = self._book.ledger.origin()
        first = min((after.get(key_id, 0) for key_id in secrets), default=upto)
        for one in sealed_by(self._database, secrets.keys(), first, upto, progress):
            if one.record.position > after.get(one.key_id, 0):
                place = one.place(origin)
                drawn[one.key_id][place.spot] = draw(one.segment, secrets[one.key_id], place)
                unseal(one.segment, parted[one.key_id], place)
        return parted

    def _spots(self, standing: RestrictionStanding) -> frozenset[Spot]:
        records = self._book.ledger.read_stream(standing.stream_id)
        told = [record for record in records if record.version in standing.versions]
        return frozenset(
            (one.record.stream_id, one.record.version, one.number) for record in told for one in segments_of(record)
        )

    def _cleaned(self, ids: Sequence[UUID]) -> None:
        uncleaned = [one for one in ids if self._known(one).cleaned_at is None]
        if uncleaned:
            self._clean()
        for restriction_id in uncleaned:
            self._keys.note_cleaned(restriction_id)

    def _certify(self, restriction_id: UUID, actor: str, progress: Progress) -> None:
        standing = self._known(restriction_id)
        self._book.safe.keyring.forget()
        searched_to = self._book.ledger.head()[0]
        counts = self._keys.counts(restriction_id, standing.key_ids)
        self._check_read(standing, counts, searched_to, progress)
        sealed = self._last_checkpoint()
        command = CertifyRestriction(
            restriction_id=restriction_id,
            versions=standing.versions,
            key_ids=standing.key_ids,
            restricted_count=sum(count.by_this for count in counts.values()),
            kept_count=sum(count.kept for count in counts.values()),
            searched_to=searched_to,
            **_moments(standing),
            sealed_size=sealed.size if sealed else None,
            sealed_root=base64.b64encode(sealed.root).decode() if sealed else None,
        )
        self._book.execute(
            Order(stream_id=self._book.register_id, command=command, command_id=new_id(), actor=actor),
        )

    def _check_read(
        self, standing: RestrictionStanding, counts: Mapping[UUID, Count], upto: int, progress: Progress
    ) -> None:
        """Raises StillOpens for what was struck, NotReadAsBefore when anything else does not open that did."""
        apart, opened, closed = self._spots(standing), Counter[UUID](), Counter[UUID]()
        for one in sealed_by(self._database, standing.key_ids, 0, upto, progress):
            opens = self._book.safe.opens(one.record, one.number)
            if opens and (one.record.stream_id, one.record.version, one.number) in apart:
                raise StillOpens(f"The entry at position {one.record.position} opens.", "Look at the keyring.")
            (opened if opens else closed)[one.key_id] += 1
        for key_id, count in counts.items():
            if (opened[key_id], closed[key_id]) != (count.kept, count.restricted):
                raise NotReadAsBefore(
                    f"Of what key {key_id} sealed, {opened[key_id]} segments open and {closed[key_id]} do not;"
                    f" {count.kept} were kept and {count.restricted} restricted.",
                    "Look at who changed the keyring; a process that slept for minutes may have sealed late.",
                )


def _moments(standing: RestrictionStanding) -> dict[str, Any]:
    names = ("retired_at", "parted_at", "overwritten_at", "cleaned_at")
    return {name: getattr(standing, name) for name in names}
