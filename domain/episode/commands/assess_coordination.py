"""The command AssessCoordination."""

from __future__ import annotations

import datetime as dt

from domain.episode.commands.base import Telling
from domain.episode.facts import Codes, CoordinationAssessed


class AssessCoordination(Telling):
    """Assess the need and the fit with other services, before the decision."""

    tells = CoordinationAssessed

    assessed_on: dt.date
    assessor_id: str
    need_assessed: bool
    other_services_fit: bool
    unsuitability_codes: tuple[str, ...] = ()
    codes: Codes = None
    assessment: str | None = None
