"""Refuses what a question does not know: a filter that is misspelt would else be answered as if it were not there.

Never here: what a parameter means.
"""

# Annotations are not postponed here: FastAPI reads those of closures, whose names only the closure knows.

from collections.abc import Awaitable, Callable, Collection
from typing import Annotated

from fastapi import Depends, Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute

from api.desk import Admitted, Desk
from api.problems import FieldError, malformed


def declared_only(desk: Desk) -> Callable[..., Awaitable[None]]:
    """A dependency: whoever is admitted may ask by the parameters of the address that its description has."""

    async def check(request: Request, _: Annotated[Admitted, Depends(desk.admit)]) -> None:
        route = request.scope["route"]
        assert isinstance(route, APIRoute)  # noqa: S101 -- it is a dependency of such
        infos = {field.alias: field.field_info for field in get_flat_params(route.dependant)}
        known = {name for name, info in infos.items() if isinstance(info, Query) and info.include_in_schema}
        check_known(request, known)

    return check


def check_known(request: Request, known: Collection[str]) -> None:
    """Raises a 422 problem when the request has a parameter that is none of these."""
    if request.query_params.keys() - set(known):
        # A name may hold anything, an identity code too: it is not repeated.
        there = ", ".join(sorted(known)) or "none"
        error = FieldError("parameters", "A parameter is not known at this address.")
        raise malformed(error, remedy=f"It knows these: {there}.")
