"""A service model: one version of a service, whole, as data: its card, its defaults and its rules.

The published content of a model is this class as JSON, so that the ledger explains itself without the files.
Must never hold: code that is right for one service only.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from enum import StrEnum
from typing import Any, Self

from pydantic import Field, model_validator

from domain.consequence import ModelReference
from domain.fact import JsonObject, StreamKind
from domain.refusal import RuleReference
from domain.rules.base import Texts
from domain.rules.kinds import Rule
from domain.strict import MOST, Strict


class Tag(StrEnum):
    """What kind of service the card says it is (S3)."""

    BROUGHT_HOME = "brought_home"
    ROUND_THE_CLOCK = "round_the_clock"
    SUBSTITUTE_CARE_ONLY = "substitute_care_only"


class CountsUnit(StrEnum):
    """What one of the service's counts is."""

    FAMILIES = "families"
    CHILDREN = "children"
    MEETINGS = "meetings"
    MINUTES = "minutes"


class Card(Strict):
    """A part of a model's card."""


class AllowanceDefaults(Card):
    """The client meetings that a decision authorises when it does not say itself."""

    grant: int | None = Field(default=None, ge=1, le=1000)
    exception: int | None = Field(default=None, ge=1, le=1000)


class ServiceModel(Card):
    """A version of a service model. `frame`: services whose rules are included; `only_frame`: is never granted.

    `without`: rules of its frames, by their full ids, in whose place the service has rules of its own.
    """

    service: str = Field(pattern=r"^[A-Z][0-9]+[a-z]?$")
    model_version: int = Field(ge=1, le=MOST)
    valid_from: dt.date
    valid_to: dt.date | None = None
    frame: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    only_frame: bool = False
    succeeds: tuple[str, ...] | None = None
    """Services that this one took the place of: their episodes can be replayed under it."""
    streams: tuple[StreamKind, ...] = ()
    """The kinds of stream that the service runs on; empty only of what was published before models said so."""
    acts: tuple[str, ...] = ()
    """The special acts that the service knows, by the facts that they record; once its frames are resolved, all."""
    names: Texts
    description: Texts
    when_right: Texts
    when_another: Texts
    tags: tuple[Tag, ...] = ()
    purposes: tuple[str, ...] = ()
    intensity: int | None = Field(default=None, ge=1, le=9)
    """How heavy the service is beside others (own reading): by it, outcomes tell a heavier from a lighter one."""
    themes: tuple[str, ...] = ()
    service_task: str = Field(min_length=1)
    legal_basis: str = Field(min_length=1)
    clientship: str | None = None
    area: str = Field(min_length=1)
    source: str = Field(min_length=1)
    counts_unit: CountsUnit
    meetings_granted: AllowanceDefaults = AllowanceDefaults()
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} lies before valid_from {self.valid_from}")
        seen: set[str] = set()
        for rule in self.rules:
            if rule.id in seen:
                raise ValueError(f'the rule id "{rule.id}" is used twice')
            seen.add(rule.id)
        return self

    @property
    def reference(self) -> ModelReference:
        """Which version of which service."""
        return ModelReference(self.service, self.model_version)

    def in_force_on(self, day: dt.date) -> bool:
        """Whether decisions of `day` are judged by this version."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of that id, if the model has it."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)

    def rule_reference(self, rule_id: str) -> RuleReference:
        """The rule as a refusal names it. Raises KeyError when the model has no such rule."""
        rule = self.rule(rule_id)
        if rule is None:
            raise KeyError(rule_id)
        return RuleReference(
            service=self.service,
            model_version=self.model_version,
            rule_id=rule.id,
            strength=rule.strength.value,
            texts=rule.texts.model_dump(),
            source=rule.source,
        )

    def content(self) -> JsonObject:
        """The whole model as JSON, as it is published."""
        return self.model_dump(mode="json", exclude_none=True)

    @classmethod
    def from_content(cls, content: JsonObject) -> ServiceModel:
        """The model that was published. Raises pydantic's ValidationError."""
        return cls.model_validate_json(json.dumps(content))

    def content_sha256(self) -> str:
        """The fingerprint of the published content."""
        return sha256_of(self.content())


def sha256_of(content: dict[str, Any]) -> str:
    """SHA-256, in hex, over canonical JSON: keys sorted, no spaces, UTF-8."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
