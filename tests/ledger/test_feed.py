"""A follower reads every committed event exactly once and in order, whatever befalls sixteen writers; the log is one.

`scripts/bench feed` lets the same storm pass over 20,000 events, three times, beside the library's own recorder.
"""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from uuid import UUID

from domain.ledger.live import LiveRegister
from domain.ledger.proof.given import Trust
from domain.ledger.proof.verify import verify
from domain.ledger.sealing.working import Workshop, keep_sealing
from scripts.benches.feed import Ours, once_in_order
from scripts.benches.storm import Passed, Storm
from tests.ledger.sealing.house import House

EVENTS, BLOWS, SEED = 1_000, 9, 20_261_122
ONE = UUID(int=1)
PROJECT = Path(__file__).resolve().parents[2]
SOURCES = {".py", ".toml", ".sql", ".sh"}


def test_in_a_storm_a_follower_misses_nothing_and_the_sealed_log_never_forks(
    register: tuple[str, str], tmp_path: Path
) -> None:
    house = House(*register, tmp_path)
    key = house.key().verifier()
    workshop = Workshop(state=house.workshop.state, keys=house.workshop.keys, interval_seconds=0.1)
    stop = threading.Event()
    sealer = threading.Thread(target=keep_sealing, args=(workshop, *register, stop))
    sealer.start()
    try:
        passed = Storm(Ours(*register), tmp_path / "storm", events=EVENTS, blows=BLOWS, seed=SEED).passes()
    finally:
        stop.set()
        sealer.join()

    assert passed.followed == passed.committed
    assert [position for position, _, _ in passed.followed] == list(range(1, len(passed.committed) + 1))
    assert max(Counter((stream, version) for _, stream, version in passed.committed).values()) == 1
    assert passed.lost == set()
    assert len(passed.acknowledged) >= EVENTS
    assert passed.counted["killed"] + passed.counted["cut off"] >= BLOWS, f"seed {SEED}"
    assert min(passed.counted[blow] for blow in ("killed", "cut off", "refused", "rolled back")) > 0, f"seed {SEED}"

    house.seal()
    with LiveRegister(*register) as live:
        report = verify(live, Trust([key], house.notes()[-1:]))
    assert (report.finding, report.proved_to) == (None, len(passed.committed))
    assert report.checkpoints > 3
    house.book.close()


def test_the_functions_that_lose_events_are_switched_on_in_one_bench_only() -> None:
    setting = "POSTGRES_ENABLE" + "_DB_FUNCTIONS"
    folders = ("domain", "projections", "api", "scripts", "tests")
    named = [path for folder in folders for path in (PROJECT / folder).rglob("*.*") if path.suffix in SOURCES]
    assert [path.name for path in named if setting in path.read_text(encoding="utf-8")] == ["feed.py"]


def test_a_feed_that_lost_doubled_or_moved_an_event_would_be_told_so() -> None:
    events = [(position, ONE, position) for position in range(1, 6)]
    assert once_in_order(Passed(events, events, set())) == 5
    without = Passed(events, [*events[:2], *events[3:]], {(ONE, 3), (ONE, 9)})
    assert (without.missed, without.lost, once_in_order(without)) == ([events[2]], {(ONE, 9)}, 4)
    assert once_in_order(Passed(events, [*events, events[4]], set())) == 4
    assert once_in_order(Passed(events, [events[1], events[0], *events[2:]], set())) == 4
