"""What cannot be a fact, whoever says so: checked once, for every fact of every command and correction.

Service rules have no place here: a visit that was held was held (domain book § 2, principle 1).
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from stdnum.fi import hetu

from domain.calendar import day_in_helsinki
from domain.client.facts import ClientRegistered
from domain.client.identity import check_identity
from domain.command import Context
from domain.distinct import check_named_once
from domain.entry import Entry, is_amended
from domain.episode.facts import (
    ClientshipEnded,
    DecisionKind,
    DecisionMade,
    MeetingCancelled,
    MeetingHeld,
    MeetingMissed,
    MeetingPlanned,
    PaymentCommitmentReceived,
    WorkerAssigned,
)
from domain.episode.state import EpisodeState
from domain.fact import Fact
from domain.plainness import check_plain
from domain.refusal import (
    ClientNotOfEpisode,
    EndedBeforeItBegan,
    IdentityInTheClear,
    InTheFuture,
    NullCharacter,
    OutOfOrder,
    WorkerNotOfRegister,
)
from domain.state import StreamState

_NULL_CHARACTER = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""As JSON writes it: behind an even number of backslashes."""
_IDENTITY_CODE = re.compile(
    r"\d(?<![0-9A-Z]\d)\d[\s.]*\d\d[\s.]*\d\d\s*[-+A-FU-Ya-fu-y]\s*\d{3}\s*[0-9A-Ya-y](?![0-9A-Z])"
)
"""What is written as a personal identity code is, also with blanks or dots in its date, with blanks around its sign or
before its check character. Whether that character fits is asked apart."""
_DAY_AND_TIME = re.compile(r"\d\d[\s.]+\d\d[\s.]+\d\d\s*-\s*(?:[01]\d|2[0-3])[0-5]\d", re.ASCII)
"""A day and an hour of it, 12.10.22-1530: such stand in references, and one in 31 would check as a code."""
_AS_DIGITS_ARE, _AS_SIGNS_ARE = b"0123456789" + bytes(range(128, 256)), b"-+ABCDEFUVWXYabcdefuvwxy"
_SHAPE = bytes.maketrans(_AS_DIGITS_ARE + _AS_SIGNS_ARE, b"0" * len(_AS_DIGITS_ARE) + b"-" * len(_AS_SIGNS_ARE))
_SHAPE_OF_IDENTITY_CODE = b"000000-000"
"""A part of such a code's shape: every digit a 0, every sign of a century a -; what is no ASCII may be a digit."""
_UUID = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9A-Za-z])")
"""An id that was drawn: some of its digits may happen to look like an identity code, and check."""


def check_can_be_fact(fact: Fact, context: Context) -> None:
    """Raises NullCharacter, IdentityInTheClear, WordsInTheClear, NamedTwice, InTheFuture, EndedBeforeItBegan,
    WorkerNotOfRegister, MissingIdentity, BadIdentityCode."""
    if isinstance(fact, ClientRegistered):
        check_identity(fact)
    written = fact.model_dump_json()
    if _may_hold_identity_code(written) and _IDENTITY_CODE.search(written):
        _no_identity_in_the_clear(fact)
    if "\\u0000" in written and _NULL_CHARACTER.search(written):
        raise NullCharacter(
            "A text holds the null character (U+0000), which no text can.", remedy="Send the text without it."
        )
    check_plain(fact)
    check_named_once(fact)
    _not_in_the_future(fact, context)
    for beginning, end in fact.spans:
        _not_ended_before_it_began(fact, beginning, end)
    happened_at = fact.happened_at()
    day = day_in_helsinki(happened_at) if happened_at else context.today
    for field in fact.workers:
        for worker_id in _values(getattr(fact, field)):
            if not context.register.may_act(worker_id, day):
                raise WorkerNotOfRegister(
                    f"{worker_id} is not enrolled in this register on {day}.",
                    remedy="Name a worker who is enrolled in this register, or enrol the worker first.",
                    field=field,
                    worker_id=worker_id,
                )


def _may_hold_identity_code(written: str) -> bool:
    """Yes wherever a code is, and seldom else: looking for its shape takes a tenth of looking for it."""
    return _SHAPE_OF_IDENTITY_CODE in "".join(written.split()).encode().translate(_SHAPE, b".")


def _no_identity_in_the_clear(fact: Fact) -> None:
    """What is stored plain cannot be destroyed: a code or a place is told there, never who somebody is."""
    for field, value in fact.split()[0].items():
        codes = _IDENTITY_CODE.findall(_UUID.sub("", to_json(value).decode()))
        if any(map(_is_identity_code, codes)):
            raise IdentityInTheClear(
                f"{field} holds a personal identity code, and would be stored so that everybody can read it.",
                remedy="Name a client by their id; what is told of somebody goes into a field of free text.",
                field=field,
            )


def _is_identity_code(written: str) -> bool:
    """Whether its check character fits, and it is not written as a day and an hour."""
    code = "".join(written.replace(".", "").split()).upper()
    return hetu.is_valid(code, allow_temporary=True) and not _DAY_AND_TIME.fullmatch(written)


def check_clients(client_ids: Iterable[UUID], of_episode: Iterable[UUID], field: str = "client_ids") -> None:
    """Raises ClientNotOfEpisode when somebody is named for whom the episode is not."""
    strangers = set(client_ids) - set(of_episode)
    if strangers:
        raise ClientNotOfEpisode(
            "A client is named who is not in this episode.",
            remedy="Name clients of this episode only.",
            field=field,
            client_ids=sorted(map(str, strangers)),
        )


