"""Services that are arranged separately (S3): extensions one month at a time, home practice, and L2's next version."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest

from domain.amend.correct_entry import CorrectEntry
from domain.amend.explain_deviation import ExplainDeviation
from domain.commands import AnyCommand
from domain.correction import MistakeKind
from domain.episode.commands.close_episode import CloseEpisode
from domain.episode.commands.grant_exception import GrantException
from domain.episode.commands.grant_extension import GrantExtension
from domain.episode.commands.move_to_model import MoveToModel
from domain.episode.commands.record_home_practice import RecordHomePractice
from domain.episode.facts import ClosureReason, DecisionMade, EpisodeStarted, HomePracticeHeld, PracticePlace
from domain.ledger.identity import new_id
from domain.refusal import EndedBeforeItBegan, NotAuthorised, OutOfOrder
from domain.register.commands.publish_service_model import PublishServiceModel
from tests.domain.desk import WORKER, Desk, the
from tests.domain.marks import covers, refuses
from tests.driven.arranged import L2, STARTED_ON, version_two

JUNE_9, DAY = dt.date(2023, 6, 9), dt.timedelta(days=1)
"""The last day of the first period: three months from 10 March."""


def extend(decided_on: dt.date) -> GrantExtension:
    """An extension of a month."""
    return GrantExtension(
        decision_id=new_id(), decided_on=decided_on, decision_maker=WORKER, months_granted=1, reasons="Jatko."
    )


def running(desk: Desk, *extensions: dt.date) -> UUID:
    """Rehabilitation that goes on, extended on those days."""
    episode_id = L2.until("interim")(desk)
    for day in extensions:
        desk.do(episode_id, extend(day))
    return episode_id


def refused_by(desk: Desk, episode_id: UUID, command: AnyCommand) -> str:
    """The rule that refuses the command."""
    refusal = desk.refused(episode_id, command)
    assert isinstance(refusal, NotAuthorised)
    assert refusal.rule is not None
    return refusal.rule.rule_id


def test_six_months_are_granted_month_by_month_and_no_more(desk: Desk) -> None:
    episode_id = running(desk, JUNE_9, dt.date(2023, 7, 9), dt.date(2023, 8, 9))
    assert refused_by(desk, episode_id, extend(dt.date(2023, 9, 9))) == "duration"
    assert not set(desk.deviations(episode_id)) & {"duration", "extension-in-time"}


def test_two_extensions_are_not_granted_at_once(desk: Desk) -> None:
    episode_id = running(desk, JUNE_9 - DAY)
    assert refused_by(desk, episode_id, extend(JUNE_9)) == "duration"
    assert desk.do(episode_id, extend(JUNE_9 + DAY)).entries


def test_a_late_extension_is_granted_and_its_gap_days_are_a_deviation(desk: Desk) -> None:
    episode_id = running(desk)
    (gap,) = desk.do(episode_id, extend(JUNE_9 + 5 * DAY)).deviations
    assert (gap.rule_id, gap.measured, gap.unit) == ("extension-in-time", 4, "days")


def test_an_end_before_three_months_is_a_deviation_that_is_explained(desk: Desk) -> None:
    episode_id = running(desk)
    closing = CloseEpisode(closed_on=JUNE_9 - DAY, reason=ClosureReason.FAMILY_WITHDREW)
    early = next(one for one in desk.do(episode_id, closing).deviations if one.rule_id == "at-least-three-months")
    assert (early.measured, early.limit) == (91, 92)
    told = ExplainDeviation(deviation_key=early.deviation_key, explained_on=JUNE_9, reason="Perhe keskeytti.")
    assert desk.do(episode_id, told).entries


def test_running_episodes_stay_on_their_version_and_a_decision_moves_one(desk: Desk) -> None:
    stays, moves = running(desk), running(desk)
    desk.do(desk.register_id, PublishServiceModel(content=version_two(dt.date(2023, 6, 1), at_most_months=4)))
    granted = next(e.fact for e in desk.entries(moves) if isinstance(e.fact, DecisionMade))
    move = MoveToModel(
        decision_id=new_id(),
        decided_on=dt.date(2023, 6, 1),
        decision_maker=WORKER,
        service="L2",
        codes=granted.codes,
        voluntary_consent=True,
        reasons="Siirto.",
    )
    desk.do(moves, move)
    for episode_id, version in ((stays, 1), (moves, 2)):
        pin = desk.episode(episode_id).pin
        assert pin is not None
        assert pin.model_version == version
        desk.do(episode_id, extend(JUNE_9))
    assert desk.do(stays, extend(dt.date(2023, 7, 9))).entries
    assert refused_by(desk, moves, extend(dt.date(2023, 7, 9))) == "duration"


@covers(RecordHomePractice)
def test_practice_at_home_has_a_start_an_end_and_a_place(desk: Desk) -> None:
    practice = RecordHomePractice(
        practice_id=new_id(), started_on=STARTED_ON, ended_on=STARTED_ON + DAY, place=PracticePlace.OWN_HOME
    )
    fact = the(desk.do(running(desk), practice).facts(), HomePracticeHeld)
    assert (fact.started_on, fact.ended_on, fact.place) == (STARTED_ON, STARTED_ON + DAY, PracticePlace.OWN_HOME)


@refuses(RecordHomePractice)
def test_practice_at_home_does_not_end_before_it_began(desk: Desk) -> None:
    backwards = RecordHomePractice(
        practice_id=new_id(), started_on=STARTED_ON, ended_on=STARTED_ON - DAY, place=PracticePlace.OTHER_PLACE
    )
    assert isinstance(desk.refused(running(desk), backwards), EndedBeforeItBegan)


def test_an_exception_before_the_grant_names_its_service_and_afterwards_no_other(desk: Desk) -> None:
    def exception(service: str) -> GrantException:
        return GrantException(
            decision_id=new_id(), decided_on=dt.date(2023, 4, 20), decision_maker=WORKER, reasons="…", service=service
        )

    waiting = L2.until("proposal")(desk)
    assert the(desk.do(waiting, exception("L1")).facts(), DecisionMade).service == "L1"
    assert isinstance(desk.refused(running(desk), exception("L1")), OutOfOrder)


def test_an_extension_past_six_months_from_the_start_is_refused_with_the_last_day_allowed(desk: Desk) -> None:
    refusal = desk.refused(running(desk), extend(dt.date(2023, 9, 10)))
    assert isinstance(refusal, NotAuthorised)
    assert refusal.rule is not None
    told = {name: refusal.details[name] for name in ("measured", "limit", "unit")}
    assert (refusal.rule.rule_id, told) == ("duration", {"measured": 214, "limit": 184, "unit": "days"})
    assert "2023-09-09" in refusal.remedy


@pytest.mark.parametrize("valid_from", [JUNE_9, JUNE_9 + 2 * DAY, dt.date(2023, 9, 10)])
def test_an_extension_that_does_not_follow_the_period_before_it_is_refused(desk: Desk, valid_from: dt.date) -> None:
    command = extend(JUNE_9 - DAY).model_copy(update={"valid_from": valid_from})
    refused = refused_by(desk, running(desk), command)
    assert refused == ("duration" if valid_from > JUNE_9 + 2 * DAY else "extension-valid-from")


def test_no_extension_is_decided_before_the_start(desk: Desk) -> None:
    assert refused_by(desk, L2.until("assignment")(desk), extend(dt.date(2023, 3, 9))) == "extension-after-start"


def test_an_extension_entered_late_is_refused_when_the_six_months_are_granted_already(desk: Desk) -> None:
    episode_id = running(desk, JUNE_9, dt.date(2023, 7, 9), dt.date(2023, 8, 9))
    assert refused_by(desk, episode_id, extend(dt.date(2023, 8, 1))) == "duration"


def test_a_corrected_start_moves_the_end_of_every_period(desk: Desk) -> None:
    episode_id = running(desk, JUNE_9)
    started = desk.number(episode_id, EpisodeStarted)
    earlier = {"started_on": (STARTED_ON - DAY).isoformat()}
    corrected = CorrectEntry(entry=started, mistake=MistakeKind.FACTUAL_ERROR, changes=earlier, reason="Väärä päivä.")
    desk.do(episode_id, corrected)
    assert refused_by(desk, episode_id, extend(dt.date(2023, 9, 9))) == "duration"
    assert "extension-in-time" not in desk.deviations(episode_id)
