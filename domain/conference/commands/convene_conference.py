"""The command ConveneConference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from domain.command import Context, Reads
from domain.conference.commands.base import ConferenceCommand
from domain.conference.facts import AnchorGround, ConferenceConvened, ConferenceKind, Handling, PupilScope
from domain.conference.state import ConferenceState
from domain.contact.facts import FamilyConsent
from domain.fact import Fact
from domain.organisations import Organisation, Profession


class ConferenceService(StrEnum):
    """The services whose models judge conferences: a closed code, since no other word may enter an anonymous one."""

    MULTIDISCIPLINARY_WORK = "F2"


class ConveneConference(ConferenceCommand):
    """Call a case conference together, with the family's permission or anonymously.

    Its rules are those of `service` that are in force on the day. In an anonymous one no identity can be told.
    """

    begins = True
    authorises = True

    convened_on: dt.date
    conference_kind: ConferenceKind
    convened_by: Organisation
    handling: Handling | None = None
    convened_through: Profession | None = None
    convener_id: str | None = None
    organisations: tuple[Organisation, ...] = ()
    professions: tuple[Profession, ...] = ()
    permission: FamilyConsent | None = None
    client_ids: tuple[UUID, ...] = ()
    episode_id: UUID | None = None
    follows_conference_id: UUID | None = None
    ground: AnchorGround | None = None
    pupil_scope: PupilScope | None = None
    worry_known_on: dt.date | None = None
    topic: str | None = None
    service: ConferenceService = ConferenceService.MULTIDISCIPLINARY_WORK

    @property
    def begins_anonymously(self) -> bool:
        """Whether nobody may know whose matter it is; the expert group of child welfare knows it never."""
        expert_group = self.conference_kind is ConferenceKind.CHILD_WELFARE_EXPERT_GROUP
        return expert_group or self.handling is Handling.ANONYMOUS

    def reads(self, state: ConferenceState) -> Reads:
        """The clients and the episode whose network meets."""
        return Reads(clients=self.client_ids, episodes=(self.episode_id,) if self.episode_id else ())

    def decide(self, state: ConferenceState, context: Context) -> Sequence[Fact]:
        """Raises ServiceNotKnown."""
        model = context.register.model_in_force(self.service, self.convened_on)
        own = Handling.ANONYMOUS if self.begins_anonymously else Handling.IDENTIFIED
        fields = self.model_dump(exclude={"handling", "service"})
        ages = [context.clients[client_id].age_on(self.convened_on) for client_id in self.client_ids]
        return [
            ConferenceConvened(
                **fields,
                handling=self.handling or own,
                age_years=None if None in ages else max((age for age in ages if age is not None), default=None),
                service=model.service,
                model_version=model.model_version,
            )
        ]
