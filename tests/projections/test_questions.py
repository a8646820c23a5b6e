"""Questions: figures counted from rows, as of a position and on a day, and what they stand on."""

import datetime as dt
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from domain.consequence import DeviationNoted, DutyMet, DutyOpened
from domain.contact.facts import ContactAnswered, ContactChannel, ContactReceived, ContactSource, FamilyConsent
from domain.episode.facts import ClosureReason, DecisionKind, MeetingMode, Outcome, WorkerReleased
from projections.engine import run_once
from projections.queries import Figure, MalformedCursor, Reading, UnknownColumn, UnknownGrouping, UnknownTable, reading
from tests.projections.conftest import Book
from tests.projections.history import (
    History,
    assigned,
    closed,
    day,
    decision,
    held,
    moment,
    planned,
    referral,
    started,
    whole_episode,
)

LATER = day(200)


@pytest.fixture
def ask(book: Book, history: History) -> Iterator[Reading]:
    with reading(*book) as questions:
        yield questions


def test_caseload_counts_open_episodes_by_worker_and_clients_apart(book: Book, history: History, ask: Reading) -> None:
    child, sibling = uuid4(), uuid4()
    history.record(uuid4(), referral(child, sibling), decision(), assigned("anna"), assigned("bo"), started())
    history.record(uuid4(), referral(child), decision(), assigned("anna"))
    history.record(uuid4(), referral(uuid4()))
    run_once(*book)
    rows = {row.group_key: row for row in ask.caseload("worker", on_day=day(10)).rows}
    assert (rows["anna"].open_episodes, rows["anna"].active_episodes, rows["anna"].clients) == (2, 1, 2)
    assert (rows["bo"].open_episodes, rows["bo"].decided_episodes) == (1, 0)
    assert rows[None].referred_episodes == 1


def test_as_of_and_on_day_are_independent(book: Book, history: History, ask: Reading) -> None:
    episode = uuid4()
    before = history.record(episode, referral(uuid4()), decision(), started(2))
    after = history.record(episode, closed(10))
    run_once(*book)

    def is_open(as_of: int, on: int) -> bool:
        return bool(ask.caseload("area", as_of=as_of, on_day=day(on)).rows)

    assert [is_open(before, 5), is_open(before, 15)] == [True, True]
    assert [is_open(after, 5), is_open(after, 15)] == [True, False]


def test_siblings_in_one_meeting_are_one_encounter_and_one_on_each_ones_counter(
    book: Book, history: History, ask: Reading
) -> None:
    child, sibling = uuid4(), uuid4()
    history.record(uuid4(), referral(child, sibling), decision(), held(uuid4(), child, sibling, on=5))
    run_once(*book)
    (row,) = ask.visits("area", on_day=LATER).rows
    assert (row.held_meetings, row.held_minutes, row.clients_met, row.client_encounters) == (1, 60, 2, 2)


def test_a_planned_meeting_is_planned_until_its_day(book: Book, history: History, ask: Reading) -> None:
    episode, meeting = uuid4(), uuid4()
    history.record(episode, referral(uuid4()), planned(meeting, on=5, at=2), held(meeting, uuid4(), on=5))
    run_once(*book)
    (then,) = ask.visits("month", on_day=day(3)).rows
    (afterwards,) = ask.visits("month", on_day=day(5)).rows
    assert (then.planned_meetings, then.held_meetings, then.held_minutes) == (1, 0, 0)
    assert (afterwards.planned_meetings, afterwards.held_meetings) == (0, 1)


def test_visits_by_phone_and_video_are_told_apart(book: Book, history: History, ask: Reading) -> None:
    modes = (MeetingMode.HOME, MeetingMode.PHONE, MeetingMode.VIDEO, MeetingMode.PHONE)
    history.record(uuid4(), referral(uuid4()), *(held(uuid4(), uuid4(), on=5, mode=mode) for mode in modes))
    run_once(*book)
    (row,) = ask.visits("worker", on_day=LATER).rows
    assert (row.in_person_meetings, row.phone_meetings, row.video_meetings, row.remote_minutes) == (1, 2, 1, 180)


def duty(due: dt.date) -> DutyOpened:
    return DutyOpened(
        duty_key="report", rule_id="report", service="K1", model_version=1, strength="must", due_on=due, started_by=1
    )


