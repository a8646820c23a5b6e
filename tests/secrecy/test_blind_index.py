"""The index of identity codes tells a code exactly when the log does, whatever breaks while one is told.

Never here: what is found by it, and how (test_book.py).
"""

from __future__ import annotations

import datetime as dt
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from uuid import UUID

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from domain.amend.correct_entry import CorrectEntry
from domain.client.commands.register_client import RegisterClient
from domain.client.state import ClientState
from domain.correction import MistakeKind
from domain.fact import StreamKind
from domain.ledger.book import Book, Order, Outcome
from domain.ledger.database import Prepared
from domain.ledger.errors import LedgerUnavailable, VersionConflict
from domain.ledger.identity import new_id
from domain.ledger.migrate import create_register, schema_of
from domain.ledger.secrecy.identities import examined
from domain.ledger.submission import Draft, Submission
from domain.refusal import IdentityRegistered, Refusal
from tests.domain.desk import Desk
from tests.domain.people import identity_code
from tests.ledger.proxy import proxied
from tests.patience import until
from tests.secrecy.mortal import FORKS

BORN_ON = dt.date(2018, 1, 31)
CODE, OTHER_CODE, THIRD_CODE = (identity_code(BORN_ON, number=number) for number in (900, 901, 902))


def registering(desk: Desk, code: str = CODE) -> Order:
    return desk.order(new_id(), RegisterClient(identity_code=code))


def corrected(desk: Desk, client_id: UUID, code: str) -> Order:
    """The client's code turns out to be another."""
    changes = {"identity_code": code}
    return desk.order(client_id, CorrectEntry(entry=1, mistake=MistakeKind.TYPING_ERROR, changes=changes, reason="r"))


def rows(desk: Desk) -> set[tuple[bytes, UUID]]:
    with psycopg.connect(desk.dsn) as connection:
        index = sql.Identifier(schema_of(desk.book.register_name), "client_index")
        return {(bytes(tag), one) for tag, one in connection.execute(sql.SQL("SELECT * FROM {}").format(index))}


def check_agree(desk: Desk, *clients: UUID) -> None:
    """Whoever reads the log anew finds in the index just what it tells of these clients, who are all that there are."""
    with Book(desk.dsn, desk.book.register_name, keyring=desk.keyring()) as book:
        states = {one: book.state(one, StreamKind.CLIENT) for one in clients}
        told = {one: state.identity_code for one, state in states.items() if isinstance(state, ClientState)}
        codes = [code for code in told.values() if code is not None]
        assert len(set(codes)) == len(codes), "one code is two clients'"
        assert rows(desk) == {(book.clients.tag_of(one, code).tag, one) for one, code in told.items() if code}
        assert examined(book, lambda done, total: None) == (len(codes), [])


def check_only_one(desk: Desk, client_id: UUID) -> None:
    """The client has the code, is found by it, and nobody else is registered with it."""
    assert desk.book.clients.find(CODE) == client_id
    refusal = desk.refused(new_id(), RegisterClient(identity_code=CODE))
    assert isinstance(refusal, IdentityRegistered)
    assert refusal.details["client_id"] == str(client_id)
    check_agree(desk, client_id)


@contextmanager
def head_held(desk: Desk) -> Iterator[None]:
    """Whoever appends has done all that comes before the head, and waits for it."""
    with psycopg.connect(desk.dsn) as connection:
        head = sql.Identifier(schema_of(desk.book.register_name), "head")
        connection.execute(sql.SQL("SELECT FROM {} FOR NO KEY UPDATE").format(head))
        yield


def waiting(desk: Desk, count: int = 1) -> list[int]:
    """The processes of the server that take a code there and wait for another's lock, when there are so many."""
    statement = f'{schema_of(desk.book.register_name)}".append_identity('
    found: list[int] = []

    def there_are() -> bool:
        pids = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND strpos(query, %s) > 0", (statement,)
        )
        found[:] = [pid for (pid,) in pids]
        return len(found) == count

    with psycopg.connect(desk.dsn, autocommit=True) as connection:
        until(there_are)
    return found


def terminate(desk: Desk, pids: list[int]) -> None:
    with psycopg.connect(desk.dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) pid", (pids,))


def before_and_after(
    monkeypatch: pytest.MonkeyPatch, before: Callable[[], None], after: Callable[[], None] = lambda: None
) -> None:
    """Have this done right before the statement that takes a code and records it, and right after its answer."""
    real = Prepared.one_value

    def one_value(self: Prepared, *words: object) -> object:
        if self.name != b"append_identity":
            return real(self, *words)  # type: ignore[arg-type] # passed on as they came
        before()
        answer = real(self, *words)  # type: ignore[arg-type] # as above
        after()
        return answer

    monkeypatch.setattr(Prepared, "one_value", one_value)


