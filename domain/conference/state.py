"""What is so about a case conference (F2), folded from the facts in force."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from domain.conference.facts import (
    ConferenceActionAgreed,
    ConferenceActionBegun,
    ConferenceClosed,
    ConferenceConvened,
    ConferenceHeld,
    ConferenceKind,
    ConsultationAsked,
    ConsultationGiven,
    Handling,
    WorkPairAgreed,
    WorkPairAsked,
    WorkPairEnded,
)
from domain.consequence import ModelReference
from domain.correction import EntryCorrected
from domain.entry import Entry
from domain.fact import Fact
from domain.state import StreamState


@dataclass(frozen=True, kw_only=True)
class ConferenceState(StreamState):
    """A case conference. Actions, consultations and pairs by their numbers.

    `anonymous`: some entry, be it corrected or struck out since, said that nobody may know whose matter it is.
    """

    anonymous: bool = False
    convened: ConferenceConvened | None = None
    held: tuple[ConferenceHeld, ...] = ()
    actions: dict[int, ConferenceActionAgreed] = field(default_factory=dict)
    begun_actions: frozenset[int] = frozenset()
    consultations: dict[int, ConsultationAsked] = field(default_factory=dict)
    given_consultations: frozenset[int] = frozenset()
    pairs: dict[int, WorkPairAsked] = field(default_factory=dict)
    agreed_pairs: dict[int, WorkPairAgreed] = field(default_factory=dict)
    ended_pairs: frozenset[int] = frozenset()
    closed: ConferenceClosed | None = None

    @property
    def pin(self) -> ModelReference | None:
        """The version of the service model whose rules apply."""
        return ModelReference(self.convened.service, self.convened.model_version) if self.convened else None

    def next_number(self, kind: type[Fact], name: str) -> int:
        """The number of the next action, consultation or pair; one that was struck out keeps its own."""
        return 1 + max((getattr(fact, name) for fact in _told(self.entries) if isinstance(fact, kind)), default=0)


def is_anonymous(fact: Fact) -> bool:
    """Whether the fact says that the conference knows no identity."""
    return isinstance(fact, ConferenceConvened) and (
        fact.handling is Handling.ANONYMOUS or fact.conference_kind is ConferenceKind.CHILD_WELFARE_EXPERT_GROUP
    )


def fold_conference(entries: Sequence[Entry], in_force: Sequence[Entry]) -> ConferenceState:
    """The state from the stream's entries."""
    facts = [entry.fact for entry in in_force]
    return ConferenceState(
        entries=tuple(entries),
        in_force=tuple(in_force),
        anonymous=any(map(is_anonymous, _told(entries))),
        convened=next((fact for fact in facts if isinstance(fact, ConferenceConvened)), None),
        held=tuple(fact for fact in facts if isinstance(fact, ConferenceHeld)),
        actions={fact.action: fact for fact in facts if isinstance(fact, ConferenceActionAgreed)},
        begun_actions=frozenset(fact.action for fact in facts if isinstance(fact, ConferenceActionBegun)),
        consultations={fact.consultation: fact for fact in facts if isinstance(fact, ConsultationAsked)},
        given_consultations=frozenset(fact.consultation for fact in facts if isinstance(fact, ConsultationGiven)),
        pairs={fact.pair: fact for fact in facts if isinstance(fact, WorkPairAsked)},
        agreed_pairs={fact.pair: fact for fact in facts if isinstance(fact, WorkPairAgreed)},
        ended_pairs=frozenset(fact.pair for fact in facts if isinstance(fact, WorkPairEnded)),
        closed=next((fact for fact in facts if isinstance(fact, ConferenceClosed)), None),
    )


def _told(entries: Sequence[Entry]) -> Iterator[Fact]:
    """Everything that was ever told, also by what was corrected or struck out since."""
    for entry in entries:
        yield entry.fact.content if isinstance(entry.fact, EntryCorrected) else entry.fact
