-- Episodes: one chain of rows an episode, and the phases that it went through in the world.
-- An as-of question walks a holder's rows by a btree and tests `known` in the index: GiST (holder, known) would need
-- btree_gist, an extension that an outer server may not have, and whose operator classes lie outside the register's schema.

-- tables
CREATE TABLE {episodes} (
    episode_id        uuid NOT NULL,
    known_from        bigint NOT NULL,
    known_to          bigint,
    known             int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because           bigint[] NOT NULL,
    client_ids        uuid[],
    area              text,
    unit_id           text,
    source            text,
    channel           text,
    consent           text,
    contact_id        uuid,
    requested_service text,
    referrer          text,
    purchaser         text,
    need_code         text,
    service           text,
    model_version     integer,
    service_task      text,
    referred_on       date,
    decided_on        date,
    refused_on        date,
    valid_to          date,
    bounded_on        date,
    started_on        date,
    suspended_on      date,
    closed_on         date,
    closure_reason    text,
    outcome           text,
    outcome_service   text,
    first_area        text,
    first_unit_id     text,
    granted_service   text,
    granted_model_version integer,
    worked            boolean,
    placed_on         date,
    pinned_on         date,
    turned_on         date,
    phase             text NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN closed_on IS NOT NULL THEN 'closed'
            WHEN suspended_on IS NOT NULL THEN 'suspended'
            WHEN started_on IS NOT NULL OR worked THEN 'active'
            WHEN refused_on IS NOT NULL THEN 'refused'
            WHEN decided_on IS NOT NULL THEN 'decided'
            ELSE 'referred'
        END
    ) STORED,
    PRIMARY KEY (episode_id, known_from)
);

CREATE TABLE {phases} (
    episode_id      uuid NOT NULL,
    entry           integer NOT NULL,
    known_from      bigint NOT NULL,
    known_to        bigint,
    known           int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because         bigint[] NOT NULL,
    phase           text NOT NULL,
    step            integer NOT NULL,
    from_on         date NOT NULL,
    closure_reason  text,
    outcome         text,
    outcome_service text,
    PRIMARY KEY (episode_id, entry, known_from)
);

CREATE TABLE {joined_children} (
    episode_id uuid NOT NULL,
    client_id  uuid NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    joined_on  date NOT NULL,
    PRIMARY KEY (episode_id, client_id, known_from)
);

CREATE TABLE {ended_clientships} (
    episode_id uuid NOT NULL,
    client_id  uuid NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    ended_on   date NOT NULL,
    PRIMARY KEY (episode_id, client_id, known_from)
);

CREATE TABLE {moves} (
    episode_id    uuid NOT NULL,
    entry         integer NOT NULL,
    known_from    bigint NOT NULL,
    known_to      bigint,
    known         int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because       bigint[] NOT NULL,
    kind          text NOT NULL,
    from_on       date NOT NULL,
    area          text,
    unit_id       text,
    service       text,
    model_version integer,
    PRIMARY KEY (episode_id, entry, known_from)
);

-- indexes
CREATE INDEX ON {episodes} (area) INCLUDE (known);
CREATE INDEX ON {episodes} (unit_id, known_to) INCLUDE (episode_id, known_from) WHERE phase NOT IN ('closed', 'refused');
CREATE INDEX ON {episodes} (unit_id, closed_on) INCLUDE (episode_id, known_from, known_to) WHERE phase = 'closed';
CREATE INDEX ON {episodes} (unit_id, refused_on) INCLUDE (episode_id, known_from, known_to) WHERE phase = 'refused';
CREATE INDEX ON {episodes} (first_unit_id) INCLUDE (episode_id, known, closed_on)
    WHERE first_unit_id IS DISTINCT FROM unit_id;
CREATE INDEX ON {moves} (unit_id) INCLUDE (episode_id, known);
CREATE INDEX ON {episodes} USING gin (client_ids);
CREATE INDEX ON {joined_children} (client_id) INCLUDE (known);

-- questions

-- Questions about some episodes take their ids, and find by index what belongs to them: so what one worker has costs the
-- same however large the register is, in a plan made without knowing the parameters too.

