"""The rows of an export, typed: what each says, in the ledger's own words. One class and one reader a file.

Never here: other rows. A reader raises FaultyRow when the row by itself cannot be right.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from stdnum.exceptions import ValidationError
from stdnum.fi import hetu

from domain.contact.facts import ContactChannel, ContactSource, FamilyConsent
from domain.correction import MistakeKind
from domain.episode.facts import ClosureReason, MeetingMode, Outcome
from scripts.legacy import files
from scripts.legacy.codes import CHANNELS, CLOSURES, MISTAKES, MODES, PARTICIPANTS, ROW_KINDS, SOURCES, MeetingStatus
from scripts.legacy.faults import Fault, FaultyRow
from scripts.legacy.fields import Values, check_order


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """ohjaajat.csv: a family instructor."""

    worker_id: str
    display_name: str
    area: str


@dataclass(frozen=True, slots=True, repr=False)
class ClientRow:
    """asiakkaat.csv: a child or an expecting parent. Holds identity: never logged, never shown by repr."""

    client: str
    identity_code: str | None
    born_on: dt.date | None
    expecting_birth_on: dt.date | None
    family: str | None
    municipality: str | None
    area: str
    non_disclosure: bool


@dataclass(frozen=True, slots=True)
class ContactRow:
    """yhteydenotot.csv: somebody asked for help. `answered_at` and `worker_id` are both there or both absent."""

    contact: str
    client: str
    received_at: dt.datetime
    channel: ContactChannel
    source: ContactSource
    consent: FamilyConsent
    answered_at: dt.datetime | None
    worker_id: str | None


@dataclass(frozen=True, slots=True, repr=False)
class EpisodeRow:
    """jaksot.csv: an episode, from decision to end. `service` is the legacy system's own code."""

    episode: str
    client: str
    contact: str
    service: str
    decided_on: dt.date
    granted: bool
    decision_maker: str
    legal_basis: str | None
    started_on: dt.date | None
    closed_on: dt.date | None
    closure: tuple[ClosureReason, Outcome] | None
    exception_on: dt.date | None
    exception_reasons: str | None


@dataclass(frozen=True, slots=True, repr=False)
class PlanRow:
    """suunnitelmat.csv: a plan, or with `evaluation` an evaluation."""

    episode: str
    evaluation: bool
    told_on: dt.date
    worker_id: str
    text: str | None


@dataclass(frozen=True, slots=True, repr=False)
class MeetingRow:
    """tapaamiset.csv: a meeting and what became of it. `entered_at`: when it was entered in the legacy system."""

    meeting: str
    episode: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    mode: MeetingMode
    status: MeetingStatus
    worker_id: str
    participants: tuple[str, ...]
    entered_at: dt.datetime
    note: str | None


@dataclass(frozen=True, slots=True, repr=False)
class AmendmentRow:
    """oikaisut.csv: a correction of `field` of another row, or with `strikes_out` its strike-out."""

    file: str
    row_id: str
    strikes_out: bool
    field: str
    new_value: str
    reason: str
    mistake: MistakeKind
    amended_on: dt.date
    worker_id: str


Row = WorkerRow | ClientRow | ContactRow | EpisodeRow | PlanRow | MeetingRow | AmendmentRow


class Reader(Protocol):
    """Reads the values of one row. Raises FaultyRow."""

    def __call__(self, values: Values) -> Row: ...


def _worker(values: Values) -> WorkerRow:
    return WorkerRow(values.required("ohjaaja_id"), values.required("nimi"), values.required("perhekeskusalue"))


def _client(values: Values) -> ClientRow:
    expecting = values.flag("odottava_vanhempi")
    if not expecting and values.text("laskettu_aika"):
        raise FaultyRow(Fault.BAD_VALUE, "odottava_vanhempi is E, but laskettu_aika is not empty.")
    row = ClientRow(
        client=values.required("asiakas_id"),
        identity_code=values.text("hetu"),
        born_on=values.day_or_none("syntymaaika"),
        expecting_birth_on=values.day("laskettu_aika", may_lie_ahead=True) if expecting else None,
        family=values.text("perhe_id"),
        municipality=values.text("kunta"),
        area=values.required("perhekeskusalue"),
        non_disclosure=values.flag("turvakielto"),
    )
    if row.identity_code is None and row.born_on is None:
        raise FaultyRow(Fault.MISSING_IDENTITY, "There is neither an identity code (hetu) nor a date of birth.")
    if row.identity_code is not None:
        _check_identity_code(row.identity_code)
    return row


def _check_identity_code(code: str) -> None:
    try:
        hetu.validate(code, allow_temporary=True)
    except ValidationError:
        raise FaultyRow(Fault.BAD_IDENTITY_CODE, "The identity code (hetu) does not check.") from None


