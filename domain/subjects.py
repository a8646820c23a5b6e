"""Whose a fact's sensitive part is: the clients, each in a service task, under whose keys it is sealed. Pure.

A data key is one client's in one service task (palvelutehtävä), so that it can be destroyed when that content's time
is over. Must never hold: keys, ciphers. Reading never asks this: a sealed segment names its key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple
from uuid import UUID

from domain.calendar import day_in_helsinki
from domain.client.state import ClientState
from domain.conference.state import ConferenceState
from domain.consequence import ModelReference
from domain.contact.state import ContactState
from domain.correction import EntryCorrected, EntryStruckOut
from domain.episode.facts import DecisionMade
from domain.episode.state import EpisodeState
from domain.fact import Fact
from domain.state import StreamState

UNASSIGNED = "unassigned"
"""The task of what belongs to a client before, or without, any service: identity, contacts, referrals."""
OF_THE_STREAM = "of_the_stream"
"""The task of what names no client: a register's workers, quality files, networks, anonymous contacts."""

Tasks = Callable[[ModelReference], str]
"""The service task of a version of a service model."""


class Subject(NamedTuple):
    """Who holds a key and in which task: a client, or a stream that is about no client."""

    holder_id: UUID
    task: str


def subjects(fact: Fact, state: StreamState, stream_id: UUID, tasks: Tasks) -> tuple[Subject, ...]:
    """For whom the fact's sensitive part is sealed, at least one; `state` is the stream's, the fact taken in.

    The clients that the fact itself names; else those of its stream; else the stream. A correction is about whom its
    content is about, a strike-out about whom the struck fact is about. The task is that of the decision, else of the
    service model that the stream is judged by, else UNASSIGNED.
    """
    if isinstance(state, ClientState):
        return (Subject(stream_id, UNASSIGNED),)
    clients = clients_of(fact, state, stream_id)
    if not clients:
        return (Subject(stream_id, OF_THE_STREAM),)
    task = _task(_told_of(fact, state), state, tasks)
    return tuple(Subject(client_id, task) for client_id in clients)


def clients_of(fact: Fact, state: StreamState, stream_id: UUID) -> tuple[UUID, ...]:
    """The clients whom the fact is about: those that it names, else those of its stream; none twice."""
    if isinstance(state, ClientState):
        return (stream_id,)
    told = _told_of(fact, state)
    return tuple(dict.fromkeys(_named(told) or _of_stream(state, told)))


def _told_of(fact: Fact, state: StreamState) -> Fact:
    if isinstance(fact, EntryCorrected):
        return fact.content
    if isinstance(fact, EntryStruckOut):
        return next((_told_of(one.fact, state) for one in state.entries if one.version == fact.entry), fact)
    return fact


def _named(fact: Fact) -> tuple[UUID, ...]:
    several: Iterable[UUID] = fact.said_in("client_ids") or ()
    one: UUID | None = fact.said_in("client_id")
    return tuple(several) or ((one,) if one else ())


def _of_stream(state: StreamState, fact: Fact) -> tuple[UUID, ...]:
    """Of an episode, those whose clientship went on when it happened: neither who left before nor who came since."""
    match state:
        case EpisodeState(ended=ended, joined=joined) if (ended or joined) and (
            moment := fact.happened_at()
        ) is not None:
            return state.clients_on(day_in_helsinki(moment)) or state.client_ids
        case EpisodeState():
            return state.client_ids
        case ConferenceState(convened=convened) if convened is not None:
            return convened.client_ids
        case ContactState(received=received) if received is not None and received.client_id is not None:
            return (received.client_id,)
        case _:
            return ()


def _task(fact: Fact, state: StreamState, tasks: Tasks) -> str:
    if isinstance(fact, DecisionMade):
        return fact.service_task
    if isinstance(state, EpisodeState):
        return state.grant.service_task if state.grant else UNASSIGNED
    return tasks(state.pin) if state.pin else UNASSIGNED
