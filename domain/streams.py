"""The kinds of stream and how each is folded: the one place that knows them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

from domain.activity.nobody import check_names_nobody
from domain.activity.state import ActivityState, fold_activity
from domain.catalogue.acts import JUDGED, check_acts, check_runs_on
from domain.catalogue.model import ServiceModel
from domain.client.state import fold_client
from domain.command import Command
from domain.conference.anonymity import check_no_identity
from domain.conference.state import ConferenceState, fold_conference
from domain.consequence import ModelReference, concluded
from domain.contact.state import fold_contact
from domain.correction import EntryCorrected
from domain.entry import Entry, in_force, is_amended
from domain.episode.facts import DecisionKind, DecisionMade
from domain.episode.state import PINNING, EpisodeState, continue_episode, fold_episode, pinned_from, pinning_order
from domain.fact import Fact, StreamKind
from domain.network.state import fold_network
from domain.quality.state import fold_quality
from domain.register.state import RegisterState, continue_register, fold_register
from domain.rules.moved import Move, Moved
from domain.state import StreamState, with_changes


def fold_stream(kind: StreamKind, entries: Sequence[Entry]) -> StreamState:
    """What is so, of a stream of that kind, from all its entries in order."""
    standing = in_force(entries) if is_amended(entries) else list(entries)
    state: StreamState
    match kind:  # most streams are episodes: each case before costs a question
        case StreamKind.EPISODE:
            return fold_episode(entries, standing)
        case StreamKind.REGISTER:
            state = fold_register(entries, standing)
        case StreamKind.CLIENT:
            state = fold_client(entries, standing)
        case StreamKind.CONTACT:
            state = fold_contact(entries, standing)
        case StreamKind.CONFERENCE:
            state = fold_conference(entries, standing)
        case StreamKind.ACTIVITY:
            state = fold_activity(entries, standing)
        case StreamKind.QUALITY:
            state = fold_quality(entries, standing)
        case StreamKind.NETWORK:
            state = fold_network(entries, standing)
        case _:
            assert_never(kind)
    return with_changes(state, concluded=concluded(standing))


def continue_stream(state: StreamState, kind: StreamKind, news: Sequence[Entry]) -> StreamState:
    """What is so of the stream with those entries more: the same as folding all of them, at the cost of the new ones.

    Where the new ones amend earlier ones, everything is folded again, and nothing is left of what had been judged.
    """
    entries = (*state.entries, *news)
    if is_amended(news) or not state.exists:
        return fold_stream(kind_of(entries) or kind, entries)
    if isinstance(state, RegisterState):
        return with_changes(continue_register(state, news), concluded=state.concluded.with_entries(news))
    if not isinstance(state, EpisodeState):
        return with_changes(fold_stream(kind_of(entries) or kind, entries), judged=state.judged)
    return continue_episode(state, news)


def recorded_stream(
    before: StreamState, after: StreamState, kind: StreamKind, recorded: Sequence[Entry]
) -> StreamState:
    """The stream that stood as `before`, when these entries are recorded; `after` took in the first of them, undated.

    The same as `continue_stream` of the state before, at the cost of what the one after has not seen: what an episode's
    state says, and what was judged in it, hangs on no position and no moment of recording.
    """
    if is_amended(recorded):
        return continue_stream(before, kind, recorded)
    if not isinstance(after, EpisodeState):
        return with_changes(continue_stream(before, kind, recorded), judged=after.judged)
    unseen = [entry for entry in recorded if entry.version > after.version]
    whole = continue_episode(after, unseen) if unseen else after
    return with_changes(whole, entries=(*before.entries, *recorded), in_force=(*before.in_force, *recorded))


def kind_of(entries: Sequence[Entry]) -> StreamKind | None:
    """The kind of the stream: that of its first fact."""
    return entries[0].kind.stream if entries else None


def check_admits(state: StreamState, command: Command[Any]) -> None:
    """That the stream may hear the command at all, before anything is read or decided for it. Raises a Refusal."""
    if isinstance(state, ConferenceState):
        check_no_identity(state, command)
    if isinstance(state, ActivityState):
        check_names_nobody(command)


def check_of_service(
    state: StreamState,
    command: Command[Any],
    models: Mapping[tuple[str, int], ServiceModel],
    facts: Sequence[Fact] = (),
) -> None:
    """That the stream's service knows the command, and that the services it names run on this kind of stream.

    Asked before anything is decided, and again of the stream with the `facts` that follow. `models`: those published
    in the register. Raises CommandNotOfService.
    """
    kind, pin = kind_of(state.entries), pin_of(state)
    if kind is None or kind not in JUDGED:
        return
    told = [fact.content if isinstance(fact, EntryCorrected) else fact for fact in facts]
    for fact in told:
        check_runs_on(kind, fact, models.values())
    acts = [*(fact.fact_name for fact in told), *([command.tells.fact_name] if command.tells else [])]
    pinned = models.get((pin.service, pin.model_version)) if pin else None
    check_acts(kind, acts, command.command_name(), pinned, models.values())


def pin_of(state: StreamState) -> ModelReference | None:
    """The version of a service model that the stream is judged by, once there is one."""
    return state.pin


def pins_of(state: StreamState) -> dict[ModelReference, Moved | None]:
    """The versions of service models that the stream is or was judged by, the earliest in the world first.

    With when each was in force; None where it always was.
    """
    pin = pin_of(state)
    if pin is None or not isinstance(state, EpisodeState):
        return {pin: None} if pin else {}
    if [one.kind for one in state.decisions if one.kind in PINNING] == [DecisionKind.GRANTED]:
        return {pin: None}
    decided = [
        (Move(pinned_from(entry.fact), entry.version), entry.fact)
        for entry in state.in_force
        if isinstance(entry.fact, DecisionMade) and entry.fact.kind in PINNING
    ]
    pinning = sorted(decided, key=lambda one: (pinning_order(one[1]), one[0]))
    pins = [ModelReference(one.service, one.model_version) for _, one in pinning]
    granted = pinning[0][1].kind is DecisionKind.GRANTED  # else nothing was in force before the first move
    moves = tuple(move for move, _ in (pinning[1:] if granted else pinning))
    own = {one: tuple(n for n, pinned in enumerate(pins, not granted) if pinned == one) for one in dict.fromkeys(pins)}
    return {one: Moved(moves, stretches) if len(stretches) <= len(moves) else None for one, stretches in own.items()}
