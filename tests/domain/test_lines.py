"""An episode goes on from an earlier one: never in a circle, and with what was held there, no more and no less."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.amend.correct_entry import CorrectEntry
from domain.amend.strike_out_entry import StrikeOutEntry
from domain.entry import Entry
from domain.episode.commands.move_to_model import MoveToModel
from domain.episode.facts import DecisionKind, DecisionMade, ReferralReceived
from domain.episode.state import EpisodeState
from domain.ledger.identity import new_id
from domain.ledger.together import execute_together
from domain.refusal import OutOfOrder
from domain.truth import check_continues, line_back
from tests.domain.desk import DECIDED_ON, WORKER, Desk, grant, meeting
from tests.domain.marks import refuses
from tests.domain.test_amendments import correct, strike
from tests.rules.story import STREAM, granted, story

IN_CIRCLE = "An episode would go on from itself."


def granted_in_line(desk: Desk, *services: str) -> list[UUID]:
    """Episodes of one child, each going on from the one before."""
    client_id, line = desk.client(), list[UUID]()
    for service in services:
        episode_id = desk.referred(client_id)
        desk.do(episode_id, grant(service, continues_episode_id=line[-1] if line else None))
        line.append(episode_id)
    return line


def going_on(desk: Desk, episode_id: UUID, earlier: UUID | None) -> CorrectEntry:
    """The correction by which it goes on from that one."""
    told = None if earlier is None else str(earlier)
    return correct(desk.number(episode_id, DecisionMade), continues_episode_id=told)


def decision(desk: Desk, episode_id: UUID, kind: DecisionKind = DecisionKind.GRANTED) -> DecisionMade:
    (found,) = [one for one in desk.episode(episode_id).decisions if one.kind is kind]
    return found


@pytest.mark.parametrize("length", [2, 3, 4])
@refuses(CorrectEntry)
def test_no_correction_closes_a_line_of_episodes_to_a_circle(desk: Desk, length: int) -> None:
    line = granted_in_line(desk, *["K1"] * length)
    refusal = desk.refused(line[0], going_on(desk, line[0], line[-1]))
    assert isinstance(refusal, OutOfOrder)
    assert (refusal.message, refusal.details["field"]) == (IN_CIRCLE, "changes.continues_episode_id")


def test_nor_does_a_grant(desk: Desk) -> None:
    client_id = desk.client()
    first, second = desk.referred(client_id), desk.referred(client_id)
    desk.do(second, grant("K1", continues_episode_id=first))
    refusal = desk.refused(first, grant("K1", continues_episode_id=second))
    assert (refusal.message, refusal.details["field"]) == (IN_CIRCLE, "continues_episode_id")


def test_nor_does_one_that_goes_with_others(desk: Desk) -> None:
    client_id = desk.client()
    first, second, third = (desk.referred(client_id) for _ in range(3))
    desk.do(second, grant("K1", continues_episode_id=first))
    orders = [desk.order(first, grant("K1", continues_episode_id=second)), desk.order(third, grant("K1"))]
    refused, done = execute_together(desk.book, orders)
    assert isinstance(refused, OutOfOrder)
    assert not isinstance(done, Exception)


@refuses(StrikeOutEntry)
def test_nor_does_striking_the_correction_that_had_opened_it(desk: Desk) -> None:
    first, second = granted_in_line(desk, "K1", "K1")
    opened = desk.do(second, going_on(desk, second, None)).entries[0].version
    desk.do(first, going_on(desk, first, second))
    assert desk.refused(second, strike(opened)).message == IN_CIRCLE
    desk.do(first, going_on(desk, first, None))
    assert desk.do(second, strike(opened)).entries
    assert desk.episode(second).continues_episode_id == first


def test_striking_a_correction_of_who_the_client_is_does_not_leave_the_line_with_another_child(desk: Desk) -> None:
    (first,) = granted_in_line(desk, "K1")
    other = desk.referred()
    own = [str(client_id) for client_id in desk.episode(first).client_ids]
    corrected = desk.do(other, correct(desk.number(other, ReferralReceived), client_ids=own)).entries[0].version
    desk.do(other, grant("K1", continues_episode_id=first))
    assert desk.refused(other, strike(corrected)).code == "client_not_of_episode"


def test_an_episode_that_a_decision_moved_goes_on_from_the_same_one(desk: Desk) -> None:
    first, second = granted_in_line(desk, "K1", "K1")
    desk.do(second, MoveToModel(decision_id=new_id(), decision_maker=WORKER, decided_on=DECIDED_ON, service="K2"))
    assert desk.episode(second).continues_episode_id == first
    assert desk.refused(first, going_on(desk, first, second)).message == IN_CIRCLE


EPISODES = [new_id() for _ in range(5)]


def state_of(continues: UUID | None) -> EpisodeState:
    (entry,) = story(granted(continues_episode_id=continues))
    assert isinstance(entry, Entry)
    assert isinstance(entry.fact, DecisionMade)
    return EpisodeState(decisions=(entry.fact,))


@given(st.dictionaries(st.sampled_from(EPISODES), st.none() | st.sampled_from(EPISODES)), st.sampled_from(EPISODES))
def test_a_circle_that_is_there_already_is_walked_once(links: dict[UUID, UUID | None], last: UUID) -> None:
    episodes = {one: state_of(earlier) for one, earlier in links.items()}
    line = line_back(last, episodes)
    assert len(line) == len(set(line)) <= len(EPISODES)
    assert all(links[one] == earlier for one, earlier in pairwise(line))
    if last in episodes and STREAM not in line:
        with pytest.raises(Exception, match="for none of this one's clients"):
            check_continues(last, episodes, STREAM, [new_id()])


def test_a_correction_of_what_is_continued_brings_its_meetings_along(desk: Desk) -> None:
    client_id = desk.client()
    two, three = (desk.started("K1", client_id, meetings=held) for held in (2, 3))
    episode_id = desk.granted("K2", client_id, continues_episode_id=two)
    desk.do(episode_id, going_on(desk, episode_id, three))
    assert (decision(desk, episode_id).meetings_before, desk.episode(episode_id).client_meetings_in_spell) == (3, 3)
    desk.do(episode_id, going_on(desk, episode_id, None))
    told = decision(desk, episode_id)
    assert (told.meetings_before, told.continues_service, desk.episode(episode_id).client_meetings_in_spell) == (
        0, None, 0,
    )  # fmt: skip


@pytest.mark.parametrize("told", [0, 1, 3, 1000])
def test_the_meetings_before_a_grant_are_those_of_the_episode_before_and_no_other_number(desk: Desk, told: int) -> None:
    client_id = desk.client()
    guidance = desk.started("K1", client_id, meetings=2)
    episode_id = desk.granted("K2", client_id, continues_episode_id=guidance)
    number = desk.number(episode_id, DecisionMade)
    refusal = desk.refused(episode_id, correct(number, meetings_before=told))
    assert (refusal.code, refusal.details["field"]) == ("carried_wrongly", "changes.meetings_before")
    assert "It is 2" in refusal.remedy


def test_a_meeting_that_was_entered_late_in_the_episode_before_is_carried_by_a_correction(desk: Desk) -> None:
    client_id = desk.client()
    guidance = desk.started("K1", client_id, meetings=1)
    episode_id = desk.granted("K2", client_id, continues_episode_id=guidance)
    desk.do(guidance, meeting(2))
    desk.do(episode_id, correct(desk.number(episode_id, DecisionMade), meetings_before=2))
    assert desk.episode(episode_id).client_meetings_in_spell == 2


def test_where_nothing_is_continued_nothing_was_held_before(desk: Desk) -> None:
    episode_id = desk.granted()
    refusal = desk.refused(episode_id, correct(desk.number(episode_id, DecisionMade), meetings_before=5))
    assert (refusal.code, "It is 0" in refusal.remedy) == ("carried_wrongly", True)


def test_a_decision_that_moved_the_episode_carries_what_the_grant_does_also_when_that_is_corrected(desk: Desk) -> None:
    client_id = desk.client()
    guidance = desk.started("K1", client_id, meetings=2)
    episode_id = desk.granted("K1", client_id, continues_episode_id=guidance)
    desk.do(episode_id, MoveToModel(decision_id=new_id(), decision_maker=WORKER, decided_on=DECIDED_ON, service="K2"))
    moved = desk.number(episode_id, DecisionMade, 2)
    assert desk.refused(episode_id, correct(moved, meetings_before=0)).code == "carried_wrongly"
    assert desk.refused(episode_id, correct(moved, continues_episode_id=str(guidance))).code == "carried_wrongly"
    elsewhere = Desk(desk.dsn, desk.book.register_name)  # another process, which reads all of it from its bytes
    elsewhere.do(episode_id, going_on(desk, episode_id, None))
    elsewhere.book.close()
    assert decision(desk, episode_id, DecisionKind.MOVE).meetings_before == 0
    assert desk.episode(episode_id).client_meetings_in_spell == 0
