"""Plans, their goals, and how the work and each goal were evaluated.

Must never hold: the words of goals, plans or evaluations.
"""

from collections.abc import Iterator

from domain.entry import Entry
from domain.episode.facts import PlanEvaluated, PlanMade
from projections.rows import Close, Open, Operation, Projection, Table

PLANS = Table(
    "plans",
    stream="episode_id",
    key={"plan_id": "uuid"},
    columns=(
        "plan_kind", "made_on", "worker_id", "with_family", "estimated_months", "weekly_minutes", "planned_minutes",
        "planned_remote_minutes",
    ),
)  # fmt: skip
GOALS = Table("goals", stream="episode_id", key={"plan_id": "uuid", "goal_id": "uuid"}, columns=("theme",))
EVALUATIONS = Table(
    "evaluations",
    stream="episode_id",
    key={"entry": "int4"},
    columns=("plan_id", "evaluated_on", "worker_id", "overall_result"),
)
GOAL_RESULTS = Table(
    "goal_results",
    stream="episode_id",
    key={"entry": "int4", "goal_id": "uuid"},
    columns=("evaluated_on", "result"),
)


def made(_entry: Entry, fact: PlanMade) -> Iterator[Operation]:
    yield Open("plans", (fact.plan_id,), {name: getattr(fact, name) for name in PLANS.columns})
    yield Close("goals", (fact.plan_id,))
    for goal in fact.goals:
        yield Open("goals", (fact.plan_id, goal.goal_id), {"theme": goal.theme})


def evaluated(entry: Entry, fact: PlanEvaluated) -> Iterator[Operation]:
    yield Open("evaluations", (entry.version,), {name: getattr(fact, name) for name in EVALUATIONS.columns})
    for goal_id, result in (fact.goal_results or {}).items():
        yield Open("goal_results", (entry.version, goal_id), {"evaluated_on": fact.evaluated_on, "result": result})


PROJECTION = Projection.beside(
    __name__, (PLANS, GOALS, EVALUATIONS, GOAL_RESULTS), {PlanMade: made, PlanEvaluated: evaluated}
)
