"""One POST route a command, made from the command classes: a new command needs nothing here.

Never here: the name of any one command.
"""

# Annotations are not postponed here: FastAPI reads those of closures, whose names only the closure knows.

from collections.abc import Callable, Iterator
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Request
from fastapi.responses import Response

from api.desk import Admitted, Desk
from api.errands import Errand
from api.logging import FailedElsewhere
from api.reading import body_of, command_id, expected_version
from api.rights import require_role
from domain.commands import COMMANDS, ON_EVERY_STREAM, AnyCommand
from domain.fact import StreamKind
from domain.ledger.identity import register_stream_id

PLURALS = {
    StreamKind.CLIENT: "clients",
    StreamKind.CONTACT: "contacts",
    StreamKind.EPISODE: "episodes",
    StreamKind.CONFERENCE: "conferences",
    StreamKind.ACTIVITY: "activities",
    StreamKind.QUALITY: "quality",
    StreamKind.NETWORK: "networks",
}
"""The kinds of stream that have ids of their own, as addresses name them."""

StreamId = Annotated[UUID, Path(description="The stream's id: a UUID, made by whoever began it.")]

KEY_TOLD = "The command's own key, best a UUIDv7: a new one for a new command, the same one to send a command again."
VERSION_TOLD = 'The version that the stream must stand at, such as `"7"`; else 412.'

REGISTER_PATH = "/v1/registers/{register}"


class CommandRoute(NamedTuple):
    """Where a command is sent to."""

    kind: StreamKind
    command_type: type[AnyCommand]

    @property
    def path(self) -> str:
        """The address, with its places in braces."""
        place = f"/{PLURALS[self.kind]}/{{stream_id}}" if self.kind in PLURALS else ""
        return f"{REGISTER_PATH}{place}/{self.command_type.command_name()}"


def command_routes() -> Iterator[CommandRoute]:
    """Every command's route; the commands of every stream have one under each kind."""
    for kind, own in COMMANDS.items():
        for command_type in (*own, *ON_EVERY_STREAM):
            yield CommandRoute(kind, command_type)


def commands_router(desk: Desk) -> APIRouter:
    """The POST routes."""
    router = APIRouter(tags=["commands"])
    for route in command_routes():
        name = route.command_type.__name__
        router.add_api_route(
            route.path,
            _endpoint(desk, route),
            methods=["POST"],
            status_code=201,
            summary=" ".join((route.command_type.__doc__ or name).split()),
            operation_id=f"{route.kind.value}_{route.command_type.command_name()}",
            openapi_extra={"requestBody": _request_body(name)},
        )
    return router


def _endpoint(desk: Desk, route: CommandRoute) -> Callable[..., Any]:
    stream_of = _own_stream if route.kind is StreamKind.REGISTER else _named_stream

    async def endpoint(
        request: Request,
        admitted: Annotated[Admitted, Depends(desk.admit)],
        stream_id: Annotated[UUID, Depends(stream_of)],
        _key: Annotated[str | None, Header(alias="Idempotency-Key", description=KEY_TOLD)] = None,
        _version: Annotated[str | None, Header(alias="If-Match", description=VERSION_TOLD)] = None,
    ) -> Response:
        return await taken(desk, request, route, admitted, stream_id)

    return endpoint


async def taken(desk: Desk, request: Request, route: CommandRoute, admitted: Admitted, stream_id: UUID) -> Response:
    """The answer to a command that was sent to its route. Raises problems; FailedElsewhere where it was unexpected."""
    request.state.command = route.command_type.command_name()
    require_role(admitted, route.command_type)
    errand = Errand(
        register=admitted.register,
        kind=route.kind.value,
        name=route.command_type.command_name(),
        stream_id=stream_id,
        command_id=command_id(request),
        actor=admitted.identity.actor,
        expected_version=expected_version(request),
        body=await body_of(request, desk.settings.max_body_bytes),
    )
    answer = await desk.carriers.execute(errand)
    if answer.fault:
        raise FailedElsewhere(answer.fault)
    if answer.code:
        request.state.code = answer.code
    response = Response(status_code=answer.status)
    response.body, response.raw_headers = answer.body, answer.headers
    return response


async def _named_stream(
    stream_id: Annotated[UUID, Path(description="The stream's id: a UUID that its beginner made.")],
) -> UUID:
    return stream_id


async def _own_stream(register: str) -> UUID:
    return register_stream_id(register)


def _request_body(name: str) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}
