"""The book: loads what a command must see, lets it decide, draws the rules' conclusions, and appends it all at once.

Never here: SQL, HTTP, projections. Nothing of this reads a projection, and nothing else writes facts.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, cast
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application
from pydantic_core import to_json

from domain.client.state import ClientState
from domain.command import Context, StreamState
from domain.commands import AnyCommand
from domain.consequence import DeviationNoted, DutyMet, DutyOpened, Judgement, ModelReference, conclude, when
from domain.contact.state import ContactState
from domain.episode.state import EpisodeState
from domain.fact import Fact, StreamKind
from domain.ledger.errors import CommandReused, VersionConflict
from domain.ledger.identity import register_stream_id
from domain.ledger.mapper import EntryMapper, EntryStore, draft_of, entry_of
from domain.ledger.recorder import PATIENCE_SECONDS, RegisterRecorder
from domain.ledger.submission import Submission
from domain.refusal import (
    AlreadyThere,
    KeyReused,
    NotAuthorised,
    Refusal,
    Unknown,
    UnknownActivity,
    UnknownClient,
    UnknownConference,
    UnknownContact,
    UnknownEpisode,
    UnknownNetwork,
    UnknownQualityFile,
    WrongVersion,
)
from domain.register.state import RegisterState
from domain.rules.base import ShareTold
from domain.rules.judge import judge, shares
from domain.stream import Entry, Provenance, is_amended
from domain.streams import check_admits, check_of_service, earlier_pins, fold_stream, kind_of, pin_of
from domain.truth import check_can_be_fact, check_holds_together

MOST_ATTEMPTS = 40
"""How often a command is decided anew because its stream moved on meanwhile; each time somebody else got through."""
StateT = TypeVar("StateT", bound=StreamState)
UNKNOWN: dict[StreamKind, type[Unknown]] = {
    StreamKind.CLIENT: UnknownClient,
    StreamKind.CONTACT: UnknownContact,
    StreamKind.EPISODE: UnknownEpisode,
    StreamKind.CONFERENCE: UnknownConference,
    StreamKind.ACTIVITY: UnknownActivity,
    StreamKind.QUALITY: UnknownQualityFile,
    StreamKind.NETWORK: UnknownNetwork,
}
"""How the ledger says that there is no stream of that kind and id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A command as somebody gave it. The same `command_id` again is answered with the first outcome.

    `expected_version`: refuse unless the stream stands there (0: not begun). `historical`: see Context.
    """

    stream_id: UUID
    command: AnyCommand
    command_id: UUID
    actor: str
    expected_version: int | None = None
    provenance: Provenance | None = None
    historical: bool = False

    def digest(self) -> bytes:
        """What makes two orders the same: stream, command and body; not the actor's session or the version."""
        body = [str(self.stream_id), self.command.command_name(), self.command.model_dump(mode="json")]
        return hashlib.sha256(to_json(body)).digest()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an order: the entries recorded, in order; empty when nothing changed."""

    command_id: UUID
    stream_id: UUID
    version: int
    entries: tuple[Entry, ...]
    replayed: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def position(self) -> int | None:
        """The position of the last entry; None when nothing was recorded."""
        return self.entries[-1].position if self.entries else None

    def facts(self, *kinds: type[Fact]) -> list[Fact]:
        """The facts of those kinds; all when none is named."""
        return [entry.fact for entry in self.entries if not kinds or isinstance(entry.fact, kinds)]

    @property
    def opened_duties(self) -> list[DutyOpened]:
        """The duties that it opened."""
        return cast("list[DutyOpened]", self.facts(DutyOpened))

    @property
    def met_duties(self) -> list[DutyMet]:
        """The duties that it met."""
        return cast("list[DutyMet]", self.facts(DutyMet))

    @property
    def deviations(self) -> list[DeviationNoted]:
        """The deviations noted beside it."""
        return cast("list[DeviationNoted]", self.facts(DeviationNoted))


class Book(Application[UUID]):
    """One register's book. Safe to share between threads. `clock` gives aware datetimes; only tests set it.

    `patience_seconds`: how long a lost database is waited for before LedgerUnavailable.
    """

    def __init__(
        self,
        dsn: str,
        register: str,
        *,
        clock: Callable[[], dt.datetime] | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.register_name = register
        self.register_id = register_stream_id(register)
        self.clock = clock or (lambda: dt.datetime.now(dt.UTC))
        super().__init__(
            {
                "PERSISTENCE_MODULE": "domain.ledger.persistence",
                "LEDGER_DSN": dsn,
                "LEDGER_REGISTER": register,
                "LEDGER_PATIENCE_SECONDS": str(patience_seconds),
                "MAPPER_TOPIC": "domain.ledger.mapper:EntryMapper",
                "AGGREGATE_CACHE_MAXSIZE": "2000",
                "DEEPCOPY_FROM_AGGREGATE_CACHE": "n",
            }
        )

    def construct_mapper(self) -> EntryMapper:
        """The registry's mapper: no transcoder, cipher or compressor."""
        return EntryMapper(transcoder=self.construct_transcoder())

    def construct_event_store(self) -> EntryStore:
        """The store whose entries know their positions."""
        return EntryStore(mapper=self.mapper, recorder=self.recorder)

    @property
    def ledger(self) -> RegisterRecorder:
        """The register's recorder, with all that it can do."""
        return cast("RegisterRecorder", self.recorder)

    def state(self, stream_id: UUID, kind: StreamKind, *, position: int | None = None) -> StreamState:
        """What is so of a stream, now or as it stood at a position. A stream that has not begun is an empty state.

        A stream of another kind is folded as what it is: the caller sees that by the state's class.
        """
        if position is not None:
            entries = [entry_of(r) for r in self.ledger.read_stream(stream_id, upto_position=position)]
            return fold_stream(kind_of(entries) or kind, entries)

        def project(state: StreamState | None, events: Iterable[Entry]) -> StreamState | None:
            news = tuple(events)
            if not news:
                return state
            entries = (*(state.entries if state else ()), *news)
            return fold_stream(kind_of(entries) or kind, entries)  # what is cached must not hang on who asked

        try:
            state = cast("StreamState", self.repository.get(stream_id, projector_func=project))  # type: ignore[type-var] # the library types aggregates by an `id` that a pure state has no use for
        except AggregateNotFoundError:
            return fold_stream(kind, ())
        if self.repository.cache is not None:
            self.repository.cache.put(stream_id, state)  # type: ignore[arg-type] # as above
        return state

    def register_state(self) -> RegisterState:
        """The register's own state: workers, units, published service models."""
        return cast("RegisterState", self.state(self.register_id, StreamKind.REGISTER))

    def shares(self, state: StreamState) -> list[ShareTold]:
        """The shares that the stream's service follows, such as the remote share, planned and held."""
        pin = pin_of(state)
        return shares(self.register_state().model(pin.service, pin.model_version), state.in_force) if pin else []

    def execute(self, order: Order) -> Outcome:
        """Decide and record. The same order again is answered with what it first came to.

        Raises Refusal (nothing was recorded) and LedgerUnavailable (send it again, safely).
        """
        if order.historical and (done := self._recorded(order)):
            return done  # an import that is run again asks for what is there, and decides nothing anew
        try:
            for attempt in range(MOST_ATTEMPTS):
                try:
                    return self._attempt(order)
                except VersionConflict as conflict:
                    if order.expected_version is not None or attempt == MOST_ATTEMPTS - 1:
                        raise _wrong_version(order, max(conflict.current, 0)) from conflict
        except Refusal as refusal:
            done = self._recorded(order)
            if done is None:
                raise
            del refusal
            return done
        except CommandReused:
            raise _key_reused() from None
        raise AssertionError("every attempt returns or raises")

    def _attempt(self, order: Order) -> Outcome:
        kind = self._kind(order)
        state = self.state(order.stream_id, kind)
        self._check_place(order, kind, state)
        check_admits(state, order.command)
        context = self._context(order, state)
        check_of_service(state, order.command, context.register.models)
        facts = order.command.decide(state, context)
        for fact in facts:
            check_can_be_fact(fact, context)
        entries, warnings = self._concluded(order, kind, state, context, facts)
        receipt = self.ledger.append(Submission(order.command_id, order.digest(), tuple(map(draft_of, entries))))
        if receipt.replayed:
            done = self._recorded(order)
            assert done is not None  # noqa: S101 -- the receipt says that it is recorded
            return done
        stamped = tuple(
            replace(entry, position=position, recorded_at=receipt.recorded_at)
            for entry, position in zip(entries, receipt.positions, strict=True)
        )
        version = entries[-1].version if entries else state.version
        return Outcome(order.command_id, order.stream_id, version, stamped, warnings=warnings)

    def _kind(self, order: Order) -> StreamKind:
        declared: StreamKind | None = getattr(type(order.command), "stream", None)
        if declared is not None:
            return declared
        first = self.ledger.read_stream(order.stream_id, upto=1)
        kind = kind_of([entry_of(record) for record in first])
        if kind is None:
            raise Unknown("There is no such stream in this register.", remedy="Name a client, contact or episode.")
        return kind

    def _check_place(self, order: Order, kind: StreamKind, state: StreamState) -> None:
        if (order.stream_id == self.register_id) != (kind is StreamKind.REGISTER):
            told = "the register's own" if kind is StreamKind.REGISTER else f"no {kind}'s"
            raise UNKNOWN.get(kind, Unknown)(f"The stream is {told} id.", remedy="Use the id of a stream of that kind.")
        if order.expected_version is not None and order.expected_version != state.version:
            raise _wrong_version(order, state.version)
        if order.command.begins and state.exists:
            raise AlreadyThere(
                "This stream has begun already.", remedy="Use another id, or a command that continues it."
            )
        if state.exists and kind_of(state.entries) is not kind:
            raise UNKNOWN.get(kind, Unknown)(f"There is no {kind} of that id in this register.")

    def _context(self, order: Order, state: StreamState) -> Context:
        reads = order.command.reads(state)
        return Context(
            stream_id=order.stream_id,
            now=self.clock(),
            actor=order.actor,
            register=cast("RegisterState", state) if order.stream_id == self.register_id else self.register_state(),
            clients=self._others(reads.clients, ClientState, StreamKind.CLIENT),
            contacts=self._others(reads.contacts, ContactState, StreamKind.CONTACT),
            episodes=self._others(reads.episodes, EpisodeState, StreamKind.EPISODE),
            historical=order.historical,
        )

    def _others(self, ids: Iterable[UUID], as_type: type[StateT], kind: StreamKind) -> dict[UUID, StateT]:
        states: dict[UUID, StateT] = {}
        for stream_id in ids:
            state = self.state(stream_id, kind)
            if not isinstance(state, as_type) or kind_of(state.in_force) is not kind:
                raise UNKNOWN[kind](
                    f"There is no {kind} of id {stream_id} in this register.",
                    remedy=f"Name a {kind} of this register, or record it first.",
                )
            states[stream_id] = state
        return states

    def _concluded(
        self, order: Order, kind: StreamKind, state: StreamState, context: Context, facts: Sequence[Fact]
    ) -> tuple[list[Entry], tuple[str, ...]]:
        """The entries to record: the facts, then what follows from them. Raises CommandNotOfService, NotAuthorised."""
        acts = [self._entry(order, state.version + n, fact, context) for n, fact in enumerate(facts, 1)]
        if not acts:
            return [], ()
        after = fold_stream(kind, (*state.entries, *acts))
        check_of_service(after, order.command, context.register.models, facts)
        if is_amended(acts):
            check_holds_together(after)
        pin = pin_of(after)
        judgement = _judged(pin, context, after) if pin else None
        if judgement and not order.historical:
            refusable = judgement.deviations.keys() if order.command.authorises else judgement.forbidden
            _check_authorised(judgement, refusable, context.register, first_new=state.version + 1)
        earlier = [_judged(one, context, after) for one in earlier_pins(after)]
        news = conclude(judgement, after.concluded, earlier=earlier)
        happened = {entry.version: entry.occurred_at for entry in after.in_force}
        follow = [
            replace(
                self._entry(order, acts[-1].version + n, fact, context, caused_by=acts[0].version),
                occurred_at=when(fact, happened, acts[0].occurred_at),
            )
            for n, fact in enumerate(news, 1)
        ]
        return [*acts, *follow], judgement.warnings if judgement else ()

    def _entry(
        self, order: Order, version: int, fact: Fact, context: Context, *, caused_by: int | None = None
    ) -> Entry:
        return Entry(
            stream_id=order.stream_id,
            version=version,
            fact=fact,
            occurred_at=fact.happened_at() or context.now,
            actor=order.actor,
            correlation_id=order.command_id,
            caused_by=caused_by,
            provenance=order.provenance if caused_by is None else None,
        )

    def _recorded(self, order: Order) -> Outcome | None:
        """What the order came to when it was recorded before; None when it was not. Raises KeyReused."""
        found = self.ledger.read_command(order.command_id)
        if found is None:
            return None
        receipt, records = found
        if receipt.digest != order.digest():
            raise _key_reused()
        entries = tuple(map(entry_of, records))
        version = entries[-1].version if entries else self.state(order.stream_id, self._kind(order)).version
        warnings = self._warnings_at(order, entries[-1].position) if entries and not order.historical else ()
        return Outcome(order.command_id, order.stream_id, version, entries, replayed=True, warnings=warnings)

    def _warnings_at(self, order: Order, position: int) -> tuple[str, ...]:
        """What the order was warned of when it was recorded: warnings are not stored, but follow from what is."""
        state = self.state(order.stream_id, self._kind(order), position=position)
        pin = pin_of(state)
        return (
            judge(self.register_state().model(pin.service, pin.model_version), state.in_force).warnings if pin else ()
        )


def _judged(pin: ModelReference, context: Context, state: StreamState) -> Judgement:
    return judge(context.register.model(pin.service, pin.model_version), state.in_force)


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


def _wrong_version(order: Order, current: int) -> WrongVersion:
    expected = order.expected_version
    return WrongVersion(
        f"The stream stands at version {current}, not {expected}."
        if expected is not None
        else f"The stream, now at version {current}, moves on faster than this command can be decided.",
        remedy="Read it again, and decide on what stands there now.",
        current_version=current,
    )


def _key_reused() -> KeyReused:
    return KeyReused(
        "This command id was used before, for another command or body.",
        remedy="Send the same body again, or give the new command an id of its own.",
    )
