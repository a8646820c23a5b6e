-- Duties of episodes, contacts and clients. `late_after_on` is the last day in time: a due day that is no working day
-- rolls to the next one, by the Finnish calendar, which the fold knows and SQL does not.

-- tables
CREATE TABLE {duties} (
    stream_id     uuid NOT NULL,
    duty_key      text NOT NULL,
    known_from    bigint NOT NULL,
    known_to      bigint,
    known         int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because       bigint[] NOT NULL,
    rule_id       text NOT NULL,
    service       text NOT NULL,
    model_version integer NOT NULL,
    strength      text NOT NULL,
    client_id     uuid,
    started_by    integer NOT NULL,
    opened_by     integer,
    opened_on     date NOT NULL,
    due_on        date,
    late_after_on date,
    met_by        integer,
    met_on        date,
    waived_on     date,
    PRIMARY KEY (stream_id, duty_key, known_from)
);

-- indexes
CREATE INDEX ON {duties} (date_trunc('month', due_on::timestamp), stream_id) INCLUDE (due_on, known_from, known_to);

-- questions

-- Every duty of the wanted streams that was there on a day of the world, and how it stood that day.
CREATE OR REPLACE FUNCTION duty_rows_of(wanted uuid[], as_of bigint, on_day date)
RETURNS TABLE (
    stream_id uuid, duty_key text, rule_id text, service text, model_version integer, strength text, client_id uuid,
    opened_on date, due_on date, late_after_on date, met_on date, waived_on date, status text, days_late integer,
    area text, unit_id text, worker_ids text[], started_by_position bigint, met_by_position bigint,
    event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT
        d.stream_id, d.duty_key, d.rule_id, d.service, d.model_version, d.strength, d.client_id,
        d.opened_on, d.due_on, d.late_after_on, s.met_on, s.waived_on,
        CASE
            WHEN s.met_on IS NOT NULL AND (d.late_after_on IS NULL OR s.met_on <= d.late_after_on) THEN 'met_in_time'
            WHEN s.met_on IS NOT NULL THEN 'met_late'
            WHEN s.waived_on IS NOT NULL THEN 'waived'
            WHEN on_day > d.late_after_on THEN 'open_late'
            ELSE 'open'
        END,
        greatest(coalesce(s.met_on, s.waived_on, on_day) - d.late_after_on, 0),
        CASE WHEN t.episode_id IS NULL THEN coalesce(e.area, c.area, q.area) ELSE t.area END,
        CASE WHEN t.episode_id IS NULL THEN coalesce(e.unit_id, q.unit_id) ELSE t.unit_id END, w.worker_ids, started.position,
        met.position,
        ARRAY(
            SELECT DISTINCT b.position
            FROM unnest(d.because || started.position || opened.position || met.position) AS b (position)
            WHERE b.position IS NOT NULL ORDER BY 1
        )
    FROM duties d
    CROSS JOIN LATERAL (
        SELECT CASE WHEN d.met_on <= on_day THEN d.met_on END, CASE WHEN d.waived_on <= on_day THEN d.waived_on END
    ) AS s (met_on, waived_on)
    LEFT JOIN episodes e ON e.episode_id = d.stream_id AND e.known @> as_of
    LEFT JOIN stays_of(wanted, as_of) t ON t.episode_id = d.stream_id AND t.since_on <= on_day AND t.until_on > on_day
    LEFT JOIN contacts c ON c.contact_id = d.stream_id AND c.known @> as_of
    LEFT JOIN quality_files q ON q.file_id = d.stream_id AND q.known @> as_of
    LEFT JOIN workers_of(wanted, as_of, on_day) w ON w.episode_id = d.stream_id
    LEFT JOIN trail started ON started.stream_id = d.stream_id AND started.version = d.started_by
        AND started.known @> as_of
    LEFT JOIN trail opened ON opened.stream_id = d.stream_id AND opened.version = d.opened_by
        AND opened.known @> as_of
    LEFT JOIN trail met ON met.stream_id = d.stream_id AND met.version = d.met_by AND met.known @> as_of
    WHERE d.stream_id = ANY(wanted) AND d.known @> as_of AND d.opened_on <= on_day
$$;

-- The streams that have duties due from_on to to_on (null: whenever); of those only such as had the worker on a day of the
-- world, if one is named. In a period of up to a quarter what the worker had is looked for among what is due in each month
-- (by itself, says OFFSET 0: the planner, who thinks of a thousand months, would look through all that the worker had once).
-- Ids of earlier streams come before those of what is due now, and are passed over together. In a longer period it is
-- looked for stream by stream. Without parallel workers: they would be started for arms that are never executed.
CREATE OR REPLACE FUNCTION streams_with_duties(
    as_of bigint, on_day date, from_on date, to_on date, wanted_worker text
)
RETURNS TABLE (stream_id uuid)
LANGUAGE sql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET max_parallel_workers_per_gather = 0
AS $$
    WITH theirs AS MATERIALIZED (
        SELECT a.episode_id FROM assignments a
        WHERE a.worker_id = wanted_worker AND a.closed_on IS NULL AND (a.known_to IS NULL OR a.known_to > as_of)
            AND a.known_from <= as_of AND a.from_on <= on_day AND (a.to_on IS NULL OR a.to_on > on_day)
        UNION ALL
        SELECT a.episode_id FROM assignments a
        WHERE a.worker_id = wanted_worker AND a.closed_on IS NOT NULL AND (a.known_to IS NULL OR a.known_to > as_of)
            AND a.known_from <= as_of AND a.from_on <= on_day AND (a.to_on IS NULL OR a.to_on > on_day)
    )
    SELECT d.stream_id FROM duties d
    WHERE wanted_worker IS NULL AND from_on IS NULL AND to_on IS NULL AND d.known @> as_of
    UNION
    SELECT d.stream_id FROM duties d
    WHERE wanted_worker IS NULL AND (from_on IS NOT NULL OR to_on IS NOT NULL)
        AND d.known_from <= as_of AND (d.known_to IS NULL OR d.known_to > as_of)
        AND date_trunc('month', d.due_on::timestamp)
            BETWEEN date_trunc('month', coalesce(from_on, '-infinity')::timestamp) AND coalesce(to_on, 'infinity')
        AND d.due_on BETWEEN coalesce(from_on, '-infinity') AND coalesce(to_on, 'infinity')
    UNION
    SELECT d.stream_id
    FROM generate_series(date_trunc('month', from_on::timestamp), to_on::timestamp, '1 month') AS due (month)
    CROSS JOIN LATERAL (
        SELECT d.stream_id, d.due_on FROM duties d
        WHERE date_trunc('month', d.due_on::timestamp) = due.month
            AND d.stream_id = ANY(ARRAY(SELECT t.episode_id FROM theirs t))
            AND d.known_from <= as_of AND (d.known_to IS NULL OR d.known_to > as_of)
        OFFSET 0
    ) d
    WHERE wanted_worker IS NOT NULL AND to_on <= from_on + 92 AND d.due_on BETWEEN from_on AND to_on
    UNION
    SELECT d.stream_id FROM duties d
    WHERE wanted_worker IS NOT NULL AND (to_on <= from_on + 92) IS NOT TRUE
        AND d.stream_id = ANY(ARRAY(SELECT t.episode_id FROM theirs t))
        AND d.known_from <= as_of AND (d.known_to IS NULL OR d.known_to > as_of)
        AND (from_on IS NULL OR d.due_on >= from_on) AND (to_on IS NULL OR d.due_on <= to_on)
$$;

-- Every duty that was there on a day of the world, and how it stood that day.
CREATE OR REPLACE FUNCTION duty_rows(as_of bigint, on_day date)
RETURNS TABLE (
    stream_id uuid, duty_key text, rule_id text, service text, model_version integer, strength text, client_id uuid,
    opened_on date, due_on date, late_after_on date, met_on date, waived_on date, status text, days_late integer,
    area text, unit_id text, worker_ids text[], started_by_position bigint, met_by_position bigint,
    event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT r.* FROM duty_rows_of(
        ARRAY(SELECT s.stream_id FROM streams_with_duties(as_of, on_day, NULL, NULL, NULL) s), as_of, on_day
    ) r
$$;

-- Duties counted by rule, worker, area, unit, service or month (of the due day).
CREATE OR REPLACE FUNCTION duty_figures(grouped_by text, as_of bigint, on_day date, from_on date, to_on date)
RETURNS TABLE (
    group_key text, duties bigint, due_duties bigint, met_in_time_duties bigint, met_late_duties bigint,
    waived_duties bigint, open_duties bigint, open_late_duties bigint, next_due_on date
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT
        g.key,
        count(*),
        count(*) FILTER (WHERE r.due_on <= on_day),
        count(*) FILTER (WHERE r.status = 'met_in_time'),
        count(*) FILTER (WHERE r.status = 'met_late'),
        count(*) FILTER (WHERE r.status = 'waived'),
        count(*) FILTER (WHERE r.status IN ('open', 'open_late')),
        count(*) FILTER (WHERE r.status = 'open_late'),
        min(r.due_on) FILTER (WHERE r.status IN ('open', 'open_late'))
    FROM duty_rows_of(
        ARRAY(SELECT s.stream_id FROM streams_with_duties(as_of, on_day, from_on, to_on, NULL) s), as_of, on_day
    ) r
    CROSS JOIN LATERAL unnest(
        CASE grouped_by
            WHEN 'rule' THEN ARRAY[r.rule_id]
            WHEN 'worker' THEN coalesce(r.worker_ids, ARRAY[NULL::text])
            WHEN 'area' THEN ARRAY[r.area]
            WHEN 'unit' THEN ARRAY[r.unit_id]
            WHEN 'service' THEN ARRAY[r.service]
            WHEN 'month' THEN ARRAY[to_char(r.due_on, 'YYYY-MM')]
        END
    ) AS g (key)
    WHERE (from_on IS NULL OR r.due_on >= from_on) AND (to_on IS NULL OR r.due_on <= to_on)
    GROUP BY g.key ORDER BY g.key NULLS LAST
$$;

-- What stands beneath one group (the key '': the group without a key) of duty_figures().
CREATE OR REPLACE FUNCTION duty_explain(
    grouped_by text, wanted_key text, as_of bigint, on_day date, from_on date, to_on date
)
RETURNS TABLE (stream_id uuid, duty_key text, due_on date, status text, event_positions bigint[])
LANGUAGE sql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
    SELECT r.stream_id, r.duty_key, r.due_on, r.status, r.event_positions
    FROM duty_rows_of(
        ARRAY(
            SELECT s.stream_id FROM streams_with_duties(
                as_of, on_day, from_on, to_on, CASE WHEN grouped_by = 'worker' THEN nullif(wanted_key, '') END
            ) s
        ),
        as_of, on_day
    ) r
    WHERE (from_on IS NULL OR r.due_on >= from_on) AND (to_on IS NULL OR r.due_on <= to_on)
        AND (wanted_key IS NULL OR CASE grouped_by
            WHEN 'rule' THEN coalesce(r.rule_id, '') = wanted_key
            WHEN 'worker' THEN wanted_key = ANY(r.worker_ids) OR (wanted_key = '' AND coalesce(cardinality(r.worker_ids), 0) = 0)
            WHEN 'area' THEN coalesce(r.area, '') = wanted_key
            WHEN 'unit' THEN coalesce(r.unit_id, '') = wanted_key
            WHEN 'service' THEN coalesce(r.service, '') = wanted_key
            WHEN 'month' THEN coalesce(to_char(r.due_on, 'YYYY-MM'), '') = wanted_key
        END)
    ORDER BY r.due_on, r.stream_id, r.duty_key
$$;

-- What is still to be done on a day of the world, one by one: of a worker, a unit or an area, if one is named.
CREATE OR REPLACE FUNCTION open_duty_rows(
    as_of bigint, on_day date, wanted_worker text, wanted_unit text, wanted_area text
)
RETURNS TABLE (
    stream_id uuid, stream_kind text, client_id uuid, duty_key text, service text, model_version integer, rule_id text,
    strength text, opened_on date, due_on date, late_after_on date, days_late integer, area text, unit_id text,
    worker_ids text[], event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
    SELECT
        r.stream_id, k.stream_kind, r.client_id, r.duty_key, r.service, r.model_version, r.rule_id, r.strength,
        r.opened_on, r.due_on, r.late_after_on, r.days_late, r.area, r.unit_id,
        coalesce(r.worker_ids, ARRAY[]::text[]), r.event_positions
    FROM duty_rows_of(
        ARRAY(SELECT s.stream_id FROM streams_with_duties(as_of, on_day, NULL, NULL, wanted_worker) s), as_of, on_day
    ) r
    CROSS JOIN LATERAL (
        SELECT t.stream_kind FROM trail t
        WHERE t.stream_id = r.stream_id AND t.stream_kind IS NOT NULL ORDER BY t.version LIMIT 1
    ) k
    WHERE r.status IN ('open', 'open_late')
        AND (wanted_worker IS NULL OR wanted_worker = ANY(r.worker_ids))
        AND (wanted_unit IS NULL OR r.unit_id = wanted_unit)
        AND (wanted_area IS NULL OR r.area = wanted_area)
    ORDER BY r.due_on NULLS LAST, r.stream_id, r.duty_key
$$;
