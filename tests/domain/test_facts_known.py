"""Every fact that is written down as a class can be recorded: none is left out of the lists by which it is known."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import domain
from domain.fact import Fact
from domain.registry import REGISTRY


def written(kind: type[Fact] = Fact) -> Iterator[type[Fact]]:
    """The facts among the subclasses that the domain's modules hold."""
    for one in kind.__subclasses__():
        if one.fact_name and one.__module__.startswith("domain."):
            yield one
        yield from written(one)


def test_the_registry_knows_every_fact() -> None:
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    known = set(REGISTRY.facts.values())
    unknown = sorted(f"{one.__module__}.{one.__name__}" for one in set(written()) - known)
    assert not unknown, (
        f"{unknown}: not in the FACTS of its module, so that it could not be recorded. Those of an episode, and of a"
        " quality file, are the members of a union: EpisodeFact in domain/episode/facts/__init__.py, QualityFact."
    )
