"""Ids that are made: of what shape, and in what order."""

import time
import uuid
from itertools import pairwise

from domain.ledger.identity import new_id


def test_ids_made_one_after_another_follow_one_another_also_within_a_millisecond() -> None:
    made = [new_id() for _ in range(5_000)]
    assert len(set(made)) == len(made)
    ordered = [one.int >> 64 for one in made]  # by the 4096th of a millisecond: the rest is left to chance
    assert all(one <= following for one, following in pairwise(ordered))


def test_an_id_is_a_uuid_of_version_7_and_begins_with_the_milliseconds_of_its_making() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    after = time.time_ns() // 1_000_000
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert before <= made.int >> 80 <= after
