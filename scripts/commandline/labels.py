"""The words on tables and pages, in Finnish, Swedish and English, from labels.toml and its like beside this file.

Never here: a text in code.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources


@cache
def _labels(page: str) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return tomllib.loads((resources.files(__package__) / f"{page}.toml").read_text("utf-8"))


def label(section: str, name: str, lang: str, *, page: str = "labels") -> str:
    """The words for a name of a section of a page's file; the name itself where there are none."""
    return _labels(page)[section].get(name, {}).get(lang, name)
