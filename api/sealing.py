"""The sealer beside the API: how the settings have it, and how it stands.

Never here: what is signed and when not; anything that a stranger may not know.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from api.settings import Settings
from domain.ledger.sealing.status import sealing_status
from domain.ledger.sealing.submitting import witnesses_in
from domain.ledger.sealing.working import Workshop


def workshop_of(settings: Settings) -> Workshop:
    """Where and how the settings have registers sealed. Raises BadWitness, OSError."""
    return Workshop(
        state=settings.sealer_folder,
        keys=settings.keys_folder,
        interval_seconds=settings.seal_interval_seconds,
        tolerance_seconds=settings.seal_tolerance_seconds,
        verify_hours=settings.seal_verify_hours,
        verify_events_a_second=settings.seal_verify_events_a_second,
        witnesses=witnesses_in(settings.witnesses) if settings.witnesses else [],
    )


def sealing_health(workshop: Workshop, register: str, head: int) -> dict[str, Any]:
    """One register's sealing: up to where, since when, how many events are not sealed yet, and what stops it."""
    status = sealing_status(workshop.folder(register), workshop.witnesses)
    return {
        "status": status.standing,
        "size": status.size,
        "sealed_at": status.sealed_at,
        "lag_events": head - status.size,
        "refused": status.refusal.code if status.refusal else None,
        "looked_again": asdict(status.looked) if status.looked else None,
        "witnesses": [
            {"witness": one.witness, "size": one.size, "cosigned_at": one.cosigned_at, "fault": one.fault or None}
            for one in status.witnesses
        ],
    }
