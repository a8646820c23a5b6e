"""Turns a validator's faults into words, and finds the line of the file that they are about."""

from __future__ import annotations

import re
from typing import Any

from pydantic_core import ErrorDetails

from domain.rules.condition import nearest
from domain.rules.kinds import KINDS

LANGUAGES = {"fi": "Finnish", "sv": "Swedish", "en": "English"}


def words_of(raw: dict[str, Any], fault: ErrorDetails) -> str:
    """What is wrong, as a sentence that names the rule and the field."""
    where, field = _place(raw, fault), _field(fault)
    match fault["type"]:
        case "missing" | "string_too_short" if field in LANGUAGES:
            what = f'the {LANGUAGES[field]} text ("{field}") is missing in "{_parent(fault)}"'
        case "missing":
            what = f'"{field}" is missing'
        case "union_tag_invalid":
            tag = str(fault.get("ctx", {}).get("tag", ""))
            what = f'there is no kind of rule "{tag}"{nearest(tag, KINDS)}; known: {", ".join(KINDS)}'
        case "union_tag_not_found":
            what = f'"kind" is missing; known kinds: {", ".join(KINDS)}'
        case "extra_forbidden":
            what = f'"{field}" is not known here'
        case "value_error":
            what = fault["msg"].removeprefix("Value error, ")
        case _:
            what = f'"{field}" is wrong: {fault["msg"]} (it says {fault["input"]!r})'
    return f"{where}: {what}" if where else what


def line_of(source: str, raw: dict[str, Any], fault: ErrorDetails) -> int | None:
    """The line where the fault is: of the field in its rule, else of the rule, else of the field in the head."""
    lines = source.splitlines()
    starts = [number for number, line in enumerate(lines) if re.match(r"\s*\[\[rules\]\]", line)]
    index = _rule_index(fault)
    if index is None:
        head = lines[: starts[0]] if starts else lines
        twice = re.search(r'the rule id "(.+)" is used twice', fault["msg"])
        if twice:
            found = [n for n, line in enumerate(lines) if re.match(rf'\s*id\s*=\s*"{re.escape(twice[1])}"', line)]
            return found[1] + 1 if len(found) > 1 else None
        return _line_with(head, 0, fault)
    if index >= len(starts):
        return None
    end = starts[index + 1] if index + 1 < len(starts) else len(lines)
    return _line_with(lines[starts[index] : end], starts[index], fault) or starts[index] + 1


def line_of_field(source: str, field: str, word: str = "") -> int | None:
    """The line of the file's head that gives the field; from there on the first that holds the word, if it has one."""
    lines = source.splitlines()
    start = next((number for number, line in enumerate(lines) if re.match(rf"{field}\s*=", line)), None)
    if start is None:
        return None
    return (_line_of_word(word, lines[start:], start) if word else None) or start + 1


def line_in_rule(source: str, rule_id: str, field: str, word: str) -> int | None:
    """The line of the rule's block that holds the word, at or after the field; else that of the field, or of its id."""
    lines = source.splitlines()
    found = (n for n, line in enumerate(lines) if re.match(rf'\s*id\s*=\s*"{re.escape(rule_id)}"', line))
    start = next(found, None)
    if start is None:
        return None
    end = next((n for n in range(start + 1, len(lines)) if re.match(r"\s*\[\[rules\]\]", lines[n])), len(lines))
    begun = next((n for n in range(start, end) if field and re.match(rf"\s*{field}\s*=", lines[n])), start)
    return _line_of_word(word, lines[begun:end], begun) or begun + 1


def _line_with(lines: list[str], offset: int, fault: ErrorDetails) -> int | None:
    """The line that names what the fault quotes, or the field that it stands in."""
    if fault["type"].startswith("union_tag"):
        return _line_of_word("kind", lines, offset)
    said = re.split(r" \(did you mean|; known", fault["msg"])[0]
    quoted = reversed(re.findall(r'"([^"]+)"', said))
    dated = re.findall(r"\b(valid_to|valid_from|at_least|at_most)\b", fault["msg"])
    fields = [str(part) for part in reversed(fault["loc"]) if isinstance(part, str)]
    found = (_line_of_word(word, lines, offset) for word in (*quoted, *dated, *fields))
    return next((number for number in found if number is not None), None)


def _line_of_word(word: str, lines: list[str], offset: int) -> int | None:
    for number, line in enumerate(lines, start=offset + 1):
        if re.search(rf'(^|[\s{{,."]){re.escape(word)}(["\s=.,}}]|$)', line):
            return number
    return None


def _rule_index(fault: ErrorDetails) -> int | None:
    loc = fault["loc"]
    return loc[1] if len(loc) > 1 and loc[0] == "rules" and isinstance(loc[1], int) else None


def _place(raw: dict[str, Any], fault: ErrorDetails) -> str:
    index = _rule_index(fault)
    if index is None:
        return ""
    rule = raw["rules"][index]
    return f'rule "{rule["id"]}"' if isinstance(rule, dict) and "id" in rule else f"rule number {index + 1}"


def _field(fault: ErrorDetails) -> str:
    return next((str(part) for part in reversed(fault["loc"]) if isinstance(part, str)), "")


def _parent(fault: ErrorDetails) -> str:
    named = [part for part in fault["loc"] if isinstance(part, str) and part not in KINDS and part != "rules"]
    return named[-2] if len(named) > 1 else ""
