"""The command CorrectEntry."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, ValidationError, create_model
from pydantic_core import to_json

from domain.amend.base import AnyStreamCommand, entry_to_amend, is_amendment, is_standing
from domain.amend.carried import along, carried, tells_ages_anew
from domain.command import Context, Reads
from domain.conference.facts import ConferenceConvened
from domain.contact.facts import ContactReceived
from domain.correction import EntryCorrected, MistakeKind
from domain.episode.facts import (
    DecisionMade,
    MeetingCancelled,
    MeetingHeld,
    MeetingMissed,
    MeetingPlanned,
    ReferralReceived,
    ReportWritten,
)
from domain.episode.leaving import check_told_of, day_met
from domain.episode.state import EpisodeState
from domain.fact import Fact, JsonObject
from domain.refusal import CannotBeFact, ContentWithheld, OutOfOrder
from domain.state import StreamState
from domain.strict import EntryAsked, Strict
from domain.truth import check_can_be_fact, check_clients, check_continues, check_present
from domain.withheld import Withheld

_LIKE_A_FIELD = re.compile(r"[a-z][a-z_]{0,40}")
Reason = Annotated[str, Field(min_length=1)]


class BadCorrection(CannotBeFact):
    """The entry would not be a fact with that content."""

    code = "bad_correction"


class CorrectEntry(AnyStreamCommand):
    """Say what entry number `entry` should have said: `changes` are the fields that differ (oikaisu)."""

    entry: EntryAsked
    mistake: MistakeKind
    changes: Annotated[JsonObject, Field(min_length=1)]
    reason: Reason

    def reads(self, state: StreamState) -> Reads:
        """Whom and what the right content names, where the entry it corrects could only name what there is."""
        before, content = self._contents(state)
        if content == before:
            return Reads()
        match content:
            case ReferralReceived():
                contacts = (content.contact_id,) if content.contact_id else ()
                return Reads(clients=content.client_ids, contacts=contacts, continued=_continued(state))
            case ContactReceived():
                return Reads(clients=(content.client_id,) if content.client_id else ())
            case ConferenceConvened():
                return Reads(clients=content.client_ids, episodes=(content.episode_id,) if content.episode_id else ())
            case DecisionMade():
                return Reads(
                    clients=getattr(state, "client_ids", ()) if tells_ages_anew(before, content) else (),
                    continued=(content.continues_episode_id,) if content.continues_episode_id else (),
                )
            case _:
                return Reads()

    def decide(self, state: StreamState, context: Context) -> Sequence[Fact]:
        """No fact when it says so already. Raises UnknownEntry, OutOfOrder, BadCorrection, and what no fact may be."""
        before, content = self._contents(state)
        if content == before:
            return []
        try:
            check_can_be_fact(content, context)
            _check_same_people(state, before, content)
            _check_same_spell(state, content, context)
            content = carried(state, before, content, context)
        except (CannotBeFact, OutOfOrder) as refusal:
            if "field" in refusal.details:
                refusal.details["field"] = f"changes.{refusal.details['field']}"
            raise
        correction = EntryCorrected(entry=self.entry, mistake=self.mistake, content=content, reason=self.reason)
        return [correction, *along(state, before, content, correction)]

    def _contents(self, state: StreamState) -> tuple[Fact, Fact]:
        """What the entry says, and what it should have said."""
        entry = entry_to_amend(state, self.entry)
        if is_amendment(entry) or not is_standing(state, entry):
            raise OutOfOrder(
                f"Entry {self.entry} is a correction or strike-out, or has been struck out.",
                remedy="Strike out the wrong correction or strike-out; then what stood before stands again.",
                field="entry",
            )
        before = next(standing.fact for standing in state.in_force if standing.version == self.entry)
        return before, self._changed(before)

    def _check_keeps_what_is_withheld(self, before: Fact) -> None:
        lost = _lost(before, set(self.changes))
        if lost:
            raise ContentWithheld(
                f"The entry's {', '.join(lost)} cannot be read here, and a correction would lose it.",
                remedy="Correct it where its content can be read, or tell these fields anew among the changes.",
                field="changes",
            )

    def _changed(self, before: Fact) -> Fact:
        """The entry with the changes, read as a command is. What is not told anew stays as it was recorded."""
        kind = type(before)
        kept = {field: vars(before)[field] for field in kind.model_fields if field not in before.withheld}
        self._check_keeps_what_is_withheld(before)
        try:
            known = frozenset(kind.model_fields).intersection(self.changes)
            told = _some_of(kind, known).model_validate_json(to_json(self.changes), strict=True)
            return kind.model_validate({**kept, **{field: getattr(told, field) for field in type(told).model_fields}})
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            field = ".".join(["changes", *(str(part) for part in first["loc"] if _may_be_told(part))])
            raise BadCorrection(
                f"With these changes the entry is no fact: {field}: {first['msg']}.",
                remedy=f"The fields are {', '.join(kind.model_fields)}.",
                field=field,
            ) from None


@lru_cache(maxsize=256)
def _some_of(kind: type[Fact], told: frozenset[str]) -> type[Strict]:
    """What reads those fields of such a fact, and no others."""
    fields: dict[str, Any] = {
        name: (one.rebuild_annotation(), one) for name, one in kind.model_fields.items() if name in told
    }
    return create_model("Changes", __base__=Strict, **fields)


def _may_be_told(part: int | str) -> bool:
    """Whether a part of a place is a number, or looks like a field's name: other keys are the caller's own words."""
    return isinstance(part, int) or _LIKE_A_FIELD.fullmatch(part) is not None


def _lost(before: Fact, told: set[str]) -> list[str]:
    """What a correction that tells only these fields would lose; what was destroyed is lost already, if optional."""
    return sorted(
        field
        for field, why in before.withheld.items()
        if field not in told and (why is not Withheld.DESTROYED or field in before.stand_ins)
    )


def _check_same_people(state: StreamState, before: Fact, content: Fact) -> None:
    """Only a referral says who the clients of an episode are; whatever else names clients names some of them."""
    of_episode = getattr(state, "client_ids", ())
    if not of_episode or isinstance(content, ReferralReceived):
        return
    if isinstance(state, EpisodeState) and isinstance(content, MeetingHeld | MeetingPlanned):
        _check_clients_then(state, before, content)
    if isinstance(content, MeetingCancelled | MeetingMissed):
        _check_somebody_waited(before, content)
    if isinstance(state, EpisodeState) and isinstance(content, ReportWritten):
        _check_days_told_of(state, before, content)
    for field in ("client_ids", "client_id"):
        named = getattr(content, field, None)
        if named and named != getattr(before, field):
            check_clients(named if isinstance(named, tuple) else (named,), of_episode, field=field)


def _check_clients_then(state: EpisodeState, before: Fact, content: MeetingHeld | MeetingPlanned) -> None:
    """Nobody is on a counter of a day before they came or after they left, whether it is moved or given to others."""
    day = day_met(content)
    if isinstance(before, MeetingHeld | MeetingPlanned) and (day, content.client_ids) == (
        day_met(before),
        before.client_ids,
    ):
        return
    check_present(set(content.client_ids) & set(state.client_ids), state.clients_on(day), day)


def _check_somebody_waited(before: Fact, content: MeetingCancelled | MeetingMissed) -> None:
    """A meeting was agreed upon with workers, as its commands ask: else it would be counted under nobody."""
    if getattr(before, "worker_ids", ()) and not content.worker_ids:
        raise BadCorrection(
            "It would name no worker, and count under nobody.",
            remedy="Name those with whom the meeting had been agreed upon.",
            field="worker_ids",
        )


def _check_days_told_of(state: EpisodeState, before: Fact, content: ReportWritten) -> None:
    """As when it was written, where its client or its days are told anew; what stood so already hinders nothing."""
    if any(getattr(content, one) != getattr(before, one) for one in ("client_id", "covers_from", "covers_to")):
        check_told_of(state, content)


def _continued(state: StreamState) -> tuple[UUID, ...]:
    """The episode whose spell of work goes on in this one, if one does."""
    earlier = state.continues_episode_id if isinstance(state, EpisodeState) else None
    return (earlier,) if earlier else ()


def _check_same_spell(state: StreamState, content: Fact, context: Context) -> None:
    """An episode continues one of its clients', whether what it continues is corrected or who its clients are."""
    if not isinstance(state, EpisodeState):
        return
    continued, client_ids = _continued(state), state.client_ids
    if isinstance(content, DecisionMade) and content.continues_episode_id:
        continued = (content.continues_episode_id,)
    elif isinstance(content, ReferralReceived):
        client_ids = (*content.client_ids, *state.joined)
    if (continued, client_ids) != (_continued(state), state.client_ids):
        for earlier in continued:
            check_continues(earlier, context.episodes, context.stream_id, client_ids)
