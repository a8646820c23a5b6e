"""What a decision carries of others, the episode that it goes on from or its clients: a correction is held to the same.

Never here: what may go on from what (`domain.truth`).
"""

from __future__ import annotations

from uuid import UUID

from domain.command import Context
from domain.correction import EntryCorrected
from domain.episode.ages import TOLD_OF_CLIENTS, expected_then, told_of_clients
from domain.episode.facts import DecisionKind, DecisionMade
from domain.episode.state import EpisodeState
from domain.fact import Fact
from domain.refusal import CannotBeFact
from domain.state import StreamState
from domain.truth import check_clients

AGES = tuple(name for name in TOLD_OF_CLIENTS if name != "adult_ids")
CARRIED = ("continues_episode_id", "continues_service", "meetings_before")


class CarriedWrongly(CannotBeFact):
    """What the entry tells of the episode before is not what stands there."""

    code = "carried_wrongly"


def carried(state: StreamState, before: Fact, content: Fact, context: Context) -> Fact:
    """The right content of a decision, with what it carries from the episode that it then goes on from.

    So a correction of that episode brings its meetings along. Raises CarriedWrongly when others are told than stand
    there: they count towards the cap of the spell. Of its clients' ages on its day the same is asked.
    """
    if not isinstance(content, DecisionMade) or not isinstance(before, DecisionMade):
        return content
    if isinstance(state, EpisodeState) and tells_ages_anew(before, content):
        ages = _ages(state, before, content, context)
        adults = _adults(state, before, content, context) or None
        content = content.model_copy(update={**ages, "adult_ids": adults})
    told = {field for field in CARRIED if getattr(content, field) != getattr(before, field)}
    if not told:
        return content
    right = _right(state, content, context)
    for field in sorted(told):
        if field in right and getattr(content, field) != (value := right[field]):
            raise CarriedWrongly(
                f"{field} is not what the episode before this one tells.",
                remedy=f"It is {'nothing' if value is None else value}: left out, it follows what is continued.",
                field=field,
            )
    return content.model_copy(update=right)


def tells_ages_anew(before: Fact, content: Fact) -> bool:
    """Whether the clients must be seen: a decision's day is another, or it is to tell other ages."""
    if not isinstance(content, DecisionMade) or not isinstance(before, DecisionMade):
        return False
    return any(getattr(content, one) != getattr(before, one) for one in ("decided_on", *TOLD_OF_CLIENTS))


def _ages(state: EpisodeState, before: DecisionMade, content: DecisionMade, context: Context) -> dict[str, object]:
    """The ages on the decision's day, by the birth dates as they are known now; one not known is as it is told.

    All of them, whichever is told anew: so a birth date that was corrected since is brought along.
    """
    right = told_of_clients(state, context.clients, content.decided_on, expected_then)
    ages = {name: right[name] for name in AGES if right[name] is not None}
    for name, value in ages.items():
        if getattr(content, name) not in (value, getattr(before, name)):
            raise CarriedWrongly(
                f"{name} is not what follows from the clients on the day of the decision.",
                remedy=f"It is {value}: left out, it follows the day.",
                field=name,
            )
    return ages


def _adults(state: EpisodeState, before: DecisionMade, content: DecisionMade, context: Context) -> tuple[UUID, ...]:
    """Those who are of age on the decision's day; whoever's birth date cannot be read here as the decision tells."""
    named = content.adult_ids or ()
    if content.adult_ids != before.adult_ids:
        check_clients(named, state.client_ids, field="adult_ids")
    going_on = tuple(dict.fromkeys(state.clients_on(content.decided_on)))
    of_age = {one: context.clients[one].of_age_on(content.decided_on) for one in going_on}
    right = tuple(one for one, is_adult in of_age.items() if (one in named if is_adult is None else is_adult))
    if content.adult_ids != before.adult_ids and set(named) != set(right):
        raise CarriedWrongly(
            "adult_ids are not the clients who are of age on the day of the decision.",
            remedy=f"They are {', '.join(map(str, right)) or 'nobody'}: left out, they follow the day.",
            field="adult_ids",
        )
    return right


def along(state: StreamState, before: Fact, content: Fact, correction: EntryCorrected) -> list[EntryCorrected]:
    """The decisions that moved the episode since carry the same meetings: they are corrected with the grant."""
    if not isinstance(content, DecisionMade) or not isinstance(before, DecisionMade):
        return []
    if content.kind is not DecisionKind.GRANTED or content.meetings_before == before.meetings_before:
        return []
    moves = [
        entry
        for entry in state.in_force
        if isinstance(entry.fact, DecisionMade)
        and entry.fact.kind is DecisionKind.MOVE
        and entry.fact.meetings_before != content.meetings_before
        and not entry.fact.withheld  # what cannot be read here would be lost
    ]
    carries = {"meetings_before": content.meetings_before}
    return [
        correction.model_copy(
            update={"entry": entry.version, "content": DecisionMade.model_validate({**vars(entry.fact), **carries})}
        )
        for entry in moves
    ]


def _right(state: StreamState, content: DecisionMade, context: Context) -> dict[str, object]:
    """What its command would carry: a grant from the episode before, a move from the grant, no other anything."""
    if content.kind is DecisionKind.GRANTED and content.continues_episode_id is not None:
        earlier = context.episodes[content.continues_episode_id]
        service = earlier.grant.service if earlier.grant else None
        return {"continues_service": service, "meetings_before": earlier.client_meetings_in_spell}
    nothing: dict[str, object] = {"continues_service": None, "meetings_before": 0}
    if content.kind is not DecisionKind.MOVE or not isinstance(state, EpisodeState):
        return nothing if content.kind is DecisionKind.GRANTED else {**nothing, "continues_episode_id": None}
    grants = [one.meetings_before for one in state.decisions if one.kind is DecisionKind.GRANTED]
    return {**nothing, "continues_episode_id": None, "meetings_before": grants[-1] if grants else 0}
