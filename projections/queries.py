"""The questions that can be asked of a register's projections, each a SQL function beside its tables.

Must never hold: writing, aggregates, how an answer is shown. Every answer comes from one snapshot and says which
position it reflects. `as_of` is a position (what the ledger knew then), `on_day` a day (what was so in the world
then): two questions, asked independently.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, LiteralString
from uuid import UUID

from psycopg.rows import dict_row

from domain.ledger.connections import as_role
from projections import answers
from projections.answers import Answer
from projections.centres import Centres
from projections.install import register_connection
from projections.pages import PAGE_ROWS, TABLES, MalformedCursor, UnknownColumn, UnknownTable, page
from projections.reviews import Reviews, UnknownGrouping, check_grouping
from projections.snapshots import Reflected

__all__ = [
    "EARLIEST", "LATEST", "TABLES", "CaseloadBy", "CommitmentsBy", "ContactsBy", "DecisionsBy", "DeviationsBy",
    "DutiesBy", "Figure", "MalformedCursor", "Reading", "ReferralsBy", "Reflected", "UnknownColumn", "UnknownGrouping",
    "UnknownTable", "VisitsBy", "reading",
]  # fmt: skip

CaseloadBy = Literal["worker", "area", "unit", "service", "phase", "month"]
VisitsBy = Literal["worker", "area", "unit", "service", "month", "episode"]
DutiesBy = Literal["rule", "worker", "area", "unit", "service", "month"]
DeviationsBy = Literal["rule", "strength", "worker", "area", "unit", "service", "month"]
ContactsBy = Literal["area", "channel", "source", "service", "worker", "month"]
DecisionsBy = Literal["kind", "service", "area", "month", "legal_basis", "decision_maker"]
ReferralsBy = Literal["source", "channel", "area", "unit", "service", "month"]
CommitmentsBy = Literal["cost_centre", "payer_service", "service", "issuer", "month"]
Figure = Literal[
    "caseload", "visits", "duties", "deviations", "contacts", "decisions", "referrals", "commitments", "early_support",
]  # fmt: skip

EARLIEST, LATEST = dt.date(1900, 1, 1), dt.date(2999, 12, 31)


class Reading(Reviews, Centres):
    """Questions to one register over one connection (see `reading`), each from a snapshot of its own."""

    def caseload(self, by: CaseloadBy, *, on_day: dt.date, as_of: int | None = None) -> Answer[answers.CaseloadRow]:
        """Open episodes on the day, counted."""
        check_grouping(by, CaseloadBy)
        question: LiteralString = "SELECT * FROM caseload(%s, %s, %s)"
        return self.ask(question, answers.CaseloadRow, before=[by], as_of=as_of, after=[on_day], on_day=on_day)

    def caseload_episodes(
        self,
        *,
        on_day: dt.date,
        as_of: int | None = None,
        worker: str | None = None,
        unit: str | None = None,
        area: str | None = None,
    ) -> Answer[answers.CaseloadEpisode]:
        """Open episodes on the day, one by one; of one worker, unit or area, if given."""
        question: LiteralString = (
            "SELECT * FROM caseload_rows(%s, %s, %s, %s) WHERE %s::text IS NULL OR area = %s"
            " ORDER BY referred_on, episode_id"
        )
        after = [on_day, worker, unit, area, area]
        return self.ask(question, answers.CaseloadEpisode, as_of=as_of, after=after, on_day=on_day)

    def visits(
        self,
        by: VisitsBy,
        *,
        on_day: dt.date,
        from_on: dt.date = EARLIEST,
        to_on: dt.date = LATEST,
        as_of: int | None = None,
    ) -> Answer[answers.VisitRow]:
        """Meetings of the days from_on to to_on, as they stood on the day, counted."""
        check_grouping(by, VisitsBy)
        question: LiteralString = "SELECT * FROM visits(%s, %s, %s, %s, %s)"
        after = [on_day, from_on, to_on]
        return self.ask(question, answers.VisitRow, before=[by], as_of=as_of, after=after, on_day=on_day)

    def duties(
        self,
        by: DutiesBy,
        *,
        on_day: dt.date,
        from_on: dt.date | None = None,
        to_on: dt.date | None = None,
        as_of: int | None = None,
    ) -> Answer[answers.DutyRow]:
        """Duties as they stood on the day, counted; only those due from_on to to_on, if given."""
        check_grouping(by, DutiesBy)
        question: LiteralString = "SELECT * FROM duty_figures(%s, %s, %s, %s, %s)"
        after = [on_day, from_on, to_on]
        return self.ask(question, answers.DutyRow, before=[by], as_of=as_of, after=after, on_day=on_day)

    def open_duties(
        self,
        *,
        on_day: dt.date,
        as_of: int | None = None,
        worker: str | None = None,
        unit: str | None = None,
        area: str | None = None,
    ) -> Answer[answers.OpenDuty]:
        """What is still to be done on the day, one by one; by one worker, in one unit or area, if given."""
        question: LiteralString = "SELECT * FROM open_duty_rows(%s, %s, %s, %s, %s)"
        after = [on_day, worker, unit, area]
        return self.ask(question, answers.OpenDuty, as_of=as_of, after=after, on_day=on_day)

    def deviations(
        self,
        by: DeviationsBy,
        *,
        on_day: dt.date,
        from_on: dt.date | None = None,
        to_on: dt.date | None = None,
        as_of: int | None = None,
    ) -> Answer[answers.DeviationRow]:
        """Deviations of what had happened up to the day, counted."""
        check_grouping(by, DeviationsBy)
        question: LiteralString = "SELECT * FROM deviation_figures(%s, %s, %s, %s, %s)"
        after = [on_day, from_on, to_on]
        return self.ask(question, answers.DeviationRow, before=[by], as_of=as_of, after=after, on_day=on_day)

    def contacts(
        self,
        by: ContactsBy,
        *,
        on_day: dt.date,
        from_on: dt.date = EARLIEST,
        to_on: dt.date = LATEST,
        as_of: int | None = None,
    ) -> Answer[answers.ContactRow]:
        """Contacts that came from_on to to_on, and how long they waited."""
        check_grouping(by, ContactsBy)
        question: LiteralString = "SELECT * FROM contact_figures(%s, %s, %s, %s, %s)"
        after = [on_day, from_on, to_on]
        return self.ask(question, answers.ContactRow, before=[by], as_of=as_of, after=after, on_day=on_day)

    def decisions(
        self, by: DecisionsBy, *, from_on: dt.date = EARLIEST, to_on: dt.date = LATEST, as_of: int | None = None
    ) -> Answer[answers.DecisionRow]:
        """Decisions dated from_on to to_on, counted."""
        check_grouping(by, DecisionsBy)
        question: LiteralString = "SELECT * FROM decision_figures(%s, %s, %s, %s)"
        return self.ask(question, answers.DecisionRow, before=[by], as_of=as_of, after=[from_on, to_on])

    def referrals(
        self,
        by: ReferralsBy,
        *,
        on_day: dt.date,
        from_on: dt.date = EARLIEST,
        to_on: dt.date = LATEST,
        as_of: int | None = None,
    ) -> Answer[answers.ReferralRow]:
        """Referrals received from_on to to_on, and what they had come to by the day."""
        check_grouping(by, ReferralsBy)
        question: LiteralString = "SELECT * FROM referral_figures(%s, %s, %s, %s, %s)"
        after = [on_day, from_on, to_on]
        return self.ask(question, answers.ReferralRow, before=[by], as_of=as_of, after=after, on_day=on_day)

    def commitments(
        self,
        by: CommitmentsBy,
        *,
        on_day: dt.date,
        from_on: dt.date = EARLIEST,
        to_on: dt.date = LATEST,
        as_of: int | None = None,
    ) -> Answer[answers.CommitmentRow]:
        """Payment commitments received from_on to to_on, and what was used of them by the day."""
        check_grouping(by, CommitmentsBy)
        question: LiteralString = "SELECT * FROM commitment_figures(%s, %s, %s, %s, %s)"
        after = [on_day, from_on, to_on]
        return self.ask(question, answers.CommitmentRow, before=[by], as_of=as_of, after=after, on_day=on_day)

    def early_support(
        self, from_on: dt.date, to_on: dt.date, *, as_of: int | None = None, services: Sequence[str] | None = None
    ) -> Answer[answers.EarlySupportFigures]:
        """Clients granted in the period, and of them those who moved on to long-term family work; one row."""
        question: LiteralString = "SELECT * FROM early_support(%s, %s, %s, %s)"
        named = list(services) if services is not None else None
        return self.ask(question, answers.EarlySupportFigures, before=[from_on, to_on], as_of=as_of, after=[named])

    def explain(
        self,
        figure: Figure,
        *,
        by: str | None = None,
        key: str | None = None,
        on_day: dt.date | None = None,
        from_on: dt.date | None = None,
        to_on: dt.date | None = None,
        as_of: int | None = None,
        services: Sequence[str] | None = None,
    ) -> Answer[answers.Explained]:
        """What a figure stands on: streams and events. `by` and `key` choose a group; without a key, all of them."""
        before: list[Any] = [by, key]
        after: list[Any] = [] if figure == "decisions" else [on_day or LATEST]
        if figure in ("visits", "contacts", "decisions", "referrals", "commitments"):
            after += [from_on or EARLIEST, to_on or LATEST]
        elif figure in ("duties", "deviations"):
            after += [from_on, to_on]
        elif figure == "early_support":
            before = [from_on or EARLIEST, to_on or LATEST]
            after = [list(services) if services is not None else None]
        return self.ask(_EXPLAIN[figure], answers.Explained, before=before, as_of=as_of, after=after, on_day=on_day)

    def line_of_episode(self, episode_id: UUID, *, as_of: int | None = None) -> Answer[answers.Stretch]:
        """One line of history: the episode's stretches, and those of the episodes it continues or that continue it."""
        question: LiteralString = "SELECT * FROM line_of_episode(%s, %s)"
        return self.ask(question, answers.Stretch, as_of=as_of, after=[episode_id])

    def services_of_client(
        self, client_id: UUID, *, on_day: dt.date, as_of: int | None = None
    ) -> Answer[answers.ServiceOfClient]:
        """The services that run side by side for a client on the day: open episodes and case conferences."""
        question: LiteralString = "SELECT * FROM services_of_client(%s, %s, %s)"
        return self.ask(
            question, answers.ServiceOfClient, before=[client_id], as_of=as_of, after=[on_day], on_day=on_day
        )

    def works_with_client(self, worker: str, client_id: UUID, *, on_day: dt.date) -> bool:
        """Whether the worker is assigned on the day, as known now, to an open episode of the client."""
        return self._holds("SELECT works_with_client(%s, %s, %s, %s)", worker, client_id, on_day)

    def works_with_family(self, worker: str, family_id: UUID, *, on_day: dt.date) -> bool:
        """Whether the worker is assigned on the day, as known now, to an open episode of a client of the family."""
        return self._holds("SELECT works_with_family(%s, %s, %s, %s)", worker, family_id, on_day)

    def _holds(self, question: LiteralString, worker: str, of_id: UUID, on_day: dt.date) -> bool:
        with self.snapshot() as reflected:
            row = self.connection.execute(question, (worker, of_id, reflected.as_of(None), on_day)).fetchone()
        return bool(row and row[0])

    def clients_of_family(
        self, family_id: UUID, *, on_day: dt.date, as_of: int | None = None
    ) -> Answer[answers.ClientOfFamily]:
        """The clients of a family, and what each has on the day."""
        question: LiteralString = "SELECT * FROM clients_of_family(%s, %s, %s)"
        return self.ask(
            question, answers.ClientOfFamily, before=[family_id], as_of=as_of, after=[on_day], on_day=on_day
        )

    def rows(
        self,
        table: str,
        *,
        filters: Mapping[str, Any] | None = None,
        as_of: int | None = None,
        cursor: str | None = None,
        limit: int = PAGE_ROWS,
    ) -> Answer[dict[str, Any]]:
        """Rows of a projection's table, in the order of its key, a page at a time.

        `filters`: column to value; of an array column, a value that it holds. Raises UnknownTable, UnknownColumn,
        MalformedCursor.
        """
        return page(self, table, filters or {}, as_of=as_of, cursor=cursor, limit=limit)

    def trail(self, stream_id: UUID, *, as_of: int | None = None) -> Answer[dict[str, Any]]:
        """Every event of one stream, struck and corrected ones marked."""
        with self.snapshot() as reflected:
            position = reflected.as_of(as_of)
            with self.connection.cursor(row_factory=dict_row) as cursor:
                found = cursor.execute("SELECT * FROM trail_rows(%s, %s)", (position, stream_id)).fetchall()
        return reflected.answer(found, position)

    def position_at(self, moment: dt.datetime) -> int:
        """The last position recorded at or before the (aware) moment."""
        with self.connection.transaction():
            row = self.connection.execute("SELECT position_at(%s)", (moment,)).fetchone()
        return int(row[0]) if row else 0

    def reflected(self) -> Reflected:
        """How far the projections are."""
        with self.snapshot() as reflected:
            return reflected