def test_an_answer_lost_after_the_commit_leaves_client_and_code(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    order = registering(desk)
    with (
        proxied(desk.dsn) as proxy,
        Book(proxy.dsn, desk.book.register_name, keyring=desk.keyring(), clock=lambda: desk.now) as remote,
    ):
        remote.execute(registering(desk, OTHER_CODE))  # its statement is ready: the next answer is that to the append
        before_and_after(monkeypatch, lambda: None if proxy.cuts else proxy.cut_next_answer.set())
        outcome = remote.execute(order)
    assert (outcome.replayed, proxy.cuts) == (True, 1)
    assert desk.book.clients.find(CODE) == order.stream_id
    assert isinstance(desk.refused(new_id(), RegisterClient(identity_code=CODE)), IdentityRegistered)


@pytest.mark.parametrize("recorded", [False, True])
def test_a_caller_who_gives_up_and_never_sends_it_again_leaves_client_and_code_or_neither(
    recorded: bool, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = registering(desk)

    def cut() -> None:
        raise LedgerUnavailable("nobody waits for the answer")

    before_and_after(monkeypatch, *((lambda: None, cut) if recorded else (cut,)))
    with pytest.raises(LedgerUnavailable):
        desk.book.execute(order)
    monkeypatch.undo()
    check_agree(desk, order.stream_id)
    assert desk.book.clients.find(CODE) == (order.stream_id if recorded else None)
    assert desk.book.execute(order).replayed is recorded
    check_only_one(desk, order.stream_id)


@pytest.mark.parametrize("recorded", [False, True])
def test_a_process_that_is_killed_leaves_client_and_code_or_neither(recorded: bool, desk: Desk) -> None:
    client_id, command_id = new_id(), new_id()
    process = FORKS.Process(
        target=_register_and_die, args=(desk.dsn, desk.book.register_name, client_id, command_id, recorded)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    check_agree(desk, client_id)
    assert desk.book.clients.find(CODE) == (client_id if recorded else None)
    again = desk.do(client_id, RegisterClient(identity_code=CODE), command_id=command_id)
    assert again.replayed is recorded
    check_only_one(desk, client_id)


def _register_and_die(dsn: str, register: str, client_id: UUID, command_id: UUID, recorded: bool) -> None:
    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    desk = Desk(dsn, register)
    with pytest.MonkeyPatch.context() as patch:
        before_and_after(patch, *((lambda: None, die) if recorded else (die,)))
        desk.do(client_id, RegisterClient(identity_code=CODE), command_id=command_id)


def test_a_connection_cut_between_code_and_event_leaves_neither_and_sending_again_both(desk: Desk) -> None:
    order = registering(desk)
    with (
        ThreadPoolExecutor() as beside,
        Book(
            desk.dsn,
            desk.book.register_name,
            keyring=desk.keyring(),
            clock=lambda: desk.now,
            patience_seconds=0.0,
        ) as impatient,
    ):
        with head_held(desk):
            sent = beside.submit(impatient.execute, order)
            terminate(desk, waiting(desk))
            with pytest.raises(LedgerUnavailable):
                sent.result()
        check_agree(desk, order.stream_id)
        assert desk.book.clients.find(CODE) is None
        assert not impatient.execute(order).replayed
    check_only_one(desk, order.stream_id)


def test_a_first_sending_that_still_waits_when_the_second_comes_is_recorded_once(desk: Desk) -> None:
    order = registering(desk)
    with (
        ThreadPoolExecutor() as beside,
        Book(desk.dsn, desk.book.register_name, keyring=desk.keyring(), clock=lambda: desk.now) as other,
    ):
        with head_held(desk):
            first = beside.submit(desk.book.execute, order)
            waiting(desk)
            second = beside.submit(other.execute, order)
            waiting(desk, 2)
        assert sorted(each.result().replayed for each in (first, second)) == [False, True]
    check_only_one(desk, order.stream_id)


def test_what_is_sent_twice_at_once_is_answered_twice_and_not_refused_for_its_own_code(desk: Desk) -> None:
    client_id, ledger = new_id(), desk.book.ledger
    submission = Submission(new_id(), b"digest", (Draft(client_id, 1, "noted.1", b"{}"),))
    identity = desk.book.clients.tag_of(client_id, CODE)
    with ThreadPoolExecutor() as beside:
        with head_held(desk):
            sent = [beside.submit(ledger.append, submission, identity) for _ in range(2)]
            waiting(desk, 2)
        assert sorted(each.result().replayed for each in sent) == [False, True]
    assert rows(desk) == {(identity.tag, client_id)}


def test_of_two_that_register_a_code_at_the_same_time_one_does_and_the_other_hears_who(desk: Desk) -> None:
    orders = [registering(desk), registering(desk)]
    with ThreadPoolExecutor() as beside:
        with head_held(desk):
            first = beside.submit(desk.book.execute, orders[0])
            waiting(desk)
            second = beside.submit(desk.book.execute, orders[1])
            waiting(desk, 2)
        assert not first.result().replayed
        with pytest.raises(IdentityRegistered) as refused:
            second.result()
    assert refused.value.details["client_id"] == str(orders[0].stream_id)
    check_only_one(desk, orders[0].stream_id)


def test_the_second_of_two_gets_the_code_when_the_first_comes_to_nothing(desk: Desk) -> None:
    orders = [registering(desk), registering(desk)]
    with ThreadPoolExecutor() as beside:
        with head_held(desk):
            first = beside.submit(desk.book.execute, orders[0])
            (pid,) = waiting(desk)
            second = beside.submit(desk.book.execute, orders[1])
            waiting(desk, 2)
            terminate(desk, [pid])  # it is sent again by itself, and comes behind the other
            until(lambda: pid not in waiting(desk, 2))
        assert not second.result().replayed
        with pytest.raises(IdentityRegistered):
            first.result()
    check_only_one(desk, orders[1].stream_id)


def test_what_is_refused_as_out_of_date_neither_takes_a_code_nor_gives_one_up(desk: Desk) -> None:
    client_id = desk.client(identity_code=CODE, born_on=None)
    late = Submission(new_id(), b"digest", (Draft(client_id, 1, "noted.1", b"{}"),))
    for code in (OTHER_CODE, None):
        with pytest.raises(VersionConflict):
            desk.book.ledger.append(late, desk.book.clients.tag_of(client_id, code))
    check_only_one(desk, client_id)


def test_two_that_want_each_others_codes_are_both_refused_and_neither_hangs(desk: Desk) -> None:
    """Each gives its own up while that is told; where these wait for each other, the server lets one of them go."""
    one, other = (desk.client(identity_code=code, born_on=None) for code in (CODE, OTHER_CODE))
    with ThreadPoolExecutor() as beside:
        sent = [
            beside.submit(desk.book.execute, corrected(desk, client_id, code))
            for client_id, code in ((one, OTHER_CODE), (other, CODE))
        ]
        assert [_came_to(each) for each in sent] == [IdentityRegistered, IdentityRegistered]
    check_agree(desk, one, other)


def _came_to(sent: Future[Outcome]) -> type[object]:
    try:
        return type(sent.result())
    except Refusal as refusal:
        return type(refusal)


def test_a_strike_out_of_what_could_not_be_read_before_gives_the_code_up_all_the_same(desk: Desk) -> None:
    client_id = desk.client(identity_code=CODE, born_on=None)
    before, after = ClientState(identity_withheld=True), ClientState()
    assert desk.book._identity(client_id, before, after) == (client_id, None)
    assert desk.book._identity(client_id, after, before) is None  # of what cannot be read nothing is known


Steps = list[tuple[int, str, str]]
FAULTS = {
    "before": psycopg.OperationalError("the connection is lost"),
    "after": psycopg.OperationalError("the connection is lost"),
    "gives up": LedgerUnavailable("nobody waits for the answer"),
}
STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([CODE, OTHER_CODE, THIRD_CODE]), st.sampled_from(["none", *FAULTS])),
    max_size=8,
)


@settings(max_examples=10)
@given(steps=STEPS)
def test_whatever_is_told_of_codes_and_breaks_on_the_way_index_and_log_agree(postgres: str, steps: Steps) -> None:
    register = f"codes-{os.getpid()}-{new_id().hex[-12:]}"
    create_register(postgres, register)
    desk = Desk(postgres, register)
    desk.open()
    clients = [new_id(), new_id(), new_id()]
    for number, code, fault in steps:
        with pytest.MonkeyPatch.context() as patch, suppress(Refusal, LedgerUnavailable):
            _break(patch, fault)
            _tell(desk, clients[number], code)
        check_agree(desk, *clients)
    desk.book.close()
    with psycopg.connect(postgres) as connection:
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema_of(register))))


def _tell(desk: Desk, client_id: UUID, code: str) -> None:
    if desk.client_state(client_id).exists:
        desk.book.execute(corrected(desk, client_id, code))
    else:
        desk.do(client_id, RegisterClient(identity_code=code))


def _break(patch: pytest.MonkeyPatch, fault: str) -> None:
    """The connection breaks once, before or after the statement; or whoever asked is gone before the answer comes."""
    left = [fault]

    def broken(*moments: str) -> None:
        if left and left[0] in moments:
            raise FAULTS[left.pop()]

    before_and_after(patch, lambda: broken("before"), lambda: broken("after", "gives up"))
