"""`jaksokirja report audits`: every sample is drawn again, and said to be the same only when it is."""

import json
from uuid import UUID

import pytest

from projections.queries import reading
from projections.rebuild import start_up
from tests.domain.desk import Desk
from tests.domain.quality_desk import audit_plan, drawn, file_opened
from tests.scripts.conftest import RunCommand


def population_of(desk: Desk) -> tuple[list[UUID], int]:
    """Four episodes that began in Kotka, and the position at which they are known."""
    desk.open()
    episodes = [desk.started("K2") for _ in range(4)]
    return episodes, desk.last_position()


@pytest.mark.parametrize(("of_all", "told"), [(True, "same"), (False, "other_population")])
def test_a_sample_drawn_from_less_than_the_population_is_told(
    jaksokirja: RunCommand, register: tuple[str, str], of_all: bool, told: str
) -> None:
    desk = Desk(*register)
    episodes, position = population_of(desk)
    file_id, audit_id = file_opened(desk), UUID(int=1)
    desk.do(file_id, audit_plan(audit_id))
    desk.do(file_id, drawn(audit_id, *(episodes if of_all else episodes[:3]), size=2, position=position))
    desk.started("K2")  # told later: it is not in the population as it was known then
    desk.book.close()
    start_up(*register)
    done = jaksokirja("report", "audits", "--service", "K2", "--json", "--register", register[1])
    (audit,) = json.loads(done.stdout)["rows"]
    assert (audit["drawn_again"], len(audit["sampled_episodes"])) == (told, 2)
    assert "_" not in jaksokirja("report", "audits", "--register", register[1]).output.replace(register[1], "")
    with reading(*register) as read:
        known = read.audit_population("K2", audit["covers_from"], audit["covers_to"], area="Kotka", as_of=position)
    assert {row.episode_id for row in known.rows} == set(episodes)


def test_a_sample_is_drawn_from_the_population_as_it_was_known_and_only_once(
    jaksokirja: RunCommand, register: tuple[str, str]
) -> None:
    desk = Desk(*register)
    episodes, position = population_of(desk)
    file_id, audit_id = file_opened(desk), UUID(int=1)
    desk.do(file_id, audit_plan(audit_id))
    desk.started("K2")
    desk.book.close()
    draw = ("audits", "draw", str(audit_id), "--size", "3", "--as-of", str(position), "--register", register[1])
    done = jaksokirja(*draw)
    assert done.exit_code == 0, done.output
    assert f"3 of 4, as of position {position}" in done.stdout
    assert sum(str(one) in done.stdout for one in episodes) == 3
    start_up(*register)
    assert str(audit_id) in jaksokirja("audits", "list", "--register", register[1]).output
    (audit,) = json.loads(jaksokirja("audits", "list", "--json", "--register", register[1]).stdout)["rows"]
    assert (audit["drawn_again"], audit["population_size"]) == ("same", 4)
    again = jaksokirja(*draw)
    assert (again.exit_code != 0, "has its sample already" in again.output) == (True, True)


def test_an_audit_that_is_not_there_or_has_nobody_to_draw_is_told(
    jaksokirja: RunCommand, register: tuple[str, str]
) -> None:
    desk = Desk(*register)
    desk.open()
    desk.do(file_opened(desk), audit_plan(UUID(int=1)))
    desk.book.close()
    for audit_id, code in ((UUID(int=1), "no_episodes"), (UUID(int=2), "no_audit")):
        done = jaksokirja("audits", "draw", str(audit_id), "--size", "3", "--register", register[1])
        assert (done.exit_code != 0, f"[{code}]" in done.output) == (True, True)
