-- Quality files, one chain of rows each; the criteria, audits, actions and supervisions in them. An audit's population is a
-- question (audit_population), so that a sample can be drawn again from what was known at its position.

-- tables
CREATE TABLE {quality_files} (
    file_id       uuid NOT NULL,
    known_from    bigint NOT NULL,
    known_to      bigint,
    known         int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because       bigint[] NOT NULL,
    opened_on     date NOT NULL,
    service       text NOT NULL,
    model_version integer NOT NULL,
    unit_id       text,
    area          text,
    PRIMARY KEY (file_id, known_from)
);

CREATE TABLE {quality_criteria} (
    file_id        uuid NOT NULL,
    criterion_code text NOT NULL,
    known_from     bigint NOT NULL,
    known_to       bigint,
    known          int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because        bigint[] NOT NULL,
    set_on         date NOT NULL,
    origin         text NOT NULL,
    target_score   integer,
    PRIMARY KEY (file_id, criterion_code, known_from)
);

CREATE TABLE {criteria_scores} (
    file_id        uuid NOT NULL,
    entry          integer NOT NULL,
    criterion_code text NOT NULL,
    known_from     bigint NOT NULL,
    known_to       bigint,
    known          int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because        bigint[] NOT NULL,
    assessed_on    date NOT NULL,
    score          integer NOT NULL,
    worker_id      text NOT NULL,
    audit_id       uuid,
    PRIMARY KEY (file_id, entry, criterion_code, known_from)
);

CREATE TABLE {audits} (
    file_id             uuid NOT NULL,
    audit_id            uuid NOT NULL,
    known_from          bigint NOT NULL,
    known_to            bigint,
    known               int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because             bigint[] NOT NULL,
    audit_kind          text NOT NULL,
    planned_on          date NOT NULL,
    takes_place_on      date,
    auditor             text NOT NULL,
    scope               text[] NOT NULL,
    covers_from         date NOT NULL,
    covers_to           date NOT NULL,
    seed                text NOT NULL,
    drawn_on            date,
    population_position bigint,
    population_size     integer,
    population_sha256   text,
    held_on             date,
    closed_on           date,
    result_code         text,
    PRIMARY KEY (file_id, audit_id, known_from)
);

CREATE TABLE {audit_samples} (
    file_id    uuid NOT NULL,
    audit_id   uuid NOT NULL,
    episode_id uuid NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    drawn_on   date NOT NULL,
    rank       integer NOT NULL,
    PRIMARY KEY (file_id, audit_id, episode_id, known_from)
);

CREATE TABLE {audit_findings} (
    file_id        uuid NOT NULL,
    finding_id     uuid NOT NULL,
    known_from     bigint NOT NULL,
    known_to       bigint,
    known          int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because        bigint[] NOT NULL,
    audit_id       uuid NOT NULL,
    found_on       date NOT NULL,
    severity       text NOT NULL,
    criterion_code text,
    event_streams  uuid[] NOT NULL,
    event_versions integer[] NOT NULL,
    PRIMARY KEY (file_id, finding_id, known_from)
);

CREATE TABLE {quality_actions} (
    file_id       uuid NOT NULL,
    action_id     uuid NOT NULL,
    known_from    bigint NOT NULL,
    known_to      bigint,
    known         int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because       bigint[] NOT NULL,
    because_of    uuid,
    opened_on     date NOT NULL,
    owner_id      text NOT NULL,
    due_on        date NOT NULL,
    late_after_on date NOT NULL,
    action_code   text,
    done_on       date,
    done_by       text,
    PRIMARY KEY (file_id, action_id, known_from)
);

CREATE TABLE {supervisions} (
    file_id          uuid NOT NULL,
    supervision_id   uuid NOT NULL,
    known_from       bigint NOT NULL,
    known_to         bigint,
    known            int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because          bigint[] NOT NULL,
    supervision_kind text NOT NULL,
    opened_on        date NOT NULL,
    producer         text,
    with_procurement boolean NOT NULL,
    because_of       uuid,
    ground_codes     text[] NOT NULL,
    closed_on        date,
    result_code      text,
    PRIMARY KEY (file_id, supervision_id, known_from)
);

-- indexes
CREATE INDEX ON {audits} (planned_on) INCLUDE (known);
CREATE INDEX ON {quality_actions} (due_on) INCLUDE (known);

-- questions

