"""One stream, folded from the ledger: what is so of it, and its trail. Both as of any position.

Never here: projections; sensitive parts of facts.
"""

# Annotations are not postponed here: FastAPI reads those of closures, whose names only the closure knows.

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_jsonable_python

from api.asking import AS_OF, position_asked
from api.commands import PLURALS, REGISTER_PATH, StreamId
from api.desk import Admitted, Desk
from api.finding import IndexAstray, client_with
from api.history import History, event_at, history, state_told, stream_as_of
from api.parameters import declared_only
from api.problems import Problem
from api.reading import body_of, read_as
from api.texts import Language
from domain.fact import StreamKind

AsOf = Annotated[str | None, Query(description=AS_OF)]


def streams_router(desk: Desk) -> APIRouter:
    """The GET routes of each kind of stream."""
    router = APIRouter(tags=["streams"], dependencies=[Depends(declared_only(desk))])
    for kind, plural in PLURALS.items():
        _add_state(router, desk, kind, f"{REGISTER_PATH}/{plural}/{{stream_id}}")
        _add_history(router, desk, kind, f"{REGISTER_PATH}/{plural}/{{stream_id}}/history")
    _add_event(router, desk)
    _add_search(router, desk)
    return router


class ClientSearch(BaseModel):
    """Whom to look for: in the body, since addresses are logged."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    identity_code: str = Field(min_length=1, max_length=40, repr=False)


def _add_search(router: APIRouter, desk: Desk) -> None:
    body = {"required": True, "content": {"application/json": {"schema": ClientSearch.model_json_schema()}}}

    @router.post(
        f"{REGISTER_PATH}/clients/search",
        summary="Find a client by identity code.",
        openapi_extra={"requestBody": body},
    )
    async def search(request: Request, admitted: Annotated[Admitted, Depends(desk.admit)]) -> Any:
        body = await body_of(request, desk.settings.max_body_bytes)
        wanted = read_as(ClientSearch, body, code="malformed_request")
        try:
            client_id = await run_in_threadpool(client_with, admitted.book, wanted.identity_code)
        except IndexAstray as astray:
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            raise Problem(status, astray.code, astray.message, remedy=astray.remedy) from None
        if client_id is None:
            detail = "No client of this register has that identity code."
            raise Problem(HTTPStatus.NOT_FOUND, "unknown_client", detail, remedy="Register the client.")
        return JSONResponse({"client_id": str(client_id)})


def _add_event(router: APIRouter, desk: Desk) -> None:
    @router.get(f"{REGISTER_PATH}/events/{{position}}", summary="One event, by its position: what a figure stands on.")
    async def event(
        admitted: Annotated[Admitted, Depends(desk.admit)],
        position: Annotated[int, Path(ge=1, le=2**62)],
        lang: Annotated[Language, Query(description="The language of the sentence.")] = Language.FI,
    ) -> Any:
        found = await run_in_threadpool(event_at, admitted.book, position, lang)
        if found is None:
            detail = "No event of that position is in this register."
            raise Problem(HTTPStatus.NOT_FOUND, "unknown_event", detail, remedy="GET /health tells its last position.")
        return JSONResponse(to_jsonable_python(found))


def _add_state(router: APIRouter, desk: Desk, kind: StreamKind, path: str) -> None:
    def answer(admitted: Admitted, stream_id: StreamId, as_of: str | None) -> JSONResponse:
        position = position_asked(admitted.book, as_of)
        state = stream_as_of(admitted.book, stream_id, kind, as_of=position)
        body = {"stream_id": stream_id, "kind": kind, "as_of": position, **state_told(state)}
        body["shares"] = admitted.book.shares(state)
        return JSONResponse(to_jsonable_python(body), headers={"ETag": f'"{state.version}"'})

    async def endpoint(
        admitted: Annotated[Admitted, Depends(desk.admit)], stream_id: StreamId, as_of: AsOf = None
    ) -> Any:
        return await run_in_threadpool(answer, admitted, stream_id, as_of)

    summary = f"What is so of one {kind}, or was known to be."
    router.add_api_route(path, endpoint, methods=["GET"], summary=summary, operation_id=f"{kind.value}_state")


def _add_history(router: APIRouter, desk: Desk, kind: StreamKind, path: str) -> None:
    def answer(admitted: Admitted, stream_id: StreamId, as_of: str | None, language: Language) -> History:
        position = position_asked(admitted.book, as_of)
        return history(admitted.book, stream_id, kind, as_of=position, language=language)

    async def endpoint(
        admitted: Annotated[Admitted, Depends(desk.admit)],
        stream_id: StreamId,
        as_of: AsOf = None,
        lang: Annotated[Language, Query(description="The language of the sentences.")] = Language.FI,
    ) -> Any:
        found = await run_in_threadpool(answer, admitted, stream_id, as_of, lang)
        return JSONResponse(to_jsonable_python(found), headers={"ETag": f'"{found.version}"'})

    summary = f"The trail of one {kind}, struck and corrected entries marked as such."
    router.add_api_route(path, endpoint, methods=["GET"], summary=summary, operation_id=f"{kind.value}_history")
