"""What is open to anybody, and what a caller finds first: a page of addresses, health, and one's registers.

Never here: anything about clients.
"""

# Annotations are not postponed here: FastAPI reads those of closures, whose names only the closure knows.

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic_core import to_jsonable_python

from api.commands import REGISTER_PATH
from api.desk import Admitted, Desk
from api.health import health
from api.identity import Identity
from api.texts import page


def home_router(desk: Desk) -> APIRouter:
    """The GET routes that are about the service itself and about registers."""
    router = APIRouter(tags=["service"])

    @router.get("/", response_class=HTMLResponse, summary="The addresses, as a page in Finnish.")
    async def home() -> str:
        return page("home")

    @router.get("/health", summary="Whether the database answers, and how far each projection is.")
    async def how_it_is() -> JSONResponse:
        body, well = await run_in_threadpool(health, desk.registers, desk.companions)
        return JSONResponse(to_jsonable_python(body), 200 if well else 503)

    @router.get("/v1/registers", summary="The registers that your token names.")
    async def registers(identity: Annotated[Identity, Depends(desk.who)]) -> Any:
        names = await run_in_threadpool(desk.registers.names)
        return {"registers": [name for name in names if identity.may_use(name)]}

    @router.get(f"{REGISTER_PATH}/services", summary="The service models that the register has published.")
    async def services(admitted: Annotated[Admitted, Depends(desk.admit)]) -> Any:
        return JSONResponse(await run_in_threadpool(_services, admitted))

    return router


def _services(admitted: Admitted) -> dict[str, Any]:
    state = admitted.book.register_state()
    return {
        "register": admitted.register,
        "controller": state.controller,
        "services": [model.content() for _, model in sorted(state.models.items())],
    }
