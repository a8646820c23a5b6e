-- Plans of episodes, their goals and evaluations. A plan made anew has the goals that it then has.

-- tables
CREATE TABLE {plans} (
    episode_id             uuid NOT NULL,
    plan_id                uuid NOT NULL,
    known_from             bigint NOT NULL,
    known_to               bigint,
    known                  int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because                bigint[] NOT NULL,
    plan_kind              text NOT NULL,
    made_on                date NOT NULL,
    worker_id              text NOT NULL,
    with_family            boolean,
    estimated_months       integer,
    weekly_minutes         integer,
    planned_minutes        integer,
    planned_remote_minutes integer,
    PRIMARY KEY (episode_id, plan_id, known_from)
);

CREATE TABLE {goals} (
    episode_id uuid NOT NULL,
    plan_id    uuid NOT NULL,
    goal_id    uuid NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    theme      text,
    PRIMARY KEY (episode_id, plan_id, goal_id, known_from)
);

CREATE TABLE {evaluations} (
    episode_id     uuid NOT NULL,
    entry          integer NOT NULL,
    known_from     bigint NOT NULL,
    known_to       bigint,
    known          int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because        bigint[] NOT NULL,
    plan_id        uuid,
    evaluated_on   date NOT NULL,
    worker_id      text NOT NULL,
    overall_result text,
    PRIMARY KEY (episode_id, entry, known_from)
);

CREATE TABLE {goal_results} (
    episode_id   uuid NOT NULL,
    entry        integer NOT NULL,
    goal_id      uuid NOT NULL,
    known_from   bigint NOT NULL,
    known_to     bigint,
    known        int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because      bigint[] NOT NULL,
    evaluated_on date NOT NULL,
    result       text NOT NULL,
    PRIMARY KEY (episode_id, entry, goal_id, known_from)
);

-- indexes
CREATE INDEX ON {plans} (made_on) INCLUDE (known);

-- questions

-- The goals of plans, each with its latest result up to a day of the world.
CREATE OR REPLACE FUNCTION goals_on(as_of bigint, on_day date)
RETURNS TABLE (
    episode_id uuid, plan_id uuid, goal_id uuid, theme text, result text, evaluated_on date, event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT DISTINCT ON (g.episode_id, g.plan_id, g.goal_id)
        g.episode_id, g.plan_id, g.goal_id, g.theme, r.result, r.evaluated_on, g.because || r.because
    FROM goals g
    JOIN plans p ON p.episode_id = g.episode_id AND p.plan_id = g.plan_id AND p.known @> as_of AND p.made_on <= on_day
    LEFT JOIN goal_results r ON r.episode_id = g.episode_id AND r.goal_id = g.goal_id
        AND r.known @> as_of AND r.evaluated_on <= on_day
    WHERE g.known @> as_of
    ORDER BY g.episode_id, g.plan_id, g.goal_id, r.evaluated_on DESC NULLS LAST, r.entry DESC
$$;
