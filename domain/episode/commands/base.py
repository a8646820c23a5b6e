"""What the commands of an episode share: the order in which things can happen, and telling a fact as it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar
from uuid import UUID

from domain.client.state import ClientState
from domain.command import Command, Context
from domain.consequence import ModelReference
from domain.episode.facts import DecisionMade, ReferralReceived
from domain.episode.state import PINNING, EpisodeState, MeetingStatus, pinned_from
from domain.fact import Fact, StreamKind
from domain.refusal import NotBornYet, OutOfOrder, UnknownEpisode
from domain.truth import check_clients


class EpisodeCommand(Command[EpisodeState]):
    """A command of the episode stream."""

    stream = StreamKind.EPISODE


class Telling(EpisodeCommand):
    """A command that tells a fact as it is: its fields are those of the fact `tells`.

    Needs a referral; with `after_grant` a decision that grants the service.
    """

    tells: ClassVar[type[Fact]]
    after_grant: ClassVar[bool] = False

    def decide(self, state: EpisodeState, context: Context) -> Sequence[Fact]:
        """Raises UnknownEpisode, OutOfOrder, ClientNotOfEpisode."""
        if self.after_grant:
            require_granted(state)
        require_referral(state)
        fields: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields}
        if fields.get("client_id"):
            check_clients([fields["client_id"]], state.client_ids, field="client_id")
        return [self.tells(**fields)]


def require_born(clients: Iterable[ClientState], day: dt.date, *, field: str) -> None:
    """An unborn child is nobody's client (domain book § 1). Raises NotBornYet where one is born after that day."""
    if any((age := client.age_on(day)) is not None and age < 0 for client in clients):
        raise NotBornYet(
            f"A client is born after {day}: an unborn child is nobody's client.",
            remedy="Name the mother, and record that she expects a child; or correct the day, or the birth date.",
            field=field,
        )


def require_referral(state: EpisodeState) -> ReferralReceived:
    """The referral that began the episode. Raises UnknownEpisode, and OutOfOrder when it was struck out."""
    if not state.exists:
        raise UnknownEpisode("There is no such episode in this register.", remedy="Begin it with a referral.")
    if state.referral is None:
        raise OutOfOrder("The referral that began this episode was struck out.", remedy="Begin a new episode.")
    return state.referral


def require_granted(state: EpisodeState) -> DecisionMade:
    """The decision that the episode is pinned by. Raises UnknownEpisode, OutOfOrder."""
    require_referral(state)
    if state.grant is None:
        raise OutOfOrder("No decision grants this service.", remedy="Record the decision that grants it first.")
    return state.grant


def require_pinned(state: EpisodeState, day: dt.date) -> ModelReference:
    """The version of a model that a decision of the day is of, whenever it is told: what was in force then.

    One that is dated before the grant is of what was granted. Raises UnknownEpisode, OutOfOrder.
    """
    grant = require_granted(state)
    first = min(pinned_from(one) for one in state.decisions if one.kind in PINNING)
    return state.pin_on(max(day, first)) or ModelReference(grant.service, grant.model_version)


def require_meeting_open(state: EpisodeState, meeting_id: UUID) -> None:
    """Nothing, or a plan, is known of the meeting. Raises OutOfOrder when it was held, cancelled or missed already."""
    status = state.meetings.get(meeting_id, MeetingStatus.PLANNED)
    if status is not MeetingStatus.PLANNED:
        raise OutOfOrder(
            f"That meeting is recorded already, as {status}.",
            remedy="Correct or strike out the entry that is wrong, or give the new meeting an id of its own.",
            field="meeting_id",
        )
