"""What is sensitive never shows where something may be logged: facts, entries, commands, outcomes, states, refusals."""

from __future__ import annotations

import datetime as dt
from typing import Any, get_args, get_type_hints
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.amend.correct_entry import CorrectEntry
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.client.commands.register_client import RegisterClient
from domain.client.commands.tellings import TellAddress
from domain.commands import COMMANDS, ON_EVERY_STREAM
from domain.contact.commands.answer_contact import AnswerContact
from domain.correction import MistakeKind
from domain.episode.commands.grant_exception import GrantException
from domain.episode.facts import MeetingHeld
from domain.fact import Fact, StreamKind
from domain.ledger.book import Outcome
from domain.ledger.identity import new_id
from domain.refusal import Refusal
from domain.registry import REGISTRY
from tests.domain.desk import DECIDED_ON, REFERRED_ON, WORKER, Desk, at, meeting, plan
from tests.domain.people import identity_code

CANARY = "Canary-in-the-register"
STREET = f"{CANARY} street 1"
BORN_ON = dt.date(2018, 1, 31)
CODE = identity_code(BORN_ON)
SECRETS = (CANARY, CODE, "2018-01-31", "datetime.date(2018, 1, 31)", "555-0199")


def assert_no_secret(text: str) -> None:
    assert [secret for secret in SECRETS if secret in text] == []


def said(thing: object) -> str:
    return f"{thing!r} {thing!s}"


def every_secret(desk: Desk) -> tuple[list[Outcome], dict[UUID, StreamKind]]:
    """Something sensitive in every kind of stream."""
    client_id = new_id()
    person = RegisterClient(identity_code=CODE, given_name=CANARY, family_name=CANARY, municipality=CANARY)
    outcomes = [desk.do(client_id, person)]
    outcomes.append(desk.do(client_id, TellAddress(told_on=DECIDED_ON, street_address=STREET, telephone="555-0199")))
    contact_id = desk.contact(client_id=client_id, message=CANARY)
    answer = AnswerContact(answered_at=at(REFERRED_ON, 12), worker_id=WORKER, note=CANARY)
    outcomes.append(desk.do(contact_id, answer))
    episode_id = desk.started("K2", client_id, reasons=CANARY)
    held = desk.do(episode_id, meeting(1, note=CANARY))
    goals = plan(plan_id=new_id(), goal_texts={"1": CANARY}, content=CANARY)
    correction = CorrectEntry(
        entry=held.entries[0].version,
        mistake=MistakeKind.TYPING_ERROR,
        changes={"note": f"{CANARY}, rightly"},
        reason=CANARY,
    )
    strike = StrikeOutEntry(entry=held.entries[0].version, mistake=MistakeKind.ENTERED_TWICE, reason=CANARY)
    outcomes += [held, *(desk.do(episode_id, command) for command in (goals, correction, strike))]
    streams = {client_id: StreamKind.CLIENT, contact_id: StreamKind.CONTACT, episode_id: StreamKind.EPISODE}
    return outcomes, streams


def test_no_outcome_entry_or_fact_shows_anything_sensitive(desk: Desk) -> None:
    outcomes, _ = every_secret(desk)
    for outcome in outcomes:
        assert_no_secret(said(outcome))
        for entry in outcome.entries:
            assert_no_secret(said(entry))
            assert_no_secret(said(entry.fact))


def test_no_state_shows_anything_sensitive(desk: Desk) -> None:
    _, streams = every_secret(desk)
    for stream_id, kind in streams.items():
        assert_no_secret(said(desk.book.state(stream_id, kind)))


def test_no_command_or_order_shows_what_its_fields_say(desk: Desk) -> None:
    command = RegisterClient(identity_code=CODE, born_on=BORN_ON, given_name=CANARY)
    assert repr(command) == "RegisterClient(born_on='…', given_name='…', identity_code='…')"
    assert_no_secret(said(command))
    assert_no_secret(said(desk.order(new_id(), command)))


@pytest.mark.parametrize(
    "command", [*ON_EVERY_STREAM, *(c for each in COMMANDS.values() for c in each)], ids=lambda c: c.__name__
)
def test_a_malformed_command_is_told_without_what_it_said(command: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        command.model_validate({"unheard_of": CANARY})
    assert_no_secret(str(caught.value))


def refusals(desk: Desk) -> list[Refusal]:
    client_id, episode_id = desk.client(), desk.started(meetings=1)
    bad_code = CODE[:-1] + ("A" if CODE[-1] != "A" else "B")
    first = desk.number(episode_id, MeetingHeld)
    exception = GrantException(
        decision_id=new_id(), decided_on=DECIDED_ON, decision_maker=WORKER, reasons=CANARY, meetings_granted=14
    )

    def correction(**changes: object) -> CorrectEntry:
        return CorrectEntry(entry=first, mistake=MistakeKind.TYPING_ERROR, changes=changes, reason=CANARY)

    return [
        desk.refused(new_id(), RegisterClient(identity_code=bad_code, given_name=CANARY)),
        desk.refused(new_id(), RegisterClient(identity_code=CODE, born_on=BORN_ON + dt.timedelta(days=1))),
        desk.refused(client_id, RegisterClient(identity_code=CODE, given_name=CANARY)),
        desk.refused(episode_id, meeting(2, worker_ids=(WORKER, "O7"), note=CANARY)),
        desk.refused(episode_id, correction(mode=CANARY)),
        desk.refused(episode_id, correction(started_at=CANARY)),
        desk.refused(episode_id, correction(note={"said": CANARY})),
        desk.refused(episode_id, exception),
    ]


def test_no_refusal_shows_anything_sensitive(desk: Desk) -> None:
    for refusal in refusals(desk):
        assert_no_secret(f"{said(refusal)} {refusal.message} {refusal.remedy} {refusal.details} {refusal.rule}")


def _texts(fact: type[Fact]) -> dict[str, bool]:
    """The free-text fields of a fact by name, and whether each is sensitive."""
    hints = get_type_hints(fact)
    texts = {name for name in fact.model_fields if str in (hints[name], *get_args(hints[name]))}
    return {name: name in fact.sensitive for name in texts}


NARRATIVES = {
    "assessment", "comment", "content", "evaluation", "expected_effect", "explanation", "family_name", "given_name",
    "goal_texts", "grounds", "identity_code", "message", "need", "note", "postal_code", "reason", "reasons",
    "street_address", "telephone",
}  # fmt: skip
"""What tells of a person in words or identifies one, wherever it stands."""


@pytest.mark.parametrize("name", sorted(set(REGISTRY.facts) - {"service_model_published.1"}))
def test_every_narrative_of_a_fact_is_declared_sensitive(name: str) -> None:
    fact = REGISTRY.facts[name]
    plain = {field for field, sensitive in _texts(fact).items() if not sensitive}
    assert plain & NARRATIVES == set()
