"""What cannot have come before what, by the days that entries tell: asked of every act and amendment, in one place.

An answer is not before its question, nor an end before its beginning. What may truly have come in another order than
it should (a decision before the paper that asked for it, a start before the decision) is no matter of this page but for
a warning: it is recorded, the services' rules note it, and figures count no days of it.
Never here: rules of a service; what a day must lie before (the future, the end of a span: `domain.truth`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from domain.activity import facts as activity
from domain.calendar import day_in_helsinki
from domain.client.facts import ConsentGiven, ConsentWithdrawn
from domain.conference import facts as conference
from domain.contact import facts as contact
from domain.entry import Entry, is_amended
from domain.episode import facts as episode
from domain.episode.state import EpisodeState, pinned_from
from domain.fact import Fact
from domain.quality import facts as quality
from domain.refusal import EndedBeforeItBegan, OutOfOrder
from domain.state import StreamState


class After(NamedTuple):
    """No `later` entry is before the first `earlier` one; `alike`: that says the same in these fields, one of each.

    `since`: the field that dates the earlier one, if another than when it happened.
    """

    later: type[Fact]
    earlier: type[Fact]
    told: str
    alike: tuple[str, str] | None = None
    since: str | None = None


def _all_after(earlier: type[Fact], told: str, *later: type[Fact]) -> list[After]:
    return [After(one, earlier, told) for one in later]


ORDER: tuple[After, ...] = (
    *_all_after(
        contact.ContactReceived, "The contact was answered, closed or led somewhere before it came.",
        contact.ContactAnswered, contact.ContactClosed, contact.OnwardGuidanceGiven, contact.ParentScreened,
    ),
    *_all_after(
        conference.ConferenceConvened, "The conference met, agreed or ended before it was convened.",
        conference.ConferenceHeld, conference.ViolenceRiskAssessed, conference.ConferencePlanMade,
        conference.ConferenceActionAgreed, conference.ConsultationAsked, conference.WorkPairAsked,
        conference.ConferenceClosed,
    ),
    After(
        conference.ConferenceActionBegun, conference.ConferenceActionAgreed,
        "The action began before it was agreed.", ("action", "action"),
    ),
    After(
        conference.ConsultationGiven, conference.ConsultationAsked,
        "The advice was given before it was asked for.", ("consultation", "consultation"),
    ),
    After(
        conference.WorkPairAgreed, conference.WorkPairAsked,
        "The pair was agreed before it was asked for.", ("pair", "pair"),
    ),
    After(
        conference.WorkPairEnded, conference.WorkPairAgreed,
        "The pair ended before it was agreed.", ("pair", "pair"),
    ),
    After(ConsentWithdrawn, ConsentGiven, "The consent was taken back before it was given.", ("consent_id",) * 2),
    After(activity.PlaceClosed, activity.PlaceOpened, "The place closed before it opened.", ("place_id",) * 2),
    After(
        activity.JointSurveyHandled, activity.JointSurveyHeld, "The survey was gone through before it opened.",
        ("survey_id",) * 2, "opened_on",
    ),
    After(quality.AuditSampleDrawn, quality.AuditPlanned, "The sample was drawn before the audit was planned.",
          ("audit_id",) * 2),
    After(quality.AuditHeld, quality.AuditPlanned, "The audit was held before it was planned.", ("audit_id",) * 2),
    After(quality.AuditClosed, quality.AuditHeld, "The audit was closed before it was held.", ("audit_id",) * 2),
    After(quality.QualityActionDone, quality.QualityActionOpened, "The action was done before it was set.",
          ("action_id",) * 2),
    After(quality.QualityFeedbackHandled, quality.QualityFeedbackReceived,
          "The feedback was handled before it came.", ("feedback_id",) * 2),
    After(quality.SurveyRoundHandled, quality.SurveyRoundHeld, "The round was gone through before it was held.",
          ("round_id",) * 2),
    After(quality.SupervisionClosed, quality.SupervisionOpened, "The supervision ended before it was opened.",
          ("supervision_id",) * 2),
    After(episode.WorkerReleased, episode.WorkerAssigned, "The assignment ended before it began.",
          ("assignment_id",) * 2),
    After(episode.FeedbackHandledInTeam, episode.FeedbackReceived, "The feedback was handled before it came.",
          ("feedback_id",) * 2),
    After(episode.ClientshipEnded, episode.ReferralReceived, "It ended for the client before it was asked for."),
    After(episode.ClientshipEnded, episode.ChildJoined, "It ended for the child before it came along.",
          ("client_id",) * 2),
    After(episode.PlanEvaluated, episode.PlanMade, "The plan was evaluated before it was made.", ("plan_id",) * 2),
    After(episode.DocumentDelivered, episode.PlanMade, "The plan was delivered before it was made.", ("plan_id",) * 2),
    After(episode.DocumentDelivered, episode.PlanMade, "The plan was delivered before it was made.",
          ("document_id", "plan_id")),
    After(episode.DocumentDelivered, episode.ReportWritten, "The report was delivered before it was written.",
          ("document_id", "report_id")),
    After(episode.DocumentDelivered, episode.SummaryWritten, "The summary was delivered before it was written.",
          ("document_id", "summary_id")),
    After(episode.NoticeGiven, episode.ChangeObserved, "Notice was given of a change before it was observed.",
          ("change_id",) * 2),
)  # fmt: skip
_COURSE = frozenset(
    {
        episode.EpisodeStarted, episode.EpisodeSuspended, episode.EpisodeResumed, episode.EpisodeClosed,
        episode.EpisodeReopened, episode.EpisodeTransferred, episode.ChildJoined, episode.ClientshipEnded,
        episode.DecisionMade,
    }
)  # fmt: skip
_ORDERED = frozenset(kind for one in ORDER for kind in (one.later, one.earlier)) | _COURSE
_WAITED_FOR = frozenset({episode.ReferralReceived, episode.DecisionMade, episode.EpisodeStarted})


class OutOfSequence(NamedTuple):
    """Entry `version` is dated before what it follows on, which was `first`; `upto`: up to this day would do too."""

    told: str
    version: int
    first: dt.date
    upto: dt.date | None = None


def check_sequence(before: StreamState, after: StreamState, acts: Sequence[Entry]) -> None:
    """That the acts bring nothing into the stream that is dated before what it follows on, or while there was no work.

    Raises EndedBeforeItBegan, OutOfOrder.
    What stood so already is no fault of theirs: else nothing could be corrected there, not even that.
    """
    amended = is_amended(acts)
    if not amended and _ORDERED.isdisjoint([entry.kind for entry in acts]):
        return
    stood = {(one.told, one.version) for one in out_of_sequence(before)} if before.exists else set()
    for one in out_of_sequence(after):
        if (one.told, one.version) in stood:
            continue
        told = next((_dated_by(entry.fact) for entry in acts if entry.version == one.version), None)
        remedy = f"Give a day that is not before {one.first}{f', or one up to {one.upto}' if one.upto else ''}."
        if told is None:
            remedy = "Correct the beginning first, or strike out what is wrong."
        refusal = OutOfOrder if one.upto else EndedBeforeItBegan
        raise refusal(one.told, remedy=remedy, field=told or "entry")


def _dated_by(fact: Fact) -> str | None:
    """The field that says when it was so: a move to another model may begin later than it was decided."""
    if isinstance(fact, episode.DecisionMade) and fact.kind is episode.DecisionKind.MOVE and fact.valid_from:
        return "valid_from"
    return fact.happened


def out_of_sequence(state: StreamState) -> Iterator[OutOfSequence]:
    """What in the stream is dated before what it follows on."""
    by_kind: dict[type[Fact], list[Entry]] = {}
    for entry in state.in_force:
        if entry.kind in _ORDERED:
            by_kind.setdefault(entry.kind, []).append(entry)
    for pair in ORDER:
        if pair.later in by_kind and pair.earlier in by_kind:
            yield from _before_the_first(pair, by_kind[pair.later], by_kind[pair.earlier])
    if isinstance(state, EpisodeState):
        yield from _off_course(state)


def _before_the_first(pair: After, later: list[Entry], earlier: list[Entry]) -> Iterator[OutOfSequence]:
    firsts: dict[Any, dt.date | dt.datetime] = {}
    for entry in earlier:
        about = getattr(entry.fact, pair.alike[1]) if pair.alike else None
        moment = getattr(entry.fact, pair.since or pair.earlier.happened or "")
        firsts[about] = min(firsts.get(about, moment), moment)
    for entry in later:
        about = getattr(entry.fact, pair.alike[0]) if pair.alike else None
        if about in firsts and (about is not None or pair.alike is None):
            moment = getattr(entry.fact, pair.later.happened or "")
            if _is_before(moment, firsts[about]):
                yield OutOfSequence(pair.told, entry.version, _day(firsts[about]))


def _off_course(state: EpisodeState) -> Iterator[OutOfSequence]:
    """What of an episode's course is before what it goes on from, in the order in which it was told."""
    arrived = state.referral.received_on if state.referral else None
    grants = (one.decided_on for one in state.decisions if one.kind is episode.DecisionKind.GRANTED)
    granted = min(grants, default=None)
    pauses = _Pauses()
    reopened: dt.date | None = None
    again = "The work ended again before it had gone on."
    closed: tuple[Entry, dt.date] | None = None
    turns: list[tuple[Entry, dt.date]] = []
    moved: list[tuple[Entry, dt.date]] = []
    ended: list[tuple[dt.date, dt.date]] = []
    left: list[dt.date] = []
    for entry in state.in_force:
        match entry.fact if entry.kind in _COURSE else None:
            case episode.EpisodeSuspended(suspended_on=day):
                pauses.begin(entry, day)
                turns.append((entry, day))
                yield from _too_early(entry, day, state.started_on, "The work paused before it began.")
            case episode.EpisodeResumed(resumed_on=day):
                yield from _too_early(entry, day, pauses.end(day), "The work went on before it paused.")
                turns.append((entry, day))
            case episode.EpisodeClosed(closed_on=day):
                yield from _too_early(entry, day, reopened, again)
                closed = entry, day
            case episode.EpisodeReopened(reopened_on=day):
                yield from _too_early(entry, day, closed[1] if closed else None, "The work went on before it ended.")
                if closed is None:  # what it reopened was struck out; by its day the work would go on after this end
                    again = "The work was reopened after that, though no end of it stands: strike out the reopening."
                else:
                    ended.append((closed[1], day))
                pauses.reopen(closed[1] if closed else day, day)
                closed, reopened = None, day
            case episode.EpisodeTransferred(transferred_on=day):
                yield from _too_early(entry, day, arrived, "The episode moved before its referral came.")
                turns.append((entry, day))
            case episode.DecisionMade(kind=episode.DecisionKind.MOVE) as move:
                moved.append((entry, pinned_from(move)))
                yield from _too_early(entry, pinned_from(move), granted, "It moved to another model before its grant.")
            case episode.ChildJoined(joined_on=day, born=False):
                yield from _too_early(entry, day, state.started_on, "The child came along before the work began.")
            case episode.ClientshipEnded(ended_on=day):
                left.append(day)
            case _:
                pass
    if closed is not None:  # one after which the work went on may lie before a start that came only then
        yield from _too_early(*closed, state.started_on or arrived, "The work ended before it began.")
        # whichever was recorded first: a closing that was struck out comes back to where it stood
        yield from _too_early(
            *closed, max((day for _, day in turns), default=None), "The work moved, paused or went on after its end."
        )
        yield from _too_early(*closed, max(left, default=None), "One client's part ended after the end for all.")
    yield from _while_ended((*turns, *moved), ended)
    yield from pauses.overlapping()


