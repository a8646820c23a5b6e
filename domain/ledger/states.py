"""What is so of a register's streams: kept as long as their keys are lent, and brought up to date before it is told.

However many streams are asked for, what is new in them is one question to the database. What is sealed in a stream is
opened when somebody looks into it; where something is to be decided, all of it before. Never here: SQL, deciding.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock
from uuid import UUID

from domain.entry import Entry
from domain.fact import StreamKind
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.secrecy.safe import Safe
from domain.state import StreamState
from domain.streams import continue_stream, fold_stream, kind_of


class States:
    """The states of one register's streams. Safe to share between threads. `most`: how many are kept."""

    def __init__(self, ledger: RegisterRecorder, safe: Safe, most: int) -> None:
        self._ledger = ledger
        self._safe = safe
        self._most = most
        self._kept = OrderedDict[UUID, tuple[StreamState, bool]]()
        """Each with whether all that is sealed in it has been opened; the one that was asked for last stands last.

        Not the library's LRUCache, which is a circle: what is let go of would stay until all objects are looked at.
        """
        self._lock = Lock()
        self._kept_in = safe.epoch

    def at(self, stream_id: UUID, kind: StreamKind, position: int) -> StreamState:
        """The stream as it stood at a position."""
        stood = self._safe.read(self._ledger.streams.until(stream_id, position))
        return fold_stream(kind_of(stood) or kind, stood)

    def opened(self, wanted: Mapping[UUID, StreamKind]) -> dict[UUID, StreamState]:
        """As `now`, with all that is sealed in them opened: nothing is decided on what was tampered with.

        Raises SegmentRefused when a segment is not what was sealed at its place.
        """
        epoch = self.epoch()
        states = self.now(wanted, whole=True)
        for stream_id, state in states.items():
            known, opened = self._known(stream_id)
            if state is not known or not opened:
                for entry in state.entries:
                    entry.fact.look_into()
                if state.exists:
                    self.keep(stream_id, state, epoch)
        return states

    def one(self, stream_id: UUID, kind: StreamKind) -> StreamState:
        """As `now`, of one stream, which is what most ask for."""
        kept_in = self.epoch()
        state = self._known(stream_id)[0]
        news = self._safe.read(self._ledger.streams.after(stream_id, state.version if state else 0))
        return self._up_to_date(stream_id, kind, state, news, kept_in)

    def now(self, wanted: Mapping[UUID, StreamKind], *, whole: bool = False) -> dict[UUID, StreamState]:
        """The streams as they stand; an empty state of its kind for one that has not begun.

        A stream of another kind is folded as what it is: what is kept must not hang on who asked. `whole`: for one who
        will look into all that is there.
        """
        if not wanted:
            return {}
        kept_in = self.epoch()
        known = {stream_id: self._known(stream_id)[0] for stream_id in wanted}
        news = self._news({stream_id: state.version if state else 0 for stream_id, state in known.items()}, whole=whole)
        return {
            stream_id: self._up_to_date(stream_id, kind, known[stream_id], news[stream_id], kept_in)
            for stream_id, kind in wanted.items()
        }

    def _up_to_date(
        self, stream_id: UUID, kind: StreamKind, state: StreamState | None, news: Sequence[Entry], kept_in: int
    ) -> StreamState:
        """The state that was known of the stream, with what is new."""
        if news:
            state = continue_stream(state, kind, news) if state else fold_stream(kind_of(news) or kind, news)
            self.keep(stream_id, state, kept_in, opened=False)
        return state or fold_stream(kind, ())

    def keep(self, stream_id: UUID, state: StreamState, epoch: int, *, opened: bool = True) -> None:
        """Keep the state, if it was read by keys that are lent still: those of the `epoch`."""
        with self._lock:
            if epoch == self._epoch():
                self._kept[stream_id] = state, opened
                self._kept.move_to_end(stream_id)
                if len(self._kept) > self._most:
                    self._kept.popitem(last=False)

    def epoch(self) -> int:
        """The epoch of the keyring's lease; when a new one has begun, what is kept is let go."""
        with self._lock:
            return self._epoch()

    def forget(self) -> None:
        """Let go of all states."""
        with self._lock:
            self._kept = OrderedDict()

    def _epoch(self) -> int:
        """As `epoch`; the lock is held."""
        epoch = self._safe.epoch
        if epoch != self._kept_in:
            self._kept = OrderedDict()
            self._kept_in = epoch
        return epoch

    def _news(self, versions: Mapping[UUID, int], *, whole: bool) -> dict[UUID, list[Entry]]:
        """The entries of all these streams after the versions."""
        entries = self._safe.read(self._ledger.streams.news(versions), whole=whole)
        news: dict[UUID, list[Entry]] = {stream_id: [] for stream_id in versions}
        for entry in entries:
            news[entry.stream_id].append(entry)
        return news

    def _known(self, stream_id: UUID) -> tuple[StreamState | None, bool]:
        with self._lock:
            known = self._kept.get(stream_id)
            if known is None:
                return None, False
            self._kept.move_to_end(stream_id)
            return known