-- From what an audit draws its sample: the episodes whose work was under way on any day from covers_from to covers_to
-- (the day of the closing too) under the service, as known at position `as_of`; on such a day in the unit and area, if they
-- are named, wherever they are now.
CREATE OR REPLACE FUNCTION audit_population(
    as_of bigint, wanted_service text, wanted_unit text, wanted_area text, covers_from date, covers_to date
)
RETURNS TABLE (episode_id uuid, started_on date, closed_on date, event_positions bigint[])
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT e.episode_id, e.started_on, e.closed_on, array_agg(DISTINCT b.position ORDER BY b.position)
    FROM episodes e
    LEFT JOIN stays(as_of) s ON s.episode_id = e.episode_id
    CROSS JOIN LATERAL unnest(e.because || s.because) AS b (position)
    WHERE e.known @> as_of AND e.started_on <= covers_to AND (e.closed_on IS NULL OR e.closed_on >= covers_from)
        AND (s.episode_id IS NULL
            OR (s.since_on <= least(covers_to, e.closed_on) AND s.until_on > greatest(covers_from, e.started_on)))
        AND CASE WHEN s.episode_id IS NULL THEN e.service ELSE s.service END = wanted_service
        AND (wanted_unit IS NULL OR CASE WHEN s.episode_id IS NULL THEN e.unit_id ELSE s.unit_id END = wanted_unit)
        AND (wanted_area IS NULL OR CASE WHEN s.episode_id IS NULL THEN e.area ELSE s.area END = wanted_area)
    GROUP BY e.episode_id, e.started_on, e.closed_on
    ORDER BY e.episode_id
$$;

-- Audits planned up to a day of the world, with how far each is; of one service, if it is named.
CREATE OR REPLACE FUNCTION audit_rows(as_of bigint, on_day date, wanted_service text DEFAULT NULL)
RETURNS TABLE (
    file_id uuid, audit_id uuid, service text, unit_id text, area text, audit_kind text, status text, planned_on date,
    held_on date, closed_on date, auditor text, scope text[], covers_from date, covers_to date, seed text,
    population_position bigint, population_size integer, population_sha256 text, sampled_episodes uuid[],
    findings bigint, serious_findings bigint, actions bigint, open_actions bigint, late_actions bigint,
    event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH found AS (
        SELECT f.file_id, f.audit_id, count(*) AS findings, count(*) FILTER (WHERE f.severity = 'serious') AS serious,
            array_agg(f.finding_id) AS finding_ids
        FROM audit_findings f WHERE f.known @> as_of AND f.found_on <= on_day GROUP BY f.file_id, f.audit_id
    ), acted AS (
        SELECT a.file_id, a.audit_id, count(q.action_id) AS actions,
            count(*) FILTER (WHERE q.action_id IS NOT NULL AND (q.done_on IS NULL OR q.done_on > on_day)) AS open,
            count(*) FILTER (WHERE q.late_after_on < on_day AND (q.done_on IS NULL OR q.done_on > on_day)) AS late
        FROM audits a
        LEFT JOIN found ON found.file_id = a.file_id AND found.audit_id = a.audit_id
        JOIN quality_actions q ON q.file_id = a.file_id AND q.known @> as_of AND q.opened_on <= on_day
            AND (q.because_of = a.audit_id OR q.because_of = ANY(found.finding_ids))
        WHERE a.known @> as_of GROUP BY a.file_id, a.audit_id
    )
    SELECT
        a.file_id, a.audit_id, q.service, q.unit_id, q.area, a.audit_kind,
        CASE WHEN a.closed_on <= on_day THEN 'closed' WHEN a.held_on <= on_day THEN 'held' ELSE 'planned' END,
        a.planned_on, CASE WHEN a.held_on <= on_day THEN a.held_on END,
        CASE WHEN a.closed_on <= on_day THEN a.closed_on END, a.auditor, a.scope, a.covers_from, a.covers_to, a.seed,
        a.population_position, a.population_size, a.population_sha256,
        ARRAY(
            SELECT s.episode_id FROM audit_samples s
            WHERE s.known @> as_of AND s.file_id = a.file_id AND s.audit_id = a.audit_id ORDER BY s.rank
        ),
        coalesce(found.findings, 0), coalesce(found.serious, 0), coalesce(acted.actions, 0), coalesce(acted.open, 0),
        coalesce(acted.late, 0), a.because
    FROM audits a
    JOIN quality_files q ON q.file_id = a.file_id AND q.known @> as_of
    LEFT JOIN found ON found.file_id = a.file_id AND found.audit_id = a.audit_id
    LEFT JOIN acted ON acted.file_id = a.file_id AND acted.audit_id = a.audit_id
    WHERE a.known @> as_of AND a.planned_on <= on_day AND (wanted_service IS NULL OR q.service = wanted_service)
    ORDER BY a.planned_on, a.audit_id
$$;
