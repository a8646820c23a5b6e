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
