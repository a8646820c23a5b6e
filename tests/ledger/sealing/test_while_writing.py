"""The sealer beside many writers: the tree is one, and every checkpoint is of what stands in the book."""

from __future__ import annotations

import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from domain.ledger.proof.checkpoint import Checkpoint, open_checkpoint
from domain.ledger.proof.tree import CompactTree, leaf_hash
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.sealing.keyfiles import keys_in
from domain.ledger.sealing.working import Workshop, keep_sealing
from domain.ledger.submission import Draft, Submission
from tests.ledger.sealing.house import House

PROCESSES, THREADS, APPENDS = 4, 4, 30


def _append_from_threads(dsn: str, register: str) -> None:
    recorder = RegisterRecorder(dsn, register)

    def work(number: int) -> None:
        for n in range(APPENDS):
            stream_id = uuid4()
            drafts = tuple(Draft(stream_id, version, "meeting_held.1", b"{}") for version in range(n % 3 + 1))
            recorder.append(Submission(uuid4(), b"", drafts))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    recorder.close()


def test_beside_sixteen_writers_every_checkpoint_is_of_the_one_tree(house: House) -> None:
    stop = threading.Event()
    workshop = Workshop(state=house.workshop.state, keys=house.workshop.keys, interval_seconds=0.05)
    sealer = threading.Thread(target=keep_sealing, args=(workshop, house.dsn, house.register, stop))
    sealer.start()
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_append_from_threads, args=(house.dsn, house.register)) for _ in range(PROCESSES)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    stop.set()
    sealer.join()
    house.seal()

    assert [writer.exitcode for writer in writers] == [0] * PROCESSES
    keys = keys_in(house.workshop.keys)
    sealed = {seen.size: seen for seen in (open_checkpoint(note, keys).checkpoint for note in house.notes())}
    assert len(sealed) > 3
    assert max(sealed) == house.size()
    assert {size: (each.root, True) for size, each in sealed.items()} == _true(house, sealed)


def _true(house: House, sealed: dict[int, Checkpoint]) -> dict[int, tuple[bytes, bool]]:
    """The true root at each of the sizes, and whether the records around it keep to the checkpoint's time."""
    tree, found, records = CompactTree(), {}, house.book.ledger.read_feed(0, 10_000)
    rows = house.query("SELECT record FROM {s}.events ORDER BY position")
    for position, (record,) in enumerate(rows, 1):
        tree.append(leaf_hash(bytes(record)))
        if position in sealed:
            moment = sealed[position].sealed_at
            assert moment is not None
            before, after = records[position - 1], records[position : position + 1]
            in_time = before.recorded_at <= moment and all(each.recorded_at >= moment for each in after)
            found[position] = (tree.root(), in_time)
    return found
