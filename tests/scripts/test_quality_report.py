"""`jaksokirja report quality` and `jaksokirja outcomes`: what they print, and that figures lead to events."""

import json
from typing import Any

import pytest

from tests.scripts.conftest import Imported, RunCommand

PERIOD = ("--from", "2022-02-01", "--to", "31.12.2022")


def test_the_quality_review_tells_each_measure_by_area_and_what_it_stands_on(
    jaksokirja: RunCommand, demonstration: Imported
) -> None:
    asked = ("--service", "K2", *PERIOD, "--register", demonstration.register)
    told: dict[str, Any] = json.loads(jaksokirja("report", "quality", *asked, "--json", "--explain").stdout)
    rows = {(row["measure"], row["grouped_by"], row["group_key"]): row for row in told["rows"]}
    started = rows["decision_before_work", "all", None]
    areas = [row for row in told["rows"] if (row["measure"], row["grouped_by"]) == ("decision_before_work", "area")]
    cases = [case for case in told["cases"] if case["measure"] == "decision_before_work"]
    assert started["cases"] == sum(row["cases"] for row in areas) == len(cases) > 0
    assert rows["days_referral_to_decision", "all", None]["median_days"] is not None
    assert all(case["event_positions"] for case in told["cases"])


@pytest.mark.parametrize("lang", ["fi", "sv", "en"])
def test_the_review_and_the_outcomes_are_tables_in_each_language(
    jaksokirja: RunCommand, demonstration: Imported, lang: str
) -> None:
    named = ("--register", demonstration.register, "--lang", lang)
    for words in (("report", "quality", "--service", "K2", *PERIOD), ("outcomes", *PERIOD), ("outcomes", "--explain")):
        done = jaksokirja(*words, *named)
        assert done.exit_code == 0, done.output
        assert max(map(len, done.output.splitlines())) <= 120
        if "--explain" not in words:
            assert "_" not in done.output.replace(demonstration.register, ""), done.output
    assert jaksokirja("report", "quality", "--service", "K2", *PERIOD, "--explain", *named).exit_code == 0


def test_outcomes_count_closed_episodes_as_json(jaksokirja: RunCommand, demonstration: Imported) -> None:
    told = json.loads(jaksokirja("outcomes", "--by", "reason", "--json", "--register", demonstration.register).stdout)
    beneath = json.loads(
        jaksokirja("outcomes", "--by", "reason", "--json", "--explain", "--register", demonstration.register).stdout
    )
    closed = {row["stream_id"] for row in beneath["rows"]}
    assert sum(row["closed_episodes"] for row in told["rows"]) == len(closed) > 0
