"""`jaksokirja catalogue`: what a service designer lists, reads, checks and publishes."""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from importlib import resources
from io import StringIO
from pathlib import Path
from typing import get_args
from uuid import uuid4

import pytest
from rich.console import Console

from domain.catalogue.loader import MODELS, load_catalogue, load_model, with_frames
from domain.catalogue.model import CountsUnit, ServiceModel, Tag
from domain.ledger.book import Book, Order
from domain.register.commands.open_register import OpenRegister
from domain.register.commands.publish_service_model import PublishServiceModel
from domain.rules.base import Strength
from domain.rules.kinds import KINDS
from domain.rules.period import Every
from scripts.commandline.limits import LIMITS, limits, words_in
from scripts.commandline.model_page import KINDS as KINDS_OF_PAGE
from scripts.commandline.model_page import print_model
from tests.scripts.conftest import RunCommand

CATALOGUE = load_catalogue()
K2 = (MODELS / "K2.1.toml").read_text("utf-8")
LANGUAGES = ("fi", "sv", "en")


@pytest.fixture(autouse=True)
def _read_once(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """The catalogue is read once for all of these tests but the first, which lists what the files say."""
    if "words0-fi" not in request.node.name:
        monkeypatch.setattr("scripts.commandline.catalogue.load_catalogue", lambda: CATALOGUE)


@pytest.fixture
def opened(book: Book) -> Book:
    """A register with nothing published."""
    command = OpenRegister(register_name=book.register_name, controller="Kymsote", opened_on=dt.date(2019, 1, 1))
    book.execute(Order(stream_id=book.register_id, command=command, command_id=uuid4(), actor="test"))
    return book


def model(service: str) -> ServiceModel:
    return next(model for model in CATALOGUE if model.service == service)


def line(text: str, words: str) -> int:
    return next(number for number, said in enumerate(text.splitlines(), 1) if words in said)


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(("words", "lang"), [(("catalogue",), "fi"), (("catalogue", "list"), "sv")])
def test_bare_or_as_list_it_lists_every_version_with_name_area_and_validity(
    jaksokirja: RunCommand, words: tuple[str, ...], lang: str
) -> None:
    done = jaksokirja(*words, "--lang", lang)
    assert done.exit_code == 0, done.output
    told = [row.split() for row in done.stdout.splitlines()]
    assert [(row[0], row[1]) for row in told if row and row[0] in {one.service for one in CATALOGUE}] == [
        (one.service, str(one.model_version)) for one in CATALOGUE
    ]
    k0 = next(row for row in told if row and row[0] == "K0")
    assert {"1.4.2015", "31.1.2022"} <= set(k0)
    assert {"fi": "Lappi", "sv": "Lappland"}[lang] in done.stdout
    assert all(getattr(one.names, lang) in done.stdout for one in CATALOGUE), "a piped table is not folded or cut"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("shown", CATALOGUE, ids=lambda one: one.service)
def test_the_page_of_a_model_tells_its_card_and_every_rule_at_100_columns(shown: ServiceModel, lang: str) -> None:
    page = StringIO()
    print_model(Console(file=page, width=100), shown, CATALOGUE, lang)
    assert max(map(len, page.getvalue().splitlines())) <= 100
    told = squeezed(page.getvalue())
    for texts in (shown.names, shown.description, shown.when_right, shown.when_another):
        assert squeezed(getattr(texts, lang)) in told
    for rule in shown.rules:
        assert f"{rule.id} · {words_in(lang)('strength', rule.strength)} · " in told
        assert squeezed(getattr(rule.texts, lang)) in told


def test_show_prints_the_page_of_a_service_in_the_language_asked(jaksokirja: RunCommand) -> None:
    done = jaksokirja("catalogue", "show", "P8", "--lang", "sv")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("P8  Familjerehabilitering inom öppenvården i hemmet\n")
    assert "→ högst 20 %" in done.stdout


@pytest.mark.parametrize(
    ("service", "lang", "told"),
    [
        ("P8", "fi", "lastensuojelulaki (417/2007) 36 §"),
        ("P8", "sv", "barnskyddslagen (417/2007) 36 §"),
        ("P8", "en", "Child Welfare Act (417/2007) § 36"),
    ],
)
def test_the_page_names_the_acts_in_its_language(service: str, lang: str, told: str) -> None:
    page = StringIO()
    print_model(Console(file=page, width=100), model(service), CATALOGUE, lang)
    assert told in squeezed(page.getvalue())


@pytest.mark.parametrize("shown", CATALOGUE, ids=lambda one: one.service)
def test_no_english_name_of_an_act_is_left_on_a_finnish_or_swedish_page(shown: ServiceModel) -> None:
    cited = "; ".join((shown.legal_basis, *(rule.source for rule in shown.rules)))
    names = set(re.findall(r"[A-Z][A-Za-z ]+ (?:Act|Care|Access|Decree|centres)\b", cited))
    assert names
    for lang in ("fi", "sv"):
        page = StringIO()
        print_model(Console(file=page, width=100), shown, CATALOGUE, lang)
        assert [name for name in names if name in squeezed(page.getvalue())] == []


def test_limits_and_dates_are_told_in_words() -> None:
    fi, en = words_in("fi"), words_in("en")
    rules = {f"{one.service}.{rule.id}": rule for one in CATALOGUE for rule in one.rules}
    assert limits(rules["P8.remote-share"], fi) == ["enintään 20 %"]
    assert limits(rules["P8.monthly-report"], en) == ["every calendar month", "by day 10 of the next month"]
    assert limits(rules["K2.age"], fi) == ["enintään 12 vuotta"]
    assert limits(rules["K2.evaluation"], en) == ["on the same day"]
    assert limits(rules["K2.plan-before-second-meeting"], en)[0] == "before number 2"
    assert limits(rules["K2.cap"], en) == ["at most 14 meetings"]
    assert limits(rules["K2.waiting-time"], fi) == ["mittayksikkö: arkipäivää"]
    assert limits(rules["K2.methods"], fi) == []


def test_one_of_something_is_told_in_the_singular() -> None:
    rules = {f"{one.service}.{rule.id}": rule for one in CATALOGUE for rule in one.rules}
    one_day, one_month = rules["P2.placement-after-birth"], rules["P2.partner-feedback"]
    assert [limits(one_day, words_in(lang))[0] for lang in ("fi", "sv")] == ["arkipäivän kuluessa", "inom en vardag"]
    assert [limits(one_month, words_in(lang))[0] for lang in ("sv", "en")] == ["inom en månad", "within a month"]


def test_services_that_bear_one_name_are_told_apart_by_their_area(jaksokirja: RunCommand) -> None:
    assert "P6 (Lappi)" in jaksokirja("catalogue", "show", "H1").stdout


def test_who_may_decide_is_told_from_the_rules_that_ask_it(jaksokirja: RunCommand) -> None:
    told = squeezed(jaksokirja("catalogue", "show", "H1", "--lang", "en").stdout)
    asking = next(rule for rule in model("H1").rules if "decision_maker_role" in rule.model_dump_json())
    assert f"Who decides {squeezed(asking.texts.en)}" in told


def test_a_model_as_json_is_what_would_be_published(jaksokirja: RunCommand) -> None:
    told = json.loads(jaksokirja("catalogue", "show", "P8", "--json").stdout)
    assert told.pop("content_sha256") == model("P8").content_sha256()
    assert ServiceModel.from_content(told) == model("P8")


def test_a_version_is_shown_by_number_or_by_day_and_one_that_has_ended_also_without(jaksokirja: RunCommand) -> None:
    for asked in (("--version", "1"), ("--on", "31.1.2022"), ()):
        assert "1.4.2015–31.1.2022" in jaksokirja("catalogue", "show", "K0", *asked).stdout


@pytest.mark.parametrize(
    "words", [("show", "K0", "--on", "1.2.2022"), ("show", "K0", "--version", "7"), ("show", "Z9"), ("publish", "k2")]
)
def test_a_model_that_is_not_there_is_one_line_naming_those_that_are(
    jaksokirja: RunCommand, words: tuple[str, ...]
) -> None:
    done = jaksokirja("catalogue", *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.endswith("[unknown_model]\n")
    assert done.stderr.count("\n") == 1


def test_check_says_of_a_good_file_that_it_is_in_order(jaksokirja: RunCommand) -> None:
    done = jaksokirja("catalogue", "check", MODELS / "K2.1.toml")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"K2 version 1: in order, {len(model('K2').rules)} rules.\n"


def test_check_tells_every_problem_of_every_file_with_its_line_and_exits_with_1(
    jaksokirja: RunCommand, tmp_path: Path
) -> None:
    text = K2.replace('kind = "allowance"', 'kind = "alowance"').replace("\nsv = ", "\nsw = ", 1)
    text = text.replace('met_by = { fact = "plan_evaluated" }', "met_by = []")
    faulty, later = tmp_path / "K2.1.toml", tmp_path / "K2.2.toml"
    faulty.write_text(text, "utf-8")
    later.write_text(K2.replace("model_version = 1", "model_version = 2", 1), "utf-8")
    done = jaksokirja("catalogue", "check", faulty, later, MODELS / "K1.1.toml")
    assert done.exit_code == 1
    assert done.stdout.startswith("K1 version 1: in order")
    told = done.stderr.splitlines()
    assert f'{faulty}:{line(text, "alowance")}: rule "meetings": there is no kind of rule "alowance"' in told[2]
    assert any('the Swedish text ("sv") is missing in "names"' in problem for problem in told)
    assert any("nothing can open or meet this duty" in problem for problem in told)
    assert any(problem.startswith(f"{later}:") and "while version 1 is in force still" in problem for problem in told)


def test_publish_publishes_what_is_not_there_yet_and_nothing_twice(jaksokirja: RunCommand, opened: Book) -> None:
    first = jaksokirja("catalogue", "publish", "K1.1", "--register", opened.register_name)
    assert first.exit_code == 0, first.output
    assert first.stdout.splitlines()[0] == f"Published in {opened.register_name}: K1.1."
    rest = json.loads(jaksokirja("catalogue", "publish", "--register", opened.register_name, "--json").stdout)
    done = {one["service"]: one["done"] for one in rest["models"]}
    assert done.pop("K1") == "published_earlier"
    assert set(done.values()) == {"published"}
    assert set(opened.register_state().models) == {(one.service, one.model_version) for one in CATALOGUE}
    head = opened.ledger.head()
    again = jaksokirja("catalogue", "publish", "--register", opened.register_name)
    assert again.stdout.splitlines()[0] == f"Published in {opened.register_name}: nothing."
    assert opened.ledger.head() == head


def test_a_new_file_is_usable_without_code(
    jaksokirja: RunCommand, opened: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = K2.replace('service = "K2"', 'service = "K7"', 1)
    (tmp_path / "K7.1.toml").write_text(text, "utf-8")
    assert jaksokirja("catalogue", "check", tmp_path / "K7.1.toml").exit_code == 0
    loaded = with_frames(load_model(tmp_path / "K7.1.toml"), CATALOGUE)
    monkeypatch.setattr("scripts.commandline.catalogue.load_catalogue", lambda: (loaded,))
    done = jaksokirja("catalogue", "publish", "K7", "--register", opened.register_name)
    assert done.exit_code == 0, done.output
    assert opened.register_state().model_in_force("K7", dt.date(2024, 1, 1)).names == model("K2").names


def test_publish_leaves_alone_what_stands_with_other_content_and_says_so(jaksokirja: RunCommand, opened: Book) -> None:
    other = model("K2").model_copy(update={"area": "Elsewhere"})
    order = Order(
        stream_id=opened.register_id, command=PublishServiceModel(content=other), command_id=uuid4(), actor="test"
    )
    opened.execute(order)
    done = jaksokirja("catalogue", "publish", "K2", "--register", opened.register_name)
    assert done.exit_code == 1
    assert "publish the new content as version 2" in done.stderr
    assert opened.register_state().model("K2", 1).area == "Elsewhere"


def test_a_published_version_whose_file_was_given_a_last_day_since_gives_way_to_the_next(
    jaksokirja: RunCommand, opened: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, name = model("K2"), opened.register_name
    ended = first.model_copy(update={"valid_to": dt.date(2022, 12, 31)})
    second = first.model_copy(update={"model_version": 2, "valid_from": dt.date(2023, 1, 1)})
    jaksokirja("catalogue", "publish", "K2.1", "--register", name)
    monkeypatch.setattr("scripts.commandline.catalogue.load_catalogue", lambda: (ended, second))
    done = jaksokirja("catalogue", "publish", "--register", name)
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"Published in {name}: K2.2.\n" in done.stdout
    assert f"K2.1 stands in {name} without a last day" in done.stdout
    state = opened.register_state()
    in_force = [state.model_in_force("K2", dt.date(year, 12, 31)).model_version for year in (2022, 2023)]
    assert in_force == [1, 2]


def test_a_register_that_is_not_opened_gets_no_models(jaksokirja: RunCommand, book: Book) -> None:
    done = jaksokirja("catalogue", "publish", "K2", "--register", book.register_name)
    assert done.exit_code == 2
    assert done.stderr.endswith("[unknown_register]\n")


def test_the_words_of_the_page_are_there_in_each_language() -> None:
    words = tomllib.loads((resources.files("scripts.commandline") / "catalogue.toml").read_text("utf-8"))
    assert all(set(texts) == set(LANGUAGES) for section in words.values() for texts in section.values())
    asked: dict[str, set[str]] = {
        "strength": set(Strength), "tag": set(Tag), "counted": set(CountsUnit), "kind": set(KINDS),
        "every": set(get_args(Every)), "limit": set(LIMITS),
    }  # fmt: skip
    assert [(section, name) for section, names in asked.items() for name in names - set(words[section])] == []
    assert set(KINDS_OF_PAGE) == set(KINDS)
