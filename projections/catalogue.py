"""The projections of a register, one line each. Must never hold anything else.

A new one is a pair of files, `name.py` and `name.sql`, and its line here.
"""

from projections import (
    activities,
    assignments,
    audits,
    clients,
    commitments,
    conferences,
    contacts,
    decisions,
    deviations,
    duties,
    episodes,
    feedback,
    meetings,
    models,
    networks,
    plans,
    trail,
    workers,
)
from projections.rows import Projection

PROJECTIONS: tuple[Projection, ...] = (
    episodes.PROJECTION,
    assignments.PROJECTION,
    meetings.PROJECTION,
    decisions.PROJECTION,
    commitments.PROJECTION,
    plans.PROJECTION,
    duties.PROJECTION,
    deviations.PROJECTION,
    contacts.PROJECTION,
    conferences.PROJECTION,
    clients.PROJECTION,
    workers.PROJECTION,
    models.PROJECTION,
    trail.PROJECTION,
    audits.PROJECTION,
    feedback.PROJECTION,
    activities.PROJECTION,
    networks.PROJECTION,
)
