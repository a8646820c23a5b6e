"""What holds of an episode whatever is sent to it, in whatever order: over generated sequences of commands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.amend.strike_out_entry import StrikeOutEntry
from domain.amend.waive_duty import WaiveDuty
from domain.commands import AnyCommand
from domain.consequence import DutyMet, DutyMoved, DutyOpened, DutyReopened, DutyWithdrawn, conclude
from domain.correction import EntryCorrected, EntryStruckOut, MistakeKind
from domain.entry import in_force
from domain.episode.commands.evaluate_plan import EvaluatePlan
from domain.episode.commands.move_to_model import MoveToModel
from domain.episode.commands.open_spell import OpenSpell
from domain.episode.commands.reopen_episode import ReopenEpisode
from domain.episode.commands.resume_episode import ResumeEpisode
from domain.episode.commands.start_episode import StartEpisode
from domain.episode.commands.suspend_episode import SuspendEpisode
from domain.episode.state import EpisodeState, fold_episode
from domain.fact import StreamKind
from domain.ledger.identity import id_from_name
from domain.refusal import Refusal
from domain.rules.judge import judge
from domain.streams import fold_stream, pin_of, pins_of
from tests.domain.desk import DECIDED_ON, TODAY, WORKER, Desk, at, grant, meeting, plan
from tests.domain.test_amendments import correct
from tests.domain.test_course import closing
from tests.domain.test_decisions import second_period
from tests.domain.test_meetings import planned

FEW = settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,  # each example has an episode of its own
    ],
)


def made(kind: str, nth: int, day: dt.date, state: EpisodeState) -> AnyCommand:
    """A command that may or may not be right where the episode stands; `nth` chooses an entry, meeting or duty."""
    meeting_id = id_from_name("meeting", str(nth))
    entry = 1 + nth % max(1, state.version)
    keys = list(state.concluded.duties) or ["none"]
    moment = {"started_at": at(day), "ended_at": at(day, 11)}
    commands: dict[str, Callable[[], AnyCommand]] = {
        "grant": lambda: grant("K1" if nth % 3 == 0 else "K2", day),
        "exception": lambda: second_period(day),
        "move": lambda: MoveToModel(
            decision_id=meeting_id, decided_on=day, decision_maker=WORKER, service="K1" if nth % 2 else "K2"
        ),
        "start": lambda: StartEpisode(started_on=day),
        "plan": lambda: plan(day),
        "evaluate": lambda: EvaluatePlan(evaluated_on=day, worker_id=WORKER),
        "meet": lambda: meeting(1, meeting_id=meeting_id, **moment),
        "plan-meeting": lambda: planned(1, meeting_id=meeting_id, starts_at=at(day), ends_at=at(day, 11)),
        "spell": lambda: OpenSpell(opened_on=day, ground="new_challenge", reason="new"),
        "suspend": lambda: SuspendEpisode(suspended_on=day),
        "resume": lambda: ResumeEpisode(resumed_on=day),
        "close": lambda: closing(day),
        "reopen": lambda: ReopenEpisode(reopened_on=day, reason="again"),
        "waive": lambda: WaiveDuty(duty_key=keys[nth % len(keys)], waived_on=TODAY, reason="waived"),
        "strike": lambda: StrikeOutEntry(entry=entry, mistake=MistakeKind.TYPING_ERROR, reason="struck"),
        "correct-day": lambda: correct(entry, **_redated(state, entry, day)),
    }
    return commands[kind]()


def _redated(state: EpisodeState, entry: int, day: dt.date) -> dict[str, Any]:
    field = state.entries[entry - 1].fact.happened if state.entries else None
    return {field or "unheard_of": at(day).isoformat() if (field or "").endswith("_at") else day.isoformat()}


KINDS = (
    "grant", "exception", "move", "start", "plan", "evaluate", "meet", "meet", "meet", "plan-meeting", "spell",
    "suspend", "resume", "close", "reopen", "waive", "strike", "strike", "correct-day",
)  # fmt: skip
DAYS = st.integers(min_value=0, max_value=40).map(lambda passed: DECIDED_ON + dt.timedelta(days=passed))
STEPS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(min_value=0, max_value=30), DAYS), min_size=4, max_size=25
)


def told(desk: Desk, steps: list[tuple[str, int, dt.date]]) -> UUID:
    """A granted episode to which these commands were sent, after each of which the promises were kept."""
    episode_id = desk.started()
    for kind, nth, day in steps:
        before, position = desk.episode(episode_id), desk.last_position()
        command = made(kind, nth, day, before)
        try:
            desk.book.execute(desk.order(episode_id, command))
        except Refusal:
            assert desk.last_position() == position, "a refused command left a trace"
            assert desk.episode(episode_id) == before
        assert_nothing_more_to_conclude(desk, desk.episode(episode_id))
        assert_kept_as_it_is_read(desk, episode_id)
    return episode_id


def assert_kept_as_it_is_read(desk: Desk, episode_id: UUID) -> None:
    """What is kept of the episode says what its records say when they are all read anew."""
    records = desk.book.ledger.read_stream(episode_id)
    assert desk.episode(episode_id) == fold_stream(StreamKind.EPISODE, desk.book.safe.entries(records))


def assert_nothing_more_to_conclude(desk: Desk, state: EpisodeState) -> None:
    register = desk.book.register_state()

    def judged(pin: Any, moved: Any = None) -> Any:
        return judge(register.model(pin.service, pin.model_version), state.in_force, moved=moved)

    every = {pin: judged(pin, moved) for pin, moved in pins_of(state).items()}
    now = every.pop(pin) if (pin := pin_of(state)) else None
    assert conclude(now, state.concluded, earlier=every.values()) == []
    assert now is None or set(state.concluded.duties) >= set(now.duties)
    assert now is None or set(state.concluded.deviations) >= set(now.deviations)


@FEW
@given(steps=STEPS)
def test_judging_again_concludes_nothing_new_and_what_is_refused_leaves_no_trace(
    desk: Desk, steps: list[tuple[str, int, dt.date]]
) -> None:
    told(desk, steps)


@FEW
@given(steps=STEPS)
def test_the_versions_of_a_stream_have_no_gaps_and_every_conclusion_follows_its_act(
    desk: Desk, steps: list[tuple[str, int, dt.date]]
) -> None:
    entries = desk.episode(told(desk, steps)).entries
    assert [entry.version for entry in entries] == list(range(1, len(entries) + 1))
    positions = [entry.position for entry in entries]
    assert positions == sorted(set(positions))
    for entry in entries:
        assert (entry.caused_by is not None) == entry.fact.consequence
        assert entry.caused_by is None or entry.caused_by < entry.version


@FEW
@given(steps=STEPS)
def test_the_state_folded_from_stored_bytes_is_the_state_in_memory(
    desk: Desk, steps: list[tuple[str, int, dt.date]]
) -> None:
    episode_id = told(desk, steps)
    in_memory = desk.episode(episode_id)
    from_bytes = fold_stream(
        StreamKind.EPISODE,
        desk.book.safe.entries(desk.book.ledger.read_stream(episode_id)),
    )
    assert from_bytes == in_memory
    assert fold_episode(in_memory.entries, in_memory.in_force).phase is in_memory.phase


@FEW
@given(steps=STEPS)
def test_a_duty_is_opened_once_before_it_is_moved_met_reopened_or_withdrawn(
    desk: Desk, steps: list[tuple[str, int, dt.date]]
) -> None:
    standing: dict[str, bool] = {}
    for entry in desk.episode(told(desk, steps)).entries:
        match entry.fact:
            case DutyOpened(duty_key=key):
                assert key not in standing, "a duty that stands was opened again"
                standing[key] = False
            case DutyMet(duty_key=key):
                assert key in standing
                standing[key] = True
            case DutyReopened(duty_key=key):
                assert standing[key], "a duty that was open was reopened"
                standing[key] = False
            case DutyMoved(duty_key=key):
                assert key in standing
            case DutyWithdrawn(duty_key=key):
                del standing[key]
            case _:
                pass


@FEW
@given(steps=STEPS)
def test_a_stream_of_which_every_act_is_struck_has_nothing_left_in_force(
    desk: Desk, steps: list[tuple[str, int, dt.date]]
) -> None:
    episode_id = told(desk, steps)
    while True:
        acts = [
            entry.version
            for entry in desk.episode(episode_id).in_force
            if not entry.fact.consequence and not isinstance(entry.fact, EntryCorrected | EntryStruckOut)
        ]
        if not acts:
            break
        desk.do(episode_id, StrikeOutEntry(entry=acts[-1], mistake=MistakeKind.ENTERED_TWICE, reason="all of it"))
        assert acts[-1] not in {entry.version for entry in in_force(desk.entries(episode_id))}
    concluded = desk.episode(episode_id).concluded
    assert (concluded.duties, concluded.deviations) == ({}, {})
