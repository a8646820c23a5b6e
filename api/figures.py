"""The figures that can be asked for by name, and how each is asked of the projections.

Never here: SQL, HTTP's requests. A new figure is a line in each table.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

from api.problems import FieldError, malformed
from projections import queries
from projections.answers import Answer
from projections.queries import EARLIEST, LATEST, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of a figure. `as_of` is a position, `on_day` a day in the world."""

    as_of: int | None
    on_day: dt.date
    by: Any = None
    key: str | None = None
    from_on: dt.date | None = None
    to_on: dt.date | None = None
    services: list[str] | None = None

    @property
    def world(self) -> dict[str, Any]:
        """Known when, and so on which day."""
        return {"as_of": self.as_of, "on_day": self.on_day}

    @property
    def whole_period(self) -> dict[str, Any]:
        """The period, open where it is not said."""
        return {"from_on": self.from_on or EARLIEST, "to_on": self.to_on or LATEST}

    @property
    def said_period(self) -> dict[str, Any]:
        """The period where it is said; what has no date counts when it is not."""
        return {"from_on": self.from_on, "to_on": self.to_on}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure: what it tells, what it can be counted by, how it is asked. `needs_period`: from and to must be said.

    `narrowed`: the parameters by which it is asked about less, beside what it is counted by. Others would be answered
    as if they were not there, so that they are refused.
    """

    summary: str
    ask: Callable[[Reading, Asked], Answer[Any]]
    by: tuple[str, ...] = ()
    narrowed: tuple[str, ...] = ("on", "from", "to")
    needs_period: bool = False

    def takes(self, parameter: str) -> bool:
        """Whether the answer depends on it."""
        return bool(self.by) if parameter in {"by", "key"} else parameter in self.narrowed

    def check(self, asked: Asked) -> None:
        """Raises a 422 problem when it cannot be grouped so, or the period is missing or the wrong way round."""
        if asked.by and asked.by not in self.by:
            raise malformed(FieldError("by", "It cannot be counted by that."), remedy=f"By {', '.join(self.by)}.")
        if asked.key is not None and not asked.by:
            raise malformed(FieldError("by", "Is missing."), remedy="Say what the group of that key is counted by.")
        missing = [name for name, day in (("from", asked.from_on), ("to", asked.to_on)) if day is None]
        if self.needs_period and missing:
            raise malformed(*(FieldError(name, "Is missing.") for name in missing), remedy="Give both days.")
        if asked.from_on and asked.to_on and asked.to_on < asked.from_on:
            raise malformed(
                FieldError("to", "Lies before from."), remedy="Give a last day that is not before the first."
            )


FIGURES: Mapping[str, Figure] = {
    "caseload": Figure(
        summary="Open episodes, counted.",
        ask=lambda reading, asked: reading.caseload(asked.by, **asked.world),
        by=get_args(queries.CaseloadBy),
        narrowed=("on",),
    ),
    "visits": Figure(
        summary="Meetings and minutes.",
        ask=lambda reading, asked: reading.visits(asked.by, **asked.world, **asked.whole_period),
        by=get_args(queries.VisitsBy),
    ),
    "duties": Figure(
        summary="Duties: open, met, late, waived.",
        ask=lambda reading, asked: reading.duties(asked.by, **asked.world, **asked.said_period),
        by=get_args(queries.DutiesBy),
    ),
    "deviations": Figure(
        summary="Deviations, by strength, and those with a reason given.",
        ask=lambda reading, asked: reading.deviations(asked.by, **asked.world, **asked.said_period),
        by=get_args(queries.DeviationsBy),
    ),
    "contacts": Figure(
        summary="Contacts, and how long they waited.",
        ask=lambda reading, asked: reading.contacts(asked.by, **asked.world, **asked.whole_period),
        by=get_args(queries.ContactsBy),
    ),
    "decisions": Figure(
        summary="Decisions by kind.",
        ask=lambda reading, asked: reading.decisions(asked.by, as_of=asked.as_of, **asked.whole_period),
        by=get_args(queries.DecisionsBy),
        narrowed=("from", "to"),
    ),
    "referrals": Figure(
        summary="Referrals by source, and what they came to.",
        ask=lambda reading, asked: reading.referrals(asked.by, **asked.world, **asked.whole_period),
        by=get_args(queries.ReferralsBy),
    ),
    "commitments": Figure(
        summary="Payment commitments: committed and used, by cost centre.",
        ask=lambda reading, asked: reading.commitments(asked.by, **asked.world, **asked.whole_period),
        by=get_args(queries.CommitmentsBy),
    ),
    "early-support": Figure(
        summary="Clients granted early support in a period, of whom moved on to long-term family work.",
        ask=lambda reading, asked: reading.early_support(
            **asked.whole_period, as_of=asked.as_of, services=asked.services
        ),
        narrowed=("from", "to", "service"),
        needs_period=True,
    ),
}
"""By the name in their address."""


def _explained(figure: queries.Figure) -> Callable[[Reading, Asked], Answer[Any]]:
    def ask(reading: Reading, asked: Asked) -> Answer[Any]:
        return reading.explain(
            figure, by=asked.by, key=asked.key, services=asked.services, **asked.world, **asked.said_period
        )

    return ask


def _moved_on(reading: Reading, asked: Asked) -> Answer[Any]:
    answer = _explained("early_support")(reading, asked)
    return answer.model_copy(update={"rows": [row for row in answer.rows if row.moved_on]})


EXPLAINED: Mapping[str, Figure] = {
    **{
        name: replace(figure, ask=_explained(name.replace("-", "_")))  # type: ignore[arg-type] # its names are those of the addresses
        for name, figure in FIGURES.items()
    },
    "early-support-granted": replace(
        FIGURES["early-support"], summary="Clients granted early support.", ask=_explained("early_support")
    ),
    "early-support-moved-on": replace(
        FIGURES["early-support"],
        summary="Of them, those who moved on to long-term family work.",
        ask=_moved_on,
    ),
}
"""The figures of this page that can be explained: all, and the two published numbers each by itself."""
EXPLAINED_BESIDE: Mapping[str, str] = {
    **{name: f"{name}?explain=true" for name in ("feedback", "outcomes")},
    **{name: f"{name}/explain" for name in ("quality-review", "sessions", "group-meetings", "gatherings")},
}
"""Those of other pages (reviews, family centres): where they are, each beside itself."""
