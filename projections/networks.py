"""The steering of a family centre: groups and their meetings, plans and tasks, goals and measures, gatherings.

Must never hold: notes, contents, wordings.
"""

from collections.abc import Iterator

from domain.entry import Entry
from domain.network.facts import (
    ActionPlanMade,
    ConsultationMapped,
    DenominatorTold,
    GatheringHeld,
    GatheringPlanned,
    GoalSet,
    GroupFormed,
    GroupMet,
    HandbookReviewed,
    MethodUseCounted,
    NetworkEnded,
    NetworkOpened,
    PlanTaskAgreed,
    PlanTaskDone,
    ProgressNoted,
)
from projections.rows import Amend, Open, Operation, Projection, Table

STREAM = "network_id"
NETWORKS = Table(
    "networks",
    stream=STREAM,
    key={},
    columns=("area", "service", "model_version", "opened_on", "ended_on", "handbook_reviewed_on"),
)
GROUPS = Table(
    "steering_groups",
    stream=STREAM,
    key={"group_id": "uuid"},
    columns=("group_kind", "formed_on", "sectors", "areas"),
)
MEETINGS = Table(
    "group_meetings",
    stream=STREAM,
    key={"meeting_id": "uuid"},
    columns=("group_id", "group_kind", "met_on", "sectors_present", "sectors_missing", "participants"),
)
PLANS = Table(
    "action_plans",
    stream=STREAM,
    key={"plan_id": "uuid"},
    columns=("made_on", "covers_from", "covers_to", "tasks"),
)
TASKS = Table(
    "plan_tasks",
    stream=STREAM,
    key={"task_id": "uuid"},
    columns=("plan_id", "agreed_on", "due_on", "owner", "goal_id", "done_on", "progress"),
)
GOALS = Table(
    "network_goals",
    stream=STREAM,
    key={"goal_id": "uuid"},
    columns=("number", "set_on", "covers_from", "covers_to"),
)
MEASURES = Table(
    "goal_measures",
    stream=STREAM,
    key={"goal_id": "uuid", "measure_id": "uuid"},
    columns=("measure_kind", "target"),
)
PROGRESS = Table(
    "goal_progress",
    stream=STREAM,
    key={"goal_id": "uuid", "measure_id": "uuid", "noted_on": "date"},
    columns=("progress", "counted"),
)
GATHERINGS = Table(
    "gatherings",
    stream=STREAM,
    key={"gathering_id": "uuid"},
    columns=(
        "gathering_kind", "planned_on", "takes_place_on", "held_on", "audiences", "sectors", "tasks", "participants",
    ),
)  # fmt: skip
METHOD_USES = Table(
    "method_uses",
    stream=STREAM,
    key={"entry": "int4"},
    columns=("method", "counted_on", "covers_from", "covers_to", "used_in", "uses", "trained", "introduced"),
)
CONSULTATIONS = Table(
    "consultations_mapped",
    stream=STREAM,
    key={"entry": "int4"},
    columns=("mapped_on", "asked_by", "asked_of", "works_well", "more_needed"),
)
DENOMINATORS = Table(
    "denominators",
    stream=STREAM,
    key={"year": "int4", "denominator": "text"},
    columns=("told_on", "value", "source_code"),
)


def opened(_entry: Entry, fact: NetworkOpened) -> Iterator[Operation]:
    told = {name: getattr(fact, name) for name in ("area", "service", "model_version", "opened_on")}
    yield Amend("networks", (), told, opens=True)


def ended(_entry: Entry, fact: NetworkEnded) -> Iterator[Operation]:
    yield Amend("networks", (), {"ended_on": fact.ended_on})


def reviewed(_entry: Entry, fact: HandbookReviewed) -> Iterator[Operation]:
    yield Amend("networks", (), {"handbook_reviewed_on": fact.reviewed_on})


