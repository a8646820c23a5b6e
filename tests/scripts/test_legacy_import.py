"""The import of a legacy export: every row is recorded or refused by name, once, and harms no other."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.calendar import HELSINKI, day_in_helsinki
from domain.correction import EntryCorrected, EntryStruckOut, MistakeKind
from domain.episode.facts import (
    ClosureReason,
    EpisodeClosed,
    GoalResult,
    MeetingHeld,
    MeetingMode,
    Outcome,
    PlanEvaluated,
    PlanMade,
)
from domain.episode.state import EpisodeState, Phase
from domain.fact import StreamKind
from domain.ledger.book import Book
from scripts.legacy.faults import BadExport
from scripts.legacy.files import AMENDMENTS, CLIENTS, CONTACTS, EPISODES, MEETINGS, PLANS, WORKERS
from scripts.legacy.importing import import_export
from scripts.legacy.naming import episode_of
from scripts.legacy.report import Report
from tests.scripts.conftest import Imported
from tests.scripts.export import CHILD, CONTACT, EPISODE, MEETING, PLAN, write_export

Into = Callable[..., Report]


@pytest.fixture
def imported(book: Book, tmp_path: Path) -> Into:
    """Imports the sound family's export, with rows added or left out."""

    def run(*added: tuple[str, str], without: tuple[str, ...] = ()) -> Report:
        return import_export(write_export(tmp_path / "export", *added, without=without), book)

    return run


def episode(book: Book, legacy_id: str = "J00001") -> EpisodeState:
    state = book.state(episode_of(book.register_name, legacy_id), StreamKind.EPISODE)
    assert isinstance(state, EpisodeState)
    return state


def refused(report: Report) -> list[tuple[str, str, str]]:
    return [(row.file, row.row_id, row.fault.value) for row in report.refused]


def test_an_episode_is_told_from_its_contact_to_its_end_in_the_order_of_its_days(imported: Into, book: Book) -> None:
    imported()
    state = episode(book)
    told = [entry.fact.fact_name for entry in state.entries if not entry.fact.consequence]
    assert told == [
        *("referral_received", "decision_made", "worker_assigned", "episode_started", "plan_made"),
        *("meeting_held", "plan_evaluated", "episode_closed"),
    ]
    assert state.phase is Phase.CLOSED
    assert state.grant is not None
    assert (state.grant.service, state.grant.codes) == ("K2", ("legacy:MUUTOSTYO",))


def test_goals_result_and_outcome_are_read_from_the_rows(imported: Into, book: Book) -> None:
    imported()
    facts = {type(entry.fact): entry.fact for entry in episode(book).entries}
    plan, evaluation, closed = facts[PlanMade], facts[PlanEvaluated], facts[EpisodeClosed]
    assert isinstance(plan, PlanMade)
    assert isinstance(evaluation, PlanEvaluated)
    assert isinstance(closed, EpisodeClosed)
    assert sorted((plan.goal_texts or {}).values()) == ["arjen rutiinit", "unirytmi"]
    assert (evaluation.plan_id, evaluation.overall_result) == (plan.plan_id, GoalResult.PARTLY_MET)
    assert (closed.reason, closed.outcome) == (ClosureReason.GOALS_MET, Outcome.NONE)


def test_the_legacy_entry_time_is_kept_as_such_and_recorded_at_is_the_ledgers_own(imported: Into, book: Book) -> None:
    imported()
    met = next(entry for entry in episode(book).entries if isinstance(entry.fact, MeetingHeld))
    assert met.provenance is not None
    assert (met.provenance.file, met.provenance.row_id) == (MEETINGS, "T00001")
    assert met.provenance.entered_at == dt.datetime(2022, 3, 24, 15, 0, tzinfo=HELSINKI)
    assert met.occurred_at == dt.datetime(2022, 3, 21, 9, 0, tzinfo=HELSINKI)
    assert met.recorded_at is not None
    assert dt.datetime.now(dt.UTC) - met.recorded_at < dt.timedelta(minutes=5)


def test_what_the_service_rules_forbid_is_recorded_with_its_deviations(imported: Into) -> None:
    old = CHILD.replace("A00001;010117A900V;01.01.2017", "A00002;;01.01.2008")
    contact = CONTACT.replace("Y00001;A00001", "Y00002;A00002").replace(";K;", ";E;")
    report = imported(
        (CLIENTS, old), (CONTACTS, contact), (EPISODES, EPISODE.replace("1;A00001;Y00001", "2;A00002;Y00002"))
    )
    assert report.refused == []
    assert {rule for _, rule in report.deviations} >= {"age", "asked-or-consented", "target-age"}


