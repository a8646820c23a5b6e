"""Evidence of one episode over HTTP: a bundle with its proof, for auditors.

Words of sealed fields never go this way. Each bundle that was given is logged. Never here: what a bundle holds.
"""

# Annotations are not postponed here: FastAPI reads those of closures, whose names only the closure knows.

import shutil
import tempfile
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from api.asking import AS_OF, position_asked
from api.commands import REGISTER_PATH, StreamId
from api.desk import Admitted, Desk
from api.evidence import Asked, make_bundle
from api.parameters import declared_only
from api.problems import Problem
from api.texts import Language
from domain.ledger.evidence import EvidenceRefused

EVIDENCE_ROLE = "auditor"
SEALED_SOON_SECONDS = "10"
MOST_SIZES = 20
ZIP = "application/zip"
_STATUS = {
    "nothing_recorded": HTTPStatus.NOT_FOUND,
    "not_sealed_yet": HTTPStatus.SERVICE_UNAVAILABLE,
    "against_ahead": HTTPStatus.UNPROCESSABLE_ENTITY,
    "log_differs": HTTPStatus.INTERNAL_SERVER_ERROR,
    "columns_differ": HTTPStatus.INTERNAL_SERVER_ERROR,
}

log = structlog.get_logger()


def bundles_router(desk: Desk) -> APIRouter:
    """The GET route of an episode's evidence."""
    router = APIRouter(tags=["evidence"], dependencies=[Depends(declared_only(desk))])

    @router.get(
        f"{REGISTER_PATH}/episodes/{{stream_id}}/evidence",
        summary="One episode's records with their proofs and an account: a zip that is verified without us.",
        response_class=FileResponse,
        responses={HTTPStatus.OK: {"content": {ZIP: {}}, "description": "docs/formats.md tells what is in it."}},
    )
    async def evidence(
        admitted: Annotated[Admitted, Depends(desk.admit)],
        stream_id: StreamId,
        as_of: Annotated[str | None, Query(description=AS_OF)] = None,
        lang: Annotated[Language, Query(description="The language of the account.")] = Language.FI,
        against: Annotated[
            list[Annotated[int, Query(ge=1, le=2**62)]] | None,
            Query(max_length=MOST_SIZES, description="Sizes of checkpoints that you hold, to be tied in."),
        ] = None,
    ) -> FileResponse:
        _require_auditor(admitted)
        workshop = desk.registers.workshop
        asked = Asked(
            episode=stream_id,
            as_of=await run_in_threadpool(position_asked, admitted.book, as_of),
            language=lang.value,
            against=against or (),
            witnesses=[witness.key for witness in workshop.witnesses] if workshop else [],
        )
        path = await run_in_threadpool(_made, desk, admitted, asked)
        log.info("evidence_given", register=admitted.register, bytes=path.stat().st_size)
        remove = BackgroundTask(shutil.rmtree, path.parent)
        return FileResponse(path, media_type=ZIP, filename=f"evidence-{stream_id}.zip", background=remove)

    return router


def _require_auditor(admitted: Admitted) -> None:
    """Raises a 403 problem."""
    if EVIDENCE_ROLE not in admitted.identity.roles:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "evidence_not_yours",
            "Evidence is given to auditors.",
            remedy=f"Ask with a token of the role {EVIDENCE_ROLE}: `jaksokirja token O1 --role {EVIDENCE_ROLE}`.",
        )


def _made(desk: Desk, admitted: Admitted, asked: Asked) -> Path:
    """The bundle in a folder of its own, which whoever sends it removes.

    Raises problems, Refusal, LedgerUnavailable.
    """
    path = Path(tempfile.mkdtemp(prefix="jaksokirja-evidence-")) / "bundle.zip"  # a folder that is this user's alone
    try:
        make_bundle(admitted.book, desk.registers.dsn, asked, path)
    except BaseException as fault:
        shutil.rmtree(path.parent)
        if isinstance(fault, EvidenceRefused):
            raise _problem(fault) from None
        raise
    return path


def _problem(fault: EvidenceRefused) -> Problem:
    soon = {"Retry-After": SEALED_SOON_SECONDS} if fault.code == "not_sealed_yet" else {}
    remedies = {
        "not_sealed_yet": "Ask again in a few seconds; /health tells what stops the sealer.",
        "against_ahead": "Name sizes up to that; checkpoints tell theirs in the second line.",
        "log_differs": "Tell the controller: the register does not hold what was sealed.",
        "columns_differ": "Tell the controller: somebody changed columns by which entries are found.",
        "nothing_recorded": "Ask as of a later time.",
    }
    return Problem(_STATUS[fault.code], fault.code, fault.message, remedy=remedies[fault.code], headers=soon)
