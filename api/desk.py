"""The desk that every request comes to: who asks, and which register's book it is about.

Never here: what a request asks for.
"""

# Annotations are not postponed here: FastAPI reads those of closures, whose names only the closure knows.

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.carriers import Carriers
from api.companion import Companion
from api.identity import BadToken, Doorkeeper, Identity
from api.problems import Problem, unknown_register
from api.registers import Registers
from api.settings import Settings
from domain.ledger.book import Book
from domain.ledger.errors import UnknownRegister

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="A token of `jaksokirja token`.")

RegisterName = Annotated[str, Path(description="The register's name, such as `kymenlaakso`.")]


@dataclass(frozen=True, slots=True)
class Admitted:
    """A caller who may use the register, and the register's book."""

    identity: Identity
    register: str
    book: Book


@dataclass(frozen=True, slots=True)
class Desk:
    """What the routes share."""

    settings: Settings
    registers: Registers
    doorkeeper: Doorkeeper
    carriers: Carriers
    companions: tuple[Companion, ...] = ()

    def who(self, token: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Identity:
        """Who asks. Raises a 401 problem: nothing of a register is told or taken anonymously."""
        if token is None:
            raise _unauthenticated("A bearer token is needed here.")
        try:
            return self.doorkeeper.verify(token.credentials)
        except BadToken as fault:
            raise _unauthenticated(str(fault)) from None

    async def admit(self, request: Request, register: RegisterName) -> Admitted:
        """The caller and the book. Raises problems: 401, then 404 when there is no such register, then 403.

        Which registers there are is no secret (they are public authorities): an unknown one is told as such.
        """
        identity = self.who(await _bearer(request))
        try:
            book = self.registers.opened(register)
            if book is None:
                book = await run_in_threadpool(self.registers.book, register)
        except UnknownRegister:
            raise unknown_register(register) from None
        request.state.register = register
        if not identity.may_use(register):
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "register_not_yours",
                "Your token does not name this register.",
                remedy="Use a token that names it: `jaksokirja token` makes one.",
            )
        return Admitted(identity, register, book)


def _unauthenticated(detail: str) -> Problem:
    return Problem(
        HTTPStatus.UNAUTHORIZED,
        "unauthenticated",
        detail,
        remedy="Send `Authorization: Bearer …` with a token of `jaksokirja token`.",
        headers={"WWW-Authenticate": 'Bearer realm="jaksokirja"'},
    )