def test_a_duty_due_on_a_saturday_is_late_only_after_monday(book: Book, history: History, ask: Reading) -> None:
    saturday = day(5)
    history.record(uuid4(), referral(uuid4()), duty(saturday))
    run_once(*book)
    late = [ask.duties("rule", on_day=day(number)).rows[0].open_late_duties for number in (5, 7, 8)]
    assert late == [0, 0, 1]


def test_a_duty_met_later_is_open_on_an_earlier_day(book: Book, history: History, ask: Reading) -> None:
    history.record(
        uuid4(), referral(uuid4()), duty(day(2)), started(9), DutyMet(duty_key="report", met_by=3, met_on=day(9))
    )
    run_once(*book)
    (then,) = ask.duties("rule", on_day=day(4)).rows
    (now,) = ask.duties("rule", on_day=LATER).rows
    assert (then.open_late_duties, then.met_late_duties) == (1, 0)
    assert (now.open_late_duties, now.met_late_duties, now.met_in_time_duties) == (0, 1, 0)


def test_a_duty_explains_itself_by_the_events_that_started_and_met_it(
    book: Book, history: History, ask: Reading
) -> None:
    episode = uuid4()
    history.record(
        episode, referral(uuid4()), duty(day(2)), started(2), DutyMet(duty_key="report", met_by=3, met_on=day(2))
    )
    run_once(*book)
    (beneath,) = ask.explain("duties", by="rule", key="report", on_day=LATER).rows
    assert (beneath.stream_id, beneath.event_positions) == (episode, [1, 2, 3, 4])


def test_the_group_without_a_key_explains_itself_like_any_other(book: Book, history: History, ask: Reading) -> None:
    unassigned, assigned_one = uuid4(), uuid4()
    history.record(unassigned, referral(uuid4(), area=None), duty(day(2)))
    history.record(assigned_one, referral(uuid4(), area="Kotka"), assigned(), duty(day(2)))
    run_once(*book)

    def beneath(figure: Figure, by: str) -> list[UUID | None]:
        rows = ask.explain(figure, by=by, key="", on_day=LATER).rows
        return [getattr(row, "episode_id", None) or getattr(row, "stream_id", None) for row in rows]

    assert beneath("caseload", "worker") == [unassigned]
    assert beneath("caseload", "area") == [unassigned]
    assert beneath("duties", "worker") == [unassigned]


def test_what_is_asked_of_one_worker_is_what_is_counted_for_that_worker_among_all(
    book: Book, history: History, ask: Reading
) -> None:
    shared, annas, released, assignment = uuid4(), uuid4(), uuid4(), uuid4()
    due, both, bo = duty(day(8)), {"worker_ids": ("anna", "bo")}, {"worker_ids": ("bo",)}
    history.record(
        shared, referral(uuid4()), assigned("anna"), assigned("bo"), due, held(uuid4(), uuid4(), on=5, **both)
    )
    then = history.record(
        annas, referral(uuid4()), assigned("anna"), due, held(uuid4(), uuid4(), on=6, worker_ids=("anna",))
    )
    history.record(released, referral(uuid4()), assigned("bo", assignment_id=assignment), due)
    history.record(released, held(uuid4(), uuid4(), on=7, **bo), held(uuid4(), uuid4(), on=40, **bo))
    history.record(released, WorkerReleased(assignment_id=assignment, to_on=day(9)))
    run_once(*book)
    period = {"from_on": day(1), "to_on": day(10)}

    def one_by_one(figure: Figure, worker: str, on: int, as_of: int | None) -> int:
        asked = {"on_day": day(on), "as_of": as_of} | ({} if figure == "caseload" else period)
        return len(ask.explain(figure, by="worker", key=worker, **asked).rows)  # type: ignore[arg-type] # of several kinds

    for as_of, on in ((None, 6), (None, 50), (then, 6), (then, 50)):
        open_ones = ask.caseload("worker", on_day=day(on), as_of=as_of).rows
        meetings = ask.visits("worker", on_day=day(on), as_of=as_of, **period).rows
        duties = ask.duties("worker", on_day=day(on), as_of=as_of, **period).rows
        counted: dict[Figure, dict[str | None, int]] = {
            "caseload": {row.group_key: row.open_episodes for row in open_ones},
            "visits": {row.group_key: row.held_meetings for row in meetings},
            "duties": {row.group_key: row.duties for row in duties},
        }
        for figure, of_all in counted.items():
            for worker in ("anna", "bo", "nobody"):
                assert one_by_one(figure, worker, on, as_of) == of_all.get(worker, 0), (figure, worker, as_of, on)
    assert {row.episode_id for row in ask.caseload_episodes(worker="bo", on_day=day(6)).rows} == {shared, released}
    assert {row.episode_id for row in ask.caseload_episodes(worker="bo", on_day=day(50)).rows} == {shared}


