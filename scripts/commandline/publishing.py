"""Publishes service models to a register, by the public command, and tells what was done with each.

Never here: what a model holds; when a version comes into force (the model says).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import uuid5

from domain.catalogue.model import ServiceModel
from domain.ledger.book import Book, Order
from domain.register.commands.publish_service_model import PublishServiceModel
from scripts.commandline.faults import CommandFault

ACTOR = "catalogue"

Done = Literal["published", "published_earlier", "without_end", "differs"]


@dataclass(frozen=True, slots=True)
class Published:
    """What became of one version. `differs`: it stands in the register with other content, and was left so.

    `without_end`: so too, but only for the last day, which its file was given since: a later version takes its place.
    """

    service: str
    model_version: int
    done: Done


def models_named(names: Sequence[str], catalogue: Sequence[ServiceModel]) -> list[ServiceModel]:
    """Those of the catalogue that are named as SERVICE or SERVICE.VERSION; all when none is. Raises CommandFault."""
    found: list[ServiceModel] = []
    for name in names:
        asked = re.fullmatch(r"([A-Z][0-9]+[a-z]?)(?:\.([0-9]{1,6}))?", name)
        version = int(asked[2]) if asked and asked[2] else None
        meant = [model for model in catalogue if asked and model.service == asked[1]]
        meant = [model for model in meant if version in (None, model.model_version)]
        if not meant:
            there = ", ".join(f"{model.service}.{model.model_version}" for model in catalogue)
            raise CommandFault(f"The catalogue has no {name}. It has: {there}.", "unknown_model")
        found += [model for model in meant if model not in found]
    return found if names else list(catalogue)


def publish(book: Book, models: Sequence[ServiceModel]) -> Iterator[Published]:
    """Publish what is not published so already. Raises Refusal, such as UnknownRegister."""
    for model in models:
        standing = book.register_state().models.get((model.service, model.model_version))
        if standing is None:
            yield Published(model.service, model.model_version, _publish(book, model))
        elif standing.content_sha256() == model.content_sha256():
            yield Published(model.service, model.model_version, "published_earlier")
        else:
            ended = standing.valid_to is None and standing.model_copy(update={"valid_to": model.valid_to}) == model
            yield Published(model.service, model.model_version, "without_end" if ended else "differs")


def _publish(book: Book, model: ServiceModel) -> Done:
    """By the command; its id is always the same for the same content, so that it is recorded once."""
    order = Order(
        stream_id=book.register_id,
        command=PublishServiceModel(content=model),
        command_id=uuid5(book.register_id, f"catalogue/{model.content_sha256()}"),
        actor=ACTOR,
    )
    return "published" if book.execute(order).entries else "published_earlier"