def test_the_service_is_the_one_whose_model_is_in_force_on_the_day_of_the_decision(imported: Into, book: Book) -> None:
    before = EPISODE.replace("J00001", "J00002").replace("10.03.2022", "31.01.2022").replace("Y00001", "Y00002")
    guidance = EPISODE.replace("J00001", "J00003").replace("MUUTOSTYO;10.03.2022", "OHJAUS;01.02.2022")
    contact = CONTACT.replace("Y00001", "Y00002").replace(".03.2022", ".01.2022")
    imported((CONTACTS, contact), (EPISODES, before), (EPISODES, guidance.replace("Y00001", "Y00002")))
    services = [
        grant.service for legacy_id in ("J00001", "J00002", "J00003") if (grant := episode(book, legacy_id).grant)
    ]
    assert services == ["K2", "K0", "K1"]


FAULTS = [
    (MEETINGS, MEETING, "T00001", "exported_twice"),
    (MEETINGS, MEETING.replace("KOTI", "VIDEO"), "T00001", "same_id_other_content"),
    (MEETINGS, MEETING.replace("T00001;J00001", "T00002;J90000"), "T00002", "unknown_episode"),
    (MEETINGS, MEETING.replace("T00001", "T00002").replace("10:30", "08:45"), "T00002", "ended_before_it_began"),
    (MEETINGS, MEETING.replace("T00001", "T00002").replace("21.03", "31.02"), "T00002", "no_such_day"),
    (MEETINGS, MEETING.replace("T00001", "T00002").replace("2022", "2049"), "T00002", "in_the_future"),
    (MEETINGS, MEETING.replace("T00001", "T00002").replace("KOTI", "SAVUMERKKI"), "T00002", "unknown_code"),
    (MEETINGS, MEETING.replace("T00001", "T00002").replace("AITI", "SETA"), "T00002", "unknown_code"),
    (MEETINGS, MEETING.replace("T00001", "T00002").replace(";O1;", ";O9;"), "T00002", "unknown_worker"),
    (MEETINGS, MEETING.replace("T00001", "T00002").replace("09:00", "9 am"), "T00002", "bad_value"),
    (MEETINGS, MEETING.replace("T00001", "T00002").replace("09:00", ""), "T00002", "missing_value"),
    (MEETINGS, "T00002;J00001;21.03.2022", "T00002", "wrong_number_of_fields"),
    (CLIENTS, CHILD.replace("A00001;010117A900V", "A00002;010117A900X"), "A00002", "bad_identity_code"),
    (CLIENTS, CHILD.replace("A00001;010117A900V;01.01.2017", "A00002;;"), "A00002", "missing_identity"),
    (
        CLIENTS,
        CHILD.replace("A00001;010117A900V;01.01.2017", "A00002;010117A900V;02.01.2017"),
        "A00002",
        "bad_identity_code",
    ),
    (CONTACTS, CONTACT.replace("Y00001;A00001", "Y00002;A90000"), "Y00002", "unknown_client"),
    (
        CONTACTS,
        CONTACT.replace("Y00001", "Y00002").replace("02.03.2022", "01.02.2022"),
        "Y00002",
        "ended_before_it_began",
    ),
    (EPISODES, EPISODE.replace("J00001;A00001;Y00001", "J00002;A00001;Y90000"), "J00002", "unknown_contact"),
    (
        EPISODES,
        EPISODE.replace("J00001", "J00002").replace("30.05.2022", "13.03.2022"),
        "J00002",
        "ended_before_it_began",
    ),
    (EPISODES, EPISODE.replace("J00001", "J00002").replace("MYONTO", "KIELTO"), "J00002", "service_not_granted"),
    (EPISODES, EPISODE.replace("J00001", "J00002").replace("30.05.2022", ""), "J00002", "missing_value"),
    (EPISODES, EPISODE.replace("J00001", "J00002") + "Autetaan.", "J00002", "missing_value"),
    (CLIENTS, CHILD.replace("A00001", "A00002").replace("E;;", "E;01.02.2022;"), "A00002", "bad_value"),
    (PLANS, PLAN.replace("J00001", "J90000"), "J90000/SUUNNITELMA/15.03.2022", "unknown_episode"),
    (WORKERS, "O2;;Kotka", "O2", "missing_value"),
    (AMENDMENTS, "TAPAAMINEN;T90000;MITATOINTI;;;Väärä;01.04.2022;O1", "T90000/MITATOINTI/01.04.2022", "unknown_row"),
    (
        AMENDMENTS,
        "TAPAAMINEN;T00001;OIKAISU;tapa;KOTI;Väärä;01.04.2022;O1",
        "T00001/OIKAISU/tapa/01.04.2022",
        "changes_nothing",
    ),
    (
        AMENDMENTS,
        "TAPAAMINEN;T00001;OIKAISU;tapa;SAVU;Väärä;01.04.2022;O1",
        "T00001/OIKAISU/tapa/01.04.2022",
        "unknown_code",
    ),
    (
        *(AMENDMENTS, "TAPAAMINEN;T00001;OIKAISU;tila;EI_SAAPUNUT;Väärä;01.04.2022;O1"),
        *("T00001/OIKAISU/tila/01.04.2022", "not_correctable"),
    ),
    (AMENDMENTS, "JAKSO;J00001;MITATOINTI;;;Väärä;01.04.2022;O1", "J00001/MITATOINTI/01.04.2022", "not_correctable"),
]


