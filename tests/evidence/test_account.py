"""The account that people read: every entry at its position, amendments visible, rules in words, in three languages."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api.account import Account, _Teller, account_of
from api.account_pages import as_html, as_pdf
from api.account_words import LEFT_OUT, Word, Words
from api.texts import Language, _account_texts, account_text, withheld_word
from domain.catalogue.loader import load_catalogue
from domain.correction import EntryCorrected, EntryStruckOut
from domain.episode.facts import (
    EpisodeClosed,
    MeetingCancelled,
    MeetingHeld,
    MeetingMissed,
    MeetingPlanned,
    ReferralReceived,
)
from domain.fact import StreamKind
from domain.ledger.mapper import entry_of
from domain.ledger.proof.archive import archive_at
from domain.ledger.proof.bundle import WORDS, Bundle, record_name
from domain.ledger.proof.given import ToldBundle
from domain.ledger.record import unpack
from domain.registry import REGISTRY
from domain.withheld import Withheld
from tests.evidence.conftest import CANARY, Story

LANGUAGES = [language.value for language in Language]
VOID = {"meta", "link", "br", "img", "hr", "input"}


def told_in(path: Path, **manifest: Any) -> ToldBundle:
    """What a bundle tells, its manifest changed."""
    bundle = Bundle(path, archive_at(path))
    records = tuple(unpack(bundle.read(record_name(position)))[1] for position in bundle.positions())
    told = {name: getattr(bundle.manifest, name) for name in type(bundle.manifest).__slots__} | manifest
    return ToldBundle(type(bundle.manifest)(**told), records, bundle.read(WORDS))


def account_in(path: Path, language: str = "en", words: Words | None = None) -> Account:
    told = told_in(path, language=language)
    return account_of(told, words or Words.parse(told.words, told.records))


class Outline(HTMLParser):
    """The elements of a page, their attributes and texts; fails on one that is not closed in its turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_entry_is_told_at_its_position_and_links_to_its_record(story: Story, language: str) -> None:
    entries = story.office.desk.entries(story.episode)
    account = account_in(story.now, language)
    assert [(row.entry, row.position) for row in account.rows] == [(one.version, one.position) for one in entries]
    page = Outline(as_html(account).decode())
    links = {attributes.get("href") for tag, attributes in page.seen if tag == "a"}
    assert {f"../{record_name(one.position)}" for one in entries} <= links
    assert ("html", {"lang": language}) in page.seen


@pytest.mark.parametrize("language", LANGUAGES)
def test_struck_and_corrected_entries_stay_visible_and_name_what_became_of_them(story: Story, language: str) -> None:
    entries = story.office.desk.entries(story.episode)
    correction = next(one for one in entries if isinstance(one.fact, EntryCorrected))
    strike = next(one for one in entries if isinstance(one.fact, EntryStruckOut))
    rows = {row.entry: row for row in account_in(story.now, language).rows}
    assert [entry for entry, row in rows.items() if row.struck] == [story.struck]
    assert [entry for entry, row in rows.items() if row.corrected] == [story.corrected]
    assert f"{strike.version} " in rows[story.struck].remarks[0]
    assert str(strike.position) in rows[story.struck].remarks[0]
    assert f"{correction.version} " in rows[story.corrected].remarks[0]
    assert f"{account_text('field', 'ended_at', Language(language))}: " in rows[story.corrected].remarks[0]
    assert "ended_at" not in rows[story.corrected].remarks[0]
    assert "→" in rows[story.corrected].remarks[0]


def test_as_of_an_earlier_position_nothing_of_what_came_later_is_told(story: Story) -> None:
    account = account_in(story.then)
    assert not any(row.struck or row.corrected for row in account.rows)
    assert max(row.position for row in account.rows) <= story.first_size


@pytest.mark.parametrize("language", LANGUAGES)
def test_duties_and_deviations_are_told_with_their_rules_texts(story: Story, language: str) -> None:
    account = account_in(story.now, language)
    state = story.office.desk.episode(story.episode)
    model = story.office.desk.book.register_state().model("K2", 1)
    for told, stood in (
        (account.duties, state.concluded.duties.values()),
        (account.deviations, state.concluded.deviations.values()),
    ):
        rules = [model.rule(one.rule_id) for one in stood]
        assert rules
        assert [one.text for one in told] == [getattr(rule.texts, language) for rule in rules if rule]
        own = account_text("text", "own_source", Language(language))
        for one, rule in zip(told, rules, strict=True):
            assert rule
            assert rule.id in one.rule
            assert one.rule.endswith(f"{own if rule.source == 'own' else rule.source}.")


def test_what_is_late_is_told_by_days_and_what_was_concluded_is_marked(story: Story) -> None:
    rows = account_in(story.now).rows
    entries = story.office.desk.entries(story.episode)
    assert [row.concluded for row in rows] == [one.fact.consequence for one in entries]
    assert re.search(r"Recorded \d+ days after it happened\.", " ".join(rows[0].remarks))