def _contact(values: Values) -> ContactRow:
    values.none_without("vastattu_klo", "vastattu_pvm")
    answered = values.text("vastattu_pvm") is not None
    row = ContactRow(
        contact=values.required("yhteydenotto_id"),
        client=values.required("asiakas_id"),
        received_at=values.moment("pvm", "klo"),
        channel=values.code("tapa", CHANNELS),
        source=values.code("lahde", SOURCES),
        consent=FamilyConsent.GIVEN if values.flag("suostumus") else FamilyConsent.REFUSED,
        answered_at=values.moment("vastattu_pvm", "vastattu_klo") if answered else None,
        worker_id=values.required("ohjaaja_id") if answered else None,
    )
    check_order(row.received_at, row.answered_at, "pvm and klo; vastattu_pvm and vastattu_klo")
    return row


def _episode(values: Values) -> EpisodeRow:
    values.none_without("paattymissyy", "paattyi_pvm")
    values.none_without("poikkeusperuste", "poikkeuspaatos_pvm")
    closed_on = values.day_or_none("paattyi_pvm")
    exception_on = values.day_or_none("poikkeuspaatos_pvm")
    row = EpisodeRow(
        episode=values.required("jakso_id"),
        client=values.required("asiakas_id"),
        contact=values.required("yhteydenotto_id"),
        service=values.code("palvelu", {code: code for code in ("OHJAUS", "MUUTOSTYO")}),
        decided_on=values.day("paatos_pvm"),
        granted=values.code("paatos", {"MYONTO": True, "KIELTO": False}),
        decision_maker=values.required("paattaja_id"),
        legal_basis=values.text("laki"),
        started_on=values.day_or_none("alkoi_pvm"),
        closed_on=closed_on,
        closure=values.code("paattymissyy", CLOSURES) if closed_on else None,
        exception_on=exception_on,
        exception_reasons=values.text("poikkeusperuste") if exception_on else None,
    )
    check_order(row.started_on, row.closed_on, "alkoi_pvm, paattyi_pvm")
    if not row.granted and (row.started_on or row.closed_on or row.exception_on):
        raise FaultyRow(Fault.SERVICE_NOT_GRANTED, "The service was refused (KIELTO), but the row tells of work.")
    return row


def _plan(values: Values) -> PlanRow:
    return PlanRow(
        episode=values.required("jakso_id"),
        evaluation=values.code("tyyppi", {"SUUNNITELMA": False, "ARVIOINTI": True}),
        told_on=values.day("pvm"),
        worker_id=values.required("laatija_id"),
        text=values.text("teksti"),
    )


def _meeting(values: Values) -> MeetingRow:
    there = [code.strip() for code in (values.text("osallistujat") or "").split(",") if code.strip()]
    status = values.code("tila", {status.value: status for status in MeetingStatus})
    called_off = status.cancelled_by is not None
    row = MeetingRow(
        meeting=values.required("tapaaminen_id"),
        episode=values.required("jakso_id"),
        starts_at=values.moment("pvm", "alkoi", may_lie_ahead=called_off),
        ends_at=values.moment("pvm", "paattyi", may_lie_ahead=called_off),
        mode=values.code("tapa", MODES),
        status=status,
        worker_id=values.required("ohjaaja_id"),
        participants=tuple(values.code_of(code, "osallistujat", PARTICIPANTS) for code in there),
        entered_at=values.moment("kirjattu_pvm", "kirjattu_klo"),
        note=values.text("teksti"),
    )
    check_order(row.starts_at, row.ends_at, "alkoi, paattyi")
    return row


def _amendment(values: Values) -> AmendmentRow:
    strikes_out = values.code("toimi", {"OIKAISU": False, "MITATOINTI": True})
    reason = values.required("syy")
    told = (kind for words, kind in MISTAKES.items() if words in reason.lower())
    return AmendmentRow(
        file=values.code("rivi_tyyppi", ROW_KINDS),
        row_id=values.required("rivi_id"),
        strikes_out=strikes_out,
        field="" if strikes_out else values.required("kentta"),
        new_value="" if strikes_out else values.text("uusi_arvo") or "",
        reason=reason,
        mistake=next(told, MistakeKind.FACTUAL_ERROR),
        amended_on=values.day("pvm"),
        worker_id=values.required("tekija_id"),
    )


READERS: Mapping[str, Reader] = {
    files.WORKERS: _worker,
    files.CLIENTS: _client,
    files.CONTACTS: _contact,
    files.EPISODES: _episode,
    files.PLANS: _plan,
    files.MEETINGS: _meeting,
    files.AMENDMENTS: _amendment,
}


def read_row(file: str, values: Mapping[str, str], now: dt.datetime) -> Row:
    """The typed row. Raises FaultyRow."""
    return READERS[file](Values(values, now))
