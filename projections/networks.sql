-- The steering of a family centre: groups, plans, goals, gatherings.

-- tables
CREATE TABLE {networks} (
    network_id uuid NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    area text NOT NULL,
    service text NOT NULL,
    model_version integer NOT NULL,
    opened_on date NOT NULL,
    ended_on date,
    handbook_reviewed_on date,
    PRIMARY KEY (network_id, known_from)
);

CREATE TABLE {steering_groups} (
    network_id uuid NOT NULL,
    group_id uuid NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    group_kind text NOT NULL,
    formed_on date NOT NULL,
    sectors text[] NOT NULL,
    areas text[] NOT NULL,
    PRIMARY KEY (network_id, group_id, known_from)
);

CREATE TABLE {group_meetings} (
    network_id uuid NOT NULL,
    meeting_id uuid NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    group_id uuid NOT NULL,
    group_kind text NOT NULL,
    met_on date NOT NULL,
    sectors_present text[] NOT NULL,
    sectors_missing text[] NOT NULL,
    participants integer,
    PRIMARY KEY (network_id, meeting_id, known_from)
);

CREATE TABLE {action_plans} (
    network_id uuid NOT NULL,
    plan_id uuid NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    made_on date NOT NULL,
    covers_from date NOT NULL,
    covers_to date NOT NULL,
    tasks text[] NOT NULL,
    PRIMARY KEY (network_id, plan_id, known_from)
);

CREATE TABLE {plan_tasks} (
    network_id uuid NOT NULL,
    task_id uuid NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    plan_id uuid NOT NULL,
    agreed_on date NOT NULL,
    due_on date NOT NULL,
    owner text NOT NULL,
    goal_id uuid,
    done_on date,
    progress text,
    PRIMARY KEY (network_id, task_id, known_from)
);

CREATE TABLE {network_goals} (
    network_id uuid NOT NULL,
    goal_id uuid NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    number integer NOT NULL,
    set_on date NOT NULL,
    covers_from date NOT NULL,
    covers_to date NOT NULL,
    PRIMARY KEY (network_id, goal_id, known_from)
);

CREATE TABLE {goal_measures} (
    network_id uuid NOT NULL,
    goal_id uuid NOT NULL,
    measure_id uuid NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    measure_kind text NOT NULL,
    target integer,
    PRIMARY KEY (network_id, goal_id, measure_id, known_from)
);

CREATE TABLE {goal_progress} (
    network_id uuid NOT NULL,
    goal_id uuid NOT NULL,
    measure_id uuid NOT NULL,
    noted_on date NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    progress text NOT NULL,
    counted integer,
    PRIMARY KEY (network_id, goal_id, measure_id, noted_on, known_from)
);

CREATE TABLE {gatherings} (
    network_id uuid NOT NULL,
    gathering_id uuid NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    gathering_kind text NOT NULL,
    planned_on date,
    takes_place_on date,
    held_on date,
    audiences text[],
    sectors text[],
    tasks text[],
    participants integer,
    PRIMARY KEY (network_id, gathering_id, known_from)
);

CREATE TABLE {method_uses} (
    network_id uuid NOT NULL,
    entry integer NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    method text NOT NULL,
    counted_on date NOT NULL,
    covers_from date NOT NULL,
    covers_to date NOT NULL,
    used_in text[] NOT NULL,
    uses integer NOT NULL,
    trained integer NOT NULL,
    introduced integer NOT NULL,
    PRIMARY KEY (network_id, entry, known_from)
);

CREATE TABLE {consultations_mapped} (
    network_id uuid NOT NULL,
    entry integer NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    mapped_on date NOT NULL,
    asked_by text NOT NULL,
    asked_of text NOT NULL,
    works_well boolean NOT NULL,
    more_needed boolean NOT NULL,
    PRIMARY KEY (network_id, entry, known_from)
);

CREATE TABLE {denominators} (
    network_id uuid NOT NULL,
    year integer NOT NULL,
    denominator text NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    told_on date NOT NULL,
    value integer NOT NULL,
    source_code text NOT NULL,
    PRIMARY KEY (network_id, year, denominator, known_from)
);

-- indexes
CREATE INDEX ON {group_meetings} (met_on) INCLUDE (known);
CREATE INDEX ON {gatherings} (held_on) INCLUDE (known);

-- questions