def test_deviations_are_counted_by_rule_and_dated_by_the_entry_that_breaks_it(
    book: Book, history: History, ask: Reading
) -> None:
    noted = DeviationNoted(
        deviation_key="cap-3", rule_id="cap", service="K1", model_version=1, strength="norm", entry=2, measured=15,
        limit=14, unit="meetings",
    )  # fmt: skip
    history.record(uuid4(), referral(uuid4()), held(uuid4(), uuid4(), on=5), noted)
    run_once(*book)
    assert ask.deviations("rule", on_day=day(4)).rows == []
    (row,) = ask.deviations("rule", on_day=day(5)).rows
    assert (row.group_key, row.deviations, row.norm_deviations) == ("cap", 1, 1)


def test_waiting_time_runs_from_the_contact_to_its_answer(book: Book, history: History, ask: Reading) -> None:
    def contact(on: int) -> ContactReceived:
        return ContactReceived(
            received_at=moment(on),
            channel=ContactChannel.PHONE,
            source=ContactSource.FAMILY,
            consent=FamilyConsent.GIVEN,
            area="north",
        )

    history.record(uuid4(), contact(0), ContactAnswered(answered_at=moment(1, 10), worker_id="anna"))
    history.record(uuid4(), contact(1))
    run_once(*book)
    (row,) = ask.contacts("area", on_day=day(3)).rows
    assert (row.contacts, row.answered_contacts, row.waiting_contacts) == (2, 1, 1)
    assert row.longest_waiting_minutes == 25 * 60


def test_nobody_waits_for_an_answer_without_consent(book: Book, history: History, ask: Reading) -> None:
    sources = [
        (ContactSource.SCHOOL, FamilyConsent.REFUSED),
        (ContactSource.SCHOOL, FamilyConsent.NOT_ASKED),
        (ContactSource.SCHOOL, FamilyConsent.GIVEN),
        (ContactSource.FAMILY, FamilyConsent.NOT_ASKED),
    ]
    without, *_ = streams = [uuid4() for _ in range(6)]
    for stream, (source, consent) in zip(streams, [*sources, *sources[:2]], strict=True):
        told = {"received_at": moment(1), "channel": ContactChannel.PHONE, "area": "north"}
        history.record(stream, ContactReceived.model_validate({**told, "source": source, "consent": consent}))
    owed = DutyOpened(
        duty_key="answered/1", rule_id="answered", service="F1a", model_version=1, strength="must", due_on=day(3),
        started_by=1,
    )  # fmt: skip
    history.record(streams[4], owed)
    history.record(streams[5], ContactAnswered(answered_at=moment(2, 10), worker_id="anna"))
    run_once(*book)
    (row,) = ask.contacts("area", on_day=day(3)).rows
    assert (row.contacts, row.contacts_without_consent) == (6, 5)
    assert (row.answered_contacts, row.waiting_contacts, row.contacts_not_to_be_made) == (1, 3, 2)
    beneath = {one.stream_id: one for one in ask.explain("contacts", by="area", on_day=day(3)).rows}
    assert beneath[without].status == "not_to_be_contacted"
    assert beneath[streams[4]].status == "waiting", "a duty asks for an answer all the same"
    assert len(beneath[streams[4]].event_positions) == 2, "and is what it stands on"


def moving_on(*clients: UUID, begins: int) -> list[object]:
    facts = whole_episode(*clients, begins=begins)
    return [*facts[:-1], closed(begins + 20, Outcome.LONG_TERM_FAMILY_WORK, ClosureReason.MOVED_TO_LONG_TERM)]


