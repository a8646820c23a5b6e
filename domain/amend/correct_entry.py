"""The command CorrectEntry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, ValidationError

from domain.amend.base import AnyStreamCommand, entry_to_amend, is_amendment, is_standing
from domain.command import Context, StreamState
from domain.correction import EntryCorrected, MistakeKind
from domain.fact import Fact, JsonObject
from domain.refusal import CannotBeFact, OutOfOrder
from domain.truth import check_can_be_fact, check_clients

Reason = Annotated[str, Field(min_length=1)]


class BadCorrection(CannotBeFact):
    """The entry would not be a fact with that content."""

    code = "bad_correction"


class CorrectEntry(AnyStreamCommand):
    """Say what entry number `entry` should have said: `changes` are the fields that differ (oikaisu)."""

    entry: int
    mistake: MistakeKind
    changes: Annotated[JsonObject, Field(min_length=1)]
    reason: Reason

    def decide(self, state: StreamState, context: Context) -> Sequence[Fact]:
        """No fact when it says so already. Raises UnknownEntry, OutOfOrder, BadCorrection, and what no fact may be."""
        entry = entry_to_amend(state, self.entry)
        if is_amendment(entry) or not is_standing(state, entry):
            raise OutOfOrder(
                f"Entry {self.entry} is a correction or strike-out, or has been struck out.",
                remedy="Strike out the wrong correction or strike-out; then what stood before stands again.",
                field="entry",
            )
        before = next(standing.fact for standing in state.in_force if standing.version == self.entry)
        content = self._changed(before)
        if content == before:
            return []
        check_can_be_fact(content, context)
        _check_same_people(state, before, content)
        return [EntryCorrected(entry=self.entry, mistake=self.mistake, content=content, reason=self.reason)]

    def _changed(self, before: Fact) -> Fact:
        whole: dict[str, Any] = before.model_dump(mode="json")
        try:
            return type(before).model_validate({**whole, **self.changes})
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            raise BadCorrection(
                f"With these changes the entry is no fact: {field}: {first['msg']}.",
                remedy=f"The fields are {', '.join(type(before).model_fields)}.",
                field=f"changes.{field}",
            ) from None


def _check_same_people(state: StreamState, before: Fact, content: Fact) -> None:
    of_episode = getattr(state, "client_ids", ())
    named = getattr(content, "client_ids", ())
    if of_episode and named != getattr(before, "client_ids", ()) and not hasattr(content, "received_on"):
        check_clients(named, of_episode, field="changes.client_ids")
