"""The command AssessAdmission."""

from __future__ import annotations

import datetime as dt

from domain.episode.commands.base import Telling
from domain.episode.facts import AdmissionAssessed


class AssessAdmission(Telling):
    """Assess whether the client can come to the unit."""

    tells = AdmissionAssessed

    assessed_on: dt.date
    worker_id: str
    manages_own_medication: bool | None = None
    behaves_fittingly: bool | None = None
    detoxification_needed: bool | None = None
    detoxified: bool | None = None
    drug_screen_needed: bool | None = None
    note: str | None = None
