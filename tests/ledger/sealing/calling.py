"""An application called without a network between."""

from __future__ import annotations

import asyncio

import httpx
from fastapi import FastAPI


class Caller:
    """Sends requests to an application, each on a loop of its own."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def post(self, path: str, *, content: bytes) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://witness") as client:
                return await client.post(path, content=content)

        return asyncio.run(send())
