"""The quality review, audits and their populations, feedback and scores over time, outcomes."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.consequence import DeviationNoted, DutyMet, DutyOpened
from domain.contact.facts import ContactAnswered, ContactChannel, ContactReceived, ContactSource, FamilyConsent
from domain.episode.facts import (
    ClosureReason,
    DecisionKind,
    EpisodeReopened,
    EpisodeTransferred,
    FeedbackHandledInTeam,
    FeedbackReceived,
    Outcome,
    SummaryWritten,
)
from domain.fact import Fact
from domain.quality.sampling import draw
from domain.register.facts import ServiceModelPublished
from projections.answers import QualityReviewRow
from projections.engine import run_once
from projections.models import subject_of
from projections.queries import Reading, UnknownGrouping, reading
from projections.rebuild import rebuild
from projections.reviews import FeedbackBy
from tests.projections.conftest import Book, Rows
from tests.projections.history import History, closed, day, decision, held, moment, referral, started
from tests.projections.quality import (
    SEED,
    action_opened,
    audit_held,
    audit_planned,
    feedback,
    file_opened,
    found,
    handled,
    sample_drawn,
    surveyed,
    whole_file,
)

PERIOD = (day(0), day(90))
LATER = day(200)
RULES = (
    {"id": "cap", "kind": "cap", "strength": "must"},
    {"id": "plan", "kind": "duty", "strength": "must", "met_by": [{"fact": "plan_made"}]},
)


@pytest.fixture
def ask(book: Book, history: History) -> Iterator[Reading]:
    with reading(*book) as questions:
        yield questions


def published(service: str = "K1", intensity: int = 1) -> ServiceModelPublished:
    content: dict[str, Any] = {"rules": list(RULES), "intensity": intensity}
    return ServiceModelPublished(
        service=service, model_version=1, valid_from=day(0), content_sha256="0", content=content
    )


def duty(key: str, due: int) -> DutyOpened:
    return DutyOpened(
        duty_key=key, rule_id="plan", service="K1", model_version=1, strength="must", due_on=day(due), started_by=3
    )


def worked(client: UUID, contact: UUID | None = None, *, decided: int = 4, begun: int = 6, met: int = 9) -> list[Fact]:
    """Asked on day 1, decided, begun and met on the days told."""
    asked = referral(client, on=1, contact_id=contact)
    return [asked, decision(on=decided), started(begun), held(uuid4(), client, on=met)]


def asked_for(history: History, answered_on: int | None = 2) -> UUID:
    """A contact of day 0, answered on that day."""
    contact = uuid4()
    came = ContactReceived(
        received_at=moment(0), channel=ContactChannel.PHONE, source=ContactSource.FAMILY, consent=FamilyConsent.GIVEN,
        area="north",
    )  # fmt: skip
    history.record(contact, came)
    if answered_on is not None:
        history.record(contact, ContactAnswered(answered_at=moment(answered_on), worker_id="anna"))
    return contact


def review(ask: Reading, **asked: Any) -> dict[tuple[str, str, str | None], QualityReviewRow]:
    rows = ask.quality_review("K1", *PERIOD, **{"on_day": LATER, **asked}).rows
    return {(row.measure, row.grouped_by, row.group_key): row for row in rows}


def test_the_review_tells_the_waiting_time_of_every_step_by_median_and_ninetieth_percentile(
    book: Book, history: History, ask: Reading
) -> None:
    history.record(uuid4(), *worked(uuid4(), asked_for(history), decided=4, begun=6, met=9))
    history.record(uuid4(), *worked(uuid4(), asked_for(history), decided=14, begun=16, met=29))
    run_once(*book)
    rows = review(ask)
    told = {
        measure: row.median_days
        for (measure, by, _), row in rows.items()
        if measure.startswith("days_") and by == "all"
    }
    assert told == {
        "days_contact_to_answer": 2, "days_answer_to_decision": 7, "days_referral_to_decision": 8,
        "days_decision_to_start": 2, "days_start_to_first_meeting": 8,
    }  # fmt: skip
    assert rows["days_referral_to_decision", "all", None].percentile_90_days == 12


def test_work_begun_before_its_decision_is_told_and_found(book: Book, history: History, ask: Reading) -> None:
    early = uuid4()
    history.record(uuid4(), *worked(uuid4()))
    history.record(early, *worked(uuid4(), decided=8, begun=6))
    run_once(*book)
    row = review(ask)["decision_before_work", "all", None]
    assert (row.cases, row.kept_cases, row.kept_percent) == (2, 1, 50)
    cases = ask.quality_review_explain("K1", *PERIOD, on_day=LATER, measure="decision_before_work").rows
    (late,) = [case for case in cases if case.kept is False]
    positions = {event["position"] for event in ask.trail(early).rows}
    assert late.stream_id == early
    assert set(late.event_positions) <= positions


def test_duties_are_told_by_what_they_are_about_and_those_not_yet_due_do_not_count(
    book: Book, history: History, ask: Reading
) -> None:
    episode = uuid4()
    history.record(uuid4(), published())
    history.record(episode, *worked(uuid4()), duty("in time", 20), duty("late", 21), duty("open", 80))
    history.record(episode, DutyMet(duty_key="in time", met_by=3, met_on=day(19)))
    history.record(episode, DutyMet(duty_key="late", met_by=3, met_on=day(30)))
    run_once(*book)
    then, afterwards = review(ask, on_day=day(40)), review(ask)
    assert (then["plan_in_time", "all", None].cases, then["plan_in_time", "all", None].kept_cases) == (2, 1)
    assert (afterwards["plan_in_time", "all", None].cases, afterwards["plan_in_time", "all", None].kept_cases) == (3, 1)


def test_a_grant_under_a_cap_is_told_where_it_does_not_name_the_clients_earlier_work(
    book: Book, history: History, ask: Reading
) -> None:
    child, sibling, other = uuid4(), uuid4(), uuid4()
    first, unnamed, named, fresh = (uuid4() for _ in range(4))
    history.record(uuid4(), published())
    history.record(first, referral(child), decision(on=1, service="K1"), started(2), closed(20))
    history.record(unnamed, referral(child, sibling, on=30), decision(on=31, service="K1"), started(32))
    going_on = decision(on=41, service="K1", continues_episode_id=first)
    history.record(named, referral(child, on=40), going_on, started(42))
    history.record(fresh, referral(other, on=30), decision(on=31, service="K1"), started(32))
    run_once(*book)
    row = review(ask)["earlier_work_named", "all", None]
    assert (row.cases, row.kept_cases) == (2, 1), "the first has none before it, and the other client had none"
    cases = ask.quality_review_explain("K1", *PERIOD, on_day=LATER, measure="earlier_work_named").rows
    (told,) = [case for case in cases if not case.kept]
    assert told.stream_id == unnamed
    assert {event["position"] for event in ask.trail(first).rows} & set(told.event_positions), "and what was before it"


def test_work_of_another_need_is_no_earlier_work(book: Book, history: History, ask: Reading) -> None:
    child = uuid4()
    history.record(uuid4(), published())
    for on, need in ((0, "sleep"), (30, "school"), (60, "sleep")):
        asked = referral(child, on=on).model_copy(update={"need_code": need})
        history.record(uuid4(), asked, decision(on=on + 1, service="K1"), started(on + 2), closed(on + 20))
    run_once(*book)
    row = review(ask)["earlier_work_named", "all", None]
    assert (row.cases, row.kept_cases) == (1, 0)


def test_limits_are_kept_unless_a_deviation_stands_and_exceptions_are_counted_beside(
    book: Book, history: History, ask: Reading
) -> None:
    past = DeviationNoted(
        deviation_key="cap/4",
        rule_id="cap",
        service="K1",
        model_version=1,
        strength="must",
        entry=4,
        measured=6,
        limit=5,
    )
    history.record(uuid4(), published())
    history.record(uuid4(), *worked(uuid4()), past)
    history.record(uuid4(), *worked(uuid4()), decision(DecisionKind.EXCEPTION, on=20))
    run_once(*book)
    rows = review(ask)
    assert (rows["limits_kept", "all", None].cases, rows["limits_kept", "all", None].kept_cases) == (2, 1)
    assert (rows["exception_decided", "all", None].cases, rows["exception_decided", "all", None].kept_cases) == (
        1,
        None,
    )


def test_summaries_of_closed_episodes_and_unanswered_contacts_are_told(
    book: Book, history: History, ask: Reading
) -> None:
    summary = SummaryWritten(summary_id=uuid4(), written_on=day(31), worker_id="anna")
    history.record(uuid4(), *worked(uuid4(), asked_for(history)), closed(30), summary)
    history.record(uuid4(), *worked(uuid4(), asked_for(history, answered_on=None)), closed(40))
    run_once(*book)
    rows = review(ask)
    assert (rows["summary_written", "all", None].cases, rows["summary_written", "all", None].kept_cases) == (2, 1)
    assert (rows["contact_answered", "all", None].cases, rows["contact_answered", "all", None].kept_cases) == (2, 1)


@pytest.mark.parametrize(
    ("asked", "cases"),
    [
        ((ContactSource.SCHOOL, FamilyConsent.GIVEN, "K1"), 1),
        ((ContactSource.SCHOOL, FamilyConsent.REFUSED, "K1"), 0),
        ((ContactSource.SCHOOL, FamilyConsent.NOT_ASKED, "K1"), 0),
        ((ContactSource.FAMILY, FamilyConsent.NOT_ASKED, "K1"), 1),
        ((ContactSource.SCHOOL, FamilyConsent.NOT_ASKED, "F1a"), 1),
    ],
)
def test_a_family_whom_nobody_may_contact_is_none_to_be_answered_unless_the_service_answers_whoever_asks(
    book: Book, history: History, ask: Reading, asked: tuple[ContactSource, FamilyConsent, str], cases: int
) -> None:
    source, consent, service = asked
    answers = {"kind": "duty", "id": "answered", "strength": "must", "met_by": [{"fact": "contact_answered"}]}
    history.record(uuid4(), published())
    content = {"rules": [answers], "intensity": 1}
    history.record(uuid4(), published("F1a").model_copy(update={"content": content}))
    came = ContactReceived(
        received_at=moment(0), channel=ContactChannel.PHONE, source=source, consent=consent, service=service,
        model_version=1,
    )  # fmt: skip
    contact = uuid4()
    history.record(contact, came)
    history.record(uuid4(), referral(uuid4(), on=1, contact_id=contact), decision(service=service))
    run_once(*book)
    rows = ask.quality_review(service, *PERIOD, on_day=LATER).rows
    assert sum(row.cases for row in rows if (row.measure, row.grouped_by) == ("contact_answered", "all")) == cases


def test_areas_and_units_are_compared_and_add_up(book: Book, history: History, ask: Reading) -> None:
    history.record(uuid4(), *worked(uuid4()))
    south = referral(uuid4(), on=1, area="south", unit_id="unit-2")
    history.record(uuid4(), south, decision(on=9), started(5))
    run_once(*book)
    rows = review(ask)
    kept = {
        key: (row.cases, row.kept_cases) for (measure, _, key), row in rows.items() if measure == "decision_before_work"
    }
    assert kept == {None: (2, 1), "north": (1, 1), "south": (1, 0), "unit-1": (1, 1), "unit-2": (1, 0)}
    (case,) = ask.quality_review_explain(
        "K1", *PERIOD, on_day=LATER, measure="decision_before_work", by="unit", key="unit-2"
    ).rows
    assert case.kept is False


def test_every_figure_of_the_review_has_as_many_cases_beneath_it(book: Book, history: History, ask: Reading) -> None:
    history.record(uuid4(), published())
    history.record(uuid4(), *worked(uuid4(), asked_for(history)), duty("d", 20), closed(30))
    history.record(uuid4(), *worked(uuid4(), asked_for(history)))
    history.record(uuid4(), referral(uuid4(), on=1, area=None, unit_id=None), decision(on=9), started(9))
    run_once(*book)
    for (measure, by, key), row in review(ask).items():
        asked: dict[str, Any] = {"on_day": LATER, "measure": measure, "by": by, "key": key or ""}
        beneath = ask.quality_review_explain("K1", *PERIOD, **asked).rows
        assert len(beneath) == row.cases
        assert all(case.event_positions for case in beneath)


def test_the_review_tells_what_was_known_then(book: Book, history: History, ask: Reading) -> None:
    episode = uuid4()
    before = history.record(episode, *worked(uuid4()))
    history.correct(episode, 3, started(3))
    run_once(*book)
    assert review(ask, as_of=before)["decision_before_work", "all", None].kept_cases == 1
    assert review(ask)["decision_before_work", "all", None].kept_cases == 0


def test_an_audits_sample_can_be_drawn_again_from_its_population_at_its_position(
    book: Book, history: History, ask: Reading
) -> None:
    episodes = [uuid4() for _ in range(6)]
    for episode in episodes:
        position = history.record(episode, *worked(uuid4()))
    history.record(uuid4(), *worked(uuid4(), begun=70))  # began after what the audit covers
    file_id, audit_id = uuid4(), uuid4()
    history.record(file_id, file_opened(), audit_planned(audit_id), sample_drawn(audit_id, *draw(SEED, episodes, 2)))
    history.record(uuid4(), *worked(uuid4()))  # and one more, told later
    run_once(*book)
    (audit,) = ask.audits(on_day=LATER, service="K1").rows
    covers = (audit.covers_from, audit.covers_to)
    population = ask.audit_population("K1", *covers, unit=audit.unit_id, area=audit.area, as_of=position).rows
    assert {row.episode_id for row in population} == set(episodes)
    assert audit.sampled_episodes == list(draw(audit.seed, (row.episode_id for row in population), 2))


def test_an_audit_tells_its_findings_and_the_actions_that_are_late(book: Book, history: History, ask: Reading) -> None:
    file_id, audit_id, finding_id, episode = uuid4(), uuid4(), uuid4(), uuid4()
    history.record(episode, *worked(uuid4()))
    history.record(
        file_id, file_opened(), audit_planned(audit_id), audit_held(audit_id), found(audit_id, finding_id, episode),
        action_opened(uuid4(), finding_id, due=10), action_opened(uuid4(), audit_id, due=90),
    )  # fmt: skip
    history.record(uuid4(), *whole_file(episode))
    run_once(*book)
    (audit,) = [row for row in ask.audits(on_day=day(30)).rows if row.audit_id == audit_id]
    assert (audit.status, audit.findings, audit.serious_findings) == ("held", 1, 1)
    assert (audit.actions, audit.open_actions, audit.late_actions) == (2, 2, 1)
    (before,) = [row for row in ask.audits(on_day=day(2)).rows if row.audit_id == audit_id]
    assert (before.status, before.findings, before.actions) == ("planned", 0, 0)


def test_feedback_is_counted_as_handled_and_as_changing_something(book: Book, history: History, ask: Reading) -> None:
    file_id, one, other = uuid4(), uuid4(), uuid4()
    history.record(file_id, file_opened(), feedback(one), feedback(other), handled(one, on=8))
    history.record(
        uuid4(), *worked(uuid4()), FeedbackReceived(feedback_id=uuid4(), received_on=day(20), given_by="client")
    )
    run_once(*book)
    (row,) = ask.feedback("unit", *PERIOD, on_day=LATER).rows
    assert (row.group_key, row.feedback, row.handled_feedback, row.led_to_change) == ("unit-1", 3, 1, 1)
    assert row.median_days_to_handling == 3
    (early,) = ask.feedback("unit", *PERIOD, on_day=day(7)).rows
    assert (early.feedback, early.handled_feedback, early.led_to_change) == (2, 0, 0)
    beneath = ask.feedback_explain("unit", *PERIOD, on_day=LATER, key="unit-1").rows
    assert sorted(case.status or "" for case in beneath) == ["handled", "open", "open"]
    with pytest.raises(UnknownGrouping):
        ask.feedback("colour", *PERIOD, on_day=LATER)  # type: ignore[arg-type] # what a caller might send


def test_feedback_on_an_episode_is_handled_in_the_team_too(book: Book, history: History, ask: Reading) -> None:
    feedback_id = uuid4()
    given = FeedbackReceived(feedback_id=feedback_id, received_on=day(20), given_by="client")
    went_through = FeedbackHandledInTeam(
        feedback_id=feedback_id, handled_on=day(22), worker_id="anna", change_code="rhythm"
    )
    history.record(uuid4(), *worked(uuid4()), given, went_through)
    run_once(*book)
    (row,) = ask.feedback("given_by", *PERIOD, on_day=LATER).rows
    assert (row.group_key, row.handled_in_team, row.led_to_change, row.median_days_to_handling) == ("client", 1, 1, 2)


def test_feedback_that_is_told_anew_as_it_was_leaves_its_row_as_a_rebuild_makes_it(
    book: Book, history: History, rows: Rows
) -> None:
    episode = uuid4()
    given = FeedbackReceived(feedback_id=uuid4(), received_on=day(20), given_by="client")
    history.record(episode, *worked(uuid4()), given)
    assert len(rows("feedback", standing=False)) == 1
    history.record(episode, given)
    assert len(rows("feedback", standing=False)) == 1
    assert all(table.equal for table in rebuild(*book, processes=1))


def test_duties_of_a_quality_file_are_those_of_its_unit_and_area(book: Book, history: History, ask: Reading) -> None:
    history.record(uuid4(), file_opened(), duty("audit-on-site/1", 20))
    run_once(*book)
    (by_unit,) = ask.duties("unit", on_day=LATER).rows
    (by_area,) = ask.duties("area", on_day=LATER).rows
    assert (by_unit.group_key, by_unit.open_late_duties, by_area.group_key) == ("unit-1", 1, "north")


def test_scores_run_over_time_and_weigh_by_those_who_answered(book: Book, history: History, ask: Reading) -> None:
    file_id = uuid4()
    last = history.record(
        file_id, file_opened(), surveyed(uuid4(), 5, 1, goals=1.0), surveyed(uuid4(), 25, 3, goals=5.0),
        surveyed(uuid4(), 40, goals=2.0), feedback(uuid4(), goals=4),
    )  # fmt: skip
    run_once(*book)
    rows = ask.scores(*PERIOD, on_day=LATER, service="K1").rows
    told = [(row.period, row.given, row.question, row.answers, row.mean_score) for row in rows]
    assert told == [
        ("2021-Q1", "feedback", "goals", 1, 4.0),
        ("2021-Q1", "survey", "goals", 4, 4.0),
        ("2021-Q2", "survey", "goals", 4, 2.0),
    ]
    assert {position for row in rows for position in row.event_positions} <= set(range(1, last + 1))


def test_outcomes_tell_reasons_moves_and_who_returned_within_a_year(book: Book, history: History, ask: Reading) -> None:
    stays, returns, moves = uuid4(), uuid4(), uuid4()
    history.record(uuid4(), published("K1", 1), published("K2", 2))
    for client in (stays, returns):
        history.record(uuid4(), *worked(client), closed(30))
    moved = closed(30, outcome=Outcome.OTHER_SERVICE, reason=ClosureReason.OTHER_SERVICE)
    history.record(uuid4(), *worked(moves), moved)
    history.record(uuid4(), referral(moves, on=35), decision(on=36, service="K2"))
    history.record(uuid4(), referral(returns, on=200))
    run_once(*book)
    (row,) = ask.outcomes("service", *PERIOD, on_day=day(500)).rows
    assert (row.closed_episodes, row.clients, row.goals_met, row.other_service) == (3, 3, 2, 1)
    assert (row.moved_heavier, row.moved_lighter, row.clients_followed, row.clients_returned) == (1, 0, 3, 2)
    (early,) = ask.outcomes("service", *PERIOD, on_day=day(100)).rows
    assert (early.clients_followed, early.clients_returned) == (1, 1)  # the others may still return
    beneath = ask.outcomes_explain("service", *PERIOD, on_day=day(500), key="K1").rows
    assert [case.item for case in beneath if case.client_id == moves] == ["heavier"]
    with pytest.raises(UnknownGrouping):
        ask.outcomes("colour", *PERIOD, on_day=LATER)  # type: ignore[arg-type] # what a caller might send


@pytest.mark.parametrize(
    ("met_by", "subject"),
    [
        ({"fact": "contact_answered"}, "contact"),
        ({"fact": "plan_made", "where": {"plan_kind": {"equals": "service_plan"}}}, "plan"),
        ({"fact": "document_delivered", "where": {"document_kind": {"one_of": ["implementation_plan"]}}}, "plan"),
        ({"fact": "document_delivered", "where": {"document_kind": {"equals": "summary"}}}, "summary"),
        ({"fact": "report_written"}, "report"),
        ({"fact": "meeting_held", "where": {"meeting_kind": {"equals": "interim_negotiation"}}}, "negotiation"),
        ({"fact": "meeting_planned"}, "other"),
    ],
)
def test_what_a_duty_is_about_is_told_by_what_meets_it(met_by: dict[str, Any], subject: str) -> None:
    assert subject_of({"kind": "duty", "met_by": [met_by]}) == subject


@pytest.mark.parametrize(("kind", "subject"), [("cap", "limit"), ("share", "limit"), ("content", "other")])
def test_rules_that_limit_are_told_apart(kind: str, subject: str) -> None:
    assert subject_of({"kind": kind}) == subject


def to_south(on: int) -> EpisodeTransferred:
    return EpisodeTransferred(transferred_on=day(on), area="south", unit_id="unit-2", from_area="north", worker_id="bo")


def to_east(on: int) -> EpisodeTransferred:
    return EpisodeTransferred(transferred_on=day(on), area="east", unit_id="unit-3", from_area="south", worker_id="bo")


def test_an_audit_draws_from_those_who_were_in_its_unit_under_its_service_on_a_day_that_it_looks_at(
    book: Book, history: History, ask: Reading
) -> None:
    episode, later = uuid4(), uuid4()
    known = history.record(episode, *worked(uuid4(), begun=6))
    told_late = history.record(episode, to_east(40), to_south(20), decision(DecisionKind.MOVE, on=50, service="K2"))
    history.record(later, *worked(uuid4(), begun=6), closed(20), to_south(20))
    run_once(*book)

    def drawn(first: int, last: int, unit: str, *, service: str = "K1", as_of: int | None = None) -> set[UUID]:
        rows = ask.audit_population(service, day(first), day(last), unit=unit, as_of=as_of).rows
        return {row.episode_id for row in rows}

    assert [drawn(0, 19, unit) for unit in ("unit-1", "unit-2", "unit-3")] == [{episode, later}, set(), set()]
    assert [drawn(19, 20, unit) for unit in ("unit-1", "unit-2", "unit-3")] == [{episode, later}] * 2 + [set()]
    assert [drawn(21, 39, unit) for unit in ("unit-1", "unit-2", "unit-3")] == [set(), {episode}, set()]
    assert [drawn(40, 60, unit) for unit in ("unit-1", "unit-2", "unit-3")] == [set(), set(), {episode}]
    assert [drawn(0, 49, "unit-3", service=one) for one in ("K1", "K2")] == [{episode}, set()]
    assert [drawn(50, 60, "unit-3", service=one) for one in ("K1", "K2")] == [set(), {episode}]
    assert [drawn(40, 60, unit, as_of=known) for unit in ("unit-1", "unit-3")] == [{episode}, set()]
    (row,) = ask.audit_population("K1", day(21), day(39), unit="unit-2").rows
    assert told_late - 1 in row.event_positions, "the transfer that was told late"


def test_feedback_and_scores_stand_where_the_family_was_when_it_gave_them(
    book: Book, history: History, ask: Reading
) -> None:
    episode = uuid4()
    given = [
        FeedbackReceived(feedback_id=uuid4(), received_on=day(on), given_by="client", scores={"goals": score})
        for on, score in ((15, 5), (20, 4), (85, 1))
    ]
    known = history.record(episode, *worked(uuid4()), *given)
    history.record(episode, to_east(80), to_south(20), decision(DecisionKind.MOVE, on=80, service="K2"))
    run_once(*book)

    def by(grouping: FeedbackBy, as_of: int | None = None) -> dict[str | None, int]:
        rows = ask.feedback(grouping, *PERIOD, on_day=LATER, as_of=as_of).rows
        return {row.group_key: row.feedback for row in rows}

    assert by("unit") == {"unit-1": 1, "unit-2": 1, "unit-3": 1}
    assert by("area") == {"north": 1, "south": 1, "east": 1}
    assert by("service") == {"K1": 2, "K2": 1}
    assert by("unit", known) == {"unit-1": 3}, "the ledger had not been told"
    (beneath,) = ask.feedback_explain("unit", *PERIOD, on_day=LATER, key="unit-2").rows
    assert beneath.event_positions == [6, 9], "the feedback, and the transfer"
    scores = ask.scores(*PERIOD, on_day=LATER).rows
    assert sorted((row.unit_id, row.service, row.mean_score) for row in scores) == [
        ("unit-1", "K1", 5), ("unit-2", "K1", 4), ("unit-3", "K2", 1),
    ]  # fmt: skip


def test_an_outcome_stands_where_the_episode_was_when_it_closed_whatever_was_told_last(
    book: Book, history: History, ask: Reading
) -> None:
    episode = uuid4()
    move = decision(DecisionKind.MOVE, on=18, service="K2")
    history.record(episode, *worked(uuid4()), to_south(20), move, closed(30), decision(DecisionKind.MOVE, on=8))
    known = history.record(episode, to_east(10))
    history.strike(episode, 5)
    run_once(*book)

    def closed_in(as_of: int | None = None) -> list[tuple[str | None, str | None, str | None]]:
        keys = [
            ask.outcomes(by, *PERIOD, on_day=LATER, as_of=as_of).rows[0].group_key for by in ("service", "area", "unit")
        ]
        return [(keys[0], keys[1], keys[2])]

    assert closed_in(known) == [("K2", "south", "unit-2")]
    assert closed_in() == [("K2", "east", "unit-3")]


def test_each_case_of_the_review_stands_where_the_episode_was_on_its_day(
    book: Book, history: History, ask: Reading
) -> None:
    episode = uuid4()
    summary = SummaryWritten(summary_id=uuid4(), written_on=day(61), worker_id="anna")
    history.record(uuid4(), published())
    history.record(episode, *worked(uuid4(), asked_for(history), decided=14, begun=16, met=29))
    exception = decision(DecisionKind.EXCEPTION, on=40)
    known = history.record(episode, exception, closed(60), summary)
    history.record(episode, to_east(50), to_south(20))
    run_once(*book)

    def places(as_of: int | None = None) -> dict[str, str | None]:
        rows = review(ask, as_of=as_of)
        return {measure: key for measure, by, key in rows if by == "unit"}

    at_first = {
        "contact_answered", "days_contact_to_answer", "days_answer_to_decision", "days_referral_to_decision",
        "days_decision_to_start", "decision_before_work", "limits_kept",
    }  # fmt: skip
    assert places() == {
        **dict.fromkeys(at_first, "unit-1"), "days_start_to_first_meeting": "unit-2", "exception_decided": "unit-2",
        "summary_written": "unit-3",
    }  # fmt: skip
    assert set(places(known).values()) == {"unit-1"}, "the ledger had not been told"


def test_what_was_done_under_a_service_stays_in_its_review_when_the_episode_moves_to_another(
    book: Book, history: History, ask: Reading
) -> None:
    fourth = DeviationNoted(
        deviation_key="cap/4",
        rule_id="cap",
        service="K1",
        model_version=1,
        strength="must",
        entry=4,
        measured=4,
        limit=3,
    )
    broken, kept = uuid4(), uuid4()
    history.record(uuid4(), published("K1"), published("K2"))
    history.record(broken, *worked(uuid4(), begun=6, met=9), fourth)
    known = history.record(kept, *worked(uuid4(), begun=6))
    for episode in (broken, kept):
        history.record(episode, decision(DecisionKind.MOVE, on=30, service="K2"))
    run_once(*book)

    def limits(service: str, first: int, last: int, **asked: Any) -> tuple[int, int | None] | None:
        rows = ask.quality_review(service, day(first), day(last), **{"on_day": LATER, **asked}).rows
        told = [(row.cases, row.kept_cases) for row in rows if (row.measure, row.grouped_by) == ("limits_kept", "all")]
        return told[0] if told else None

    assert [limits("K1", 0, 90), limits("K2", 0, 90)] == [(2, 1), (2, 2)]
    assert [limits("K1", 10, 29), limits("K2", 10, 29)] == [(2, 2), None], "the deviation was earlier"
    assert [limits("K1", 30, 90), limits("K2", 30, 90)] == [None, (2, 2)]
    assert [limits("K1", 0, 90, on_day=day(8)), limits("K2", 0, 90, on_day=day(29))] == [(2, 2), None]
    assert [limits("K1", 0, 90, as_of=known), limits("K2", 0, 90, as_of=known)] == [(2, 1), None]
    (beneath,) = [
        case for case in ask.quality_review_explain("K1", *PERIOD, on_day=LATER, measure="limits_kept").rows
        if not case.kept
    ]  # fmt: skip
    assert (beneath.stream_id, beneath.happened_on) == (broken, day(6))
    measures = {row.measure for row in ask.quality_review("K2", *PERIOD, on_day=LATER).rows}
    assert measures == {"limits_kept"}, "the decision, the start and the first meeting were K1's"


def test_on_a_day_between_its_closure_and_its_reopening_an_episode_is_closed_whatever_came_later(
    book: Book, history: History, ask: Reading
) -> None:
    episode = uuid4()
    known = history.record(episode, *worked(uuid4()), closed(30))
    reopened = history.record(episode, EpisodeReopened(reopened_on=day(50), reason="x"))
    history.record(episode, closed(70, reason=ClosureReason.FAMILY_WITHDREW))
    run_once(*book)

    def stood(on: int, as_of: int | None = None) -> tuple[bool, list[str | None], int]:
        opened = bool(ask.caseload_episodes(on_day=day(on), as_of=as_of).rows)
        reasons = [row.group_key for row in ask.outcomes("reason", *PERIOD, on_day=day(on), as_of=as_of).rows]
        summaries = review(ask, on_day=day(on), as_of=as_of).get(("summary_written", "all", None))
        return opened, reasons, summaries.cases if summaries else 0

    assert [stood(on) for on in (29, 30, 49)] == [(True, [], 0), *[(False, ["goals_met"], 1)] * 2]
    assert [stood(on) for on in (50, 69, 70)] == [(True, [], 0)] * 2 + [(False, ["family_withdrew"], 1)]
    assert [stood(60, as_of) for as_of in (known, reopened)] == [(False, ["goals_met"], 1), (True, [], 0)]
    (beneath,) = ask.outcomes_explain("reason", *PERIOD, on_day=day(40), key="goals_met").rows
    assert (beneath.stream_id, known in beneath.event_positions) == (episode, True)
    for version in (7, 6):
        history.strike(episode, version)
    run_once(*book)
    assert stood(60) == (False, ["goals_met"], 1)
    assert all(table.equal for table in rebuild(*book, processes=1))
