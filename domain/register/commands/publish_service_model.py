"""The command PublishServiceModel."""

from __future__ import annotations

from collections.abc import Sequence

from domain.catalogue.meetable import unsound
from domain.catalogue.model import ServiceModel
from domain.command import Context
from domain.fact import Fact
from domain.refusal import OutOfOrder, UnsoundModel
from domain.register.commands.base import RegisterCommand, require_open
from domain.register.facts import ServiceModelPublished
from domain.register.state import RegisterState


class PublishServiceModel(RegisterCommand):
    """Publish a version of a service model: episodes decided while it is valid are judged by it."""

    content: ServiceModel

    def decide(self, state: RegisterState, context: Context) -> Sequence[Fact]:
        """No fact when it is published so already. Raises UnknownRegister, OutOfOrder when it was otherwise.

        Raises UnsoundModel: what the catalogue refuses at load is refused here too, wherever the content comes from.
        """
        require_open(state)
        model = self.content
        published = state.models.get((model.service, model.model_version))
        if published is not None:
            if published.content_sha256() == model.content_sha256():
                return []
            raise OutOfOrder(
                f"{model.service} version {model.model_version} was published with other content.",
                remedy="A published version never changes: publish the new content as the next version.",
            )
        if faults := unsound(model):
            raise UnsoundModel(
                f"{model.service} version {model.model_version} cannot be used: {faults[0]}.",
                remedy="Mend the model; `jaksokirja catalogue check` tells every fault of its file.",
                field="content",
                faults=faults,
            )
        return [
            ServiceModelPublished(
                service=model.service,
                model_version=model.model_version,
                valid_from=model.valid_from,
                valid_to=model.valid_to,
                content_sha256=model.content_sha256(),
                content=model.content(),
            )
        ]