def test_early_support_counts_distinct_clients_granted_in_the_period_and_who_moved_on_whenever(
    book: Book, history: History, ask: Reading
) -> None:
    child, mover, later = uuid4(), uuid4(), uuid4()
    history.record(uuid4(), *whole_episode(child))
    history.record(uuid4(), *whole_episode(child, begins=30))
    moved = uuid4()
    history.record(moved, *moving_on(mover, begins=40))  # type: ignore[arg-type] # facts, all of them
    history.record(uuid4(), *moving_on(later, begins=60))  # type: ignore[arg-type] # the same
    run_once(*book)
    (figures,) = ask.early_support(day(0), day(45)).rows
    assert (figures.clients_granted, figures.clients_moved_on) == (2, 1)
    beneath = ask.explain("early_support", from_on=day(0), to_on=day(45)).rows
    assert [row.stream_id for row in beneath if row.moved_on] == [moved]
    assert all(row.event_positions for row in beneath)


def test_every_answer_says_what_it_reflects_and_how_far_behind_that_is(
    book: Book, history: History, ask: Reading
) -> None:
    history.record(uuid4(), referral(uuid4()))
    run_once(*book)
    history.record(uuid4(), referral(uuid4()), decision())
    answer = ask.caseload("area", on_day=LATER)
    assert (answer.as_of, answer.head, answer.lag_events) == (1, 3, 2)
    assert answer.lag_seconds > 0
    run_once(*book)
    assert ask.caseload("area", on_day=LATER, as_of=1).rows[0].open_episodes == 1


def test_rows_come_in_pages_that_meet_without_gap_or_overlap(book: Book, history: History, ask: Reading) -> None:
    for _ in range(7):
        history.record(uuid4(), referral(uuid4()))
    run_once(*book)
    seen, cursor = [], None
    while True:
        page = ask.rows("episodes", limit=3, cursor=cursor, filters={"area": "north"})
        seen += [row["episode_id"] for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 7


def test_rows_can_be_asked_for_as_of_a_position_and_by_an_element_of_an_array(
    book: Book, history: History, ask: Reading
) -> None:
    child, episode = uuid4(), uuid4()
    then = history.record(episode, referral(child))
    history.record(episode, decision())
    run_once(*book)
    (row,) = ask.rows("episodes", filters={"client_ids": child}, as_of=then).rows
    assert (row["phase"], row["because"]) == ("referred", [1])


def test_what_is_not_there_to_ask_is_refused_by_name(ask: Reading) -> None:
    with pytest.raises(UnknownTable):
        ask.rows("events")
    with pytest.raises(UnknownColumn):
        ask.rows("episodes", filters={"name": "x"})
    with pytest.raises(MalformedCursor):
        ask.rows("episodes", cursor="?")
    with pytest.raises(UnknownGrouping):
        ask.caseload("moon", on_day=LATER)  # type: ignore[arg-type] # on purpose


def test_caseload_lists_episodes_with_their_next_meeting(book: Book, history: History, ask: Reading) -> None:
    history.record(
        uuid4(), referral(uuid4()), decision(), assigned("anna"), started(2), planned(uuid4(), on=9, at=3),
        held(uuid4(), uuid4(), on=4),
    )  # fmt: skip
    run_once(*book)
    (episode,) = ask.caseload_episodes(on_day=day(5), worker="anna").rows
    assert (episode.days_open, episode.last_meeting_on, episode.next_meeting_on) == (3, day(4), day(9))
    (counted,) = ask.decisions("kind").rows
    assert (counted.group_key, counted.grants, counted.clients_granted) == ("granted", 1, 1)


def test_every_kind_of_decision_has_a_column_and_the_columns_add_up_to_the_total(
    book: Book, history: History, ask: Reading
) -> None:
    for number, kind in enumerate(DecisionKind, 1):
        decided = (decision(kind, decision_maker=maker) for maker in ("anna",) * number + ("bo",))
        history.record(uuid4(), referral(uuid4()), *decided)
    run_once(*book)
    rows = {row.group_key: row for row in ask.decisions("decision_maker").rows}
    columns = ("grants", "refusals", "extensions", "exceptions", "moves", "ends")
    assert [getattr(rows["anna"], name) for name in columns] == [1, 2, 3, 4, 5, 6]
    assert [getattr(rows["bo"], name) for name in columns] == [1] * len(DecisionKind)
    assert (rows["anna"].decisions, rows["bo"].decisions) == (21, 6)
