"""The witness over HTTP (C2SP tlog-witness): add-checkpoint, and nothing that needs a database.

Never here: what is cosigned and when not; anything of registers, callers or projections.
"""

# Annotations are not postponed here: FastAPI reads those of closures, whose names only the closure knows.

from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response

from domain.ledger.sealing.witness import (
    BODY_LIMIT_BYTES,
    MalformedRequest,
    NotConsistent,
    NotTheLogs,
    OtherSize,
    UnknownLog,
    Witness,
    WitnessRefused,
)

SIZE_TYPE = "text/x.tlog.size"
STATUS: dict[type[WitnessRefused], HTTPStatus] = {
    MalformedRequest: HTTPStatus.BAD_REQUEST,
    UnknownLog: HTTPStatus.NOT_FOUND,
    NotTheLogs: HTTPStatus.FORBIDDEN,
    OtherSize: HTTPStatus.CONFLICT,
    NotConsistent: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""What each refusal is answered with; any other is the witness' own trouble, 503."""

log = structlog.get_logger()


def create_witness_app(witness: Witness) -> FastAPI:
    """The service of one witness."""
    app = FastAPI(title="Jaksokirja witness", version="1", docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/add-checkpoint")
    async def add_checkpoint(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            told = f"A request has at most {BODY_LIMIT_BYTES} bytes.\n"
            return PlainTextResponse(told, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            return PlainTextResponse(await run_in_threadpool(witness.add_checkpoint, body))
        except WitnessRefused as refusal:
            return _refused(refusal)
        except OSError as fault:
            log.error("witness_cannot_write", error=fault.strerror)
            return PlainTextResponse("This witness cannot keep what it sees.\n", HTTPStatus.SERVICE_UNAVAILABLE)

    return app


def _refused(refusal: WitnessRefused) -> Response:
    log.warning("witness_refused", code=refusal.code)
    if isinstance(refusal, OtherSize):
        return Response(f"{refusal.size}\n", HTTPStatus.CONFLICT, {"Content-Type": SIZE_TYPE})
    status = STATUS.get(type(refusal), HTTPStatus.SERVICE_UNAVAILABLE)
    return PlainTextResponse(f"{refusal.code}: {refusal}\n", status)


async def _body(request: Request) -> bytes | None:
    """The body; None when it is too large, of which no more is read."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_LIMIT_BYTES:
            return None
    return body
