"""The texts of the trail: every fact has its sentence, every code its words, and none tells anything sensitive."""

import datetime as dt
import re
from enum import StrEnum
from uuid import uuid4

import pytest

from api.figures import FIGURES
from api.texts import Language, history_texts, page, sentence, told
from domain import family_centre, organisations
from domain.activity import facts as activity
from domain.catalogue.loader import load_catalogue
from domain.client import facts as client
from domain.conference import facts as conference
from domain.consequence import DeviationNoted
from domain.contact import facts as contact
from domain.correction import MistakeKind
from domain.episode import facts as episode
from domain.fact import Fact, StreamKind
from domain.network import facts as network
from domain.quality import facts as quality
from domain.register import facts as register
from domain.registry import REGISTRY
from domain.rules.duration import DAYS
from domain.rules.frequency import UNITS
from domain.rules.share import PERCENT

FACTS = {fact.fact_name: fact for fact in REGISTRY.facts.values()}
CODES = {
    value.value
    for module in (
        activity,
        client,
        conference,
        contact,
        episode,
        family_centre,
        network,
        organisations,
        quality,
        register,
    )
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, StrEnum) and kind not in (StrEnum, StreamKind)
    for value in kind
} | {kind.value for kind in MistakeKind}

MEASURED_IN = {unit for model in load_catalogue() for rule in model.rules if (unit := getattr(rule, "unit", None))}


@pytest.mark.parametrize("unit", sorted(MEASURED_IN | {DAYS, PERCENT, *UNITS.values()}))
def test_what_a_rule_measures_in_has_words_in_every_language(unit: str) -> None:
    assert history_texts()["words"][f"unit.{unit}"].keys() == {language.value for language in Language}


def test_a_deviation_tells_its_unit_in_the_readers_language() -> None:
    told = {"deviation_key": "meetings/9", "rule_id": "meetings", "service": "K1", "model_version": 1}
    fact = DeviationNoted(**told, strength="norm", entry=9, measured=4, limit=3, unit="meetings")  # type: ignore[arg-type] # a mapping of many kinds
    assert sentence(fact, Language.FI, "R.") == "Poikkeama merkinnässä 9 (4, raja 3 tapaamista): R."
    assert sentence(fact, Language.SV, "R.") == "Avvikelse i anteckning 9 (4, gräns 3 möten): R."
    assert sentence(fact, Language.EN, "R.") == "Deviation at entry 9 (4 against 3 meetings): R."


def test_with_whom_something_was_agreed_is_told_in_words() -> None:
    told = {"agreement_id": uuid4(), "subject": "clientship", "agreed_on": "2023-03-06", "channel": "phone"}
    fact = episode.AgreementMade(agreed_with="purchaser_social_worker", **told)  # type: ignore[arg-type] # as JSON has it
    assert "tilaajan sosiaalityöntekijä" in sentence(fact, Language.FI)


def test_times_are_told_as_they_are_written_in_finland() -> None:
    moment = dt.datetime(2023, 3, 8, 7, 5, tzinfo=dt.UTC)
    assert (told(moment, Language.FI), told(moment, Language.SV)) == ("8.3.2023 9.05", "8.3.2023 9.05")
    assert told(moment, Language.EN) == "8 Mar 2023 09:05"


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_has_a_sentence_in_every_language(name: str) -> None:
    assert history_texts()["sentence"][name].keys() == {language.value for language in Language}


@pytest.mark.parametrize(("name", "fact"), FACTS.items())
def test_a_sentence_names_plain_fields_only(name: str, fact: type[Fact]) -> None:
    plain = fact.model_fields.keys() - fact.sensitive
    for template in history_texts()["sentence"][name].values():
        assert set(re.findall(r"\{(\w+)", template)) <= plain | {"rule"}


def test_there_is_no_sentence_for_what_is_no_fact() -> None:
    assert history_texts()["sentence"].keys() == FACTS.keys()


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_words_in_every_language(code: str) -> None:
    words = {key: texts for key, texts in history_texts()["words"].items() if code in (key, key.partition(".")[2])}
    assert words
    assert all(texts.keys() == {language.value for language in Language} for texts in words.values())


def test_what_is_absent_is_left_out_of_the_sentence() -> None:
    closed = episode.EpisodeClosed(closed_on="2022-03-31", reason="goals_met")  # type: ignore[arg-type] # as JSON has it
    assert sentence(closed, Language.FI) == "Palvelujakso päättyi 31.3.2022: tavoitteet saavutettu."
    assert sentence(closed, Language.SV) == "Serviceperioden avslutades 31.3.2022: målen uppnådda."
    assert sentence(closed, Language.EN) == "The episode was closed on 31 Mar 2022: goals met."


def test_the_first_page_fits_a_telephone_follows_the_dark_and_names_every_figure_of_the_catalogue() -> None:
    told = page("home")
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in told
    assert '<meta name="color-scheme" content="light dark">' in told
    assert [name for name in FIGURES if f"<code>/{name}</code>" not in told] == []