def test_words_stand_as_they_were_said_and_nothing_of_them_is_markup(story: Story) -> None:
    account = account_in(story.now)
    said = [text for row in account.rows for _, text in row.words]
    assert said.count(CANARY) >= 3
    page = Outline(as_html(account).decode())
    assert page.text.count(CANARY) == said.count(CANARY)
    assert "b" not in {tag for tag, _ in page.seen}
    assert as_pdf(account).startswith(b"%PDF-")


@pytest.mark.parametrize("why", [*(why.value for why in Withheld), LEFT_OUT])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_word_that_cannot_be_told_says_why(story: Story, why: str, language: str) -> None:
    told = told_in(story.now)
    words = Words.parse(told.words, told.records)
    unread = Words({at: dict.fromkeys(fields, Word(withheld=why)) for at, fields in words.by_position.items()})
    account = account_in(story.now, language, unread)
    expected = (
        account_text("withheld", why, Language(language))
        if why == LEFT_OUT
        else withheld_word(Withheld(why), Language(language))
    )
    assert {text for row in account.rows for _, text in row.words} == {f"[{expected}]"}
    assert CANARY not in str(asdict(account))


def test_the_page_loads_nothing_and_runs_nothing(story: Story) -> None:
    page = Outline(as_html(account_in(story.now)).decode())
    assert not {"script", "img", "iframe", "link", "object"} & {tag for tag, _ in page.seen}
    assert not any(name.startswith("on") or name == "src" for _, attributes in page.seen for name in attributes)
    assert all((a.get("href") or "").startswith(("../records/", "#p")) for tag, a in page.seen if tag == "a")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_is_tagged_in_its_language_and_always_the_same(story: Story, language: str) -> None:
    account = account_in(story.now, language)
    pdf = as_pdf(account)
    assert pdf == as_pdf(account)
    assert f"/Lang({language})".encode() in pdf.replace(b"/Lang (", b"/Lang(")
    assert b"/StructTreeRoot" in pdf
    assert b"CreationDate" not in pdf


def test_every_text_is_there_in_every_language() -> None:
    for table, texts in _account_texts().items():
        for name, text in texts.items():
            assert text.keys() == set(LANGUAGES), (table, name)
            assert len({tuple(sorted(re.findall(r"\{(\w+)\}", one))) for one in text.values()}) == 1, (table, name)


def test_every_sealed_field_of_an_episode_has_a_name_for_people() -> None:
    facts = [fact for fact in REGISTRY.facts.values() if fact.stream in (None, StreamKind.EPISODE)]
    fields = {name for fact in facts for name in fact.sensitive}
    assert fields <= _account_texts()["field"].keys()


def test_what_is_corrected_every_day_is_named_in_words() -> None:
    every_day = (MeetingPlanned, MeetingHeld, MeetingMissed, MeetingCancelled, ReferralReceived, EpisodeClosed)
    fields = {name for fact in every_day for name in fact.model_fields if name not in ("meeting_id", "contact_id")}
    assert fields <= _account_texts()["field"].keys()


def test_the_sources_of_the_rules_are_named_by_title_and_no_others(story: Story) -> None:
    for language in LANGUAGES:
        account = account_in(story.now, language)
        remarks = [*(remark for row in account.rows for remark in row.remarks)]
        rules = " ".join([*remarks, *(one.rule for one in (*account.duties, *account.deviations))])
        signs = sorted(set(re.findall(r"\bS[0-9]\b", rules)))
        assert [sign for sign, _ in account.sources] == signs != []
        assert all(title == account_text("source", sign, Language(language)) for sign, title in account.sources)
        assert all(title in Outline(as_html(account).decode()).text for _, title in account.sources)


def test_every_source_that_a_service_names_has_a_title() -> None:
    rules = [rule for model in load_catalogue() for rule in model.rules]
    signs = {sign for rule in rules for sign in re.findall(r"\bS[0-9]\b", rule.source)}
    assert signs == _account_texts()["source"].keys()


@pytest.mark.parametrize(
    ("days_past", "state"), [(-1, "not met"), (0, "not met"), (9, "not met, late already on 10 Jan 2026")]
)
def test_an_open_duty_is_told_as_late_when_its_day_had_passed_at_the_last_entry_here(
    story: Story, days_past: int, state: str
) -> None:
    told, day = told_in(story.now), dt.date(2026, 1, 10)
    moment = dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC)
    records = tuple(replace(record, recorded_at=moment) for record in told.records)
    teller = _Teller(replace(told, records=records), [entry_of(record) for record in records], Words({}, ()))
    duty = next(iter(teller.state.concluded.duties.values()))
    due_on = day - dt.timedelta(days=days_past)
    assert teller._duty(msgspec.structs.replace(duty, due_on=due_on, met_on=None, waived=False)).state == state