@pytest.mark.parametrize(
    ("file", "row", "row_id", "fault"), FAULTS, ids=[f"{f[0]} {f[3]} {n}" for n, f in enumerate(FAULTS)]
)
def test_a_faulty_row_is_refused_by_name_and_all_others_are_recorded(
    imported: Into, file: str, row: str, row_id: str, fault: str
) -> None:
    report = imported((file, row))
    assert refused(report) == [(file, row_id, fault)]
    assert report.totals.rows_recorded == report.totals.rows_read - 1
    assert report.refused[0].line == report.by_file[file].rows_read + 1


def test_rows_that_hang_on_a_refused_row_are_refused_and_say_on_which(imported: Into) -> None:
    bad = CHILD.replace("010117A900V", "010117A900X")
    report = imported((CLIENTS, bad), without=(CLIENTS,))
    hanging = [row for row in report.refused if row.fault == "hangs_on_refused_row"]
    assert [row.row_id for row in hanging] == [
        *("Y00001", "J00001", "J00001/SUUNNITELMA/15.03.2022", "J00001/ARVIOINTI/30.05.2022", "T00001"),
    ]
    assert hanging[0].message == "It hangs on row A00001 of asiakkaat.csv, which was refused."
    assert report.totals.rows_recorded == 1


def test_nothing_that_a_row_says_of_a_person_stands_in_the_report(imported: Into) -> None:
    bad = CHILD.replace("A00001;010117A900V", "A00002;010117A900X")
    note = MEETING.replace("T00001", "T00002").replace("KOTI", "Salainen koti")
    told = str(imported((CLIENTS, bad), (MEETINGS, note)).as_json())
    assert "010117" not in told
    assert "alainen" not in told


def test_a_correction_gives_the_entry_its_right_content(imported: Into, book: Book) -> None:
    imported((AMENDMENTS, "TAPAAMINEN;T00001;OIKAISU;tapa;VIDEO;Väärä tapa;01.04.2022;O1"))
    state = episode(book)
    assert [entry.fact.mode for entry in state.in_force if isinstance(entry.fact, MeetingHeld)] == [MeetingMode.VIDEO]
    correction = next(entry for entry in state.entries if isinstance(entry.fact, EntryCorrected))
    assert (correction.actor, correction.fact.mistake) == ("legacy:O1", MistakeKind.FACTUAL_ERROR)  # type: ignore[attr-defined] # an EntryCorrected


def test_later_corrections_of_a_row_see_what_earlier_ones_changed(imported: Into, book: Book) -> None:
    imported(
        (AMENDMENTS, "TAPAAMINEN;T00001;OIKAISU;paattyi;11:30;Kirjoitusvirhe;02.04.2022;O1"),
        (AMENDMENTS, "TAPAAMINEN;T00001;OIKAISU;alkoi;11:00;Kirjoitusvirhe;03.04.2022;O1"),
    )
    held = next(entry.fact for entry in episode(book).in_force if isinstance(entry.fact, MeetingHeld))
    assert [f"{at.astimezone(HELSINKI):%H:%M}" for at in (held.started_at, held.ended_at)] == ["11:00", "11:30"]


@pytest.mark.parametrize(
    ("reason", "mistake"),
    [
        ("Kirjattu väärälle asiakkaalle", MistakeKind.WRONG_CLIENT),
        ("Kirjattu kahteen kertaan", MistakeKind.ENTERED_TWICE),
        ("Kirjoitusvirhe", MistakeKind.TYPING_ERROR),
        ("Ei pitänyt paikkaansa", MistakeKind.FACTUAL_ERROR),
    ],
)
def test_a_strike_out_takes_the_entry_away_and_its_reason_tells_the_mistake(
    imported: Into, book: Book, reason: str, mistake: MistakeKind
) -> None:
    imported((AMENDMENTS, f"TAPAAMINEN;T00001;MITATOINTI;;;{reason};01.04.2022;O1"))
    state = episode(book)
    assert not any(isinstance(entry.fact, MeetingHeld) for entry in state.in_force)
    assert [entry.fact.mistake for entry in state.entries if isinstance(entry.fact, EntryStruckOut)] == [mistake]


