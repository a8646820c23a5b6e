"""Episodes: one chain of rows an episode, from referral to outcome, its phases by the day they began, and its moves.

`worked` is true once work is known to have begun, also where no start was recorded.
`area`, `unit_id`, `service` and `model_version` of an episode are the latest known; what they were first stands beside
them, and in `moves` a row for each transfer to another area or unit and each decision to move to another model.

Must never hold: the need, grounds or reasons in words.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from domain.entry import Entry, in_force
from domain.episode.facts import (
    ChildJoined,
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
from domain.fact import Fact
from projections.rows import Amend, Handler, Open, Operation, Projection, Stand, Table, stands_on

EPISODES = Table(
    "episodes",
    stream="episode_id",
    key={},
    columns=(
        "client_ids", "area", "unit_id", "source", "channel", "consent", "contact_id", "requested_service", "referrer",
        "purchaser", "need_code", "service", "model_version", "service_task", "referred_on", "decided_on", "refused_on",
        "valid_to", "started_on", "suspended_on", "closed_on", "closure_reason", "outcome", "outcome_service",
        "first_area", "first_unit_id", "granted_service", "granted_model_version", "worked",
    ),
)  # fmt: skip
MOVES = Table(
    "moves",
    stream="episode_id",
    key={"entry": "int4"},
    columns=("kind", "from_on", "area", "unit_id", "service", "model_version"),
)
PHASES = Table("phases", stream="episode_id", key={"entry": "int4"}, columns=("phase", "step", "from_on"))

_ASKED, _DECIDED, _WORKED = 0, 1, 2
"""Steps: what is known of a later one outweighs an earlier one, whatever the days and the order of recording."""


def _phase(entry: Entry, phase: str, step: int, from_on: Any) -> Operation:
    return Open("phases", (entry.version,), {"phase": phase, "step": step, "from_on": from_on})


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
    pinned = {"service": fact.service, "model_version": fact.model_version, "service_task": fact.service_task}
    match fact.kind:
        case DecisionKind.GRANTED:
            first = {"granted_service": fact.service, "granted_model_version": fact.model_version}
            granted = {**pinned, **first, "decided_on": fact.decided_on, "refused_on": None, "valid_to": fact.valid_to}
            yield Amend("episodes", (), granted, opens=True)
            yield _phase(entry, "decided", _DECIDED, fact.decided_on)
        case DecisionKind.REFUSED:
            yield Amend("episodes", (), {**pinned, "refused_on": fact.decided_on}, opens=True)
            yield _phase(entry, "refused", _DECIDED, fact.decided_on)
        case DecisionKind.MOVE:
            yield Amend("episodes", (), pinned)
            to = {"kind": "model", "service": fact.service, "model_version": fact.model_version}
            yield Open("moves", (entry.version,), {**to, "from_on": fact.valid_from or fact.decided_on})
        case DecisionKind.EXTENSION | DecisionKind.EXCEPTION if fact.valid_to is not None:
            yield Amend("episodes", (), {"valid_to": fact.valid_to})
        case _:
            pass


def transferred(entry: Entry, fact: EpisodeTransferred) -> Iterator[Operation]:
    to = {"area": fact.area, "unit_id": fact.unit_id}
    yield Amend("episodes", (), to)
    yield Open("moves", (entry.version,), {**to, "kind": "place", "from_on": fact.transferred_on})


def joined(_entry: Entry, fact: ChildJoined) -> Iterator[Operation]:
    yield Amend("episodes", (), {"client_ids": fact.of_episode})


def started(entry: Entry, fact: EpisodeStarted) -> Iterator[Operation]:
    yield Amend("episodes", (), {"started_on": fact.started_on, "worked": True})
    yield _phase(entry, "active", _WORKED, fact.started_on)


def suspended(entry: Entry, fact: EpisodeSuspended) -> Iterator[Operation]:
    yield Amend("episodes", (), {"suspended_on": fact.suspended_on, "worked": True})
    yield _phase(entry, "suspended", _WORKED, fact.suspended_on)


def resumed(entry: Entry, fact: EpisodeResumed) -> Iterator[Operation]:
    yield Amend("episodes", (), {"suspended_on": None, "worked": True})
    yield _phase(entry, "active", _WORKED, fact.resumed_on)


def closed(entry: Entry, fact: EpisodeClosed) -> Iterator[Operation]:
    ended = {
        "closed_on": fact.closed_on,
        "closure_reason": fact.reason,
        "outcome": fact.outcome,
        "outcome_service": fact.outcome_service,
    }
    yield Amend("episodes", (), ended)
    yield _phase(entry, "closed", _WORKED, fact.closed_on)


def reopened(entry: Entry, fact: EpisodeReopened) -> Iterator[Operation]:
    open_again = dict.fromkeys(("closed_on", "closure_reason", "outcome", "outcome_service"))
    yield Amend("episodes", (), {**open_again, "worked": True})
    yield _phase(entry, "active", _WORKED, fact.reopened_on)


WHEN: Mapping[type[Fact], Handler] = {
    ReferralReceived: referred,
    DecisionMade: decided,
    ChildJoined: joined,
    EpisodeTransferred: transferred,
    EpisodeStarted: started,
    EpisodeSuspended: suspended,
    EpisodeResumed: resumed,
    EpisodeClosed: closed,
    EpisodeReopened: reopened,
}


def refolded(entries: Sequence[Entry]) -> Iterator[Stand]:
    """The entries as they count: a child who came along joins those for whom it rightly was, not those of then."""
    positions = {entry.version: entry.position for entry in entries}
    clients: tuple[UUID, ...] = ()
    for entry in in_force(entries):
        fact = entry.fact
        if isinstance(fact, ReferralReceived):
            clients = fact.client_ids
        handler = WHEN.get(type(fact))
        operations = handler(entry, fact) if handler else ()
        if isinstance(fact, ChildJoined):
            clients = tuple(dict.fromkeys((*clients, fact.client_id)))
            operations = (Amend("episodes", (), {"client_ids": clients}),)
        yield Stand(entry, operations, stands_on(entry, positions))


PROJECTION = Projection.beside(__name__, (EPISODES, PHASES, MOVES), WHEN, refolded)
