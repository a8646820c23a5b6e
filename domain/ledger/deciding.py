"""Deciding: from an order and the states that it must see to the entries to record, what the rules conclude among them.

Pure. Never here: loading, sealing, appending, a clock.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import takewhile
from uuid import UUID

from domain.command import Context
from domain.consequence import Judgement, ModelReference, conclude, when
from domain.entry import Entry, is_amended
from domain.fact import Fact, StreamKind
from domain.ledger.orders import UNKNOWN, Order, wrong_version
from domain.refusal import AlreadyThere, CannotBeJudged, NotAuthorised, Unknown
from domain.register.state import RegisterState
from domain.reminders import reminders
from domain.rules.case import Case
from domain.rules.judge import Judged
from domain.rules.moved import Moved
from domain.sequence import check_sequence, warned_of
from domain.state import StreamState, with_changes
from domain.streams import check_of_service, continue_stream, kind_of, pin_of, pins_of
from domain.truth import check_can_be_fact, check_holds_together, check_ids_are_own


def check_place(order: Order, kind: StreamKind, state: StreamState, register_id: UUID) -> None:
    """That the order can be carried out on the stream as it stands. Raises WrongVersion, AlreadyThere, Unknown…"""
    if (order.stream_id == register_id) != (kind is StreamKind.REGISTER):
        told = "the register's own" if kind is StreamKind.REGISTER else f"no {kind}'s"
        raise UNKNOWN.get(kind, Unknown)(f"The stream is {told} id.", remedy="Use the id of a stream of that kind.")
    if order.expected_version is not None and order.expected_version != state.version:
        raise wrong_version(order, state.version)
    if order.command.begins and state.exists:
        raise AlreadyThere("This stream has begun already.", remedy="Use another id, or a command that continues it.")
    if state.exists and kind_of(state.entries) is not kind:
        raise UNKNOWN.get(kind, Unknown)(f"There is no {kind} of that id in this register.")


@dataclass(frozen=True, slots=True)
class Decision:
    """What an order comes to if nothing is in the way: the `entries` to record, and the state `after` them, unstamped.

    `epoch`: of the keyring's lease in which the state `before` was opened.
    """

    order: Order
    kind: StreamKind
    before: StreamState
    context: Context
    epoch: int
    entries: list[Entry]
    warnings: tuple[str, ...]
    after: StreamState


def decided(order: Order, kind: StreamKind, state: StreamState, context: Context, epoch: int) -> Decision:
    """What the order comes to. Raises a Refusal."""
    check_of_service(state, order.command, context.register.models)
    facts = order.command.decide(state, context)
    for fact in facts:
        check_can_be_fact(fact, context)
    return Decision(order, kind, state, context, epoch, *_concluded(order, kind, state, context, facts))


def _concluded(
    order: Order, kind: StreamKind, state: StreamState, context: Context, facts: Sequence[Fact]
) -> tuple[list[Entry], tuple[str, ...], StreamState]:
    """The entries to record, warnings, and the state then. Raises CommandNotOfService, NotAuthorised,
    EndedBeforeItBegan."""
    acts = [
        _entry(order, state.version + n, fact, fact.happened_at() or context.now) for n, fact in enumerate(facts, 1)
    ]
    if not acts:
        return [], (), state
    after = continue_stream(state, kind, acts)
    check_of_service(after, order.command, context.register.models, facts)
    if is_amended(acts):
        check_holds_together(state, after)
    check_ids_are_own(state, after, acts)
    check_sequence(state, after, acts)
    pin = pin_of(after)
    judged = _judged(after, context)
    judgement = judged[pin].judgement if pin else None
    if judgement and not order.historical:
        for one in judged.values():  # what is decided late is for the model of its day to refuse
            refusable = one.judgement.deviations.keys() if order.command.authorises else one.judgement.forbidden
            _check_authorised(one.judgement, refusable, context.register, first_new=state.version + 1)
        if order.command.authorises:
            _check_could_be_judged(judgement)
    news = conclude(judgement, after.concluded, earlier=[one.judgement for one in judged.values()])
    happened = {entry.version: entry.occurred_at for entry in after.in_force} if news else {}
    follow = [
        _entry(order, acts[-1].version + n, fact, when(fact, happened, acts[0].occurred_at), caused_by=acts[0].version)
        for n, fact in enumerate(news, 1)
    ]
    recorded = [*acts, *follow]
    warnings = (*(judgement.warnings if judgement else ()), *warned_of(after, acts), *reminders(state, after, recorded))
    return recorded, warnings, with_changes(after, judged=judged)


def _entry(order: Order, version: int, fact: Fact, occurred_at: dt.datetime, *, caused_by: int | None = None) -> Entry:
    return Entry(
        stream_id=order.stream_id,
        version=version,
        fact=fact,
        occurred_at=occurred_at.astimezone(dt.UTC),  # as it will be read again
        actor=order.actor,
        correlation_id=order.command_id,
        caused_by=caused_by,
        provenance=order.provenance if caused_by is None else None,
    )


def _judged(state: StreamState, context: Context) -> dict[ModelReference, Judged]:
    """What the model that the stream is judged by makes of it, and those that it was judged by before."""
    return {one: _judged_by(one, context, state, moved) for one, moved in pins_of(state).items()}


def _judged_by(pin: ModelReference, context: Context, state: StreamState, moved: Moved | None) -> Judged:
    model = context.register.model(pin.service, pin.model_version)
    before = state.judged.get(pin)
    if before is None:
        return Judged(model, Case(state.in_force), moved)
    news = takewhile(lambda entry: entry.version > before.case.last, reversed(state.in_force))
    return before.with_entries(model, list(news), moved)


def _check_authorised(
    judgement: Judgement, refusable: Collection[str], register: RegisterState, *, first_new: int
) -> None:
    for key, deviation in judgement.deviations.items():
        if key not in refusable or deviation.strength != "must" or deviation.entry < first_new:
            continue
        model = register.model(deviation.model.service, deviation.model.model_version)
        reference = model.rule_reference(deviation.rule_id)
        raise NotAuthorised(
            reference.texts["en"],
            remedy=judgement.remedies.get(key, ""),
            rule=reference,
            measured=deviation.measured,
            limit=deviation.limit,
            unit=deviation.unit,
        )


def _check_could_be_judged(judgement: Judgement) -> None:
    unseen = sorted(rule_id for rule_id, strength in judgement.unjudged.items() if strength == "must")
    if unseen:
        raise CannotBeJudged(
            f"Whether {', '.join(unseen)} holds cannot be judged: what it asks for is withheld here.",
            remedy="Decide where the content can be read; what was destroyed has to be told anew in a new episode.",
            rules=unseen,
        )
