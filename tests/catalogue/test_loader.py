"""The catalogue's loader: what it gives, and what it says of a faulty file."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from pathlib import Path

import pytest
from pydantic_core import to_json

from domain.catalogue.faults import CatalogueFault
from domain.catalogue.loader import MODELS, load_catalogue, load_model, model_in_force
from domain.catalogue.model import ServiceModel, sha256_of
from domain.rules import condition
from tests.rules.models import INVENTED
from tests.rules.models import MODELS as EVERY_MODEL

K2 = (MODELS / "K2.1.toml").read_text("utf-8")
K1 = (MODELS / "K1.1.toml").read_text("utf-8")


def faults(tmp_path: Path, text: str) -> list[tuple[int | None, str]]:
    """The problems of a file that says `text`, with the line of each."""
    path = tmp_path / "K2.1.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(CatalogueFault) as caught:
        load_model(path)
    assert all(problem.file == "K2.1.toml" for problem in caught.value.problems)
    return [(problem.line, problem.words) for problem in caught.value.problems]


def line(text: str, words: str, nth: int = 1) -> int:
    """The number of the nth line that holds the words."""
    return [number for number, said in enumerate(text.splitlines(), start=1) if words in said][nth - 1]


def mended(old: str, new: str, text: str = K2) -> str:
    assert old in text
    return text.replace(old, new, 1)


def test_the_catalogue_holds_the_model_of_every_file() -> None:
    named = {path.name for path in MODELS.glob("*.toml")}
    assert {f"{model.service}.{model.model_version}.toml" for model in load_catalogue()} == named
    assert {"K0.1.toml", "K1.1.toml", "K2.1.toml", "L0.1.toml"} <= named


@pytest.mark.parametrize(
    ("service", "day", "there"),
    [
        ("K0", dt.date(2022, 1, 31), True),
        ("K0", dt.date(2022, 2, 1), False),
        ("K1", dt.date(2022, 1, 31), False),
        ("K1", dt.date(2022, 2, 1), True),
        ("K2", dt.date(2022, 2, 1), True),
        ("K9", dt.date(2022, 2, 1), False),
    ],
)
def test_k0_gives_way_to_k1_and_k2_in_february_2022(service: str, day: dt.date, there: bool) -> None:
    assert (model_in_force(load_catalogue(), service, day) is not None) is there


@pytest.mark.parametrize("service", EVERY_MODEL)
def test_a_published_model_reads_back_the_same(service: str) -> None:
    model = EVERY_MODEL[service]
    again = ServiceModel.from_content(model.content())
    assert again == model
    assert again.content_sha256() == model.content_sha256() == sha256_of(model.content())


def test_the_fingerprint_does_not_hang_on_the_order_of_keys() -> None:
    assert sha256_of({"b": 1, "a": [2]}) == sha256_of({"a": [2], "b": 1})


def test_the_rules_of_a_frame_enter_the_model_under_its_code() -> None:
    ids = [rule.id for rule in EVERY_MODEL["X9"].rules]
    assert "L0.commitment-before-start" in ids
    assert ids.index("ten-to-seventeen") < ids.index("L0.preparation")


def test_a_rule_is_named_to_a_refusal_with_its_texts() -> None:
    reference = EVERY_MODEL["K2"].rule_reference("cap")
    assert (reference.service, reference.model_version, reference.strength) == ("K2", 1, "must")
    assert set(reference.texts) == {"fi", "sv", "en"}
    with pytest.raises(KeyError):
        EVERY_MODEL["K2"].rule_reference("no-such")


@pytest.mark.parametrize("model", load_catalogue(), ids=lambda model: model.service)
def test_a_rule_of_our_own_says_so_in_every_language(model: ServiceModel) -> None:
    for rule in model.rules:
        if rule.source == "own":
            assert ("oma" in rule.texts.fi, "egen" in rule.texts.sv, "our own" in rule.texts.en) == (True, True, True)


@pytest.mark.parametrize("model", load_catalogue(), ids=lambda model: model.service)
def test_a_source_is_a_document_an_act_or_our_own_reading_and_says_no_more(model: ServiceModel) -> None:
    for source in (model.source, *(rule.source for rule in model.rules)):
        assert re.fullmatch(r"own|S[0-4](, S[0-4])*|[A-Z][A-Za-z ]+ § \d+ \(\d+/\d{4}\)", source), source


@pytest.mark.parametrize("service", EVERY_MODEL)
def test_every_rule_that_can_be_broken_says_what_would_satisfy_it(service: str) -> None:
    for rule in EVERY_MODEL[service].rules:
        assert rule.remedy or rule.kind in ("duty", "measure", "note"), rule.id


def test_an_unknown_kind_of_rule_is_named_with_the_known_ones(tmp_path: Path) -> None:
    text = mended('kind = "allowance"', 'kind = "alowance"')
    ((number, words),) = faults(tmp_path, text)
    assert words.startswith('rule "meetings": there is no kind of rule "alowance" (did you mean "allowance"?); known:')
    assert number == line(text, 'kind = "alowance"')


def test_a_missing_translation_is_named_by_its_language(tmp_path: Path) -> None:
    gone = K2.splitlines()[line(K2, "texts.sv", 3) - 1]
    ((number, words),) = faults(tmp_path, mended(gone + "\n", ""))
    assert words == 'rule "target-age": the Swedish text ("sv") is missing in "texts"'
    assert number == line(K2, "texts.fi", 3)


def test_an_empty_translation_is_missing_too(tmp_path: Path) -> None:
    text = mended('sv = "Kort förändringsarbete inom tidigt stöd"', 'sv = ""')
    assert [words for _, words in faults(tmp_path, text)] == ['the Swedish text ("sv") is missing in "names"']


def test_an_unknown_fact_is_named_with_the_nearest(tmp_path: Path) -> None:
    text = mended('of = { fact = "spell_opened" }', 'of = { fact = "spell_open" }')
    ((number, words),) = faults(tmp_path, text)
    assert words == 'rule "new-spell-reasoned": there is no fact "spell_open" (did you mean "spell_opened"?)'
    assert number == line(text, '"spell_open"')


def test_an_unknown_field_of_a_fact_is_named(tmp_path: Path) -> None:
    text = mended("any_of = [{ age_years = { at_most = 8 } }", "any_of = [{ age_year = { at_most = 8 } }")
    ((number, words),) = faults(tmp_path, text)
    assert words == 'rule "target-age": the fact "decision_made" has no field "age_year" (did you mean "age_years"?)'
    assert number == line(text, "age_year ")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            '"goals.them" = { present = true }',
            'parts of "goals" of "plan_made" have no field "them" (did you mean "theme"?)',
        ),
        ('"goal.theme" = { present = true }', 'fact "plan_made" has no field "goal" (did you mean "goals"?)'),
        ('"made_on.year" = { present = true }', 'parts of "made_on" of "plan_made" have no field "year"'),
    ],
)
def test_an_unknown_field_of_a_facts_parts_is_named(tmp_path: Path, asked: str, words: str) -> None:
    ((_, told),) = faults(tmp_path, mended("any_of = [{ with_family = true }]", f"any_of = [{{ {asked} }}]"))
    assert told == f'rule "plan-together": the {words}'


def test_what_several_parts_tell_is_not_asked_to_be_one_code(tmp_path: Path) -> None:
    asked = 'any_of = [{ "goals.theme" = "sleep" }]'
    ((_, words),) = faults(tmp_path, mended("any_of = [{ with_family = true }]", asked))
    assert words == (
        'rule "plan-together": "goals.theme" is told by several parts: ask whether it is present or what it contains'
    )


def test_a_precondition_has_one_number_or_one_for_each_of_its_needs(tmp_path: Path) -> None:
    ((_, words),) = faults(tmp_path, mended("\nnth = 2\n", "\nnth = 2\ncount = [1, 2]\n"))
    assert words == 'rule "plan-before-second-meeting": `count` gives 2 numbers for 1 needs'


def test_an_unknown_code_of_a_field_is_named_with_the_known_ones(tmp_path: Path) -> None:
    text = mended(
        'met_by = { fact = "plan_made", where = { plan_kind = "family_work_plan" } }',
        ('met_by = { fact = "plan_made", where = { plan_kind = "family_plan" } }'),
    )
    ((number, words),) = faults(tmp_path, text)
    assert words.startswith(
        'rule "plan": "plan_kind" of "plan_made" cannot be "family_plan"; known values: \'client_plan\''
    )
    assert number == line(text, '"family_plan"')


def test_a_rule_id_used_twice_is_named_at_its_second_place(tmp_path: Path) -> None:
    text = mended('id = "target-age"', 'id = "age"')
    assert faults(tmp_path, text) == [(line(text, 'id = "age"', 2), 'the rule id "age" is used twice')]


def test_a_model_that_ends_before_it_begins_is_a_fault(tmp_path: Path) -> None:
    text = mended("valid_from = 2022-02-01", "valid_to = 2022-01-31\nvalid_from = 2022-02-01")
    ((number, words),) = faults(tmp_path, text)
    assert words == "valid_to 2022-01-31 lies before valid_from 2022-02-01"
    assert number == line(text, "valid_to")


def test_a_duty_that_nothing_in_its_stream_can_meet_is_a_fault(tmp_path: Path) -> None:
    text = mended('met_by = { fact = "plan_evaluated" }', 'met_by = { fact = "contact_answered" }')
    ((_, words),) = faults(tmp_path, text)
    assert words == 'rule "evaluation": a rule looks at one stream, but this one names facts of contact and episode'


def test_a_duty_that_names_nothing_to_meet_it_is_a_fault(tmp_path: Path) -> None:
    text = mended('met_by = { fact = "plan_evaluated" }', "met_by = []")
    ((_, words),) = faults(tmp_path, text)
    assert words == 'rule "evaluation": nothing can open or meet this duty: name facts in opens_on and met_by'


def test_a_duty_that_is_due_in_two_ways_is_a_fault(tmp_path: Path) -> None:
    text = mended("same_day = true", "same_day = true\nwithin_days = 3")
    ((_, words),) = faults(tmp_path, text)
    assert words.startswith('rule "evaluation": a duty is due in exactly one way')


def test_a_field_that_a_rule_does_not_know_is_named(tmp_path: Path) -> None:
    text = mended("at_most = 14", "at_most = 14\nat_moist = 14")
    assert faults(tmp_path, text) == [(line(text, "at_moist"), 'rule "cap": "at_moist" is not known here')]


def test_an_unknown_place_in_a_remedy_is_a_fault(tmp_path: Path) -> None:
    text = mended("{remaining} can still be granted", "{left} can still be granted")
    ((_, words),) = faults(tmp_path, text)
    known = "['day', 'limit', 'measured', 'remaining']"
    assert words == f"rule \"cap\": the remedy has unknown places ['left']; known: {known}"


def test_a_measure_that_claims_to_bind_is_a_fault(tmp_path: Path) -> None:
    text = mended('kind = "measure"\nstrength = "info"', 'kind = "measure"\nstrength = "must"')
    ((_, words),) = faults(tmp_path, text)
    assert words == 'rule "waiting-time": a rule of this kind only informs: its strength must be "info"'


def test_every_fault_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    text = mended(
        'kind = "allowance"', 'kind = "alowance"', mended('of = { fact = "spell_opened"', 'of = { fact = "spell_open"')
    )
    assert len(faults(tmp_path, text)) == 2


def test_what_is_not_toml_is_told_with_its_line(tmp_path: Path) -> None:
    ((number, words),) = faults(tmp_path, 'service = "K2"\nmodel_version = \n')
    assert number == 2
    assert words.startswith("not readable as TOML")


def folder_fault(tmp_path: Path, **files: str) -> list[str]:
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text, "utf-8")
    with pytest.raises(CatalogueFault) as caught:
        load_catalogue(tmp_path)
    return [str(problem) for problem in caught.value.problems]


def test_two_versions_in_force_at_once_are_a_fault(tmp_path: Path) -> None:
    second = mended(
        "model_version = 1", "model_version = 2", mended("valid_from = 2022-02-01", "valid_from = 2023-01-01")
    )
    assert folder_fault(tmp_path, a=K2, b=second) == [
        "K2.2.toml: in force from 2023-01-01, while version 1 is in force still"
    ]


def test_the_same_version_twice_is_a_fault(tmp_path: Path) -> None:
    assert folder_fault(tmp_path, a=K1, b=K1) == ["K1.1.toml: version 1 of K1 is there twice"]


def test_a_new_version_from_the_day_after_the_old_one_is_in_order(tmp_path: Path) -> None:
    first = mended("model_version = 1", "model_version = 1\nvalid_to = 2022-12-31")
    (tmp_path / "Q0.1.toml").write_text((MODELS / "Q0.1.toml").read_text("utf-8"), "utf-8")
    second = mended(
        "model_version = 1", "model_version = 2", mended("valid_from = 2022-02-01", "valid_from = 2023-01-01")
    )
    (tmp_path / "K2.1.toml").write_text(first, "utf-8")
    (tmp_path / "K2.2.toml").write_text(second, "utf-8")
    assert [model.model_version for model in load_catalogue(tmp_path) if model.service == "K2"] == [1, 2]


def test_a_frame_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    assert folder_fault(tmp_path, a=INVENTED.read_text("utf-8")) == [
        'X9.1.toml: the frame "L0" has no version in force on 2023-01-01'
    ]


def test_a_model_is_without_only_what_its_frames_have(tmp_path: Path) -> None:
    (tmp_path / "Q0.1.toml").write_text((MODELS / "Q0.1.toml").read_text("utf-8"), "utf-8")
    without = mended('frame = ["Q0"]', 'frame = ["Q0"]\nwithout = ["Q0.action-done"]')
    (tmp_path / "K2.1.toml").write_text(without, "utf-8")
    (model,) = (one for one in load_catalogue(tmp_path) if one.service == "K2")
    assert model.rule("Q0.action-done") is None
    assert model.rule("Q0.feedback-handled") is not None
    (tmp_path / "K2.1.toml").write_text(without.replace("Q0.action-done", "Q0.nonesuch"), "utf-8")
    with pytest.raises(CatalogueFault, match=r"without names no rule of a frame: Q0\.nonesuch"):
        load_catalogue(tmp_path)


def test_a_model_is_read_anew_without_making_out_again_what_each_field_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    content = to_json(EVERY_MODEL["K2"].content())
    first = ServiceModel.model_validate_json(content)
    monkeypatch.setattr(condition, "TypeAdapter", None)
    assert ServiceModel.model_validate_json(content) == first


def test_every_file_of_the_catalogue_is_named_by_its_service_and_version() -> None:
    for path in MODELS.glob("*.toml"):
        raw = tomllib.loads(path.read_text("utf-8"))
        assert path.name == f"{raw['service']}.{raw['model_version']}.toml"


@pytest.mark.parametrize(
    "model", [model for model in load_catalogue() if not model.only_frame], ids=lambda model: model.service
)
def test_every_service_of_the_sources_carries_the_rules_of_quality(model: ServiceModel) -> None:
    assert {rule.id for rule in model.rules if rule.id.startswith("Q0.")}, f"{model.service} has no quality"
