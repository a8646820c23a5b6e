"""The service models that the register has published, and of each rule what it is about.

Must never hold: the content; that is in the event.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from domain.entry import Entry
from domain.register.facts import ServiceModelPublished
from projections.rows import Open, Operation, Projection, Table

MODELS = Table(
    "models",
    stream="stream_id",
    key={"service": "text", "model_version": "int4"},
    columns=("valid_from", "valid_to", "content_sha256", "intensity"),
)
MODEL_RULES = Table(
    "model_rules",
    stream="stream_id",
    key={"service": "text", "model_version": "int4", "rule_id": "text"},
    columns=("kind", "strength", "subject"),
)
LIMITING = ("cap", "allowance", "duration", "share")
"""The kinds of rule that limit how much of a service there is."""
SUBJECTS = (
    ("contact", "^contact_answered$"),
    ("summary", "summary|^client_documents$"),
    ("report", "report"),
    ("plan", "^plan_|_plan$"),
    ("negotiation", "_negotiation$"),
)
"""What a duty is about, by the names of the facts that meet it or the codes these must have; the first that fits."""


def published(_entry: Entry, fact: ServiceModelPublished) -> Iterator[Operation]:
    model = {name: getattr(fact, name) for name in ("valid_from", "valid_to", "content_sha256")}
    intensity = fact.content.get("intensity")
    yield Open("models", (fact.service, fact.model_version), {**model, "intensity": intensity})
    for rule in fact.content.get("rules", ()):
        told = {"kind": rule["kind"], "strength": rule["strength"], "subject": subject_of(rule)}
        yield Open("model_rules", (fact.service, fact.model_version, rule["id"]), told)


def subject_of(rule: Mapping[str, Any]) -> str:
    """What the rule is about: limit, one of SUBJECTS for a duty, or other."""
    if rule["kind"] in LIMITING:
        return "limit"
    if rule["kind"] != "duty":
        return "other"
    words = [word for selector in rule.get("met_by", ()) for word in _words(selector)]
    return next((subject for subject, mark in SUBJECTS if any(re.search(mark, word) for word in words)), "other")


def _words(selector: Mapping[str, Any]) -> Iterator[str]:
    yield selector["fact"]
    for test in selector.get("where", {}).values():
        yield from (str(code) for code in (test.get("equals"), *test.get("one_of", ())) if code is not None)


PROJECTION = Projection.beside(__name__, (MODELS, MODEL_RULES), {ServiceModelPublished: published})
