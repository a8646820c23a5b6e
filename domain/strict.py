"""The base of whatever is told from outside and kept: facts, their parts, commands. And the bounds of what may be told.

JSON says what it means: a number is no day, `true` no count, and what is not a number at all cannot be counted. What
would not fit where it is stored, read or reckoned with later is refused where it is told.
Must never hold: what a field means, rules of a service.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, SchemaValidator, core_schema

FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2999, 12, 31)
"""The days that questions can be asked about: nobody living was born before, and months may be added to the last."""
_FIRST_MOMENT = dt.datetime.combine(FIRST_DAY, dt.time(), dt.UTC)
_LAST_MOMENT = dt.datetime.combine(LAST_DAY, dt.time(), dt.UTC)
MOST = 2_000_000_000
"""No count is above it: it fits PostgreSQL's `integer`, in which numbers of facts are kept."""

Count = Annotated[int, Field(ge=0, le=1_000_000)]
"""How many there were: people, meetings, units. A million is more than a county has families."""
Meetings = Annotated[int, Field(ge=0, le=1000)]
"""How many meetings, of one family: one a day for three years are more than any service holds."""
Some = Annotated[int, Field(ge=1, le=1_000_000)]
"""As `Count`, where nothing at all would not be told."""
Minutes = Annotated[int, Field(ge=0, le=1_000_000)]
"""How long, over a whole plan at the most: two years are a million minutes."""
MinutesOfDay = Annotated[int, Field(ge=0, le=24 * 60)]
"""How long, of one day."""
Months = Annotated[int, Field(ge=0, le=600)]
"""How long, in months: fifty years are more than any service to a child and those in after-care."""
Cents = Annotated[int, Field(ge=0, le=100_000_000_000)]
"""A sum of money, up to a thousand million euros; its column is a `bigint`."""
AgeYears = Annotated[int, Field(ge=-1100, le=1100)]
"""Whole years from a birth to a day, both of our time; below 0 where an imported decision came before the birth."""
Grade = Annotated[int, Field(ge=0, le=20)]
"""A year at school; pre-school is 0."""
Score = Annotated[int, Field(ge=-1000, le=1000)]
"""What an instrument gives: goal attainment is scaled from -2 to 2, others go by points or hundredths."""
MeanScore = Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False)]
"""A mean of scores."""
Ordinal = Annotated[int, Field(ge=0, le=MOST)]
"""The number of an entry in its stream, from 1, or of a version of a model; 0 where there is none."""
EntryAsked = Annotated[int, Field(ge=-MOST, le=MOST)]
"""The number of an entry that somebody asks for: whether there is one, the stream tells."""
Position = Annotated[int, Field(ge=0, le=2**63 - 1)]
"""A place in the register's log, or its size: PostgreSQL's `bigint`."""
Measured = Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]
"""What a rule measured: counts, days, minutes or shares."""


_BOUNDED = "jaksokirja_bounded"
_DAY, _MOMENT = r"^\d{4}-\d\d-\d\d$", r"^\d{4}-\d\d-\d\d[Tt ]\d\d:"


def _of_our_time(schema: Any) -> Any:
    """The schema with every day and moment in it read from JSON by its text alone, and bounded there."""
    if isinstance(schema, list):
        return [_of_our_time(one) for one in schema]
    if not isinstance(schema, dict) or schema.get("metadata", {}).get(_BOUNDED):
        return schema
    match schema.get("type"):
        case "date":
            bounds = {"ge": FIRST_DAY, "le": LAST_DAY}
            return _by_text(schema, bounds, _DAY, "a date, such as 2026-03-31")
        case "datetime":
            bounds = {"ge": _FIRST_MOMENT, "le": _LAST_MOMENT}
            return _by_text(schema, bounds, _MOMENT, "a time with its offset, such as 2026-03-31T10:30:00+03:00")
    return {name: one if name == "default" else _of_our_time(one) for name, one in schema.items()}


def _by_text(schema: Any, bounds: dict[str, Any], pattern: str, right: str) -> CoreSchema:
    """As the schema, but from JSON as text of that pattern only: pydantic takes text of digits alone for seconds.

    What is made in Python is not bounded: a day that is reckoned may lie behind the last that can be told.
    """
    written = "date" if schema["type"] == "date" else "date-time"
    text = core_schema.str_schema(pattern=pattern, metadata={"pydantic_js_updates": {"format": written}})
    read = core_schema.no_info_plain_validator_function(SchemaValidator({**schema, **bounds}).validate_python)
    return core_schema.json_or_python_schema(
        json_schema=core_schema.custom_error_schema(
            core_schema.chain_schema([text, read]),
            custom_error_type="not_of_our_time",
            custom_error_message=f"Should be {right}, from {FIRST_DAY.year} to {LAST_DAY.year}",
        ),
        python_schema=schema,
        metadata={_BOUNDED: True},
    )


class Strict(BaseModel):
    """A frozen model without further fields, whose numbers are finite.

    From JSON a day or moment comes as text, as ISO 8601 writes it, and is of our time; seconds since 1970 are none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return cast("CoreSchema", _of_our_time(handler(source)))
