"""A destruction whose process is killed (SIGKILL) is carried out by the next one, wherever that happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from uuid import UUID

import pytest

from domain.ledger.migrate import create_register
from domain.ledger.secrecy.destruction import Destroyer, Step
from domain.ledger.secrecy.keyring import create_keyring, keyring_dsn
from domain.register.destruction import DestructionCertified
from scripts.postgres import running
from tests.conftest import QUICK
from tests.domain.desk import Desk
from tests.domain.people import identity_code
from tests.secrecy.mortal import Doomed, Told
from tests.secrecy.test_destruction import approved, certificates, states

CARRIER = "O3"
CODE = identity_code(dt.date(2018, 1, 31))
MOMENTS = [(step, done) for step in Step for done in (False, True)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own: its write-ahead log is really used up, and nobody else holds old row versions."""
    with running(tmp_path_factory.mktemp("killed") / "data", settings=QUICK) as dsn:
        create_keyring(keyring_dsn(dsn))
        yield dsn


@pytest.fixture
def desk(server: str, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A desk at an open register on that server."""
    register = f"killed-{abs(hash(request.node.name)) % 10**9}"
    create_register(server, register)
    desk = Desk(server, register)
    desk.open()
    yield desk
    desk.book.close()


def destroying(desk: Desk, destruction_id: UUID, told: Told) -> None:
    with Destroyer(desk.book, desk.dsn, keyring_dsn(desk.dsn), lease_seconds=0.0, told=told) as one:
        one.carry_out(destruction_id, CARRIER)


def doomed(desk: Desk, destruction_id: UUID) -> Doomed:
    return Doomed(destroying, Step.FENCE, desk.dsn, desk.book.register_name, destruction_id)


def carried_out(desk: Desk, destruction_id: UUID) -> DestructionCertified:
    with Destroyer(desk.book, desk.dsn, keyring_dsn(desk.dsn), lease_seconds=0.0) as one:
        return one.carry_out(destruction_id, CARRIER)


def check_destroyed(desk: Desk, client_id: UUID, certificate: DestructionCertified) -> None:
    assert certificates(desk) == [certificate]
    assert states(desk, client_id) == {"unassigned": ("destroyed", False)}
    assert desk.book.clients.find(CODE) is None


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"{moment[0]}-{'after' if moment[1] else 'before'}")
def test_killed_twice_at_any_step_it_is_carried_out(desk: Desk, moment: tuple[Step, bool]) -> None:
    client_id = desk.client(identity_code=CODE, born_on=None)
    destruction_id = approved(desk, client_id)
    for attempt in range(2):
        finished = moment == (Step.CERTIFY, True) and attempt > 0
        killed = doomed(desk, destruction_id).killed_at_step(*moment)
        assert killed is not finished, "it is done: asked again, nothing is done at which it could be killed"
        state, held = states(desk, client_id)["unassigned"]
        assert (state == "active") == (MOMENTS.index(moment) < MOMENTS.index((Step.FENCE, True)))
        assert held == (MOMENTS.index(moment) < MOMENTS.index((Step.OVERWRITE, True)))
        assert len(certificates(desk)) == (moment == (Step.CERTIFY, True))
    check_destroyed(desk, client_id, carried_out(desk, destruction_id))


@pytest.mark.parametrize("number", [3, 7, 12, 18, 25, 33, 42, 52])
def test_killed_within_a_step_before_and_after_a_statement_it_is_carried_out(desk: Desk, number: int) -> None:
    client_id = desk.client(identity_code=CODE, born_on=None)
    destruction_id = approved(desk, client_id)
    for after in (False, True):
        killed = doomed(desk, destruction_id).killed_at_statement(number, after)
        assert killed or number > 12, "a later one may be past the end of what the first kill left to do"
        assert len(certificates(desk)) <= 1
    check_destroyed(desk, client_id, carried_out(desk, destruction_id))