def check_present(named: Iterable[UUID], present: Iterable[UUID], day: dt.date) -> None:
    """Raises ClientNotOfEpisode when one of its clients is named whose part in it did not go on on the day."""
    absent = set(named) - set(present)
    if absent:
        raise ClientNotOfEpisode(
            f"A client is named who was none of this episode on {day}: not yet, or no longer.",
            remedy="Name in client_ids those who were; or correct the day on which the client came along, or left.",
            field="client_ids",
            client_ids=sorted(map(str, absent)),
        )


def check_continues(
    earlier_id: UUID, episodes: Mapping[UUID, EpisodeState], stream_id: UUID, client_ids: Collection[UUID]
) -> None:
    """That an episode goes on from an earlier one of its clients. Raises ClientNotOfEpisode, OutOfOrder.

    What was held there counts towards this one's cap, and is told as its history. `episodes`: those that it goes on
    from, back to the first.
    """
    if stream_id in line_back(earlier_id, episodes):
        raise OutOfOrder(
            "An episode would go on from itself.",
            remedy="Name an episode that does not go on from this one, or none.",
            field="continues_episode_id",
        )
    if not set(episodes[earlier_id].client_ids) & set(client_ids):
        raise ClientNotOfEpisode(
            "The episode that would go on here is for none of this one's clients.",
            remedy="Name an earlier episode of a client of this one, or none.",
            field="continues_episode_id",
            client_ids=sorted(map(str, client_ids)),
        )


def line_back(last: UUID, episodes: Mapping[UUID, EpisodeState]) -> list[UUID]:
    """The episode and those that it goes on from, the last one first, each once; as far back as they are known."""
    line: list[UUID] = []
    one: UUID | None = last
    while one is not None and one not in line:
        line.append(one)
        one = episodes[one].continues_episode_id if one in episodes else None
    return line


def check_holds_together(before: StreamState, after: StreamState) -> None:
    """That a stream's entries can stand together, however amended. Raises OutOfOrder.

    In which order they can have come, `domain.sequence` asks.
    """
    if not isinstance(after, EpisodeState):
        return
    facts = [entry.fact for entry in after.in_force]
    became = [
        f.meeting_id
        for f in facts
        if isinstance(f, MeetingHeld | MeetingMissed) or (isinstance(f, MeetingCancelled) and _stayed_off(f, facts))
    ]
    grants = [one for one in after.decisions if one.kind is DecisionKind.GRANTED]
    left = [f.client_id for f in facts if isinstance(f, ClientshipEnded)]
    if len(became) > len(set(became)) or len(grants) > 1 or len(left) > len(set(left)):
        raise OutOfOrder(
            "Two entries would stand of which there can be one: of a meeting, of the grant, or of one client's end.",
            remedy="Strike out the one that is wrong first.",
            field="entry",
        )
    if _nobody_is_left(after) and not _nobody_is_left(before):
        raise OutOfOrder(
            "Nobody would be a client of this episode any more.",
            remedy="Strike out the end of whoever is a client still first; or close the episode, if it ended for all.",
            field="entry",
        )


def _stayed_off(called_off: MeetingCancelled, facts: Iterable[Fact]) -> bool:
    """Whether the meeting was not agreed upon anew after it had been called off."""
    return not any(
        isinstance(one, MeetingPlanned)
        and one.meeting_id == called_off.meeting_id
        and one.planned_at > called_off.cancelled_at
        for one in facts
    )


def _nobody_is_left(state: StreamState) -> bool:
    """Whether the part of each of an episode's clients has ended."""
    return isinstance(state, EpisodeState) and bool(state.client_ids) and state.ended.keys() >= {*state.client_ids}


OWN_IDS: dict[type[Fact], str] = {
    DecisionMade: "decision_id",
    PaymentCommitmentReceived: "commitment_id",
    WorkerAssigned: "assignment_id",
}
"""The facts of which each has an id of its own: of two with one id only the later would be shown and counted."""


def check_ids_are_own(before: StreamState, after: StreamState, acts: Sequence[Entry]) -> None:
    """That no act gives a decision, a commitment or an assignment the id of another. Raises OutOfOrder.

    What stood so already hinders no other act.
    """
    if not is_amended(acts) and OWN_IDS.keys().isdisjoint([entry.kind for entry in acts]):
        return
    for kind, own_id in sorted((_told_twice(after) - _told_twice(before)).elements(), key=str):
        raise OutOfOrder(
            f"Another {OWN_IDS[kind].removesuffix('_id')} of this episode has the id {own_id}.",
            remedy="Give it an id of its own, or correct the one that is there.",
            field=OWN_IDS[kind],
        )


def _told_twice(state: StreamState) -> Counter[tuple[type[Fact], UUID]]:
    """How many there are too many of each."""
    own = Counter((one.kind, getattr(one.fact, OWN_IDS[one.kind])) for one in state.in_force if one.kind in OWN_IDS)
    return own - Counter(dict.fromkeys(own, 1))


def _not_in_the_future(fact: Fact, context: Context) -> None:
    for field in (*([fact.happened] if fact.happened else []), *fact.past):
        moment = getattr(fact, field)
        late = (
            moment > context.now
            if isinstance(moment, dt.datetime)
            else isinstance(moment, dt.date) and moment > context.today
        )
        if late:
            raise InTheFuture(
                f"{field} lies in the future.",
                remedy="Record it when it has happened; what is only agreed upon is planned.",
                field=field,
            )


def _not_ended_before_it_began(fact: Fact, beginning: str, end: str) -> None:
    start, stop = getattr(fact, beginning), getattr(fact, end)
    if start is not None and stop is not None and stop < start:
        raise EndedBeforeItBegan(
            f"{end} is before {beginning}.", remedy=f"Give an end that is not before {beginning}.", field=end
        )


def _values(value: Any) -> Iterator[str]:
    if isinstance(value, tuple):
        yield from value
    elif value is not None:
        yield value
