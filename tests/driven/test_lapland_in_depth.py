"""What one case each way cannot show of the Lapland producer's rules: months, siblings, consent, minutes."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from domain.amend.correct_entry import CorrectEntry
from domain.amend.reach_calendar import ReachCalendar
from domain.client.commands.tellings import GiveConsent
from domain.client.facts import ConsentScope
from domain.clock import CLOCK
from domain.consequence import Duty
from domain.correction import MistakeKind
from domain.episode.commands.agree_follow_up import AgreeFollowUp
from domain.episode.commands.bring_child_along import BringChildAlong
from domain.episode.commands.move_to_model import MoveToModel
from domain.episode.commands.reopen_episode import ReopenEpisode
from domain.episode.facts import EpisodeStarted, MeetingKind, MeetingMode, PlanKind
from domain.ledger.identity import new_id
from domain.refusal import NotAuthorised
from tests.domain.desk import DECIDED_ON, WORKER, Desk
from tests.driven.harness import opened_desk
from tests.driven.lapland import (
    CODES,
    MET,
    STARTED,
    VISITS,
    Work,
    called_off,
    closed,
    consented,
    contacted,
    course,
    interrupted,
    met,
    minutes_of,
    monthly,
    planned,
    reported,
    reporting,
)

MARCH = (STARTED, dt.date(2023, 3, 31))
APRIL = (dt.date(2023, 4, 1), dt.date(2023, 4, 30))
MAY = (dt.date(2023, 5, 1), dt.date(2023, 5, 31))


@pytest.fixture(scope="module")
def desk(postgres: str) -> Iterator[Desk]:
    """One register for the whole file."""
    with opened_desk(postgres, f"lapland-in-depth-{os.getpid()}") as opened:
        yield opened


def duties(desk: Desk, episode: UUID, rule_id: str) -> dict[str, Duty]:
    """The duties of a rule, by what their key ends with: a month, or the client."""
    standing = desk.episode(episode).concluded.duties.values()
    return {duty.key.rpartition("/")[2]: duty for duty in standing if duty.rule_id == rule_id}


def report(first: dt.date, last: dt.date, **otherwise: Any) -> Any:
    return monthly(covers_from=first, covers_to=last, written_on=last, **otherwise)


def test_every_month_with_a_day_of_clientship_wants_a_report_by_the_tenth(desk: Desk) -> None:
    episode = course("P7", report(*MARCH), closed(closed_on=dt.date(2023, 5, 1)))(desk)
    found = duties(desk, episode, "monthly-report")
    assert {month: duty.due_on for month, duty in found.items()} == {
        "2023-03": dt.date(2023, 4, 10),
        "2023-04": dt.date(2023, 5, 10),
        "2023-05": dt.date(2023, 6, 10),
    }
    assert [month for month, duty in found.items() if duty.met_by] == ["2023-03"]


def test_a_month_in_which_the_episode_was_closed_all_along_wants_no_report(desk: Desk) -> None:
    def reopened(work: Work) -> None:
        work.do(ReopenEpisode(reopened_on=dt.date(2023, 9, 4), reason="Tarve palasi."))

    twice = (closed(closed_on=dt.date(2023, 4, 12)), reopened, closed(closed_on=dt.date(2023, 9, 20)))
    assert sorted(duties(desk, course("P7", *twice)(desk), "monthly-report")) == ["2023-03", "2023-04", "2023-09"]


def test_who_consents_again_after_the_half_year_is_contacted_after_the_year_only(desk: Desk) -> None:
    def again(work: Work) -> None:
        work.desk.do(
            work.client, GiveConsent(consent_id=new_id(), scope=ConsentScope.FOLLOW_UP, given_on=dt.date(2024, 2, 1))
        )
        work.do(AgreeFollowUp(client_id=work.client, agreed_on=dt.date(2024, 2, 1)))

    episode = course("P2", consented(withdrawn=True), closed(), again)(desk)
    assert duties(desk, episode, "follow-up-half-a-year") == {}
    assert [duty.due_on for duty in duties(desk, episode, "follow-up-a-year").values()] == [dt.date(2024, 7, 12)]


def test_a_part_month_may_be_covered_by_its_neighbour_but_a_whole_one_may_not(desk: Desk) -> None:
    story = course("P7", report(STARTED, APRIL[1]), closed(closed_on=dt.date(2023, 6, 2)))
    met_months = [month for month, duty in duties(desk, story(desk), "monthly-report").items() if duty.met_by]
    assert met_months == ["2023-03", "2023-04"]
    story = course(
        "P7", report(STARTED, MAY[1]), report(MAY[0], dt.date(2023, 6, 2)), closed(closed_on=dt.date(2023, 6, 2))
    )
    left = [month for month, duty in duties(desk, story(desk), "monthly-report").items() if not duty.met_by]
    assert left == ["2023-04"]


def test_the_agreed_day_goes_before_the_tenth(desk: Desk) -> None:
    story = course("P7", reporting(every_months=None, due_day=20), met())
    assert duties(desk, story(desk), "monthly-report")["2023-03"].due_on == dt.date(2023, 4, 20)


def test_each_child_who_is_a_client_has_a_report_of_its_own_from_the_month_it_came(desk: Desk) -> None:
    sibling = desk.client(age=2, on=DECIDED_ON)

    def joins(work: Work) -> None:
        work.do(BringChildAlong(client_id=sibling, joined_on=dt.date(2023, 4, 20)))

    episode = course("P7", joins, closed(closed_on=dt.date(2023, 5, 1)))(desk)
    standing = [duty for duty in desk.episode(episode).concluded.duties.values() if duty.rule_id == "monthly-report"]
    months = sorted(duty.key.rpartition("/")[2] for duty in standing if duty.client_id == sibling)
    assert (len(standing), months) == (5, ["2023-04", "2023-05"])


def test_a_correction_of_the_start_takes_the_month_away(desk: Desk) -> None:
    episode = course("P7", closed(closed_on=dt.date(2023, 5, 1)))(desk)
    entry = desk.number(episode, EpisodeStarted)
    changes = {"started_on": "2023-04-03"}
    desk.do(
        episode,
        CorrectEntry(entry=entry, mistake=MistakeKind.FACTUAL_ERROR, changes=changes, reason="Alkoi myöhemmin."),
    )
    assert sorted(duties(desk, episode, "monthly-report")) == ["2023-04", "2023-05"]


def test_reports_fall_due_as_agreed_and_a_later_agreement_takes_over(desk: Desk) -> None:
    later = reporting(every_months=2, agreed_on=dt.date(2023, 4, 20))
    episode = course("P6", reporting(), reported(), later)(desk)
    assert agreed_reports(desk, episode) == {dt.date(2023, 4, 8): True, dt.date(2023, 6, 20): False}


def test_reports_as_agreed_fall_due_on_the_day_of_the_month_that_was_agreed(desk: Desk) -> None:
    agreed = reporting(due_day=5, agreed_on=dt.date(2023, 4, 20))
    episode = course("P6", agreed, reported(written_on=dt.date(2023, 5, 4)))(desk)
    desk.do(episode, ReachCalendar(reached_on=dt.date(2023, 6, 5)), actor=CLOCK)
    assert agreed_reports(desk, episode) == {
        dt.date(2023, 5, 5): True,
        dt.date(2023, 6, 5): False,
        dt.date(2023, 7, 5): False,
    }


@pytest.mark.parametrize("service", ["P7", "P8"])
def test_of_rehabilitation_the_monthly_report_is_the_one_agreed_and_there_is_none_beside_it(
    desk: Desk, service: str
) -> None:
    episode = course(service, reporting(due_day=5), met())(desk)
    assert duties(desk, episode, "monthly-report")["2023-03"].due_on == dt.date(2023, 4, 5)
    assert agreed_reports(desk, episode) == {}


def agreed_reports(desk: Desk, episode: UUID) -> dict[dt.date | None, bool]:
    """The reports as agreed: due when, and whether met."""
    standing = desk.episode(episode).concluded.duties.values()
    return {duty.due_on: duty.met_by is not None for duty in standing if duty.rule_id == "P0.reports-as-agreed"}


def test_of_agreed_reports_each_falls_due_once_its_months_have_begun_though_nobody_writes_any(desk: Desk) -> None:
    episode = course("P6", reporting(), reported())(desk)
    desk.do(episode, ReachCalendar(reached_on=dt.date(2023, 6, 8)), actor=CLOCK)
    assert agreed_reports(desk, episode) == {
        dt.date(2023, 4, 8): True,
        dt.date(2023, 5, 8): False,
        dt.date(2023, 6, 8): False,
        dt.date(2023, 7, 8): False,
    }


def test_without_consent_there_is_no_duty_of_follow_up_and_its_withdrawal_closes_both(desk: Desk) -> None:
    without = course("P2", closed())(desk)
    withdrawn = course("P2", consented(withdrawn=True), closed())(desk)
    given = course("P2", consented(), closed(), contacted())(desk)
    rules = ("follow-up-half-a-year", "follow-up-a-year")
    assert [len(duties(desk, episode, rule)) for episode in (without, withdrawn, given) for rule in rules] == [
        0, 0, 0, 0, 1, 1
    ]  # fmt: skip
    assert [duty.due_on for rule in rules for duty in duties(desk, given, rule).values()] == [
        dt.date(2024, 1, 12),
        dt.date(2024, 7, 12),
    ]


def test_a_plan_above_a_fifth_is_refused_and_exactly_a_fifth_is_not(desk: Desk) -> None:
    episode = course("P8", planned(planned_minutes=600, planned_remote_minutes=120))(desk)
    work = Work(desk, "P8", desk.episode(episode).client_ids[0], episode)
    with pytest.raises(NotAuthorised) as refused:
        work.do(planned(planned_minutes=600, planned_remote_minutes=121))
    assert refused.value.rule is not None
    assert refused.value.rule.rule_id == "remote-share"
    assert refused.value.details["limit"] == 20


def test_the_share_is_told_planned_and_held_with_numerator_and_denominator(desk: Desk) -> None:
    negotiation = met(meeting_kind=MeetingKind.INTERIM_NEGOTIATION, mode=MeetingMode.VIDEO)
    outside = minutes_of(79, MeetingMode.OTHER_PLACE)
    episode = course("P8", planned(), outside, minutes_of(20, MeetingMode.VIDEO), negotiation)(desk)
    told = {
        row.basis: (row.part_minutes, row.whole_minutes, row.percent) for row in desk.book.shares(desk.episode(episode))
    }
    assert told == {"planned": (120, 600, 20.0), "held": (20, 99, 20.2)}
    assert "remote-share" in desk.deviations(episode)


def test_a_plan_without_goals_is_a_fact_all_the_same(desk: Desk) -> None:
    episode = course("P8", planned(goals=()))(desk)
    assert "P0.plan-goals" in desk.deviations(episode)


def test_the_gap_in_sight_and_hearing_is_told_in_minutes(desk: Desk) -> None:
    episode = course("P4", met(presence_gap_minutes=7))(desk)
    gap = [one for one in desk.episode(episode).concluded.deviations.values() if one.rule_id == "presence-gap"]
    assert [(one.measured, one.limit, one.unit) for one in gap] == [(7, 0, "minutes")]


def test_a_start_is_refused_by_the_rule_it_breaks_and_nothing_is_recorded(desk: Desk) -> None:
    with pytest.raises(NotAuthorised) as refused:
        course("P7", without="by_phone")(desk)
    assert refused.value.rule is not None
    assert refused.value.rule.rule_id == "clientship-by-phone"


def test_the_later_version_of_a_plan_is_delivered_too(desk: Desk) -> None:
    again = planned(PlanKind.IMPLEMENTATION_PLAN, made_on=MET)
    episode = course("P7", planned(), again)(desk)
    both = ("plan-to-client", "plan-to-social-worker")
    assert [len(duties(desk, episode, rule)) for rule in both] == [2, 2]


def move(service: str, **told: Any) -> MoveToModel:
    """A decision that moves an episode to the service, and says why and from when."""
    fields = {"decided_on": MET, "decision_maker": WORKER, "reasons": "Tarve muuttui.", "valid_from": MET, **told}
    return MoveToModel(decision_id=new_id(), service=service, **fields)


@pytest.mark.parametrize(
    ("service", "rule_id"),
    [
        ("P1", "need"),
        ("P2", "target"),
        ("P7", "ground"),
        ("P8", "ground"),
        *((each, "unsafe-otherwise") for each in VISITS),
    ],
)
def test_a_move_needs_the_grounds_that_a_grant_of_the_service_would_need(
    desk: Desk, service: str, rule_id: str
) -> None:
    episode = course("P6")(desk)
    refusal = desk.refused(episode, move(service, clientship="child_welfare"))
    assert isinstance(refusal, NotAuthorised)
    assert refusal.rule is not None
    assert refusal.rule.rule_id == rule_id
    assert desk.do(episode, move(service, clientship="child_welfare", codes=CODES[service])).entries


@pytest.mark.parametrize("service", ["P7", "P8"])
def test_nobody_is_moved_to_rehabilitation_who_is_no_client_of_child_welfare(desk: Desk, service: str) -> None:
    refusal = desk.refused(course("P6")(desk), move(service, codes=CODES[service]))
    assert isinstance(refusal, NotAuthorised)
    assert refusal.rule is not None
    assert refusal.rule.rule_id == "child-welfare-client"


def test_a_move_says_why_and_from_when(desk: Desk) -> None:
    refusal = desk.refused(course("P7")(desk), move("P6", reasons=None))
    assert isinstance(refusal, NotAuthorised)
    assert refusal.rule is not None
    assert refusal.rule.rule_id == "P0.decision-contents"


def test_a_move_leaves_what_was_before_it_to_the_model_that_was_in_force_then(desk: Desk) -> None:
    """March was intensified family work, which writes no monthly reports; April is the first month that owes one."""
    episode, moved_on = course("P6")(desk), dt.date(2023, 4, 3)
    before = desk.episode(episode).concluded
    desk.do(
        episode,
        move("P8", clientship="child_welfare", codes=CODES["P8"], decided_on=moved_on, valid_from=moved_on),
    )
    desk.do(episode, ReachCalendar(reached_on=dt.date(2023, 5, 2)), actor=CLOCK)
    after = desk.episode(episode).concluded
    assert {key for key in after.deviations if key not in before.deviations} == set()
    assert sorted(duties(desk, episode, "monthly-report")) == ["2023-04", "2023-05"]


@pytest.mark.parametrize("service", VISITS)
def test_of_unrealised_meetings_only_those_of_the_clients_are_reported(desk: Desk, service: str) -> None:
    def opened(kind: MeetingKind) -> int:
        story = course(service, called_off(meeting_kind=kind), interrupted(meeting_kind=kind))
        return len(duties(desk, story(desk), "unrealised-reported"))

    assert opened(MeetingKind.CLIENT_MEETING) == 2
    assert opened(MeetingKind.NETWORK_MEETING) == 0
