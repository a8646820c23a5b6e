"""Case conferences: when each was convened and held, by whom, how it ended; and the actions agreed there.

Must never hold: what was said. Of an anonymous one there is nothing else to hold than codes and days.
"""

from collections.abc import Iterator

from domain.conference.facts import (
    ConferenceActionAgreed,
    ConferenceActionBegun,
    ConferenceClosed,
    ConferenceConvened,
    ConferenceHeld,
    ViolenceRiskAssessed,
)
from domain.entry import Entry
from projections.rows import Amend, Open, Operation, Projection, Table

CONFERENCES = Table(
    "conferences",
    stream="conference_id",
    key={},
    columns=(
        "convened_on", "conference_kind", "handling", "service", "model_version", "convened_by", "organisations",
        "permission", "client_ids", "episode_id", "held_on", "guardians_present", "child_present", "urgency",
        "contact_person_of", "waiting_support", "risk", "closed_on", "outcome",
    ),
)  # fmt: skip
ACTIONS = Table(
    "conference_actions",
    stream="conference_id",
    key={"action": "int4"},
    columns=("action_kind", "owner", "agreed_on", "due_on", "begun_on"),
)
_TOLD_BY_CONVENING = CONFERENCES.columns[: CONFERENCES.columns.index("held_on")]
_TOLD_BY_MEETING = ("held_on", "guardians_present", "child_present", "urgency", "contact_person_of", "waiting_support")


def convened(_entry: Entry, fact: ConferenceConvened) -> Iterator[Operation]:
    told = {name: getattr(fact, name) for name in _TOLD_BY_CONVENING}
    yield Amend("conferences", (), told | {"client_ids": fact.client_ids or None}, opens=True)


def held(_entry: Entry, fact: ConferenceHeld) -> Iterator[Operation]:
    yield Amend("conferences", (), {name: getattr(fact, name) for name in _TOLD_BY_MEETING})


def risk_assessed(_entry: Entry, fact: ViolenceRiskAssessed) -> Iterator[Operation]:
    yield Amend("conferences", (), {"risk": fact.risk})


def closed(_entry: Entry, fact: ConferenceClosed) -> Iterator[Operation]:
    yield Amend("conferences", (), {"closed_on": fact.closed_on, "outcome": fact.outcome})


def agreed(_entry: Entry, fact: ConferenceActionAgreed) -> Iterator[Operation]:
    action = {"action_kind": fact.action_kind, "owner": fact.owner, "agreed_on": fact.agreed_on, "due_on": fact.due_on}
    yield Open("conference_actions", (fact.action,), action)


def begun(_entry: Entry, fact: ConferenceActionBegun) -> Iterator[Operation]:
    yield Amend("conference_actions", (fact.action,), {"begun_on": fact.begun_on})


PROJECTION = Projection.beside(
    __name__,
    (CONFERENCES, ACTIONS),
    {
        ConferenceConvened: convened,
        ConferenceHeld: held,
        ViolenceRiskAssessed: risk_assessed,
        ConferenceClosed: closed,
        ConferenceActionAgreed: agreed,
        ConferenceActionBegun: begun,
    },
)
