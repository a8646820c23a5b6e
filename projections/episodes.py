"""Episodes: one chain of rows an episode, from referral to outcome, its phases by the day they began, and its moves.

`worked` is true once work is known to have begun, also where no start was recorded; a reopening alone tells of none, so
that where the work never began the phase `active` of a reopening counts as decided.
`area`, `unit_id`, `service` and `model_version` of an episode are the latest in the world, in whatever order they were
recorded (since `placed_on`, `pinned_on`), and so is whether it is paused (since `turned_on`); what they were first
stands beside them, and in `moves` a row for each transfer to another area or unit and each decision to move to another
model. `client_ids` are those for whom it was asked: a child who came along, or was born into it, has a row in
`joined_children` and is a client of it from then on.
Whose part ended before the episode did has a row in `ended_clientships`, and is no client of it from `ended_on` on.

Must never hold: the need, grounds or reasons in words.
"""

from collections.abc import Iterator
from typing import Any

from domain.entry import Entry
from domain.episode.facts import (
    ChildJoined,
    ClientshipEnded,
    DecisionKind,
    DecisionMade,
    EpisodeClosed,
    EpisodeReopened,
    EpisodeResumed,
    EpisodeStarted,
    EpisodeSuspended,
    EpisodeTransferred,
    ReferralReceived,
)
from projections.rows import Amend, Open, Operation, Projection, Table

EPISODES = Table(
    "episodes",
    stream="episode_id",
    key={},
    columns=(
        "client_ids", "area", "unit_id", "source", "channel", "consent", "contact_id", "requested_service", "referrer",
        "purchaser", "need_code", "service", "model_version", "service_task", "referred_on", "decided_on", "refused_on",
        "valid_to", "bounded_on",
        "started_on", "suspended_on", "closed_on", "closure_reason", "outcome", "outcome_service",
        "first_area", "first_unit_id", "granted_service", "granted_model_version", "worked",
        "placed_on", "pinned_on", "turned_on",
    ),
)  # fmt: skip
JOINED = Table("joined_children", stream="episode_id", key={"client_id": "uuid"}, columns=("joined_on",))
ENDED = Table("ended_clientships", stream="episode_id", key={"client_id": "uuid"}, columns=("ended_on",))
MOVES = Table(
    "moves",
    stream="episode_id",
    key={"entry": "int4"},
    columns=("kind", "from_on", "area", "unit_id", "service", "model_version"),
)
PHASES = Table(
    "phases",
    stream="episode_id",
    key={"entry": "int4"},
    columns=("phase", "step", "from_on", "closure_reason", "outcome", "outcome_service"),
)

_ASKED, _DECIDED, _WORKED = 0, 1, 2
"""Steps: what is known of a later one outweighs an earlier one, whatever the days and the order of recording."""


def _phase(entry: Entry, phase: str, step: int, from_on: Any, **closure: Any) -> Operation:
    return Open("phases", (entry.version,), {"phase": phase, "step": step, "from_on": from_on, **closure})


def referred(entry: Entry, fact: ReferralReceived) -> Iterator[Operation]:
    yield Amend(
        "episodes",
        (),
        {
            "client_ids": fact.client_ids,
            "first_area": fact.area,
            "first_unit_id": fact.unit_id,
            "area": fact.area,
            "unit_id": fact.unit_id,
            "source": fact.source,
            "channel": fact.channel,
            "consent": fact.consent,
            "contact_id": fact.contact_id,
            "requested_service": fact.requested_service,
            "referrer": fact.referrer,
            "purchaser": fact.purchaser,
            "need_code": fact.need_code,
            "referred_on": fact.received_on,
        },
        opens=True,
    )
    yield _phase(entry, "referred", _ASKED, fact.received_on)