-- Meetings of the groups held from_on to to_on, counted by kind of group, month or sector. By sector: the meetings at
-- which it should have been, and those at which it was missing.
CREATE OR REPLACE FUNCTION group_meeting_figures(grouped_by text, as_of bigint, on_day date, from_on date, to_on date)
RETURNS TABLE (group_key text, meetings bigint, meetings_with_sectors_missing bigint, participants bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT
        k.key, count(*), count(*) FILTER (WHERE k.is_missing), coalesce(sum(k.participants), 0)::bigint
    FROM (
        SELECT m.participants, g.key, g.is_missing
        FROM group_meetings m
        CROSS JOIN LATERAL (
            SELECT m.group_kind AS key, cardinality(m.sectors_missing) > 0 AS is_missing WHERE grouped_by = 'group_kind'
            UNION ALL
            SELECT to_char(m.met_on, 'YYYY-MM'), cardinality(m.sectors_missing) > 0 WHERE grouped_by = 'month'
            UNION ALL
            SELECT p.sector, false FROM unnest(m.sectors_present) AS p (sector) WHERE grouped_by = 'sector'
            UNION ALL
            SELECT q.sector, true FROM unnest(m.sectors_missing) AS q (sector) WHERE grouped_by = 'sector'
        ) g
        WHERE m.known @> as_of AND m.met_on BETWEEN from_on AND least(to_on, on_day)
    ) k
    GROUP BY k.key ORDER BY k.key NULLS LAST
$$;

-- What stands beneath one group of group_meeting_figures().
CREATE OR REPLACE FUNCTION group_meeting_explain(
    grouped_by text, wanted_key text, as_of bigint, on_day date, from_on date, to_on date
)
RETURNS TABLE (network_id uuid, meeting_id uuid, met_on date, group_kind text, event_positions bigint[])
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT m.network_id, m.meeting_id, m.met_on, m.group_kind, m.because
    FROM group_meetings m
    WHERE m.known @> as_of AND m.met_on BETWEEN from_on AND least(to_on, on_day) AND (wanted_key IS NULL OR CASE grouped_by
        WHEN 'group_kind' THEN m.group_kind = wanted_key
        WHEN 'month' THEN to_char(m.met_on, 'YYYY-MM') = wanted_key
        WHEN 'sector' THEN wanted_key = ANY(m.sectors_present || m.sectors_missing)
    END)
    ORDER BY m.met_on, m.meeting_id
$$;

-- Gatherings held from_on to to_on, counted by kind, month, or which of the seven tasks they served.
CREATE OR REPLACE FUNCTION gathering_figures(grouped_by text, as_of bigint, on_day date, from_on date, to_on date)
RETURNS TABLE (group_key text, gatherings bigint, participants bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT k.key, count(*), coalesce(sum(k.participants), 0)::bigint
    FROM (
        SELECT g.participants, t.key
        FROM gatherings g
        CROSS JOIN LATERAL (
            SELECT g.gathering_kind AS key WHERE grouped_by = 'gathering_kind'
            UNION ALL SELECT to_char(g.held_on, 'YYYY-MM') WHERE grouped_by = 'month'
            UNION ALL SELECT s.task FROM unnest(g.tasks) AS s (task) WHERE grouped_by = 'task'
        ) t
        WHERE g.known @> as_of AND g.held_on BETWEEN from_on AND least(to_on, on_day)
    ) k
    GROUP BY k.key ORDER BY k.key NULLS LAST
$$;

-- What stands beneath one group of gathering_figures().
CREATE OR REPLACE FUNCTION gathering_explain(
    grouped_by text, wanted_key text, as_of bigint, on_day date, from_on date, to_on date
)
RETURNS TABLE (network_id uuid, gathering_id uuid, held_on date, gathering_kind text, event_positions bigint[])
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT g.network_id, g.gathering_id, g.held_on, g.gathering_kind, g.because
    FROM gatherings g
    WHERE g.known @> as_of AND g.held_on BETWEEN from_on AND least(to_on, on_day) AND (wanted_key IS NULL OR CASE grouped_by
        WHEN 'gathering_kind' THEN g.gathering_kind = wanted_key
        WHEN 'month' THEN to_char(g.held_on, 'YYYY-MM') = wanted_key
        WHEN 'task' THEN wanted_key = ANY(g.tasks)
    END)
    ORDER BY g.held_on, g.gathering_id
$$;

-- How far the goals are that cover the day: each measure as it was last noted by then.
CREATE OR REPLACE FUNCTION goal_rows(as_of bigint, on_day date)
RETURNS TABLE (
    network_id uuid, goal_id uuid, number integer, measure_id uuid, measure_kind text, target integer, progress text,
    counted integer, noted_on date, event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT
        g.network_id, g.goal_id, g.number, m.measure_id, m.measure_kind, m.target, coalesce(p.progress, 'not_begun'),
        p.counted, p.noted_on, m.because || coalesce(p.because, '{}')
    FROM network_goals g
    JOIN goal_measures m ON m.network_id = g.network_id AND m.goal_id = g.goal_id AND m.known @> as_of
    LEFT JOIN LATERAL (
        SELECT n.progress, n.counted, n.noted_on, n.because FROM goal_progress n
        WHERE n.network_id = m.network_id AND n.goal_id = m.goal_id AND n.measure_id = m.measure_id
            AND n.known @> as_of AND n.noted_on <= on_day
        ORDER BY n.noted_on DESC LIMIT 1
    ) p ON true
    WHERE g.known @> as_of AND g.set_on <= on_day AND on_day BETWEEN g.covers_from AND g.covers_to
    ORDER BY g.number, g.goal_id, m.measure_id
$$;