class _Pauses:
    """The pauses of an episode: each from the entry and day that it began with to the day that ended it, if one did."""

    def __init__(self) -> None:
        self._found: list[tuple[Entry, dt.date, dt.date | None]] = []
        self._went_on: list[dt.date] = []

    def begin(self, entry: Entry, day: dt.date) -> None:
        self._found.append((entry, day, None))

    def end(self, day: dt.date) -> dt.date | None:
        """End the last one that had begun by the day, else the one told last; the day on which that began."""
        self._went_on.append(day)
        standing = [place for place, (_, _, again) in enumerate(self._found) if again is None]
        if not standing:
            return None
        begun = [place for place in standing if self._found[place][1] <= day]
        place = max(begun, key=lambda one: self._found[one][1]) if begun else standing[-1]
        entry, since, _ = self._found[place]
        self._found[place] = entry, since, day
        return since

    def reopen(self, closed_on: dt.date, day: dt.date) -> None:
        """Those that still stood ended with the work."""
        self._found = [(entry, since, again or max(since, closed_on)) for entry, since, again in self._found]
        self._went_on.append(day)

    def overlapping(self) -> Iterator[OutOfSequence]:
        """What paused while it was paused already, or has not gone on since though it did."""
        for entry, since, again in self._found:
            if again is None and self._went_on and since < max(self._went_on):
                yield OutOfSequence("The work went on after that pause.", entry.version, max(self._went_on))
            for other, began, ended in self._found:
                if again is None or ended is None or entry.version <= other.version:
                    continue
                if since < ended and began < again:
                    yield OutOfSequence("The work was paused then already.", entry.version, ended, upto=began)


