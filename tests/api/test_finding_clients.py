"""A client is found by identity code, which stands in a body and nowhere else."""

from __future__ import annotations

import datetime as dt
import io

import psycopg
import pytest
from psycopg import sql

from domain.ledger.identity import new_id
from domain.ledger.migrate import schema_of
from tests.api.caller import Caller, problem
from tests.domain.people import identity_code

CODE = identity_code(dt.date(2011, 2, 3), number=977)


@pytest.fixture(scope="module")
def client_id(caller: Caller) -> str:
    client_id = str(new_id())
    caller.tell(f"clients/{client_id}/register-client", identity_code=CODE)
    return client_id


def test_a_client_is_found_by_identity_code(caller: Caller, client_id: str, log: io.StringIO) -> None:
    answer = caller.client.post(caller.path("clients/search"), json={"identity_code": CODE.lower()})
    assert (answer.status_code, answer.json()) == (200, {"client_id": client_id})
    assert CODE not in log.getvalue()


def test_a_code_that_nobody_has_is_told_as_such_without_it(caller: Caller) -> None:
    unknown = identity_code(dt.date(2011, 2, 4), number=977)
    answer = caller.client.post(caller.path("clients/search"), json={"identity_code": unknown})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_client")
    assert unknown not in answer.text


@pytest.mark.parametrize("body", [{}, {"identity_code": [CODE]}, {"identity_code": CODE, "more": CODE}, CODE])
def test_a_malformed_search_is_refused_without_what_it_said(caller: Caller, body: object) -> None:
    answer = caller.client.post(caller.path("clients/search"), json=body)
    assert answer.status_code == 422
    assert CODE not in answer.text


def test_a_search_larger_than_any_body_may_be_or_not_in_json_is_not_read(caller: Caller) -> None:
    large = caller.client.post(caller.path("clients/search"), json={"identity_code": "9" * 2 * 1024 * 1024})
    problem(large, 413, "body_too_large")
    words = caller.client.post(caller.path("clients/search"), content=CODE, headers={"Content-Type": "text/plain"})
    problem(words, 415, "unsupported_media_type")


def test_registering_the_same_identity_again_names_the_client(caller: Caller, client_id: str) -> None:
    answer = caller.send(f"clients/{new_id()}/register-client", {"identity_code": CODE})
    assert (answer.status_code, answer.json()["code"]) == (409, "identity_registered")
    assert answer.json()["client_id"] == client_id
    assert CODE not in answer.text


def test_an_index_that_leads_to_another_client_is_told_and_not_followed(
    caller: Caller, opened: tuple[str, str]
) -> None:
    one, other = str(new_id()), str(new_id())
    codes = [identity_code(dt.date(2012, 5, day), number=977) for day in (6, 7)]
    for client_id, code in zip((one, other), codes, strict=True):
        caller.tell(f"clients/{client_id}/register-client", identity_code=code)
    index = sql.Identifier(schema_of(caller.register), "client_index")
    with psycopg.connect(opened[0]) as connection:
        connection.execute(sql.SQL("UPDATE {} SET client_id = %s WHERE client_id = %s").format(index), (other, one))
    answer = caller.client.post(caller.path("clients/search"), json={"identity_code": codes[0]})
    told = problem(answer, 500, "client_index_astray")
    assert "reindex" in told["remedy"]
    assert other not in answer.text
    assert codes[0] not in answer.text
