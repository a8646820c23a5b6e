-- Deviations from rules, each of the day of the entry that breaks the rule; and what was explained of them.

-- tables
CREATE TABLE {deviations} (
    stream_id      uuid NOT NULL,
    deviation_key  text NOT NULL,
    known_from     bigint NOT NULL,
    known_to       bigint,
    known          int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because        bigint[] NOT NULL,
    rule_id        text NOT NULL,
    service        text NOT NULL,
    model_version  integer NOT NULL,
    strength       text NOT NULL,
    entry          integer NOT NULL,
    measured       double precision,
    limit_measured double precision,
    unit           text,
    noted_on       date NOT NULL,
    PRIMARY KEY (stream_id, deviation_key, known_from)
);

CREATE TABLE {explanations} (
    stream_id     uuid NOT NULL,
    deviation_key text NOT NULL,
    known_from    bigint NOT NULL,
    known_to      bigint,
    known         int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because       bigint[] NOT NULL,
    explained_on  date NOT NULL,
    PRIMARY KEY (stream_id, deviation_key, known_from)
);

-- indexes
CREATE INDEX ON {deviations} (rule_id) INCLUDE (known);

-- questions

-- Every deviation whose entry happened up to a day of the world, with where its episode was and whose it was on the day
-- of the entry: who has the episode since has no part in it.
CREATE OR REPLACE FUNCTION deviation_rows(as_of bigint, on_day date)
RETURNS TABLE (
    stream_id uuid, deviation_key text, rule_id text, service text, model_version integer, strength text,
    entry integer, entry_position bigint, happened_on date, measured double precision, limit_measured double precision,
    unit text, explained_on date, area text, unit_id text, worker_ids text[], event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH dated AS MATERIALIZED (
        SELECT d.*, t.position, coalesce(t.occurred_on, d.noted_on) AS happened_on
        FROM deviations d
        LEFT JOIN trail t ON t.stream_id = d.stream_id AND t.version = d.entry AND t.known @> as_of
        WHERE d.known @> as_of AND coalesce(t.occurred_on, d.noted_on) <= on_day
    ), worked AS (
        SELECT a.episode_id, d.happened_on, array_agg(DISTINCT a.worker_id ORDER BY a.worker_id) AS worker_ids
        FROM (SELECT DISTINCT o.stream_id, o.happened_on FROM dated o) d
        JOIN assignments a ON a.episode_id = d.stream_id AND a.known @> as_of
            AND a.from_on <= d.happened_on AND (a.to_on IS NULL OR a.to_on > d.happened_on)
        GROUP BY a.episode_id, d.happened_on
    )
    SELECT
        d.stream_id, d.deviation_key, d.rule_id, d.service, d.model_version, d.strength, d.entry,
        d.position, d.happened_on, d.measured, d.limit_measured, d.unit,
        CASE WHEN x.explained_on <= on_day THEN x.explained_on END,
        CASE WHEN s.episode_id IS NULL THEN coalesce(e.area, c.area, q.area) ELSE s.area END,
        CASE WHEN s.episode_id IS NULL THEN coalesce(e.unit_id, q.unit_id) ELSE s.unit_id END, w.worker_ids,
        ARRAY(
            SELECT DISTINCT b.position FROM unnest(d.because || d.position || x.because) AS b (position)
            WHERE b.position IS NOT NULL ORDER BY 1
        )
    FROM dated d
    LEFT JOIN explanations x ON x.stream_id = d.stream_id AND x.deviation_key = d.deviation_key AND x.known @> as_of
    LEFT JOIN episodes e ON e.episode_id = d.stream_id AND e.known @> as_of
    LEFT JOIN stays(as_of) s ON s.episode_id = d.stream_id
        AND s.since_on <= d.happened_on AND s.until_on > d.happened_on
    LEFT JOIN contacts c ON c.contact_id = d.stream_id AND c.known @> as_of
    LEFT JOIN quality_files q ON q.file_id = d.stream_id AND q.known @> as_of
    LEFT JOIN worked w ON w.episode_id = d.stream_id AND w.happened_on = d.happened_on
$$;

-- Deviations counted by rule, strength, worker, area, unit, service or month.
CREATE OR REPLACE FUNCTION deviation_figures(grouped_by text, as_of bigint, on_day date, from_on date, to_on date)
RETURNS TABLE (
    group_key text, deviations bigint, must_deviations bigint, norm_deviations bigint, info_deviations bigint,
    explained_deviations bigint, streams bigint
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT
        g.key,
        count(*),
        count(*) FILTER (WHERE r.strength = 'must'),
        count(*) FILTER (WHERE r.strength = 'norm'),
        count(*) FILTER (WHERE r.strength = 'info'),
        count(*) FILTER (WHERE r.explained_on IS NOT NULL),
        count(DISTINCT r.stream_id)
    FROM deviation_rows(as_of, on_day) r
    CROSS JOIN LATERAL unnest(
        CASE grouped_by
            WHEN 'rule' THEN ARRAY[r.rule_id]
            WHEN 'strength' THEN ARRAY[r.strength]
            WHEN 'worker' THEN coalesce(r.worker_ids, ARRAY[NULL::text])
            WHEN 'area' THEN ARRAY[r.area]
            WHEN 'unit' THEN ARRAY[r.unit_id]
            WHEN 'service' THEN ARRAY[r.service]
            WHEN 'month' THEN ARRAY[to_char(r.happened_on, 'YYYY-MM')]
        END
    ) AS g (key)
    WHERE (from_on IS NULL OR r.happened_on >= from_on) AND (to_on IS NULL OR r.happened_on <= to_on)
    GROUP BY g.key ORDER BY g.key NULLS LAST
$$;

-- What stands beneath one group (the key '': the group without a key) of deviation_figures().
CREATE OR REPLACE FUNCTION deviation_explain(
    grouped_by text, wanted_key text, as_of bigint, on_day date, from_on date, to_on date
)
RETURNS TABLE (stream_id uuid, deviation_key text, happened_on date, event_positions bigint[])
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT r.stream_id, r.deviation_key, r.happened_on, r.event_positions
    FROM deviation_rows(as_of, on_day) r
    WHERE (from_on IS NULL OR r.happened_on >= from_on) AND (to_on IS NULL OR r.happened_on <= to_on)
        AND (wanted_key IS NULL OR CASE grouped_by
            WHEN 'rule' THEN coalesce(r.rule_id, '') = wanted_key
            WHEN 'strength' THEN coalesce(r.strength, '') = wanted_key
            WHEN 'worker' THEN wanted_key = ANY(r.worker_ids) OR (wanted_key = '' AND coalesce(cardinality(r.worker_ids), 0) = 0)
            WHEN 'area' THEN coalesce(r.area, '') = wanted_key
            WHEN 'unit' THEN coalesce(r.unit_id, '') = wanted_key
            WHEN 'service' THEN coalesce(r.service, '') = wanted_key
            WHEN 'month' THEN coalesce(to_char(r.happened_on, 'YYYY-MM'), '') = wanted_key
        END)
    ORDER BY r.happened_on, r.stream_id, r.deviation_key
$$;