def _while_ended(
    turns: Iterable[tuple[Entry, dt.date]], ended: Sequence[tuple[dt.date, dt.date]]
) -> Iterator[OutOfSequence]:
    """What moved, paused or went on when there was no work: between an end and the day on which it was reopened."""
    for entry, day in turns:
        for end, again in ended:
            if end < day < again:
                yield OutOfSequence(_BETWEEN, entry.version, again, upto=end)


_BETWEEN = "The work moved, paused or went on between its end and its reopening, when there was none."


def _too_early(entry: Entry, day: dt.date, first: dt.date | None, told: str) -> Iterator[OutOfSequence]:
    if first is not None and day < first:
        yield OutOfSequence(told, entry.version, first)


def _is_before(one: dt.date | dt.datetime, other: dt.date | dt.datetime) -> bool:
    """By moments where both are told, else by days."""
    if isinstance(one, dt.datetime) and isinstance(other, dt.datetime):
        return one < other
    return _day(one) < _day(other)


def _day(moment: dt.date | dt.datetime) -> dt.date:
    return day_in_helsinki(moment) if isinstance(moment, dt.datetime) else moment


def warned_of(state: StreamState, acts: Iterable[Entry]) -> tuple[str, ...]:
    """What may truly have come in that order, but seldom did: told when one of these days is told or amended."""
    if not isinstance(state, EpisodeState) or state.referral is None:
        return ()
    acts = list(acts)
    if not is_amended(acts) and _WAITED_FOR.isdisjoint([entry.kind for entry in acts]):
        return ()
    asked, told = state.referral.received_on, list[str]()
    kinds = (episode.DecisionKind.GRANTED, episode.DecisionKind.REFUSED)
    if any(one.decided_on < asked for one in state.decisions if one.kind in kinds):
        told.append(f"The decision is dated before the referral, which came on {asked}: no waiting time is counted.")
    if state.started_on is not None and state.started_on < asked:
        told.append(f"The work began before the referral, which came on {asked}.")
    return tuple(told)
