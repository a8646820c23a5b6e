"""What can be compared of the work itself: caseload, visits, duties, deviations, contacts, decisions and their like.

Must never hold: how anything is counted. See `projections.comparing.figure`.
"""

from projections.comparing.figure import Compared, Stood, column, columns, each, month

PLACE = {"area": "area", "unit": "unit_id"}
WHERE_IT_IS = ("area", "unit_id", "service", "model_version", "first_area", "first_unit_id", "granted_service",
               "granted_model_version")  # fmt: skip
"""The columns of an episode that say where it is, and under which service."""
ASSIGNED = ("worker_id", "from_on", "to_on")
SETTLED = (Stood("episodes", WHERE_IT_IS), Stood("moves"))
OF_ANY_STREAM = (*SETTLED, Stood("assignments", ASSIGNED), Stood("contacts", ("area",)),
                 Stood("quality_files", ("area", "unit_id")))  # fmt: skip
"""What says where a stream's duties and deviations belong, and to whom."""

CASELOAD = Compared(
    name="caseload",
    ask=lambda read, asked: read.caseload(asked.by, **asked.world),
    rows="SELECT * FROM caseload_rows(%(as_of)s, %(on_day)s)",
    identity=("episode_id",),
    stream="episode_id",
    by={
        "worker": each("worker_ids"),
        **columns(**PLACE, service="service", phase="phase"),
        "month": month("started_on", "referred_on"),
    },
    stands_on=(
        Stood("episodes"), Stood("joined_children"), Stood("ended_clientships"), Stood("phases"), Stood("moves"),
        Stood("assignments", ASSIGNED), Stood("meetings"), Stood("agreed_meetings"), Stood("duties"),
    ),
)  # fmt: skip
VISITS = Compared(
    name="visits",
    ask=lambda read, asked: read.visits(asked.by, **asked.world, **asked.days),
    rows="SELECT * FROM visit_rows(%(as_of)s, %(on_day)s, %(from_on)s, %(to_on)s)",
    identity=("episode_id", "meeting_id"),
    stream="episode_id",
    by={
        "worker": each("worker_ids"),
        **columns(**PLACE, service="service"),
        "month": month("meeting_on"),
        "episode": lambda row: [str(row["episode_id"])],
    },
    stands_on=(Stood("meetings"), Stood("agreed_meetings"), *SETTLED),
)
DUTIES = Compared(
    name="duties",
    ask=lambda read, asked: read.duties(asked.by, **asked.world, from_on=asked.first, to_on=asked.last),
    rows=(
        "SELECT * FROM duty_rows(%(as_of)s, %(on_day)s) WHERE (%(first)s::date IS NULL OR due_on >= %(first)s)"
        " AND (%(last)s::date IS NULL OR due_on <= %(last)s)"
    ),
    identity=("stream_id", "duty_key"),
    stream="stream_id",
    by={
        "rule": column("rule_id"),
        "worker": each("worker_ids"),
        **columns(**PLACE, service="service"),
        "month": month("due_on"),
    },
    stands_on=(Stood("duties"), *OF_ANY_STREAM),
)
DEVIATIONS = Compared(
    name="deviations",
    ask=lambda read, asked: read.deviations(asked.by, **asked.world, from_on=asked.first, to_on=asked.last),
    rows=(
        "SELECT * FROM deviation_rows(%(as_of)s, %(on_day)s)"
        " WHERE (%(first)s::date IS NULL OR happened_on >= %(first)s)"
        " AND (%(last)s::date IS NULL OR happened_on <= %(last)s)"
    ),
    identity=("stream_id", "deviation_key"),
    stream="stream_id",
    by={
        "rule": column("rule_id"),
        "strength": column("strength"),
        "worker": each("worker_ids"),
        **columns(**PLACE, service="service"),
        "month": month("happened_on"),
    },
    stands_on=(
        Stood("deviations"),
        Stood("explanations"),
        Stood("trail", only=lambda version, row: version["position"] == row["entry_position"]),
        *OF_ANY_STREAM,
    ),
)
CONTACTS = Compared(
    name="contacts",
    ask=lambda read, asked: read.contacts(asked.by, **asked.world, **asked.days),
    rows="SELECT * FROM contact_rows(%(as_of)s, %(on_day)s, %(from_on)s, %(to_on)s)",
    identity=("contact_id",),
    stream="contact_id",
    by={
        **columns(area="area", channel="channel", source="source", service="service", worker="answered_by"),
        "month": month("received_on"),
    },
    stands_on=(Stood("contacts"),),
)
DECISIONS = Compared(
    name="decisions",
    ask=lambda read, asked: read.decisions(asked.by, as_of=asked.as_of, **asked.days),
    rows="SELECT * FROM decision_rows(%(as_of)s, %(from_on)s, %(to_on)s)",
    identity=("episode_id", "decision_id"),
    stream="episode_id",
    by={
        **columns(kind="kind", service="service", area="area"),
        "month": month("decided_on"),
        **columns(legal_basis="legal_basis", decision_maker="decision_maker"),
    },
    stands_on=(
        Stood("decisions"),
        Stood("episodes", (*WHERE_IT_IS, "client_ids", "referred_on")),
        Stood("moves"),
        Stood("joined_children"),
        Stood("ended_clientships"),
    ),
)
REFERRALS = Compared(
    name="referrals",
    ask=lambda read, asked: read.referrals(asked.by, **asked.world, **asked.days),
    rows="SELECT * FROM referral_rows(%(as_of)s, %(on_day)s, %(from_on)s, %(to_on)s)",
    identity=("episode_id",),
    stream="episode_id",
    by={
        **columns(source="source", channel="channel", **PLACE, service="service"),
        "month": month("referred_on"),
    },
    stands_on=(
        Stood("episodes", (
            "client_ids", "referred_on", "source", "channel", "first_area", "first_unit_id", "requested_service",
            "granted_service", "closed_on",
        )),
        Stood("phases"),
    ),
)  # fmt: skip
COMMITMENTS = Compared(
    name="commitments",
    ask=lambda read, asked: read.commitments(asked.by, **asked.world, **asked.days),
    rows="SELECT * FROM commitment_rows(%(as_of)s, %(on_day)s, %(from_on)s, %(to_on)s)",
    identity=("episode_id", "commitment_id"),
    stream="episode_id",
    by={
        **columns(cost_centre="cost_centre", payer_service="payer_service", service="service", issuer="issuer"),
        "month": month("received_on"),
    },
    stands_on=(
        Stood("commitments"), Stood("commitments", ("valid_from", "valid_to", "received_on"), of_stream=True),
        Stood("meetings", ("meeting_kind", "started_at", "ended_at")), *SETTLED,
    ),
)  # fmt: skip
EARLY_SUPPORT = Compared(
    name="early-support",
    ask=lambda read, asked: read.early_support(*asked.period, as_of=asked.as_of),
    rows="SELECT * FROM early_support_explain(%(from_on)s, %(to_on)s, %(as_of)s, NULL)",
    identity=("episode_id", "client_id"),
    stream="episode_id",
    by={"": lambda _: [()]},
    keys=(),
    stands_on=(
        Stood("decisions"),
        Stood("episodes", ("client_ids", "closed_on", "outcome", "closure_reason")),
        Stood("joined_children"),
        Stood("ended_clientships"),
    ),
)
OUTCOMES = Compared(
    name="outcomes",
    ask=lambda read, asked: read.outcomes(asked.by, *asked.period, **asked.world),
    rows="SELECT * FROM outcome_rows(%(as_of)s, %(on_day)s, %(from_on)s, %(to_on)s)",
    identity=("episode_id", "client_id"),
    stream="episode_id",
    by={
        **columns(service="service", **PLACE, reason="closure_reason"),
        "month": month("closed_on"),
    },
    stands_on=(
        Stood("episodes", (
            *WHERE_IT_IS, "client_ids", "closed_on", "closure_reason", "outcome", "outcome_service", "referred_on",
            "decided_on",
        )),
        Stood("phases"),
        Stood("moves"),
        Stood("joined_children"),
        Stood("ended_clientships"),
        Stood("models", ("intensity",), anywhere=True,
              only=lambda model, row: model["service"] in (row["service"], row["next_service"])),
    ),
    reaches=True,
)  # fmt: skip

FIGURES = (
    CASELOAD, VISITS, DUTIES, DEVIATIONS, CONTACTS, DECISIONS, REFERRALS, COMMITMENTS, EARLY_SUPPORT, OUTCOMES,
)  # fmt: skip
