"""Which acts a service knows: those common to the kinds of stream that it runs on, and the special ones it lists.

An act is named by the fact that it records. Must never hold: which service lists what; that stands in its model.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from domain.catalogue.model import ServiceModel
from domain.fact import Fact, StreamKind
from domain.refusal import CommandNotOfService
from domain.rules.base import Texts
from domain.rules.condition import FACTS_BY_NAME, nearest

SPECIAL_ACTS: Mapping[str, Texts] = {
    name: Texts.model_validate(texts)
    for name, texts in tomllib.loads((Path(__file__).parent / "special_acts.toml").read_text("utf-8")).items()
}
"""The acts that a model must list, with their words."""
JUDGED = tuple(kind for kind in StreamKind if kind not in (StreamKind.REGISTER, StreamKind.CLIENT))
"""The kinds of stream that a service can run on: a client or the register itself is of no service."""


def common_acts(streams: Iterable[StreamKind]) -> tuple[str, ...]:
    """The acts that every service on those kinds of stream knows."""
    kinds = set(streams)
    return tuple(name for name, fact in FACTS_BY_NAME.items() if fact.stream in kinds and name not in SPECIAL_ACTS)


def with_acts(model: ServiceModel, frames: Iterable[ServiceModel]) -> ServiceModel:
    """The model with every act that it knows: the common ones, its frames' and its own."""
    listed = [act for one in (*frames, model) for act in one.acts if act in SPECIAL_ACTS]
    return model.model_copy(update={"acts": tuple(dict.fromkeys((*common_acts(model.streams), *listed)))})


def what_is_wrong(model: ServiceModel) -> Iterator[tuple[str, str, str]]:
    """Of a file's head as it stands: the field, the word that is wrong in it, and why in a designer's words."""
    if not model.streams:
        known = ", ".join(JUDGED)
        yield "streams", "", f'"streams" is missing: say on which kinds of stream the service runs; known: {known}'
    for kind in model.streams:
        if kind not in JUDGED:
            yield "streams", kind, f'no service runs on a stream of kind "{kind}"; known: {", ".join(JUDGED)}'
    for act in model.acts:
        if act not in SPECIAL_ACTS:
            common = " (it is common to all, and not listed)" if act in FACTS_BY_NAME else nearest(act, SPECIAL_ACTS)
            yield "acts", act, f'there is no special act "{act}"{common}; known: {", ".join(SPECIAL_ACTS)}'
        elif model.streams and FACTS_BY_NAME[act].stream not in model.streams:
            yield "acts", act, f'the act "{act}" is of a {FACTS_BY_NAME[act].stream}, where the service does not run'


def check_acts(
    kind: StreamKind, acts: Iterable[str], command: str, pinned: ServiceModel | None, models: Iterable[ServiceModel]
) -> None:
    """That the service of the stream knows the acts; before there is one, that any service of its kind does.

    `models`: those published in the register; one that was published without its streams binds nothing.
    Raises CommandNotOfService.
    """
    special = [act for act in acts if act in SPECIAL_ACTS]
    if not special:
        return
    of_kind = [model for model in models if kind in model.streams or not model.streams]
    for act in special:
        if any(_knows(one, act) for one in ([pinned] if pinned else of_kind)):
            continue
        knowing = sorted({one.service for one in of_kind if _knows(one, act) and not one.only_frame})
        whose = f"The service {pinned.service}" if pinned else f"No service of this register that runs on a {kind}"
        raise CommandNotOfService(
            f"{whose} {'does not know' if pinned else 'knows'} the command {command} ({SPECIAL_ACTS[act].en}).",
            remedy=f"Services here that know it: {', '.join(knowing) or 'none'}.",
            command=command,
            service=pinned.service if pinned else None,
            known_by=knowing,
        )


def check_runs_on(kind: StreamKind, fact: Fact, models: Iterable[ServiceModel]) -> None:
    """That the service which a fact names, if it names one, runs on this kind of stream. Raises CommandNotOfService."""
    if "service" not in type(fact).__pydantic_fields__:  # asking for what a model has not takes ten times as long
        return
    service, version = getattr(fact, "service", None), getattr(fact, "model_version", None)
    published = list(models)
    named = [one for one in published if one.service == service and version in (None, one.model_version)]
    if not named or any(kind in one.streams or not one.streams for one in named if not one.only_frame):
        return
    right = sorted({one.service for one in published if kind in one.streams and not one.only_frame})
    runs_on = ", ".join(dict.fromkeys(stream for one in named for stream in one.streams))
    what = "is a frame, and no service" if named[0].only_frame else f"runs on {runs_on}, not on an {kind}"
    raise CommandNotOfService(
        f"The service {service} {what}.",
        remedy=f"Services here that run on it: {', '.join(right) or 'none'}.",
        field="service",
        service=str(service),
        known_here=right,
    )


def _knows(model: ServiceModel, act: str) -> bool:
    return act in model.acts or not model.streams
