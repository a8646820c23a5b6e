"""The book: loads what a command must see, lets it decide, draws the rules' conclusions, and appends it all at once.

Never here: SQL, HTTP, projections. Nothing of this reads a projection, and nothing else writes facts.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar, cast
from uuid import UUID

from eventsourcing.application import Application

from domain.client.state import ClientState
from domain.command import Context
from domain.consequence import ModelReference
from domain.contact.state import ContactState
from domain.entry import Entry, is_amended
from domain.episode.state import EpisodeState
from domain.fact import StreamKind
from domain.ledger.deciding import Decision, check_place, decided
from domain.ledger.errors import CommandReused, IdentityTaken, VersionConflict
from domain.ledger.identity import register_stream_id
from domain.ledger.mapper import EntryMapper, EntryStore, draft_of, entry_of
from domain.ledger.orders import UNKNOWN, Order, Outcome, key_reused, wrong_version
from domain.ledger.recorder import PATIENCE_SECONDS, RegisterRecorder
from domain.ledger.secrecy.blind import BlindIndex, identity_registered
from domain.ledger.secrecy.keyring import KeyFenced, Keyring
from domain.ledger.secrecy.safe import Safe, Whose
from domain.ledger.states import States
from domain.ledger.submission import IdentityTag, Receipt, Submission
from domain.refusal import BeingDestroyed, Refusal, Unknown
from domain.register.state import RegisterState
from domain.reminders import reminders
from domain.rules.base import ShareTold
from domain.rules.judge import judge, shares
from domain.sequence import warned_of
from domain.state import StreamState
from domain.streams import check_admits, kind_of, pin_of, recorded_stream
from domain.subjects import UNASSIGNED, Subject, subjects

__all__ = ["CACHED_STREAMS", "UNKNOWN", "Book", "Order", "Outcome"]
MOST_ATTEMPTS = 40
"""How often a command is decided anew because its stream moved on meanwhile; each time somebody else got through."""
CACHED_STREAMS = 2000
COMMAND_DIGESTS, IDENTITY_TAGS = "purpose/command_digests", "purpose/identity_tags"
"""The tasks of the register's own keys: not of a service, but of what the ledger does with them."""
StateT = TypeVar("StateT", bound=StreamState)


