"""What-if replay: which episodes another version would have judged otherwise, by which rule, and nothing written."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any
from uuid import UUID

from domain.catalogue.loader import load_catalogue
from domain.episode.commands.grant_extension import GrantExtension
from domain.episode.commands.start_episode import StartEpisode
from domain.ledger.book import Book
from domain.ledger.identity import new_id
from domain.register.commands.publish_service_model import PublishServiceModel
from domain.rules.what_if import Footing
from scripts.commandline.replay import model_meant, replay_under
from scripts.legacy.files import CONTACTS, EPISODES
from scripts.legacy.importing import import_export
from scripts.legacy.naming import episode_of
from tests.domain.desk import WORKER, Desk, grant, meeting
from tests.driven.arranged import L2, version_two
from tests.scripts.conftest import Imported, RunCommand
from tests.scripts.export import CONTACT, EPISODE, write_export


def replayed(jaksokirja: RunCommand, register: str, under: str) -> dict[str, Any]:
    """What the command prints as JSON."""
    done = jaksokirja("replay", "--under", under, "--register", register, "--json")
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_the_demonstrations_early_episodes_are_replayed_under_the_model_that_came_after(
    jaksokirja: RunCommand, demonstration: Imported
) -> None:
    head = demonstration.book.ledger.head()
    told = replayed(jaksokirja, demonstration.register, "K2.1")
    assert {episode["judged_by"] for episode in told["episodes"]} == {"K0.1"}
    assert told["episodes_judged_otherwise"] == len(told["episodes"]) > 0
    assert ("plan", "duty", "gained") in {(row["rule_id"], row["kind"], row["change"]) for row in told["by_rule"]}
    assert told["as_of"] == head[0]
    assert demonstration.book.ledger.head() == head, "a replay writes nothing"


def test_the_table_says_how_many_would_be_judged_otherwise(jaksokirja: RunCommand, demonstration: Imported) -> None:
    told = replayed(jaksokirja, demonstration.register, "K1.1")
    done = jaksokirja("replay", "--under", "K1.1", "--register", demonstration.register, "--lang", "en")
    assert f"{told['episodes_replayed']} episodes replayed, {told['episodes_judged_otherwise']} judged" in done.stdout


def early_support(
    desk: Desk, service: str, decided_on: dt.date, asked_for: str | None = None, codes: tuple[str, ...] = ()
) -> UUID:
    """Four meetings, of an episode decided on that day; what was asked for, as the referral or the decision says."""
    episode_id = desk.referred(received_on=decided_on, requested_service=asked_for)
    desk.do(episode_id, grant(service, decided_on, codes=codes))
    desk.do(episode_id, StartEpisode(started_on=decided_on))
    for number in range(1, 5):
        desk.do(episode_id, meeting(number))
    return episode_id


def test_four_meetings_deviate_only_in_an_episode_decided_on_the_first_day_of_the_model(
    register: tuple[str, str],
) -> None:
    desk = Desk(*register)
    desk.open()
    before = early_support(desk, "K0", dt.date(2022, 1, 31), "K1")
    after = early_support(desk, "K1", dt.date(2022, 2, 1))
    assert (set(desk.deviations(before)), set(desk.deviations(after))) == (set(), {"meetings"})
    (one,) = replay_under(desk.book, model_meant(desk.book, "K1.1"), desk.last_position())
    assert one.episode_id == before
    gained = [found for found in one.differences if found.rule_id == "meetings"]
    assert [(found.change.value, found.measured, found.limit) for found in gained] == [("gained", 4, 3)]
    desk.book.close()


ASKED = [
    ("K2", (), Footing.JUDGED),
    ("legacy:MUUTOSTYO", (), Footing.JUDGED),
    (None, ("legacy:MUUTOSTYO",), Footing.JUDGED),
    ("K1", ("legacy:MUUTOSTYO",), Footing.JUDGED),
    ("K1", ("brought_home",), Footing.ASKED_FOR_ANOTHER),
    ("K2", ("legacy:OHJAUS",), Footing.ASKED_FOR_ANOTHER),
    ("legacy:OHJAUS", (), Footing.ASKED_FOR_ANOTHER),
    (None, (), Footing.NOT_COMPARABLE),
    ("K0", (), Footing.NOT_COMPARABLE),
    ("something_else", ("brought_home",), Footing.NOT_COMPARABLE),
]
"""What the referral asked for, the decision's codes, and whether short change work may judge such an episode."""


