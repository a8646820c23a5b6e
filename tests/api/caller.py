"""A caller of the API in tests: sends commands with keys of their own, asks questions."""

from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx

from domain.ledger.identity import new_id

WORKER = "worker-1"


class Caller:
    """One who holds a token for one register."""

    def __init__(self, address: str, register: str, token: str) -> None:
        self.address = address
        self.register = register
        self.client = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()

    def path(self, rest: str) -> str:
        return f"/v1/registers/{self.register}/{rest}"

    def send(
        self, place: str, body: Any = None, *, key: UUID | str | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """POST a command; `place` is what follows the register in its address."""
        named = {"Idempotency-Key": str(key or new_id()), **(headers or {})}
        return self.client.post(self.path(place), json=body, headers=named)

    def tell(self, place: str, **body: Any) -> dict[str, Any]:
        """POST a command that must be recorded; what it was answered with."""
        answer = self.send(place, body)
        assert answer.status_code in {200, 201}, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def ask(self, place: str, **asked: str) -> httpx.Response:
        """GET a question about the register."""
        return self.client.get(self.path(place), params=asked)

    def told(self, place: str, **asked: str) -> dict[str, Any]:
        """GET a question that must be answered; the answer."""
        answer = self.ask(place, **asked)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem in the answer, which is of the shape that every problem has."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["code"] == code
    assert told["status"] == status
    assert told["type"].startswith("urn:jaksokirja:")
    assert told["type"].endswith(f":{code}")
    assert told["title"]
    assert told["detail"]
    return told


def fields_of(told: dict[str, Any]) -> list[str]:
    return [error["field"] for error in told["errors"]]
