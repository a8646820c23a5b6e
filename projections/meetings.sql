-- Meetings of episodes. The status follows from what has happened, the day is that in Finland.

-- tables
CREATE TABLE {meetings} (
    episode_id             uuid NOT NULL,
    meeting_id             uuid NOT NULL,
    known_from             bigint NOT NULL,
    known_to               bigint,
    known                  int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because                bigint[] NOT NULL,
    meeting_kind           text NOT NULL,
    mode                   text,
    worker_ids             text[],
    client_ids             uuid[],
    planned_at             timestamptz,
    planned_starts_at      timestamptz,
    planned_ends_at        timestamptz,
    started_at             timestamptz,
    ended_at               timestamptz,
    presence_gap_minutes   integer,
    interruption_reason    text,
    cancelled_at           timestamptz,
    cancelled_by           text,
    cancellation_condition text,
    missed                 boolean,
    agreed_at              timestamptz,
    entered_at             timestamptz,
    status                 text NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN started_at IS NOT NULL THEN 'held'
            WHEN missed THEN 'missed'
            WHEN cancelled_at IS NOT NULL THEN 'cancelled'
            ELSE 'planned'
        END
    ) STORED,
    meeting_on             date GENERATED ALWAYS AS (
        (coalesce(started_at, planned_starts_at) AT TIME ZONE 'Europe/Helsinki')::date
    ) STORED,
    cancelled_on           date GENERATED ALWAYS AS ((cancelled_at AT TIME ZONE 'Europe/Helsinki')::date) STORED,
    planned_on             date GENERATED ALWAYS AS ((planned_at AT TIME ZONE 'Europe/Helsinki')::date) STORED,
    held_minutes           integer GENERATED ALWAYS AS (
        (extract(epoch FROM ended_at - started_at) / 60)::integer
    ) STORED,
    remote                 boolean GENERATED ALWAYS AS (mode IN ('phone', 'video')) STORED,
    PRIMARY KEY (episode_id, meeting_id, known_from)
);

CREATE TABLE {agreed_meetings} (
    episode_id   uuid NOT NULL,
    meeting_id   uuid NOT NULL,
    entry        integer NOT NULL,
    known_from   bigint NOT NULL,
    known_to     bigint,
    known        int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because      bigint[] NOT NULL,
    agreed_at    timestamptz NOT NULL,
    called_off   boolean NOT NULL,
    meeting_kind text NOT NULL,
    starts_at    timestamptz NOT NULL,
    mode         text,
    worker_ids   text[],
    client_ids   uuid[],
    cancelled_by text,
    agreed_on    date NOT NULL GENERATED ALWAYS AS ((agreed_at AT TIME ZONE 'Europe/Helsinki')::date) STORED,
    starts_on    date NOT NULL GENERATED ALWAYS AS ((starts_at AT TIME ZONE 'Europe/Helsinki')::date) STORED,
    PRIMARY KEY (episode_id, meeting_id, entry, known_from)
);

-- indexes
CREATE INDEX ON {meetings} (meeting_on) INCLUDE (known);
CREATE INDEX ON {agreed_meetings} (starts_on) INCLUDE (known);
CREATE INDEX ON {agreed_meetings} USING gin (worker_ids);
CREATE INDEX ON {agreed_meetings} (starts_on) WHERE worker_ids IS NULL;
CREATE INDEX ON {meetings} ((worker_ids[1]), meeting_on);
CREATE INDEX ON {meetings} ((worker_ids[2]), meeting_on) WHERE cardinality(worker_ids) > 1;
CREATE INDEX ON {meetings} USING gin ((worker_ids[3:])) WHERE cardinality(worker_ids) > 2;

-- questions