-- Where those of the wanted episodes that ever moved stayed, and under which service: a row for each stretch of days without a move, the
-- first one from the beginning of time, the last without an end. An episode that never moved has no row here: its own
-- row says where it is. Of one that was never granted the service is that of its own row too: the one that was refused.
-- `since_on` is the first day, `until_on` the first day after. By nested loops, also where who asks
-- does without them: there are few moves, and what belongs to them is found by index.
CREATE OR REPLACE FUNCTION stays_of(wanted uuid[], as_of bigint)
RETURNS TABLE (
    episode_id uuid, since_on date, until_on date, area text, unit_id text, service text, model_version integer,
    because bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT SET enable_nestloop = on AS $$
    WITH moved AS (
        SELECT m.* FROM moves m WHERE m.episode_id = ANY(wanted) AND m.known @> as_of
    ), turns AS (
        SELECT m.episode_id, m.from_on FROM moved m
        UNION SELECT m.episode_id, '-infinity'::date FROM moved m
    )
    SELECT
        t.episode_id, t.from_on, lead(t.from_on, 1, 'infinity') OVER (PARTITION BY t.episode_id ORDER BY t.from_on),
        CASE WHEN p.entry IS NULL THEN e.first_area ELSE p.area END,
        CASE WHEN p.entry IS NULL THEN e.first_unit_id ELSE p.unit_id END,
        CASE
            WHEN s.entry IS NOT NULL THEN s.service
            WHEN o.stayed THEN e.service
            ELSE e.granted_service
        END,
        CASE
            WHEN s.entry IS NOT NULL THEN s.model_version
            WHEN o.stayed THEN e.model_version
            ELSE e.granted_model_version
        END,
        coalesce(p.because, '{}') || coalesce(s.because, '{}')
    FROM turns t
    JOIN episodes e ON e.episode_id = t.episode_id AND e.known @> as_of
    LEFT JOIN LATERAL (
        SELECT m.* FROM moved m
        WHERE m.episode_id = t.episode_id AND m.kind = 'place' AND m.from_on <= t.from_on
        ORDER BY m.from_on DESC, m.entry DESC LIMIT 1
    ) p ON true
    LEFT JOIN LATERAL (
        SELECT m.* FROM moved m
        WHERE m.episode_id = t.episode_id AND m.kind = 'model' AND m.from_on <= t.from_on
        ORDER BY m.from_on DESC, m.entry DESC LIMIT 1
    ) s ON true
    CROSS JOIN LATERAL (
        SELECT e.granted_service IS NULL
            AND NOT EXISTS (SELECT 1 FROM moved m WHERE m.episode_id = t.episode_id AND m.kind = 'model')
    ) AS o (stayed)
$$;

-- The same of all episodes that ever moved: each by itself, since stays_of() holds what it is asked for against each other.
CREATE OR REPLACE FUNCTION stays(as_of bigint)
RETURNS TABLE (
    episode_id uuid, since_on date, until_on date, area text, unit_id text, service text, model_version integer,
    because bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT s.*
    FROM (SELECT DISTINCT m.episode_id FROM moves m WHERE m.known @> as_of) AS moved
    CROSS JOIN LATERAL stays_of(ARRAY[moved.episode_id], as_of) s
$$;

-- Closures dated from_on to to_on that stood on `on_day`: those after which nothing was reopened, or closed anew, by then. So
-- on a day between its closure and its reopening an episode is closed, whenever it is asked.
CREATE OR REPLACE FUNCTION closures(as_of bigint, on_day date, from_on date, to_on date)
RETURNS TABLE (
    episode_id uuid, closed_on date, closure_reason text, outcome text, outcome_service text, because bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT c.episode_id, c.from_on, c.closure_reason, c.outcome, c.outcome_service, c.because
    FROM phases c
    WHERE c.phase = 'closed' AND c.known @> as_of AND c.from_on BETWEEN closures.from_on AND least(to_on, on_day)
        AND NOT EXISTS (
            SELECT 1 FROM phases f
            WHERE f.episode_id = c.episode_id AND f.entry > c.entry AND f.known @> as_of AND f.from_on <= on_day
                AND (f.phase = 'closed' OR (f.phase = 'active' AND f.from_on >= c.from_on))
        )
$$;

-- The episodes among which those are that were open on a day of the world. What was open and is known to be is one end of an
-- index; what was known until later than `as_of`, and what ended later than the day, lie beside each other in it. Of a worker,
-- of a unit, and of all each by itself: making a plan's arms ready costs more than these look-ups.
CREATE OR REPLACE FUNCTION perhaps_open_of_worker(as_of bigint, on_day date, wanted_worker text)
RETURNS TABLE (episode_id uuid)
LANGUAGE sql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET max_parallel_workers_per_gather = 0
AS $$
    SELECT a.episode_id FROM assignments a
    WHERE a.worker_id = wanted_worker AND a.closed_on IS NULL AND a.known_to IS NULL
        AND a.known_from <= as_of AND a.from_on <= on_day AND (a.to_on IS NULL OR a.to_on > on_day)
    UNION
    SELECT a.episode_id FROM assignments a
    WHERE a.worker_id = wanted_worker AND a.closed_on IS NULL AND a.known_to > as_of
        AND a.known_from <= as_of AND a.from_on <= on_day AND (a.to_on IS NULL OR a.to_on > on_day)
    UNION
    SELECT a.episode_id FROM assignments a
    WHERE a.worker_id = wanted_worker AND a.closed_on > on_day AND (a.known_to IS NULL OR a.known_to > as_of)
        AND a.known_from <= as_of AND a.from_on <= on_day AND (a.to_on IS NULL OR a.to_on > on_day)
$$;

-- Of a unit also those that were elsewhere on that day, before or after.
CREATE OR REPLACE FUNCTION perhaps_open_of_unit(as_of bigint, on_day date, wanted_unit text)
RETURNS TABLE (episode_id uuid)
LANGUAGE sql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET max_parallel_workers_per_gather = 0
AS $$
    SELECT e.episode_id FROM episodes e
    WHERE e.unit_id = wanted_unit AND e.phase NOT IN ('closed', 'refused') AND e.known_to IS NULL AND e.known_from <= as_of
    UNION
    SELECT e.episode_id FROM episodes e
    WHERE e.unit_id = wanted_unit AND e.phase NOT IN ('closed', 'refused') AND e.known_to > as_of AND e.known_from <= as_of
    UNION
    SELECT e.episode_id FROM episodes e
    WHERE e.unit_id = wanted_unit AND e.phase = 'closed'
        AND e.closed_on > on_day AND e.known_from <= as_of AND (e.known_to IS NULL OR e.known_to > as_of)
    UNION
    SELECT e.episode_id FROM episodes e
    WHERE e.unit_id = wanted_unit AND e.phase = 'refused'
        AND e.refused_on > on_day AND e.known_from <= as_of AND (e.known_to IS NULL OR e.known_to > as_of)
    UNION
    SELECT e.episode_id FROM episodes e
    WHERE e.first_unit_id = wanted_unit AND e.first_unit_id IS DISTINCT FROM e.unit_id
        AND e.known @> as_of AND (e.closed_on IS NULL OR e.closed_on > on_day)
    UNION
    SELECT m.episode_id FROM moves m WHERE m.unit_id = wanted_unit AND m.known @> as_of
$$;

CREATE OR REPLACE FUNCTION perhaps_open(as_of bigint, on_day date)
RETURNS TABLE (episode_id uuid)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT e.episode_id FROM episodes e WHERE e.known @> as_of AND (e.closed_on IS NULL OR e.closed_on > on_day)
$$;

-- Every one of the wanted episodes that was open on a day of the world (referred, decided, active or suspended), with what
-- its workers look at. Clients, area, unit and service are those of that day; before the decision, the service that was
-- asked for.
-- `days_open` is counted from the start of the work, else from the referral. What is known to have closed by then is not
-- open, whatever else of it is dated later; what was reopened before any work began is decided.
-- What belongs to the wanted ones is read from each table at once, so that pages
-- that nobody has asked for lately are read beside each other, not one after the other; and it is put together by hashing:
-- the planner, who thinks of one row, would compare all pairs. But of each episode the one row that was known is the last
-- that began by then: it is looked up alone, not among all its versions. How meetings were agreed upon is asked only where
-- one is yet to come, and for moves only where there are some. `OFFSET 0` keeps what is so asked from being asked otherwise.
CREATE OR REPLACE FUNCTION caseload_rows_of(wanted uuid[], as_of bigint, on_day date)
RETURNS TABLE (
    episode_id uuid, client_ids uuid[], service text, model_version integer, area text, unit_id text, phase text,
    phase_since_on date, referred_on date, decided_on date, started_on date, days_open integer, worker_ids text[],
    last_meeting_on date, next_meeting_on date, held_client_meetings bigint, open_duties bigint, late_duties bigint,
    next_duty_due_on date, event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET enable_nestloop = off
AS $$
    SELECT
        e.episode_id,
        CASE WHEN j.episode_id IS NULL AND x.episode_id IS NULL THEN e.client_ids ELSE ARRAY(
            SELECT c.client_id FROM unnest(e.client_ids || j.client_ids) WITH ORDINALITY AS c (client_id, place)
            WHERE x.client_ids IS NULL OR c.client_id <> ALL(x.client_ids)
            GROUP BY c.client_id ORDER BY min(c.place)
        ) END,
        CASE
            WHEN e.decided_on IS NULL OR e.decided_on > on_day THEN e.requested_service
            WHEN s.episode_id IS NULL THEN e.service
            ELSE s.service
        END,
        CASE
            WHEN e.decided_on IS NULL OR e.decided_on > on_day THEN NULL
            WHEN s.episode_id IS NULL THEN e.model_version
            ELSE s.model_version
        END,
        CASE WHEN s.episode_id IS NULL THEN e.area ELSE s.area END,
        CASE WHEN s.episode_id IS NULL THEN e.unit_id ELSE s.unit_id END,
        CASE WHEN p.phase = 'active' AND coalesce(e.started_on > on_day, e.worked IS NOT TRUE) THEN 'decided' ELSE p.phase END,
        p.from_on, e.referred_on,
        CASE WHEN e.decided_on <= on_day THEN e.decided_on END, CASE WHEN e.started_on <= on_day THEN e.started_on END,
        on_day - coalesce(
            CASE WHEN e.started_on <= on_day THEN e.started_on END,
            CASE WHEN e.referred_on <= on_day THEN e.referred_on END,
            p.from_on
        ),
        coalesce(w.worker_ids, '{}'), met.last_on,
        CASE WHEN met.coming IS NOT NULL THEN (
            SELECT min(a.starts_on)
            FROM (
                SELECT DISTINCT ON (g.meeting_id) g.called_off, g.starts_on
                FROM agreed_meetings g
                WHERE g.episode_id = met.episode_id AND g.meeting_id = ANY(met.coming)
                    AND g.known @> as_of AND g.agreed_on <= on_day
                ORDER BY g.meeting_id, g.agreed_at DESC, g.entry DESC
            ) a
            WHERE a.starts_on > on_day AND NOT a.called_off
        ) END,
        coalesce(met.held, 0),
        coalesce(owed.open, 0), coalesce(owed.late, 0), owed.next_on,
        ARRAY(
            SELECT DISTINCT b.position
            FROM unnest(e.because || j.because || x.because || p.because || w.because || s.because) AS b (position)
            WHERE b.position IS NOT NULL ORDER BY 1
        )
    FROM (
        SELECT v.* FROM (SELECT DISTINCT unnest(wanted) ORDER BY 1) AS one (id) CROSS JOIN LATERAL (
            SELECT n.* FROM episodes n
            WHERE n.episode_id = one.id AND n.known_from <= as_of ORDER BY n.known_from DESC LIMIT 1
        ) v
        WHERE v.known @> as_of AND (v.closed_on IS NULL OR v.closed_on > on_day)
        OFFSET 0
    ) e
    JOIN (
        SELECT DISTINCT ON (f.episode_id) f.episode_id, f.phase, f.from_on, f.because FROM phases f
        WHERE f.episode_id = ANY(wanted) AND f.known @> as_of AND f.from_on <= on_day
        ORDER BY f.episode_id, f.step DESC, f.from_on DESC, f.entry DESC
    ) p ON p.episode_id = e.episode_id
    LEFT JOIN (
        SELECT c.episode_id, array_agg(c.client_id ORDER BY c.joined_on, c.client_id) AS client_ids,
            array_agg(b.position) AS because
        FROM joined_children c CROSS JOIN LATERAL unnest(c.because) AS b (position)
        WHERE c.episode_id = ANY(wanted) AND c.known @> as_of AND c.joined_on <= on_day
        GROUP BY c.episode_id
    ) j ON j.episode_id = e.episode_id
    LEFT JOIN (
        SELECT c.episode_id, array_agg(c.client_id) AS client_ids, array_agg(b.position) AS because
        FROM ended_clientships c CROSS JOIN LATERAL unnest(c.because) AS b (position)
        WHERE c.episode_id = ANY(wanted) AND c.known @> as_of AND c.ended_on <= on_day
        GROUP BY c.episode_id
    ) x ON x.episode_id = e.episode_id
    LEFT JOIN (
        SELECT a.episode_id, array_agg(DISTINCT a.worker_id ORDER BY a.worker_id) AS worker_ids,
            array_agg(b.position) AS because
        FROM assignments a CROSS JOIN LATERAL unnest(a.because) AS b (position)
        WHERE a.episode_id = ANY(wanted)
            AND a.known @> as_of AND a.from_on <= on_day AND (a.to_on IS NULL OR a.to_on > on_day)
        GROUP BY a.episode_id
    ) w ON w.episode_id = e.episode_id
    LEFT JOIN (
        SELECT
            m.episode_id,
            max(m.meeting_on) FILTER (WHERE m.status = 'held' AND m.meeting_on <= on_day) AS last_on,
            array_agg(m.meeting_id) FILTER (
                WHERE m.meeting_on > on_day AND (m.status = 'cancelled' AND m.cancelled_on <= on_day) IS NOT TRUE
            ) AS coming,
            count(*) FILTER (WHERE m.status = 'held' AND m.meeting_kind = 'client_meeting' AND m.meeting_on <= on_day)
                AS held
        FROM meetings m
        WHERE m.episode_id = ANY(wanted) AND m.known @> as_of
        GROUP BY m.episode_id
    ) met ON met.episode_id = e.episode_id
    LEFT JOIN (
        SELECT d.stream_id, count(*) AS open, count(*) FILTER (WHERE on_day > d.late_after_on) AS late,
            min(d.due_on) AS next_on
        FROM duties d
        WHERE d.stream_id = ANY(wanted) AND d.known @> as_of AND d.opened_on <= on_day
            AND (d.met_on IS NULL OR d.met_on > on_day) AND (d.waived_on IS NULL OR d.waived_on > on_day)
        GROUP BY d.stream_id
    ) owed ON owed.stream_id = e.episode_id
    LEFT JOIN (
        SELECT t.* FROM stays_of(wanted, as_of) t
        WHERE EXISTS (SELECT 1 FROM moves m WHERE m.episode_id = ANY(wanted))
            AND t.since_on <= on_day AND t.until_on > on_day
        OFFSET 0
    ) s ON s.episode_id = e.episode_id
    WHERE p.phase NOT IN ('closed', 'refused')
$$;

-- Every episode that was open on a day of the world; only those that had the worker, or that were in the unit, if one is
-- named.
CREATE OR REPLACE FUNCTION caseload_rows(
    as_of bigint, on_day date, wanted_worker text DEFAULT NULL, wanted_unit text DEFAULT NULL
)
RETURNS TABLE (
    episode_id uuid, client_ids uuid[], service text, model_version integer, area text, unit_id text, phase text,
    phase_since_on date, referred_on date, decided_on date, started_on date, days_open integer, worker_ids text[],
    last_meeting_on date, next_meeting_on date, held_client_meetings bigint, open_duties bigint, late_duties bigint,
    next_duty_due_on date, event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
    SELECT r.*
    FROM caseload_rows_of(
        CASE
            WHEN wanted_worker IS NOT NULL
                THEN ARRAY(SELECT o.episode_id FROM perhaps_open_of_worker(as_of, on_day, wanted_worker) o)
            WHEN wanted_unit IS NOT NULL
                THEN ARRAY(SELECT o.episode_id FROM perhaps_open_of_unit(as_of, on_day, wanted_unit) o)
            ELSE ARRAY(SELECT o.episode_id FROM perhaps_open(as_of, on_day) o)
        END,
        as_of, on_day
    ) r
    WHERE (wanted_worker IS NULL OR wanted_worker = ANY(r.worker_ids))
        AND (wanted_unit IS NULL OR r.unit_id = wanted_unit)
$$;

-- The caseload by worker, area, unit, service, phase or month (in which the work, else the referral, began). An episode
-- with two workers stands under both. Units: episodes, clients (distinct) and duties.
CREATE OR REPLACE FUNCTION caseload(grouped_by text, as_of bigint, on_day date)
RETURNS TABLE (
    group_key text, open_episodes bigint, referred_episodes bigint, decided_episodes bigint, active_episodes bigint,
    suspended_episodes bigint, clients bigint, longest_days_open integer, last_meeting_on date, open_duties bigint,
    late_duties bigint, next_duty_due_on date
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH counted AS (
        SELECT g.key, r.*
        FROM caseload_rows(as_of, on_day) r
        CROSS JOIN LATERAL unnest(
            CASE grouped_by
                WHEN 'worker' THEN CASE WHEN cardinality(r.worker_ids) > 0 THEN r.worker_ids ELSE ARRAY[NULL::text] END
                WHEN 'area' THEN ARRAY[r.area]
                WHEN 'unit' THEN ARRAY[r.unit_id]
                WHEN 'service' THEN ARRAY[r.service]
                WHEN 'phase' THEN ARRAY[r.phase]
                WHEN 'month' THEN ARRAY[to_char(coalesce(r.started_on, r.referred_on), 'YYYY-MM')]
            END
        ) AS g (key)
    ), served AS (
        SELECT c.key, count(DISTINCT p.client_id) AS clients
        FROM counted c CROSS JOIN LATERAL unnest(c.client_ids) AS p (client_id) GROUP BY c.key
    )
    SELECT
        c.key,
        count(*),
        count(*) FILTER (WHERE c.phase = 'referred'),
        count(*) FILTER (WHERE c.phase = 'decided'),
        count(*) FILTER (WHERE c.phase = 'active'),
        count(*) FILTER (WHERE c.phase = 'suspended'),
        coalesce(max(served.clients), 0),
        max(c.days_open),
        max(c.last_meeting_on),
        coalesce(sum(c.open_duties), 0)::bigint,
        coalesce(sum(c.late_duties), 0)::bigint,
        min(c.next_duty_due_on)
    FROM counted c LEFT JOIN served ON served.key IS NOT DISTINCT FROM c.key
    GROUP BY c.key ORDER BY c.key NULLS LAST
$$;

-- What stands beneath one group (the key '': the group without a key) of caseload(): the events of each episode's course,
-- clients and workers. Those of its meetings and duties stand beneath visits() and duty_figures().
CREATE OR REPLACE FUNCTION caseload_explain(grouped_by text, wanted_key text, as_of bigint, on_day date)
RETURNS TABLE (episode_id uuid, phase text, event_positions bigint[])
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT r.episode_id, r.phase, r.event_positions
    FROM caseload_rows(
        as_of, on_day, CASE WHEN grouped_by = 'worker' THEN nullif(wanted_key, '') END,
        CASE WHEN grouped_by = 'unit' THEN nullif(wanted_key, '') END
    ) r
    WHERE wanted_key IS NULL OR CASE grouped_by
        WHEN 'worker' THEN wanted_key = ANY(r.worker_ids) OR (wanted_key = '' AND coalesce(cardinality(r.worker_ids), 0) = 0)
        WHEN 'area' THEN coalesce(r.area, '') = wanted_key
        WHEN 'unit' THEN coalesce(r.unit_id, '') = wanted_key
        WHEN 'service' THEN coalesce(r.service, '') = wanted_key
        WHEN 'phase' THEN coalesce(r.phase, '') = wanted_key
        WHEN 'month' THEN coalesce(to_char(coalesce(r.started_on, r.referred_on), 'YYYY-MM'), '') = wanted_key
    END
    ORDER BY r.episode_id
$$;

-- Referrals received from_on to to_on, for the clients whom they named, and what they had come to by `on_day`: to the last
-- decision of that day or before; under the area and unit they came to. One that came after the decision on it waited no days.
CREATE OR REPLACE FUNCTION referral_rows(as_of bigint, on_day date, from_on date, to_on date)
RETURNS TABLE (
    episode_id uuid, client_ids uuid[], referred_on date, source text, channel text, area text, unit_id text,
    service text, status text, days_to_decision integer, after_decision boolean, event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT
        e.episode_id, e.client_ids, e.referred_on, e.source, e.channel, e.first_area, e.first_unit_id,
        coalesce(e.requested_service, e.granted_service),
        CASE
            WHEN d.phase = 'decided' THEN 'granted'
            WHEN d.phase = 'refused' THEN 'refused'
            WHEN e.closed_on <= on_day THEN 'closed'
            ELSE 'waiting'
        END,
        CASE WHEN d.dated_on >= e.referred_on THEN d.dated_on - e.referred_on END,
        coalesce(d.dated_on < e.referred_on, false), e.because
    FROM episodes e
    LEFT JOIN LATERAL (
        SELECT f.phase, f.from_on AS dated_on FROM phases f
        WHERE f.episode_id = e.episode_id AND f.known @> as_of AND f.from_on <= on_day
            AND f.phase IN ('decided', 'refused')
        ORDER BY f.from_on DESC, f.entry DESC LIMIT 1
    ) d ON true
    WHERE e.known @> as_of AND e.referred_on BETWEEN from_on AND least(to_on, on_day)
$$;

-- Referrals counted by source, channel, area, unit, service or month. Units: referrals, and clients (distinct).
CREATE OR REPLACE FUNCTION referral_figures(grouped_by text, as_of bigint, on_day date, from_on date, to_on date)
RETURNS TABLE (
    group_key text, referrals bigint, clients bigint, granted_referrals bigint, refused_referrals bigint,
    waiting_referrals bigint, median_days_to_decision double precision, longest_days_to_decision integer,
    referrals_after_decision bigint
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH counted AS (
        SELECT r.*, CASE grouped_by
            WHEN 'source' THEN r.source
            WHEN 'channel' THEN r.channel
            WHEN 'area' THEN r.area
            WHEN 'unit' THEN r.unit_id
            WHEN 'service' THEN r.service
            WHEN 'month' THEN to_char(r.referred_on, 'YYYY-MM')
        END AS key
        FROM referral_rows(as_of, on_day, from_on, to_on) r
    ), asked_for AS (
        SELECT c.key, count(DISTINCT p.client_id) AS clients
        FROM counted c CROSS JOIN LATERAL unnest(c.client_ids) AS p (client_id) GROUP BY c.key
    )
    SELECT
        c.key,
        count(*),
        coalesce(max(a.clients), 0),
        count(*) FILTER (WHERE c.status = 'granted'),
        count(*) FILTER (WHERE c.status = 'refused'),
        count(*) FILTER (WHERE c.status = 'waiting'),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY c.days_to_decision),
        max(c.days_to_decision),
        count(*) FILTER (WHERE c.after_decision)
    FROM counted c LEFT JOIN asked_for a ON a.key IS NOT DISTINCT FROM c.key
    GROUP BY c.key ORDER BY c.key NULLS LAST
$$;

-- What stands beneath one group (the key '': the group without a key) of referral_figures().
CREATE OR REPLACE FUNCTION referral_explain(
    grouped_by text, wanted_key text, as_of bigint, on_day date, from_on date, to_on date
)
RETURNS TABLE (episode_id uuid, referred_on date, status text, event_positions bigint[])
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT r.episode_id, r.referred_on, r.status, r.event_positions
    FROM referral_rows(as_of, on_day, from_on, to_on) r
    WHERE wanted_key IS NULL OR wanted_key = coalesce(CASE grouped_by
        WHEN 'source' THEN r.source
        WHEN 'channel' THEN r.channel
        WHEN 'area' THEN r.area
        WHEN 'unit' THEN r.unit_id
        WHEN 'service' THEN r.service
        WHEN 'month' THEN to_char(r.referred_on, 'YYYY-MM')
    END, '')
    ORDER BY r.referred_on, r.episode_id
$$;
