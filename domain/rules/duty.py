"""Duties: what must happen by a date, because of an entry that started the clock.

Whether a duty is late is never said here: it depends on when somebody looks. Nothing is due that no entry
explains: of a duty that recurs from what met it only the next is ever open, and a calendar period is due once the
stream tells that it has begun, by an entry of a day in it or after, or by the calendar's own (decision 7).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, takewhile
from uuid import UUID

from domain.calendar import add_months, add_working_days, day_in_helsinki, late_after
from domain.episode.facts import DecisionKind, DecisionMade
from domain.fact import Fact
from domain.rules.base import Due, Finding
from domain.rules.case import Case, Hit, Selector, clients_of
from domain.rules.condition import value_of
from domain.rules.duty_terms import DutyTerms
from domain.rules.making_up import covering, share_out
from domain.rules.pause import Course, Pause
from domain.rules.period import Period, periods
from domain.rules.precondition import agree


class Duty(DutyTerms):
    """The duties of a case, by the terms of a rule."""

    def goes_by_the_calendar(self) -> bool:
        """Each period opens a duty of its own, whether or not anything is recorded in it."""
        return self.every is not None or self.months_field is not None

    def awaits(self) -> Iterable[Selector]:
        """What opens a duty."""
        return self.opens_on

    def find(self, case: Case) -> Iterator[Finding]:
        """The duties that there should be, met or not."""
        openings, meeting = self._opening(case), case.in_world(self.met_by)
        if self.first_only:
            openings = openings[:1]
        named, left_out = self._named(case), self._left_out(case)
        clients: Sequence[UUID | None] = [*named] if self.clients else [None]
        for client_id in clients:
            own = [hit for hit in meeting if client_id is None or client_id in clients_of(hit.fact)]
            gone = left_out.get(client_id, []) if client_id else []
            left = [hit for hit in case.in_world(self.for_good) if client_id in clients_of(hit.fact)]
            for number, opening in enumerate(openings, start=1):
                if any(self._from_the_first(case, hit, opening) for hit in gone):
                    continue
                ended = [*gone, *(hit for hit in left if hit.day != opening.day)]  # with the opening is not before it
                course = self._course(case, (client_id,) if client_id else clients_of(opening.fact), ended)
                acts = self._of_its_clients(case, own, opening)
                if self.every is not None:
                    since = max(opening.day, named[client_id]) if client_id else opening.day
                    found = self._calendar(case, opening, acts, client_id, course, since=since)
                elif self.months_field is not None:
                    after = openings[number] if number < len(openings) else None
                    found = self._cadence(case, opening, acts, after, course)
                else:
                    found = self._chain(case, opening, acts, client_id, course)
                yield from self._standing(case, opening, found)

    def _opening(self, case: Case) -> list[Hit]:
        """What opens it, in the order of the world: without what one client's opens on a day that opens it for all."""
        openings, for_all = case.in_world(self.opens_on), case.select(self.with_all)
        if not for_all:
            return openings
        undone = case.select(self.undone_by)
        days = {hit.day for hit in for_all if not any(one.version > hit.version for one in undone)}
        return [hit for hit in openings if hit.day not in days or not clients_of(hit.fact)]

    def _of_its_clients(self, case: Case, meeting: list[Hit], opening: Hit) -> list[Hit]:
        """Those that do not name other clients alone than the opening names: what names nobody is told of all.

        Of what is everybody's, each that names nobody, and the first by which all those had been named.
        """
        clients = frozenset(clients_of(opening.fact))
        if clients:
            return [hit for hit in meeting if not (named := clients_of(hit.fact)) or not clients.isdisjoint(named)]
        if not self.everybody:
            return meeting
        before = [hit for hit in case.select(self.opens_on) if hit.day < opening.day]  # each owes those of its own
        missing = _named_until(opening.day, case.select(self.everybody)).difference(
            *(clients_of(hit.fact) for hit in before)
        )
        found = []
        for hit in meeting:
            named = clients_of(hit.fact)
            if hit.day >= opening.day or self.met_before_counts:
                missing = missing.difference(named)
                if not (named and missing):
                    found.append(hit)
        return found

    def _named(self, case: Case) -> dict[UUID, dt.date]:
        """The clients of whom there is a duty each, and since when they are named."""
        named: dict[UUID, dt.date] = {}
        for hit in case.in_world(self.clients):
            for client in clients_of(hit.fact):
                named.setdefault(client, hit.day)
        return named

    def _left_out(self, case: Case) -> dict[UUID, list[Hit]]:
        """The entries that leave out each client, in the order of the world."""
        found: dict[UUID, list[Hit]] = {}
        for hit in case.in_world(self.but):
            left_out = value_of(hit.fact, str(self.but_field))
            for client in left_out if isinstance(left_out, tuple) else ():
                found.setdefault(client, []).append(hit)
        return found

    def _from_the_first(self, case: Case, leaving_out: Hit, opening: Hit) -> bool:
        """Whether it is not after the opening; the first of them all may be dated after what it let open.

        A grant let it open, whenever the grant was told: it may have been struck out and told anew.
        """
        is_first = leaving_out.version == case.in_world(self.but)[0].version
        let_open = leaving_out.version < opening.version or _is_grant(leaving_out.fact)
        return leaving_out.day <= opening.day or (is_first and let_open)

    def _standing(self, case: Case, opening: Hit, found: Iterator[Due]) -> Iterator[Finding]:
        """What stands of what an opening opened: all, or when it was undone what had been met by then."""
        clients = clients_of(opening.fact)
        undone = next(
            (
                hit.in_world
                for hit in case.select(self.undone_by)
                if hit.version > opening.version and (not clients or not set(clients).isdisjoint(clients_of(hit.fact)))
            ),
            None,
        )
        for due in found:
            if undone is None or (due.met_on and due.met_by and (due.met_on, due.met_by) < undone):
                yield due

    def _calendar(
        self, case: Case, opening: Hit, meeting: list[Hit], client: UUID | None, course: Course, *, since: dt.date
    ) -> Iterator[Due]:
        """A duty for each calendar period that has begun, from that of `since` on, with a day on which it went on."""
        begun = [part for part in self._begun(case, since) if course.went_on(max(since, part.first), part.last)]
        acts = [hit for hit in meeting if agree(opening, hit, self.same)]
        prefix = "/".join(filter(None, (self.id, str(opening.version), str(client or "")))) + "/"
        waived = {key.removeprefix(prefix) for key in case.waived() if key.startswith(prefix)}
        shares = share_out(acts, begun, times=self.times, within_months=self.made_up_within_months, waived=waived)
        for part in begun:
            days = (course.first_from(max(since, part.first)), course.last_until(part.last))
            within = shares[part.name] if self.covers is None else covering(acts, self.covers, part, days)
            met = within[self.times - 1] if len(within) >= self.times else None
            if met is None and self.on_day_of_next_month is None and course.stopped(part.last, part.last):
                continue
            began = course.first_from(max(since, part.first))
            yield Due(
                opening.version,
                self._due_on(case, opening, part.last) if self.on_day_of_next_month else part.last,
                client,
                met.version if met else None,
                day_in_helsinki(met.entry.occurred_at) if met else None,
                apart=part.name,
                opened_on=began if began > opening.day else None,
                until=days[1],
            )

    def _begun(self, case: Case, since: dt.date) -> list[Period]:
        """The periods from that of `since` to that of the last day that the stream tells of, each in its months."""
        assert self.every is not None  # noqa: S101 -- only asked where there is one
        horizon = case.horizon() or since
        begun = takewhile(lambda period: period.first <= horizon, periods(self.every, since))
        return [part for part in (period.narrowed(self.months) for period in begun) if part.last >= since]

    def _cadence(
        self, case: Case, opening: Hit, meeting: list[Hit], after: Hit | None, course: Course
    ) -> Iterator[Due]:
        """A duty at the end of every so many months that have begun, as long as no later opening took over."""
        horizon = case.horizon() or opening.day
        acts = [hit for hit in meeting if hit.in_world > opening.in_world and agree(opening, hit, self.same)]
        for number in count(1):
            began, due_on = (self._months_on(opening, nth) for nth in (number - 1, number))
            if began is None or due_on is None or (after is not None and due_on >= after.day):
                return
            began = course.first_from(began)
            met = acts[0] if acts else None
            if met is None and began > horizon:
                return
            if pause := _unmet(course.stopped(due_on, late_after(due_on)), met):
                if pause.again is None:
                    return
                continue
            yield Due(
                opening.version,
                due_on,
                met_by=met.version if met else None,
                met_on=met.day if met else None,
                apart=str(number),
                opened_on=min(began, met.day if met else began) if number > 1 else None,
                until=due_on - dt.timedelta(days=1),
            )
            acts = acts[1:]

    def _chain(
        self, case: Case, opening: Hit, meeting: list[Hit], client: UUID | None, course: Course
    ) -> Iterator[Due]:
        """The duty that the opening opens and, if it recurs, those that follow from it."""
        started: Hit | None = opening
        like, due_on = opening, None
        while started is not None:
            due_on = self._due_on(case, started, due_on)
            met = self._met(case, started, like, meeting)
            if pause := _unmet(self._stopped(course, due_on), met):
                if self.keeps_its_day:
                    return
                started, due_on = pause.again, None
                continue
            yield Due(
                started.version,
                due_on,
                client,
                met_by=met.version if met else None,
                met_on=met.day if met else None,
            )
            started, like = (met if self.recurring else None), met or like

    def _met(self, case: Case, started: Hit, like: Hit, meeting: list[Hit]) -> Hit | None:
        """The first that meets what started then, alike with the entry that opened it."""
        since = [hit.in_world for hit in case.in_world(self.met_since) if hit.in_world < started.in_world]
        for hit in meeting:
            if since and hit.in_world < since[-1]:
                continue
            in_time = hit.in_world > started.in_world if self.recurring else hit.day >= started.day
            if hit.version != started.version and (in_time or self.met_before_counts) and agree(like, hit, self.same):
                return hit
        return None

    def _course(self, case: Case, clients: tuple[UUID, ...], gone: Sequence[Hit]) -> Course:
        """How it went on for those clients, or for all: an end and a resumption of all, or of some of them alone.

        `gone`: what ended it for those clients for good.
        """
        if gone:
            last = min(gone, key=lambda hit: hit.in_world)
            return self._course(case, clients, ()).beside(Course((Pause(last, None),)))
        ends, resumptions = case.in_world(self.until), case.select(self.resumed_by)
        if not ends:
            return Course()
        named = {hit.version: clients_of(hit.fact) for hit in (*ends, *resumptions)}
        if not clients or not any(named.values()):
            return Course.between(ends, resumptions)
        for_all = {version for version, names in named.items() if not names}
        for_some = {version for version, names in named.items() if not set(clients).isdisjoint(names)}
        of_all, of_some = (
            Course.between(
                [hit for hit in ends if hit.version in which], [hit for hit in resumptions if hit.version in which]
            )
            for which in (for_all, for_some)
        )
        return of_all.beside(of_some)

    def _stopped(self, course: Course, due_on: dt.date | None) -> Pause | None:
        """The pause in which it would be due, had nothing ended; what is told of a month only begun stays due."""
        if due_on is None or self.by_nth is not None or self.same_day or self.due_field is not None:
            final = course.final
            return final if final and (due_on is None or final.end.day <= late_after(due_on)) else None
        if self.on_day_of_next_month is not None:
            first = add_months(due_on.replace(day=1), -1)
            last = due_on.replace(day=1) - dt.timedelta(days=1)
            return None if course.went_on(first, last) else course.stopped(last, last)
        return course.stopped(due_on, late_after(due_on))

    def _due_on(self, case: Case, started: Hit, last_due_on: dt.date | None) -> dt.date | None:
        """When it is due, from the entry that started it; of calendar months, each follows the one before."""
        day = started.day
        if self.not_before:
            if not (begun := case.in_world(self.not_before)):
                return None
            day = max(day, begun[0].day)
        if self.due_field is not None:
            told = value_of(started.fact, self.due_field)
            if isinstance(told, dt.datetime):
                return day_in_helsinki(told)
            return told if isinstance(told, dt.date) else None
        if self.within_working_days is not None:
            return add_working_days(day, self.within_working_days)
        if self.within_days is not None:
            return day + dt.timedelta(days=self.within_days)
        if self.within_months is not None:
            return add_months(day, self.within_months)
        if self.on_day_of_next_month is not None:
            month = (last_due_on or day).replace(day=1)
            return add_months(month, 1).replace(day=self._day_of_month(case, last_due_on or day))
        return self.by_nth.day(case) if self.by_nth else day

    def _day_of_month(self, case: Case, by: dt.date) -> int:
        """The day that was agreed by then, else the rule's own."""
        told = [value_of(hit.fact, str(self.day_field)) for hit in case.in_world(self.day_told_by) if hit.day <= by]
        agreed = [day for day in told if isinstance(day, int)]
        return agreed[-1] if agreed else self.on_day_of_next_month or 1

    def _months_on(self, opening: Hit, number: int) -> dt.date | None:
        """So many times as many months on from the opening as it tells; None when it tells of none."""
        months = value_of(opening.fact, str(self.months_field))
        if not isinstance(months, int) or number == 0:
            return opening.day if isinstance(months, int) else None
        day = value_of(opening.fact, self.day_field) if self.day_field else None
        due_on = add_months(opening.day, number * months)
        return due_on.replace(day=day) if isinstance(day, int) else due_on


def _is_grant(fact: Fact) -> bool:
    return isinstance(fact, DecisionMade) and fact.kind is DecisionKind.GRANTED


def _named_until(day: dt.date, hits: Iterable[Hit]) -> frozenset[UUID]:
    return frozenset(client for hit in hits if hit.day <= day for client in clients_of(hit.fact))


def _unmet(pause: Pause | None, met: Hit | None) -> Pause | None:
    """The pause, unless what was due in it had been met before it was resumed."""
    return pause if met is None or (pause and pause.again and met.day >= pause.again.day) else None