-- Meetings of the days from_on to to_on as they stood in the world on `on_day`, with what they are counted by. What had not
-- happened by `on_day` is as it was last agreed upon by then (planned, or called off): on the day, by the workers and in
-- the way agreed, whatever became of it; what was agreed later than that is not there. A calling-off that names no
-- workers is of those with whom the meeting had been agreed upon before, and stands on what told of them too.
-- A meeting stands under the area, unit and service that its episode had on the meeting's day (of one that is yet to
-- come: on `on_day`); one before the decision under the service that was then granted. Only those of one worker, if one
-- is named: these are found by worker and day, the worker being the first or the second of a meeting; the few meetings
-- of more than two, and what was agreed upon, are found by the worker alone.
CREATE OR REPLACE FUNCTION visit_rows(
    as_of bigint, on_day date, from_on date, to_on date, wanted_worker text DEFAULT NULL
)
RETURNS TABLE (
    episode_id uuid, meeting_id uuid, meeting_on date, status text, meeting_kind text, mode text, remote boolean,
    held_minutes integer, worker_ids text[], client_ids uuid[], cancelled_by text, area text, unit_id text,
    service text, entered_at timestamptz, event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH met AS MATERIALIZED (
        SELECT a.* FROM meetings a
        WHERE wanted_worker IS NULL AND a.known @> as_of AND a.meeting_on BETWEEN from_on AND to_on
        UNION ALL
        SELECT f.* FROM meetings f
        WHERE f.worker_ids[1] = wanted_worker AND f.known @> as_of AND f.meeting_on BETWEEN from_on AND to_on
        UNION ALL
        SELECT s.* FROM meetings s
        WHERE s.worker_ids[2] = wanted_worker AND cardinality(s.worker_ids) > 1 AND s.worker_ids[1] <> wanted_worker
            AND s.known @> as_of AND s.meeting_on BETWEEN from_on AND to_on
        UNION ALL
        SELECT o.* FROM meetings o
        WHERE o.worker_ids[3:] @> ARRAY[wanted_worker] AND cardinality(o.worker_ids) > 2
            AND NOT o.worker_ids[1:2] @> ARRAY[wanted_worker]
            AND o.known @> as_of AND o.meeting_on BETWEEN from_on AND to_on
    ), agreed AS (
        SELECT a.* FROM agreed_meetings a
        WHERE wanted_worker IS NULL AND a.known @> as_of AND a.agreed_on <= on_day AND a.starts_on BETWEEN from_on AND to_on
        UNION ALL
        SELECT w.* FROM agreed_meetings w
        WHERE w.worker_ids @> ARRAY[wanted_worker] AND w.known @> as_of AND w.agreed_on <= on_day
            AND w.starts_on BETWEEN from_on AND to_on
        UNION ALL
        SELECT n.* FROM agreed_meetings n
        WHERE wanted_worker IS NOT NULL AND n.worker_ids IS NULL AND n.known @> as_of AND n.agreed_on <= on_day
            AND n.starts_on BETWEEN from_on AND to_on
    ), stood AS MATERIALIZED (
        SELECT m.episode_id, m.meeting_id, m.meeting_on, m.status, m.meeting_kind, m.mode, m.worker_ids, m.client_ids,
            CASE WHEN m.status = 'held' THEN m.held_minutes END AS held_minutes, m.cancelled_by, m.entered_at, m.because
        FROM met m
        WHERE m.meeting_on <= on_day OR (m.status = 'cancelled' AND m.cancelled_on <= on_day)
        UNION ALL
        SELECT g.episode_id, g.meeting_id, g.starts_on, CASE WHEN g.called_off THEN 'cancelled' ELSE 'planned' END,
            g.meeting_kind, coalesce(g.mode, b.mode), coalesce(g.worker_ids, b.worker_ids), g.client_ids, NULL,
            g.cancelled_by, m.entered_at, g.because || coalesce(b.because, '{}')
        FROM agreed g
        JOIN meetings m ON m.episode_id = g.episode_id AND m.meeting_id = g.meeting_id AND m.known @> as_of
            AND m.meeting_on > on_day AND (m.status = 'cancelled' AND m.cancelled_on <= on_day) IS NOT TRUE
        LEFT JOIN LATERAL (
            SELECT p.mode, p.worker_ids, p.because FROM agreed_meetings p
            WHERE g.worker_ids IS NULL AND p.worker_ids IS NOT NULL
                AND p.episode_id = g.episode_id AND p.meeting_id = g.meeting_id
                AND (p.agreed_at, p.entry) < (g.agreed_at, g.entry) AND p.known @> as_of
            ORDER BY p.agreed_at DESC, p.entry DESC LIMIT 1
        ) b ON true
        WHERE (wanted_worker IS NULL OR wanted_worker = ANY(coalesce(g.worker_ids, b.worker_ids))) AND NOT EXISTS (
            SELECT 1 FROM agreed_meetings l
            WHERE l.episode_id = g.episode_id AND l.meeting_id = g.meeting_id
                AND (l.agreed_at, l.entry) > (g.agreed_at, g.entry)
                AND l.known @> as_of AND l.agreed_on <= on_day
        )
    )
    SELECT
        m.episode_id, m.meeting_id, m.meeting_on, m.status, m.meeting_kind, m.mode, m.mode IN ('phone', 'video'),
        m.held_minutes, m.worker_ids, m.client_ids, m.cancelled_by,
        CASE WHEN t.episode_id IS NULL THEN e.area ELSE t.area END,
        CASE WHEN t.episode_id IS NULL THEN e.unit_id ELSE t.unit_id END,
        CASE WHEN t.episode_id IS NULL THEN e.service ELSE t.service END, m.entered_at,
        CASE WHEN t.episode_id IS NULL THEN m.because
            ELSE ARRAY(SELECT DISTINCT b.position FROM unnest(m.because || t.because) AS b (position) ORDER BY 1) END
    FROM stood m
    LEFT JOIN episodes e ON e.episode_id = m.episode_id AND e.known @> as_of
    LEFT JOIN stays_of(ARRAY(SELECT DISTINCT n.episode_id FROM stood n), as_of) t ON t.episode_id = m.episode_id
        AND t.since_on <= least(m.meeting_on, on_day) AND t.until_on > least(m.meeting_on, on_day)
$$;

-- Visits counted by worker, area, unit, service, month or episode. Siblings in one meeting are one encounter and one on
-- each client's counter; a meeting of two workers stands under both. Struck meetings are no rows, and never count.
CREATE OR REPLACE FUNCTION visits(grouped_by text, as_of bigint, on_day date, from_on date, to_on date)
RETURNS TABLE (
    group_key text, planned_meetings bigint, held_meetings bigint, held_client_meetings bigint,
    cancelled_meetings bigint, cancelled_by_family_meetings bigint, missed_meetings bigint,
    in_person_meetings bigint, phone_meetings bigint, video_meetings bigint,
    held_minutes bigint, remote_minutes bigint, clients_met bigint, client_encounters bigint
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH counted AS (
        SELECT g.key, r.*
        FROM visit_rows(as_of, on_day, from_on, to_on) r
        CROSS JOIN LATERAL unnest(
            CASE grouped_by
                WHEN 'worker' THEN CASE WHEN cardinality(r.worker_ids) > 0 THEN r.worker_ids ELSE ARRAY[NULL::text] END
                WHEN 'area' THEN ARRAY[r.area]
                WHEN 'unit' THEN ARRAY[r.unit_id]
                WHEN 'service' THEN ARRAY[r.service]
                WHEN 'month' THEN ARRAY[to_char(r.meeting_on, 'YYYY-MM')]
                WHEN 'episode' THEN ARRAY[r.episode_id::text]
            END
        ) AS g (key)
    ), met AS (
        SELECT c.key, count(DISTINCT p.client_id) AS clients, count(*) AS encounters
        FROM counted c CROSS JOIN LATERAL unnest(c.client_ids) AS p (client_id)
        WHERE c.status = 'held' GROUP BY c.key
    )
    SELECT
        c.key,
        count(*) FILTER (WHERE c.status = 'planned'),
        count(*) FILTER (WHERE c.status = 'held'),
        count(*) FILTER (WHERE c.status = 'held' AND c.meeting_kind = 'client_meeting'),
        count(*) FILTER (WHERE c.status = 'cancelled'),
        count(*) FILTER (WHERE c.status = 'cancelled' AND c.cancelled_by = 'family'),
        count(*) FILTER (WHERE c.status = 'missed'),
        count(*) FILTER (WHERE c.status = 'held' AND NOT c.remote),
        count(*) FILTER (WHERE c.status = 'held' AND c.mode = 'phone'),
        count(*) FILTER (WHERE c.status = 'held' AND c.mode = 'video'),
        coalesce(sum(c.held_minutes), 0),
        coalesce(sum(c.held_minutes) FILTER (WHERE c.remote), 0),
        coalesce(max(met.clients), 0),
        coalesce(max(met.encounters), 0)
    FROM counted c LEFT JOIN met ON met.key IS NOT DISTINCT FROM c.key
    GROUP BY c.key ORDER BY c.key NULLS LAST
$$;

-- What stands beneath one group (the key '': the group without a key) of visits().
CREATE OR REPLACE FUNCTION visits_explain(
    grouped_by text, wanted_key text, as_of bigint, on_day date, from_on date, to_on date
)
RETURNS TABLE (episode_id uuid, meeting_id uuid, meeting_on date, status text, event_positions bigint[])
LANGUAGE sql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
    SELECT r.episode_id, r.meeting_id, r.meeting_on, r.status, r.event_positions
    FROM visit_rows(
        as_of, on_day, from_on, to_on, CASE WHEN grouped_by = 'worker' THEN nullif(wanted_key, '') END
    ) r
    WHERE wanted_key IS NULL OR CASE grouped_by
        WHEN 'worker' THEN wanted_key = ANY(r.worker_ids) OR (wanted_key = '' AND coalesce(cardinality(r.worker_ids), 0) = 0)
        WHEN 'area' THEN coalesce(r.area, '') = wanted_key
        WHEN 'unit' THEN coalesce(r.unit_id, '') = wanted_key
        WHEN 'service' THEN coalesce(r.service, '') = wanted_key
        WHEN 'month' THEN coalesce(to_char(r.meeting_on, 'YYYY-MM'), '') = wanted_key
        WHEN 'episode' THEN coalesce(r.episode_id::text, '') = wanted_key
    END
    ORDER BY r.meeting_on, r.meeting_id
$$;