def test_a_second_run_records_nothing_twice_and_says_so(imported: Into, book: Book) -> None:
    amended = (AMENDMENTS, "TAPAAMINEN;T00001;OIKAISU;tapa;VIDEO;Väärä tapa;01.04.2022;O1")
    first = imported(amended)
    head = book.ledger.head()[0]
    second = imported(amended)
    assert book.ledger.head()[0] == head
    assert second.totals.rows_recorded == second.facts_recorded == 0
    assert second.totals.rows_recorded_earlier == first.totals.rows_recorded


def test_a_later_export_adds_what_is_new_and_refuses_what_it_tells_otherwise(imported: Into, book: Book) -> None:
    open_still = EPISODE.replace("30.05.2022;TAVOITTEET", ";")
    imported((EPISODES, open_still), without=(EPISODES, PLANS))
    assert episode(book).phase is Phase.ACTIVE
    report = imported((MEETINGS, MEETING.replace("KOTI", "VIDEO")), without=(MEETINGS,))
    assert refused(report) == [(MEETINGS, "T00001", "recorded_otherwise")]
    assert episode(book).phase is Phase.CLOSED
    assert report.by_file[EPISODES].facts_recorded == 1


@pytest.mark.parametrize("damage", ["file", "column", "encoding"])
def test_an_export_that_is_not_whole_is_one_clear_error_and_nothing_is_recorded(
    book: Book, tmp_path: Path, damage: str
) -> None:
    folder = write_export(tmp_path / "export")
    place = folder / MEETINGS
    match damage:
        case "file":
            place.unlink()
        case "column":
            place.write_text(place.read_text("utf-8-sig").replace("kirjattu_klo", "klo"), "utf-8-sig")
        case _:
            place.write_bytes(place.read_text("utf-8-sig").encode("utf-16"))
    with pytest.raises(BadExport, match=r"tapaamiset\.csv.*Nothing was recorded\."):
        import_export(folder, book)
    assert book.ledger.head()[0] == 0


def check_accounts(imported: Imported) -> None:
    """Every row of every file is recorded or refused, and the ledger holds as many facts as were counted."""
    report = imported.report
    for file, tally in report.by_file.items():
        lines = (imported.folder / file).read_text("utf-8-sig").splitlines()
        assert tally.rows_read == len(lines) - 1
        assert tally.rows_read == tally.rows_recorded + tally.rows_recorded_earlier + tally.rows_refused
    assert report.totals.rows_refused == len(report.refused)
    conclusions = report.totals.conclusions_recorded
    assert report.facts_recorded + conclusions == imported.book.ledger.head()[0]


def check_order(imported: Imported) -> None:
    """Each episode reads from its referral onwards, day by day; corrections come after what they correct."""
    for row in (imported.folder / EPISODES).read_text("utf-8-sig").splitlines()[1:]:
        state = imported.book.state(episode_of(imported.register, row.split(";")[0]), StreamKind.EPISODE)
        acts = [entry for entry in state.entries if not entry.fact.consequence and entry.fact.stream is not None]
        days = [day_in_helsinki(entry.occurred_at) for entry in acts]
        assert days == sorted(days)


def test_every_row_of_the_demonstration_is_accounted_for(demonstration: Imported) -> None:
    check_accounts(demonstration)
    check_order(demonstration)


def test_every_row_of_the_areas_export_is_accounted_for(kymenlaakso: Imported) -> None:
    check_accounts(kymenlaakso)
    check_order(kymenlaakso)
    assert kymenlaakso.report.totals.rows_refused == 28


def test_importing_the_whole_demonstration_again_records_nothing(demonstration: Imported) -> None:
    head = demonstration.book.ledger.head()[0]
    again = import_export(demonstration.folder, demonstration.book)
    assert demonstration.book.ledger.head()[0] == head
    assert again.totals.rows_recorded == 0
    assert again.totals.rows_recorded_earlier == demonstration.report.totals.rows_recorded
    assert again.refused == demonstration.report.refused


@pytest.mark.parametrize("born", ["01.01.0217", "31.12.1899", "01.01.3000"])
def test_a_year_that_nobody_can_have_meant_refuses_its_row_and_what_hangs_on_it(imported: Into, born: str) -> None:
    child = CHILD.replace("A00001;010117A900V;01.01.2017", f"A00002;;{born}")
    contact = CONTACT.replace("Y00001;A00001", "Y00002;A00002")
    report = imported((CLIENTS, child), (CONTACTS, contact))
    assert (CLIENTS, "A00002", "bad_value") in refused(report)
    assert {row for _, row, _ in refused(report)} == {"A00002", "Y00002"}