@contextmanager
def reading(dsn: str, register: str) -> Iterator[Reading]:
    """A `Reading` of the register over a connection of its own, as the reader role."""
    with register_connection(as_role(dsn, "reader"), register, autocommit=True) as connection:
        yield Reading(connection)


_EXPLAIN: Mapping[str, LiteralString] = {
    "caseload": "SELECT episode_id AS stream_id, phase AS status, event_positions"
    " FROM caseload_explain(%s, %s, %s, %s)",
    "visits": "SELECT episode_id AS stream_id, meeting_id::text AS item, meeting_on AS happened_on, status,"
    " event_positions FROM visits_explain(%s, %s, %s, %s, %s, %s)",
    "duties": "SELECT stream_id, duty_key AS item, due_on AS happened_on, status, event_positions"
    " FROM duty_explain(%s, %s, %s, %s, %s, %s)",
    "deviations": "SELECT stream_id, deviation_key AS item, happened_on, event_positions"
    " FROM deviation_explain(%s, %s, %s, %s, %s, %s)",
    "contacts": "SELECT contact_id AS stream_id, received_on AS happened_on, status, event_positions"
    " FROM contact_explain(%s, %s, %s, %s, %s, %s)",
    "decisions": "SELECT episode_id AS stream_id, decision_id::text AS item, decided_on AS happened_on, kind AS status,"
    " event_positions FROM decision_explain(%s, %s, %s, %s, %s)",
    "referrals": "SELECT episode_id AS stream_id, referred_on AS happened_on, status, event_positions"
    " FROM referral_explain(%s, %s, %s, %s, %s, %s)",
    "commitments": "SELECT episode_id AS stream_id, commitment_id::text AS item, received_on AS happened_on,"
    " CASE WHEN used_meetings > 0 THEN 'used' ELSE 'unused' END AS status, event_positions"
    " FROM commitment_explain(%s, %s, %s, %s, %s, %s)",
    "early_support": "SELECT episode_id AS stream_id, client_id, service AS item, decided_on AS happened_on, moved_on,"
    " event_positions FROM early_support_explain(%s, %s, %s, %s)",
}
