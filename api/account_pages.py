"""The pages of an account: HTML that needs nothing from elsewhere, and a tagged PDF of the same.

The same account gives the same bytes, release by release: no clock, no random ids. Nothing in an account is read as
markup: the one template escapes, the other takes it as data. Never here: what an account says.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.metadata import version
from typing import Literal

from api.account import Account
from api.texts import template
from domain.ledger.proof.bundle import record_name

PDF_STANDARD: Literal["ua-1"] = "ua-1"
"""PDF/UA-1: the tags by which a screen reader finds headings, tables and their headers."""


def made_with() -> str:
    """The release that makes pages just so: this software's, and that of what sets the PDF."""
    return f"jaksokirja {version('jaksokirja')}, typst {version('typst')}"


def as_html(account: Account) -> bytes:
    """The account as one page of HTML."""
    import jinja2  # noqa: PLC0415 -- it takes a while, and only who makes a page need wait for it

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    page = environment.from_string(template("evidence/account.html"))
    return page.render(a=account, record_name=record_name).encode()


def as_pdf(account: Account) -> bytes:
    """The account as a tagged PDF. Its fonts are those that come with the library, whatever the machine has."""
    import typst  # noqa: PLC0415 -- as above

    data = json.dumps(asdict(account), ensure_ascii=False)
    source = template("evidence/account.typ").encode()
    return typst.compile(
        source, format="pdf", sys_inputs={"account": data}, pdf_standards=PDF_STANDARD, ignore_system_fonts=True
    )