def formed(_entry: Entry, fact: GroupFormed) -> Iterator[Operation]:
    yield Open("steering_groups", (fact.group_id,), {name: getattr(fact, name) for name in GROUPS.columns})


def met(_entry: Entry, fact: GroupMet) -> Iterator[Operation]:
    yield Open("group_meetings", (fact.meeting_id,), {name: getattr(fact, name) for name in MEETINGS.columns})


def planned(_entry: Entry, fact: ActionPlanMade) -> Iterator[Operation]:
    yield Open("action_plans", (fact.plan_id,), {name: getattr(fact, name) for name in PLANS.columns})


def task_agreed(_entry: Entry, fact: PlanTaskAgreed) -> Iterator[Operation]:
    told = {name: getattr(fact, name) for name in ("plan_id", "agreed_on", "due_on", "owner", "goal_id")}
    yield Amend("plan_tasks", (fact.task_id,), told, opens=True)


def task_done(_entry: Entry, fact: PlanTaskDone) -> Iterator[Operation]:
    yield Amend("plan_tasks", (fact.task_id,), {"done_on": fact.done_on, "progress": fact.progress})


def goal_set(_entry: Entry, fact: GoalSet) -> Iterator[Operation]:
    yield Open("network_goals", (fact.goal_id,), {name: getattr(fact, name) for name in GOALS.columns})
    for measure in fact.measures:
        told = {"measure_kind": measure.measure_kind, "target": measure.target}
        yield Open("goal_measures", (fact.goal_id, measure.measure_id), told)


def progressed(_entry: Entry, fact: ProgressNoted) -> Iterator[Operation]:
    told = {"progress": fact.progress, "counted": fact.counted}
    yield Open("goal_progress", (fact.goal_id, fact.measure_id, fact.noted_on), told)


def gathering_planned(_entry: Entry, fact: GatheringPlanned) -> Iterator[Operation]:
    told = {name: getattr(fact, name) for name in ("gathering_kind", "planned_on", "takes_place_on")}
    yield Amend("gatherings", (fact.gathering_id,), told, opens=True)


def gathering_held(_entry: Entry, fact: GatheringHeld) -> Iterator[Operation]:
    told = {name: getattr(fact, name) for name in GATHERINGS.columns if name not in ("planned_on", "takes_place_on")}
    yield Amend("gatherings", (fact.gathering_id,), told, opens=True)


def counted(entry: Entry, fact: MethodUseCounted) -> Iterator[Operation]:
    yield Open("method_uses", (entry.version,), {name: getattr(fact, name) for name in METHOD_USES.columns})


def mapped(entry: Entry, fact: ConsultationMapped) -> Iterator[Operation]:
    yield Open("consultations_mapped", (entry.version,), {n: getattr(fact, n) for n in CONSULTATIONS.columns})


def denominator(_entry: Entry, fact: DenominatorTold) -> Iterator[Operation]:
    told = {name: getattr(fact, name) for name in DENOMINATORS.columns}
    yield Open("denominators", (fact.year, fact.denominator), told)


PROJECTION = Projection.beside(
    __name__,
    (
        NETWORKS, GROUPS, MEETINGS, PLANS, TASKS, GOALS, MEASURES, PROGRESS, GATHERINGS, METHOD_USES, CONSULTATIONS,
        DENOMINATORS,
    ),
    {
        NetworkOpened: opened,
        NetworkEnded: ended,
        HandbookReviewed: reviewed,
        GroupFormed: formed,
        GroupMet: met,
        ActionPlanMade: planned,
        PlanTaskAgreed: task_agreed,
        PlanTaskDone: task_done,
        GoalSet: goal_set,
        ProgressNoted: progressed,
        GatheringPlanned: gathering_planned,
        GatheringHeld: gathering_held,
        MethodUseCounted: counted,
        ConsultationMapped: mapped,
        DenominatorTold: denominator,
    },
    questions=("under_way",),
)  # fmt: skip
