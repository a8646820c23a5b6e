"""What a decision tells of the ages of an episode's clients on its day, and who of them expected a child then. Pure.

Never here: what an age means to a decision (`domain.rules`), nor who may be told a birth date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from domain.client.facts import BirthExpected, ChildBorn
from domain.client.state import ClientState
from domain.episode.state import EpisodeState

TOLD_OF_CLIENTS = ("age_years", "youngest_age_years", "expecting", "adult_ids")
"""The fields of a decision that follow from its clients and its day."""
LONGEST_EXPECTED = dt.timedelta(days=300)
"""No child was expected longer than so before the day for which it was expected (own)."""


def asked_for(state: EpisodeState, day: dt.date) -> tuple[UUID, ...]:
    """Whose ages a decision of that day goes by: the clients of the referral who are clients still, else all then."""
    of_referral = state.referral.client_ids if state.referral else ()
    going_on = state.clients_on(day)
    return tuple(one for one in of_referral if one in going_on) or going_on or of_referral


def told_of_clients(
    state: EpisodeState,
    clients: Mapping[UUID, ClientState],
    day: dt.date,
    expecting: Callable[[ClientState, dt.date], bool] = ClientState.expecting_on,
) -> dict[str, Any]:
    """The fields of TOLD_OF_CLIENTS; an age is None where a birth date is not known."""
    named: Sequence[ClientState] = [clients[one] for one in asked_for(state, day)]
    children = [client for client in named if not expecting(client, day)]
    ages = [client.age_on(day) for client in children or named]
    known = [age for age in ages if age is not None]
    adults = tuple(one for one in dict.fromkeys(state.clients_on(day)) if clients[one].of_age_on(day))
    return {
        "age_years": None if None in ages else max(known),
        "youngest_age_years": None if None in ages else min(known),
        "expecting": not children,
        "adult_ids": adults or None,
    }


def expected_then(client: ClientState, day: dt.date) -> bool:
    """Whether a child was expected on a day long gone, by all that was told since: of each birth by itself."""
    since: dt.date | None = None
    for entry in client.in_force:
        if isinstance(entry.fact, BirthExpected):
            since = (entry.fact.expected_on or entry.fact.learnt_on) - LONGEST_EXPECTED
        elif isinstance(entry.fact, ChildBorn):
            if since is not None and since <= day < entry.fact.born_on:
                return True
            since = None
    return since is not None and since <= day
