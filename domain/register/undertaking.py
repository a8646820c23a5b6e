"""What is done to recorded content by two persons: asked for, approved by a second one, then called off or certified.

Destructions and restrictions are such. Never here: what is done, and to what.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar
from uuid import UUID

from domain.entry import Entry
from domain.fact import Fact
from domain.refusal import OutOfOrder, SecondPersonNeeded, Unknown

RequestT = TypeVar("RequestT", bound=Fact)
CertificateT = TypeVar("CertificateT", bound=Fact)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undertaking(Generic[RequestT, CertificateT]):
    """One of them and how far it has come. Who asked and who approved are actors of the entries."""

    request: RequestT
    requested_by: str
    requested_at: dt.datetime | None
    approved_by: str | None = None
    called_off: bool = False
    certificate: CertificateT | None = None

    @property
    def under_way(self) -> bool:
        """Whether it is neither called off nor done."""
        return not self.called_off and self.certificate is None


@dataclass(frozen=True, kw_only=True)
class Course(Generic[RequestT, CertificateT]):
    """The way that all undertakings of one kind go.

    `noun` is the kind's name, with `_id` the field that names one in its facts; `verb` is what is done, and the command
    line's word for it. `unknown` is raised for an id that nobody asked with.
    """

    noun: str
    verb: str
    requested: type[RequestT]
    approved: type[Fact]
    called_off: type[Fact]
    certified: type[CertificateT]
    unknown: type[Unknown]

    @property
    def field(self) -> str:
        """The field that names one in its facts."""
        return f"{self.noun}_id"

    @property
    def facts(self) -> tuple[type[Fact], ...]:
        """The facts of the kind, in the order in which they come."""
        return self.requested, self.approved, self.called_off, self.certified

    def of(self, entries: Iterable[Entry]) -> dict[UUID, Undertaking[RequestT, CertificateT]]:
        """Those of a register by id, from all its entries in order: no correction amends any of them."""
        known: dict[UUID, Undertaking[RequestT, CertificateT]] = {}
        for entry in entries:
            fact = entry.fact
            if not isinstance(fact, self.facts):
                continue
            its_id: UUID = getattr(fact, self.field)
            if isinstance(fact, self.requested):
                known[its_id] = Undertaking(request=fact, requested_by=entry.actor, requested_at=entry.recorded_at)
            elif isinstance(fact, self.approved):
                known[its_id] = replace(known[its_id], approved_by=entry.actor)
            elif isinstance(fact, self.called_off):
                known[its_id] = replace(known[its_id], called_off=True)
            elif isinstance(fact, self.certified):
                known[its_id] = replace(known[its_id], certificate=fact)
        return known

    def one(
        self, known: Mapping[UUID, Undertaking[RequestT, CertificateT]], its_id: UUID
    ) -> Undertaking[RequestT, CertificateT]:
        """That one of the known. Raises `unknown`."""
        found = known.get(its_id)
        if found is None:
            raise self.unknown(
                f"No {self.noun} of that id was asked for in this register.",
                remedy=f"`jaksokirja {self.verb} status` lists them.",
                field=self.field,
            )
        return found

    def under_way(
        self, known: Mapping[UUID, Undertaking[RequestT, CertificateT]], its_id: UUID
    ) -> Undertaking[RequestT, CertificateT]:
        """That one of the known, which is neither called off nor done. Raises `unknown`, OutOfOrder."""
        found = self.one(known, its_id)
        if not found.under_way:
            told = "called off" if found.called_off else "carried out and certified"
            raise OutOfOrder(
                f"This {self.noun} was {told}.", remedy=f"Ask for a new one where there is more to {self.verb}."
            )
        return found

    def approval(
        self, known: Mapping[UUID, Undertaking[RequestT, CertificateT]], its_id: UUID, actor: str
    ) -> list[Fact]:
        """What `actor` approving it records: nothing when it is approved. Raises as under_way, SecondPersonNeeded."""
        found = self.under_way(known, its_id)
        if actor == found.requested_by:
            raise SecondPersonNeeded(
                f"{actor} asked for this {self.noun} and cannot approve it.",
                remedy="Let another person read the request and approve it.",
            )
        return [] if found.approved_by is not None else [self.approved(**{self.field: its_id})]

    def calling_off(self, known: Mapping[UUID, Undertaking[RequestT, CertificateT]], its_id: UUID) -> list[Fact]:
        """What giving it up records: nothing when it is called off. Raises as under_way, OutOfOrder once approved."""
        found = known.get(its_id)
        if found is not None and found.called_off:
            return []
        if self.under_way(known, its_id).approved_by is not None:
            raise OutOfOrder(
                "It is approved: something may be done to its keys already.",
                remedy=f"Carry it out: `jaksokirja {self.verb} carry-out`.",
            )
        return [self.called_off(**{self.field: its_id})]

    def to_certify(
        self, known: Mapping[UUID, Undertaking[RequestT, CertificateT]], its_id: UUID
    ) -> tuple[Undertaking[RequestT, CertificateT], str] | None:
        """That one of the known and who approved it; None when it is certified. Raises as under_way, OutOfOrder."""
        found = known.get(its_id)
        if found is not None and found.certificate is not None:
            return None
        found = self.under_way(known, its_id)
        if found.approved_by is None:
            raise OutOfOrder("It is not approved.", remedy="Let a second person approve it.")
        return found, found.approved_by