def decided(entry: Entry, fact: DecisionMade) -> Iterator[Operation]:
    since = fact.valid_from or fact.decided_on if fact.kind is DecisionKind.MOVE else fact.decided_on
    model = {"service": fact.service, "model_version": fact.model_version}
    pinned = Amend("episodes", (), {**model, "service_task": fact.service_task, "pinned_on": since}, since="pinned_on")
    match fact.kind:
        case DecisionKind.GRANTED:
            first = {"granted_service": fact.service, "granted_model_version": fact.model_version}
            yield Amend("episodes", (), {**first, "decided_on": fact.decided_on, "refused_on": None}, opens=True)
            yield _bounded(fact)
            yield pinned
            yield _phase(entry, "decided", _DECIDED, fact.decided_on)
        case DecisionKind.REFUSED:
            yield Amend("episodes", (), {"refused_on": fact.decided_on}, opens=True)
            yield pinned
            yield _phase(entry, "refused", _DECIDED, fact.decided_on)
        case DecisionKind.MOVE:
            yield pinned
            yield Open("moves", (entry.version,), {**model, "kind": "model", "from_on": since})
        case DecisionKind.EXTENSION | DecisionKind.EXCEPTION if fact.valid_to is not None:
            yield _bounded(fact)
        case _:
            pass


def _bounded(decision: DecisionMade) -> Operation:
    to = {"valid_to": decision.valid_to, "bounded_on": decision.decided_on}
    return Amend("episodes", (), to, since="bounded_on")


def transferred(entry: Entry, fact: EpisodeTransferred) -> Iterator[Operation]:
    to = {"area": fact.area, "unit_id": fact.unit_id}
    yield Amend("episodes", (), {**to, "placed_on": fact.transferred_on}, since="placed_on")
    yield Open("moves", (entry.version,), {**to, "kind": "place", "from_on": fact.transferred_on})


def joined(_entry: Entry, fact: ChildJoined) -> Iterator[Operation]:
    yield Open("joined_children", (fact.client_id,), {"joined_on": fact.joined_on})


def ended(_entry: Entry, fact: ClientshipEnded) -> Iterator[Operation]:
    yield Open("ended_clientships", (fact.client_id,), {"ended_on": fact.ended_on})


def started(entry: Entry, fact: EpisodeStarted) -> Iterator[Operation]:
    yield Amend("episodes", (), {"started_on": fact.started_on, "worked": True})
    yield _phase(entry, "active", _WORKED, fact.started_on)


def _turned(on: Any, suspended_on: Any) -> Operation:
    return Amend("episodes", (), {"suspended_on": suspended_on, "turned_on": on}, since="turned_on")


def suspended(entry: Entry, fact: EpisodeSuspended) -> Iterator[Operation]:
    yield Amend("episodes", (), {"worked": True})
    yield _turned(fact.suspended_on, fact.suspended_on)
    yield _phase(entry, "suspended", _WORKED, fact.suspended_on)


def resumed(entry: Entry, fact: EpisodeResumed) -> Iterator[Operation]:
    yield Amend("episodes", (), {"worked": True})
    yield _turned(fact.resumed_on, None)
    yield _phase(entry, "active", _WORKED, fact.resumed_on)


def closed(entry: Entry, fact: EpisodeClosed) -> Iterator[Operation]:
    why = {"closure_reason": fact.reason, "outcome": fact.outcome, "outcome_service": fact.outcome_service}
    yield Amend("episodes", (), {"closed_on": fact.closed_on, **why})
    yield _phase(entry, "closed", _WORKED, fact.closed_on, **why)


def reopened(entry: Entry, fact: EpisodeReopened) -> Iterator[Operation]:
    ends = ("closed_on", "closure_reason", "outcome", "outcome_service", "refused_on")
    yield Amend("episodes", (), dict.fromkeys((*ends, "worked")))
    yield _turned(fact.reopened_on, None)
    yield _phase(entry, "active", _WORKED, fact.reopened_on)


PROJECTION = Projection.beside(
    __name__,
    (EPISODES, JOINED, ENDED, PHASES, MOVES),
    {
        ReferralReceived: referred,
        DecisionMade: decided,
        ChildJoined: joined,
        ClientshipEnded: ended,
        EpisodeTransferred: transferred,
        EpisodeStarted: started,
        EpisodeSuspended: suspended,
        EpisodeResumed: resumed,
        EpisodeClosed: closed,
        EpisodeReopened: reopened,
    },
)
