"""What cannot have come before what: refused of a command and of an amendment alike; what may have is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.command import Command
from domain.correction import EntryStruckOut
from domain.entry import Entry
from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.deliver_document import DeliverDocument
from domain.episode.commands.evaluate_plan import EvaluatePlan
from domain.episode.commands.move_to_model import MoveToModel
from domain.episode.commands.reopen_episode import ReopenEpisode
from domain.episode.commands.resume_episode import ResumeEpisode
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.commands.suspend_episode import SuspendEpisode
from domain.episode.commands.transfer_episode import TransferEpisode
from domain.episode.commands.write_report import WriteReport
from domain.episode.commands.write_summary import WriteSummary
from domain.episode.facts import (
    EpisodeClosed,
    EpisodeReopened,
    EpisodeResumed,
    EpisodeStarted,
    EpisodeSuspended,
    EpisodeTransferred,
    Recipient,
    ReferralReceived,
    WorkerAssigned,
    WorkerReleased,
)
from domain.fact import Fact, StreamKind
from domain.ledger.identity import new_id
from domain.register.facts import WorkerRole
from domain.sequence import ORDER, out_of_sequence
from domain.streams import fold_stream
from tests.domain.desk import OTHER_WORKER, REFERRED_ON, STARTED_ON, WORKER, Desk, grant, plan
from tests.domain.test_amendments import correct, strike
from tests.domain.test_course import closing
from tests.domain.test_registry import entry_of, sample_of

ONE = UUID(int=1)
DAY = STARTED_ON + dt.timedelta(days=30)
BEFORE = DAY - dt.timedelta(days=1)
ABOUT: dict[str, Any] = {"worker_id": WORKER}


def delivered(on: dt.date, **about: Any) -> DeliverDocument:
    told = {"document_kind": "a_document", "recipient": Recipient.CLIENT, "delivery_mode": "handed_over", **ABOUT}
    return DeliverDocument(delivered_on=on, **told, **about)


def report(**told: Any) -> WriteReport:
    period = {"covers_from": STARTED_ON, "covers_to": DAY, "written_on": DAY, **told}
    return WriteReport(report_id=ONE, report_kind="monthly", **period, **ABOUT)


PAIRS: dict[str, tuple[Command[Any], Callable[[dt.date], Command[Any]]]] = {
    "a plan is evaluated": (plan(DAY, plan_id=ONE), lambda on: EvaluatePlan(plan_id=ONE, evaluated_on=on, **ABOUT)),
    "a plan is delivered": (plan(DAY, plan_id=ONE), lambda on: delivered(on, plan_id=ONE)),
    "a plan is delivered as a document": (plan(DAY, plan_id=ONE), lambda on: delivered(on, document_id=ONE)),
    "a report is delivered": (report(), lambda on: delivered(on, document_id=ONE)),
    "a summary is delivered": (
        WriteSummary(summary_id=ONE, written_on=DAY, **ABOUT),
        lambda on: delivered(on, document_id=ONE),
    ),
}


@pytest.mark.parametrize("what", PAIRS)
def test_nothing_follows_before_what_it_follows_on(desk: Desk, what: str) -> None:
    episode_id, (first, then) = desk.started("K1"), PAIRS[what]
    desk.do(episode_id, first)
    refusal = desk.refused(episode_id, then(BEFORE))
    assert refusal.code == "ended_before_it_began"
    assert str(DAY) in refusal.remedy
    told = desk.do(episode_id, then(DAY)).entries[0]
    assert refusal.details["field"] == told.fact.happened
    day: dict[str, Any] = {str(told.fact.happened): BEFORE.isoformat()}
    assert desk.refused(episode_id, correct(told.version, **day)).code == "ended_before_it_began"


@pytest.mark.parametrize("covers_from", [DAY, BEFORE])
def test_a_report_is_not_written_before_the_days_that_it_tells_of(desk: Desk, covers_from: dt.date) -> None:
    refusal = desk.refused(desk.started("K1"), report(covers_from=covers_from, covers_to=DAY, written_on=BEFORE))
    assert (refusal.code, refusal.details["field"]) == ("ended_before_it_began", "written_on")


def paused(desk: Desk) -> UUID:
    """An episode that paused, went on, moved, ended and went on again; with a worker who was released."""
    episode_id, assignment_id = desk.started("K1"), new_id()
    later = [STARTED_ON + dt.timedelta(days=10 * number) for number in range(1, 6)]
    role = WorkerRole.FAMILY_INSTRUCTOR
    for command in (
        AssignWorker(assignment_id=assignment_id, worker_id=WORKER, role=role, from_on=later[0]),
        SuspendEpisode(suspended_on=later[0]),
        ResumeEpisode(resumed_on=later[1]),
        TransferEpisode(
            transferred_on=later[2], area="Kouvola", worker_id=OTHER_WORKER, role=role, assignment_id=new_id()
        ),
        closing(closed_on=later[3]),
        ReopenEpisode(reopened_on=later[4], reason="the need came back"),
    ):
        desk.do(episode_id, command)
    return episode_id


@pytest.mark.parametrize(
    ("kind", "field", "days"),
    [
        (EpisodeSuspended, "suspended_on", -1),
        (EpisodeSuspended, "suspended_on", 21),
        (EpisodeResumed, "resumed_on", 9),
        (EpisodeStarted, "started_on", 11),
        (EpisodeReopened, "reopened_on", 39),
        (EpisodeTransferred, "transferred_on", -8),
        (WorkerReleased, "to_on", 9),
        (WorkerAssigned, "from_on", 31),
        (ReferralReceived, "received_on", 31),
    ],
)
def test_no_amendment_brings_an_episodes_course_out_of_its_order(
    desk: Desk, kind: type[Fact], field: str, days: int
) -> None:
    episode_id = paused(desk)
    told: dict[str, Any] = {field: (STARTED_ON + dt.timedelta(days=days)).isoformat()}
    refusal = desk.refused(episode_id, correct(desk.number(episode_id, kind), **told))
    assert (refusal.code, refusal.details["field"]) == ("ended_before_it_began", "entry")


def test_a_start_entered_anew_is_not_after_what_followed_on_it(desk: Desk) -> None:
    episode_id = desk.started("K1")
    desk.do(episode_id, SuspendEpisode(suspended_on=DAY))
    desk.do(episode_id, strike(desk.number(episode_id, EpisodeStarted)))
    refusal = desk.refused(episode_id, StartEpisode(started_on=DAY + dt.timedelta(days=1)))
    assert refusal.code == "ended_before_it_began"


def after(days: int) -> dt.date:
    return STARTED_ON + dt.timedelta(days=days)


def moving(on: dt.date) -> TransferEpisode:
    about: dict[str, Any] = {"role": WorkerRole.FAMILY_INSTRUCTOR, "assignment_id": new_id()}
    return TransferEpisode(transferred_on=on, area="Kouvola", worker_id=OTHER_WORKER, **about)


@pytest.mark.parametrize(
    ("later", "kind"),
    [(moving(after(25)), EpisodeTransferred), (SuspendEpisode(suspended_on=after(25)), EpisodeSuspended)],
)
def test_a_closing_that_was_struck_out_is_not_restored_before_what_was_told_since(
    desk: Desk, later: Command[Any], kind: type[Fact]
) -> None:
    episode_id = desk.started("K1")
    desk.do(episode_id, closing(closed_on=after(20)))
    desk.do(episode_id, strike(desk.number(episode_id, EpisodeClosed)))
    desk.do(episode_id, later)
    restored = strike(desk.number(episode_id, EntryStruckOut))
    refusal = desk.refused(episode_id, restored)
    assert (refusal.code, refusal.details["field"]) == ("ended_before_it_began", "entry")
    desk.do(episode_id, strike(desk.number(episode_id, kind)))
    assert desk.do(episode_id, restored).entries


def test_work_ends_no_earlier_than_it_last_moved_paused_or_went_on(desk: Desk) -> None:
    episode_id = desk.started("K1")

    def refused_until(days: int) -> None:
        refusal = desk.refused(episode_id, closing(closed_on=after(days - 1)))
        assert (refusal.code, refusal.details["field"]) == ("ended_before_it_began", "closed_on")
        assert str(after(days)) in refusal.remedy

    desk.do(episode_id, moving(after(10)))
    refused_until(10)
    desk.do(episode_id, SuspendEpisode(suspended_on=after(20)))
    refused_until(20)
    desk.do(episode_id, ResumeEpisode(resumed_on=after(30)))
    refused_until(30)
    assert desk.do(episode_id, closing(closed_on=after(30))).entries


def test_an_episode_that_was_reopened_does_not_end_again_before_that(desk: Desk) -> None:
    episode_id = desk.started("K1")
    desk.do(episode_id, closing(closed_on=after(20)))
    desk.do(episode_id, ReopenEpisode(reopened_on=after(30), reason="the need came back"))
    refusal = desk.refused(episode_id, closing(closed_on=after(29)))
    assert (refusal.code, refusal.details["field"]) == ("ended_before_it_began", "closed_on")
    assert str(after(30)) in refusal.remedy
    desk.do(episode_id, closing(closed_on=after(30)))
    again = desk.number(episode_id, EpisodeClosed, 2)
    assert desk.refused(episode_id, correct(again, closed_on=after(29).isoformat())).code == "ended_before_it_began"
    moved = correct(desk.number(episode_id, EpisodeReopened), reopened_on=after(31).isoformat())
    assert desk.refused(episode_id, moved).details["field"] == "entry"


def reopened(desk: Desk) -> UUID:
    """An episode that ended on the 20th day and went on again on the 30th."""
    episode_id = desk.started("K1")
    desk.do(episode_id, closing(closed_on=after(20)))
    desk.do(episode_id, ReopenEpisode(reopened_on=after(30), reason="the need came back"))
    return episode_id


def to_k2(day: dt.date, **more: Any) -> MoveToModel:
    return MoveToModel(decision_id=new_id(), service="K2", decided_on=day, decision_maker=WORKER, **more)


@pytest.mark.parametrize(
    ("turn", "field"),
    [
        (moving, "transferred_on"),
        (lambda day: SuspendEpisode(suspended_on=day, resumed_on=day), "suspended_on"),
        (to_k2, "decided_on"),
        (lambda day: to_k2(after(30), valid_from=day), "valid_from"),
    ],
)
def test_nothing_turns_between_an_end_and_its_reopening(
    desk: Desk, turn: Callable[[dt.date], Command[Any]], field: str
) -> None:
    for days in (21, 29):
        refusal = desk.refused(reopened(desk), turn(after(days)))
        assert (refusal.code, refusal.details["field"]) == ("out_of_order", field)
        assert refusal.remedy == f"Give a day that is not before {after(30)}, or one up to {after(20)}."
    for days in (20, 30):
        assert desk.do(reopened(desk), turn(after(days))).entries


def test_a_move_decided_while_the_work_had_ended_holds_from_the_reopening_on(desk: Desk) -> None:
    assert desk.do(reopened(desk), to_k2(after(25), valid_from=after(30))).entries


def test_no_amendment_leaves_a_turn_between_an_end_and_its_reopening(desk: Desk) -> None:
    episode_id = reopened(desk)
    desk.do(episode_id, moving(after(20)))
    moved, ended = (desk.number(episode_id, kind) for kind in (EpisodeTransferred, EpisodeClosed))
    own = desk.refused(episode_id, correct(moved, transferred_on=after(25).isoformat()))
    others = desk.refused(episode_id, correct(ended, closed_on=after(15).isoformat()))
    assert {(one.code, one.details["field"]) for one in (own, others)} == {("out_of_order", "entry")}
    assert desk.do(episode_id, correct(moved, transferred_on=after(12).isoformat())).entries
    assert desk.do(episode_id, correct(ended, closed_on=after(15).isoformat())).entries


def test_a_reopening_that_has_nothing_to_reopen_any_more_is_named_to_whoever_ends_the_work_before_it(
    desk: Desk,
) -> None:
    episode_id = desk.started("K1")
    desk.do(episode_id, closing(closed_on=after(20)))
    desk.do(episode_id, ReopenEpisode(reopened_on=after(30), reason="the need came back"))
    desk.do(episode_id, strike(desk.number(episode_id, EpisodeClosed)))
    refusal = desk.refused(episode_id, closing(closed_on=after(25)))
    assert refusal.code == "ended_before_it_began"
    assert "strike out the reopening" in refusal.message
    desk.do(episode_id, strike(desk.number(episode_id, EpisodeReopened)))
    assert desk.do(episode_id, closing(closed_on=after(25))).entries


def test_what_stood_so_already_hinders_no_other_amendment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    episode_id = desk.started("K1")
    desk.do(episode_id, SuspendEpisode(suspended_on=DAY))
    with monkeypatch.context() as unasked:
        unasked.setattr("domain.ledger.deciding.check_sequence", lambda *_: None)
        day = (STARTED_ON - dt.timedelta(days=1)).isoformat()
        desk.do(episode_id, correct(desk.number(episode_id, EpisodeSuspended), suspended_on=day))
    assert desk.do(episode_id, correct(desk.number(episode_id, ReferralReceived), area="Kouvola")).entries
    desk.do(episode_id, correct(desk.number(episode_id, EpisodeSuspended), suspended_on=DAY.isoformat()))
    assert list(out_of_sequence(desk.episode(episode_id))) == []


def test_a_decision_before_its_referral_is_recorded_and_told_to_whoever_records_it(desk: Desk) -> None:
    episode_id = desk.referred()
    early = grant("K1", decided_on=REFERRED_ON - dt.timedelta(days=1))
    sent = desk.order(episode_id, early)
    outcome = desk.book.execute(sent)
    (told,) = [one for one in outcome.warnings if "before the referral" in one]
    assert str(REFERRED_ON) in told
    assert told in desk.book.execute(sent).warnings, "and again to whoever sends it again"


def test_so_is_one_that_a_correction_of_the_referral_leaves_before_it_and_a_start(desk: Desk) -> None:
    episode_id = desk.started("K1")
    assert desk.do(episode_id, plan(DAY, plan_id=ONE)).warnings == ()
    later = correct(
        desk.number(episode_id, ReferralReceived), received_on=(STARTED_ON + dt.timedelta(days=1)).isoformat()
    )
    told = desk.do(episode_id, later).warnings
    assert [one.split(",")[0] for one in told[-2:]] == [
        "The decision is dated before the referral",
        "The work began before the referral",
    ]
    assert desk.do(episode_id, plan(DAY, plan_id=new_id())).warnings == (), "it is told once"


def dated(kind: type[Fact], day: dt.date, alike: dict[str, Any], since: str | None = None) -> Fact:
    """A fact of that kind of that day."""
    field = since or kind.happened or ""
    moment = dt.datetime.combine(day, dt.time(12), dt.UTC)
    sample = sample_of(kind)
    told = moment if isinstance(getattr(sample, field), dt.datetime) else day
    return sample.model_copy(update={field: told, **alike})


@pytest.mark.parametrize("pair", ORDER, ids=lambda one: f"{one.later.__name__}-{one.earlier.__name__}")
@given(gap=st.integers(-400, 400), others=st.lists(st.integers(-400, 400), max_size=3))
def test_every_pair_is_found_out_of_its_order_exactly_when_the_later_day_is_the_earlier(
    pair: Any, gap: int, others: list[int]
) -> None:
    def told(kind: type[Fact], field: str | None, days: int, since: str | None = None) -> Fact:
        same = 1 if kind.stream is StreamKind.CONFERENCE else ONE
        return dated(kind, DAY + dt.timedelta(days=days), {field: same} if field else {}, since)

    alike = pair.alike or (None, None)
    firsts = [told(pair.earlier, alike[1], days, pair.since) for days in [0, *others]]
    facts = [*firsts, told(pair.later, alike[0], gap)]
    entries = [numbered(fact, number) for number, fact in enumerate(facts, 1)]
    state = fold_stream(pair.later.stream, entries)
    found = [one for one in out_of_sequence(state) if one.told == pair.told and one.version == len(facts)]
    assert bool(found) is (gap < min([0, *others]))


def numbered(fact: Fact, version: int) -> Entry:
    return replace(entry_of(fact), version=version)
