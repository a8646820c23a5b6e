"""Lapland's register (S0): the producer's services P1-P8, by what they are, and families with several at once.

`places` says where and who; every other module tells the stories of one kind of service. Never here: what the rules
say.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from scripts.demonstration.lapland import families, home, mother_child, pidakiinni, rehabilitation, visitation
from scripts.demonstration.telling import Tale, Teller


def tales(teller: Teller) -> Iterator[Tale]:
    """Every story of the register."""
    told = (mother_child, pidakiinni, visitation, home, rehabilitation, families)
    yield from chain.from_iterable(module.tales(teller) for module in told)