class Book(Application[UUID]):
    """One register's book. Safe to share between threads. `clock` gives aware datetimes; only tests set it.

    `patience_seconds`: how long a lost database is waited for before LedgerUnavailable. Without a `keyring` nothing is
    recorded, and what is sealed reads as withheld. The keyring is the book's from here on: it closes it.
    """

    def __init__(
        self,
        dsn: str,
        register: str,
        *,
        keyring: Keyring | None = None,
        clock: Callable[[], dt.datetime] | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.register_name = register
        self.register_id = register_stream_id(register)
        self.safe = Safe(keyring, self._origin)
        self.clients = BlindIndex(dsn, register, self._key_of_tags, patience_seconds=patience_seconds)
        self._keyring = keyring
        self.clock = clock or (lambda: dt.datetime.now(dt.UTC))
        super().__init__(
            {
                "PERSISTENCE_MODULE": "domain.ledger.persistence",
                "LEDGER_DSN": dsn,
                "LEDGER_REGISTER": register,
                "LEDGER_PATIENCE_SECONDS": str(patience_seconds),
                "MAPPER_TOPIC": "domain.ledger.mapper:EntryMapper",
            }
        )
        self.states = States(self.ledger, self.safe, CACHED_STREAMS)

    def construct_mapper(self) -> EntryMapper:
        """The registry's mapper: no transcoder, cipher or compressor."""
        return EntryMapper(self.construct_transcoder(), self.safe)

    def construct_event_store(self) -> EntryStore:
        """The store whose entries know their positions."""
        return EntryStore(mapper=self.mapper, recorder=self.recorder)

    def close(self) -> None:
        """Let go of the register, its keys and all connections."""
        super().close()
        self.clients.close()
        if self._keyring is not None:
            self._keyring.close()

    @property
    def ledger(self) -> RegisterRecorder:
        """The register's recorder, with all that it can do."""
        return cast("RegisterRecorder", self.recorder)

    def state(self, stream_id: UUID, kind: StreamKind, *, position: int | None = None) -> StreamState:
        """What is so of a stream, now or as it stood at a position. A stream that has not begun is an empty state.

        A stream of another kind is folded as what it is: the caller sees that by the state's class.
        """
        if position is not None:
            return self.states.at(stream_id, kind, position)
        return self.states.one(stream_id, kind)

    def provide_keys(self, wanted: Iterable[Subject]) -> None:
        """Make the keys of many at once, before an import needs them one by one. Raises KeyringMissing, KeyFenced."""
        self.safe.keyring.provide(wanted)

    def register_state(self) -> RegisterState:
        """The register's own state: workers, units, published service models."""
        return cast("RegisterState", self.state(self.register_id, StreamKind.REGISTER))

    def look_at_register(self) -> None:
        """Read what every command looks at, so that the first one does not wait for it. Raises LedgerUnavailable."""
        self.states.opened({self.register_id: StreamKind.REGISTER})

    def shares(self, state: StreamState, register: RegisterState | None = None) -> list[ShareTold]:
        """The shares that the stream's service follows, such as the remote share, planned and held."""
        pin = pin_of(state)
        if pin is None:
            return []
        return shares((register or self.register_state()).model(pin.service, pin.model_version), state.in_force)

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
                        raise wrong_version(order, max(conflict.current, 0)) from conflict
        except Refusal as refusal:
            done = self._recorded(order)
            if done is None:
                raise
            del refusal
            return done
        except CommandReused:
            done = self._recorded(order)  # another digest is made by another key, too: this can tell
            if done is None:  # another sends it at this moment
                raise key_reused() from None
            return done
        except KeyFenced:
            raise BeingDestroyed(
                "What this would add to is about to be destroyed.", remedy="Wait until that is done."
            ) from None
        raise AssertionError("every attempt returns or raises")

    def _attempt(self, order: Order) -> Outcome:
        kind = self._kind(order)
        epoch = self.states.epoch()
        states = self.states.opened({self.register_id: StreamKind.REGISTER, order.stream_id: kind})
        state = states[order.stream_id]
        check_place(order, kind, state, self.register_id)
        check_admits(state, order.command)
        context = self._context(order, state, cast("RegisterState", states[self.register_id]))
        decision = decided(order, kind, state, context, epoch)
        identity = self._identity(order.stream_id, state, decision.after)
        try:
            receipt = self.ledger.append(self.submission(decision), identity)
        except IdentityTaken as taken:
            raise identity_registered(taken.client_id) from None
        return self.outcome(decision, receipt)

    def submission(self, decision: Decision) -> Submission:
        """What goes to be recorded of a decision, sealed. Raises KeyringMissing, KeyFenced."""
        return self._submission(decision, self._whose(decision))

    def submissions(self, decisions: Mapping[int, Decision]) -> dict[int, Submission]:
        """As `submission`, the keys of all made or found at once; those whose key is fenced are left out."""
        whose = {number: self._whose(decision) for number, decision in decisions.items()}
        with suppress(KeyFenced):  # whosever it is, it comes again below, to that one alone
            self.provide_keys(subject for one in whose.values() for holders in one.values() for subject in holders)
        submissions: dict[int, Submission] = {}
        for number, decision in decisions.items():
            with suppress(KeyFenced):
                submissions[number] = self._submission(decision, whose[number])
        return submissions

    def outcome(self, decision: Decision, receipt: Receipt) -> Outcome:
        """What came of a decision that was recorded; the state that it came to is kept for the next command."""
        order = decision.order
        if receipt.replayed:
            done = self._recorded(order)
            assert done is not None  # noqa: S101 -- the receipt says that it is recorded
            return done
        stamped = tuple(
            entry.stamped(position, receipt.recorded_at)
            for entry, position in zip(decision.entries, receipt.positions, strict=True)
        )
        after = decision.before
        if stamped:
            after = recorded_stream(decision.before, decision.after, decision.kind, stamped)
            if not is_amended(stamped):  # what an amendment makes of a stream is read as everybody reads it
                self.states.keep(order.stream_id, after, decision.epoch)
        register = decision.context.register
        return Outcome(
            order.command_id,
            order.stream_id,
            after.version,
            stamped,
            warnings=decision.warnings,
            after=after,
            register=None if order.stream_id == self.register_id else register,
        )

    def _kind(self, order: Order) -> StreamKind:
        declared: StreamKind | None = getattr(type(order.command), "stream", None)
        if declared is not None:
            return declared
        first = self.ledger.read_stream(order.stream_id, upto=1)
        kind = kind_of([entry_of(record) for record in first])
        if kind is None:
            raise Unknown("There is no such stream in this register.", remedy="Name a client, contact or episode.")
        return kind

    def _context(self, order: Order, state: StreamState, register: RegisterState) -> Context:
        reads = order.command.reads(state)
        return Context(
            stream_id=order.stream_id,
            now=self.clock(),
            actor=order.actor,
            register=register,
            clients=self._others(reads.clients, ClientState, StreamKind.CLIENT),
            contacts=self._others(reads.contacts, ContactState, StreamKind.CONTACT),
            episodes=self._others((*reads.episodes, *reads.continued), EpisodeState, StreamKind.EPISODE)
            | self._before(reads.continued),
            streams=self.states.opened(dict.fromkeys(reads.streams, StreamKind.EPISODE)),
            historical=order.historical,
        )

    def _before(self, continued: Iterable[UUID]) -> dict[UUID, EpisodeState]:
        """Those episodes and the ones that they go on from, as far back as there are such."""
        line: dict[UUID, EpisodeState] = {}
        while wanted := [one for one in continued if one not in line]:
            states = self.states.opened(dict.fromkeys(wanted, StreamKind.EPISODE))
            line |= {one: state for one, state in states.items() if isinstance(state, EpisodeState)}
            before = [line[one].continues_episode_id for one in wanted if one in line]
            continued = [one for one in before if one is not None]
        return line

    def _others(self, ids: Iterable[UUID], as_type: type[StateT], kind: StreamKind) -> dict[UUID, StateT]:
        states: dict[UUID, StateT] = {}
        for stream_id, state in self.states.opened(dict.fromkeys(ids, kind)).items():
            if not isinstance(state, as_type) or kind_of(state.in_force) is not kind:
                raise UNKNOWN[kind](
                    f"There is no {kind} of id {stream_id} in this register.",
                    remedy="Give the id of one that is in this register, or record it first.",
                )
            states[stream_id] = state
        return states

    def _submission(self, decision: Decision, whose: Whose) -> Submission:
        digest = self._digest(decision.order, decision.kind, make=True)
        seal = self.safe.sealing(whose)
        drafts = tuple(draft_of(entry, seal) for entry in decision.entries)
        return Submission(decision.order.command_id, digest or b"", drafts)

    @staticmethod
    def _whose(decision: Decision) -> Whose:
        """For whom the sensitive parts of the decision's entries are sealed."""
        after, context = decision.after, decision.context

        def task_of(pin: ModelReference) -> str:
            return context.register.model(pin.service, pin.model_version).service_task

        sensitive = [entry for entry in decision.entries if entry.fact.has_sensitive()]
        return {one.version: subjects(one.fact, after, context.stream_id, task_of) for one in sensitive}

    def _identity(self, client_id: UUID, before: StreamState, after: StreamState) -> IdentityTag | None:
        """What the index of identity codes has to hear of it; None when it has nothing to hear."""
        if not isinstance(after, ClientState) or not isinstance(before, ClientState) or after.identity_withheld:
            return None
        if after.identity_code == before.identity_code and not before.identity_withheld:
            return None
        return self.clients.tag_of(client_id, after.identity_code)

    def _origin(self) -> str:
        return self.ledger.origin()

    def _key_of_tags(self) -> bytes:
        subject = Subject(self.register_id, IDENTITY_TAGS)
        return self.safe.keyring.provide([subject])[subject].secret

    def _digest(self, order: Order, kind: StreamKind, *, make: bool) -> bytes | None:
        """Keyed: of a client's own stream, by that client's key, so that it dies with it; else by the register's."""
        return self.safe.digest(self._of_digest(order, kind), order.content(), make=make)

    def _of_digest(self, order: Order, kind: StreamKind) -> Subject:
        of_client = kind is StreamKind.CLIENT
        return Subject(order.stream_id, UNASSIGNED) if of_client else Subject(self.register_id, COMMAND_DIGESTS)

    def _recorded(self, order: Order) -> Outcome | None:
        """What the order came to when it was recorded before; None when it was not. Raises KeyReused."""
        found = self.ledger.read_command(order.command_id)
        if found is None:
            return None
        receipt, records = found
        if not self.safe.is_digest(receipt.digest, self._of_digest(order, self._kind(order)), order.content()):
            raise key_reused()  # where the key was destroyed: whoever knows the id is told what is left to tell
        entries = tuple(self.safe.entries(records))
        version = entries[-1].version if entries else self.state(order.stream_id, self._kind(order)).version
        warnings = self._warnings_at(order, entries) if entries and not order.historical else ()
        return Outcome(order.command_id, order.stream_id, version, entries, replayed=True, warnings=warnings)

    def _warnings_at(self, order: Order, entries: Sequence[Entry]) -> tuple[str, ...]:
        """What the order was warned of when it was recorded: warnings are not stored, but follow from what is."""
        state = self.state(order.stream_id, self._kind(order), position=entries[-1].position)
        pin = pin_of(state)
        model = self.register_state().model(pin.service, pin.model_version) if pin else None
        before = self.state(order.stream_id, self._kind(order), position=entries[0].position - 1)
        judged = judge(model, state.in_force).warnings if model else ()
        return (*judged, *warned_of(state, entries), *reminders(before, state, entries))