def test_a_service_that_succeeds_another_judges_only_the_episodes_that_had_asked_for_it(
    register: tuple[str, str], jaksokirja: RunCommand
) -> None:
    desk = Desk(*register)
    desk.open()
    day = dt.date(2022, 1, 31)
    expected = {early_support(desk, "K0", day, asked, codes): footing for asked, codes, footing in ASKED}
    under, head = model_meant(desk.book, "K2.1"), desk.last_position()
    found = {one.episode_id: one for one in replay_under(desk.book, under, head)}
    assert {episode_id: one.footing for episode_id, one in found.items()} == expected
    assert {one.footing for one in found.values() if one.differences} == {Footing.JUDGED}
    everyone = list(replay_under(desk.book, under, head, judge_all=True))
    assert [bool(one.differences) for one in everyone] == [True] * len(ASKED)
    desk.book.close()
    told = replayed(jaksokirja, register[1], "K2.1")
    assert (told["episodes_replayed"], told["episodes_judged_otherwise"]) == (4, 4)
    assert told["episodes_left_out"] == {"asked_for_another": 3, "not_comparable": 3}
    apart = [str(episode_id) for episode_id, footing in expected.items() if footing is Footing.NOT_COMPARABLE]
    assert told["not_comparable"] == apart
    table = jaksokirja("replay", "--under", "K2.1", "--register", register[1], "--lang", "en").stdout
    assert "4 episodes replayed, 4 judged otherwise" in table
    assert "Left out: 3 had asked for another service than K2; of 3 nothing tells" in " ".join(table.split())
    listed = table.partition("Not comparable")[2]
    assert [str(episode_id) in listed for episode_id in expected] == [str(one) in apart for one in expected]


def test_of_an_import_guidance_is_not_judged_as_short_change_work_unless_all_are(
    jaksokirja: RunCommand, book: Book, tmp_path: Path
) -> None:
    contact = CONTACT.replace("Y00001", "Y00002").replace(".03.2022", ".01.2022")
    before = EPISODE.replace("Y00001", "Y00002").replace("10.03.2022", "31.01.2022")
    change_work, guidance = before.replace("J00001", "J00002"), before.replace("J00001", "J00003")
    asked = (EPISODES, change_work), (EPISODES, guidance.replace("MUUTOSTYO", "OHJAUS"))
    import_export(write_export(tmp_path / "export", (CONTACTS, contact), *asked), book)
    for under, legacy_id in (("K1.1", "J00003"), ("K2.1", "J00002")):
        told = replayed(jaksokirja, book.register_name, under)
        assert [one["episode_id"] for one in told["episodes"]] == [str(episode_of(book.register_name, legacy_id))]
        assert told["episodes_left_out"] == {"asked_for_another": 1, "not_comparable": 0}
    done = jaksokirja("replay", "--under", "K2.1", "--all", "--register", book.register_name, "--json")
    assert json.loads(done.stdout)["episodes_replayed"] == 2


def test_all_is_refused_without_a_version_to_judge_by(jaksokirja: RunCommand) -> None:
    done = jaksokirja("replay", "--drop", "then_q1", "--all")
    assert (done.exit_code, "bad_options" in done.output) == (2, True)


def test_an_episode_that_kept_to_six_months_would_break_a_second_version_of_four(register: tuple[str, str]) -> None:
    desk = Desk(*register)
    desk.open()
    long, short = L2.until("interim")(desk), L2.until("interim")(desk)
    for month in (6, 7):
        decision = {"decision_id": new_id(), "decided_on": dt.date(2023, month, 9), "decision_maker": WORKER}
        desk.do(long, GrantExtension.model_validate({**decision, "months_granted": 1, "reasons": "Jatko."}))
    desk.do(desk.register_id, PublishServiceModel(content=version_two(dt.date(2024, 1, 1), at_most_months=4)))
    head = desk.last_position()
    found = {one.episode_id: one for one in replay_under(desk.book, model_meant(desk.book, "L2.2"), head)}
    (difference,) = found[long].differences
    assert (difference.rule_id, difference.kind, difference.change.value) == ("duration", "deviation", "gained")
    assert (difference.measured, difference.limit, difference.unit) == (153, 122, "days")
    assert found[short].differences == ()
    assert not list(replay_under(desk.book, model_meant(desk.book, "L2.1"), head)), "all are judged by it already"
    assert desk.last_position() == head
    desk.book.close()


def test_a_version_that_is_no_version_is_told_in_one_line(jaksokirja: RunCommand, demonstration: Imported) -> None:
    for under, code in (("K2", "bad_version"), ("K9.1", "unknown_version")):
        done = jaksokirja("replay", "--under", under, "--register", demonstration.register)
        assert (done.exit_code, code in done.output) == (2, True)


def test_only_early_supports_own_models_succeed_what_was_before() -> None:
    assert {model.service: model.succeeds for model in load_catalogue() if model.succeeds} == {
        "K1": ("K0",),
        "K2": ("K0",),
    }
