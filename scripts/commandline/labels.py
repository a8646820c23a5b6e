"""The words on tables, in Finnish, Swedish and English, from labels.toml beside this file.

Never here: a text in code.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources


@cache
def _labels() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return tomllib.loads((resources.files(__package__) / "labels.toml").read_text("utf-8"))


def label(section: str, name: str, lang: str) -> str:
    """The words for a name of a section; the name itself where there are none."""
    return _labels()[section].get(name, {}).get(lang, name)
