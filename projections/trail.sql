-- The audit trail. `stream_kind` is null for facts that any stream may have: the stream's other rows tell. `occurred_at`
-- is as recorded, `rightly_at` as the standing correction says where that is another moment; figures go by its day.

-- tables
CREATE TABLE {trail} (
    stream_id      uuid NOT NULL,
    version        integer NOT NULL,
    known_from     bigint NOT NULL,
    known_to       bigint,
    known          int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because        bigint[] NOT NULL,
    position       bigint NOT NULL,
    stream_kind    text,
    name           text NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    actor          text NOT NULL,
    correlation_id uuid NOT NULL,
    caused_by      integer,
    entered_at     timestamptz,
    source_system  text,
    source_file    text,
    source_row_id  text,
    amends_entry   integer,
    mistake        text,
    struck_by      bigint,
    corrected_by   bigint,
    rightly_at     timestamptz,
    occurred_on    date NOT NULL GENERATED ALWAYS AS (
        (coalesce(rightly_at, occurred_at) AT TIME ZONE 'Europe/Helsinki')::date
    ) STORED,
    PRIMARY KEY (stream_id, version, known_from)
);

-- indexes
CREATE INDEX ON {trail} (position) INCLUDE (known);

-- questions

-- The trail of one stream, or of all, in the order of recording, as it stood at a position. Planning anew each time was a
-- third of what one stream's costs; parallel workers would be started for the arm that is never executed.
CREATE OR REPLACE FUNCTION trail_rows(as_of bigint, wanted_stream uuid DEFAULT NULL)
RETURNS TABLE (
    "position" bigint, stream_kind text, stream_id uuid, version integer, name text, occurred_at timestamptz,
    recorded_at timestamptz, actor text, correlation_id uuid, caused_by integer, entered_at timestamptz,
    amends_entry integer, mistake text, struck_by bigint, corrected_by bigint
)
LANGUAGE sql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET max_parallel_workers_per_gather = 0
AS $$
    SELECT
        t.position, coalesce(t.stream_kind, f.stream_kind), t.stream_id, t.version, t.name, t.occurred_at,
        t.recorded_at, t.actor, t.correlation_id, t.caused_by, t.entered_at, t.amends_entry, t.mistake,
        t.struck_by, t.corrected_by
    FROM (
        SELECT a.* FROM trail a WHERE wanted_stream IS NULL
        UNION ALL
        SELECT o.* FROM trail o WHERE o.stream_id = wanted_stream
    ) t
    LEFT JOIN LATERAL (
        SELECT o.stream_kind FROM trail o
        WHERE o.stream_id = t.stream_id AND o.stream_kind IS NOT NULL ORDER BY o.version, o.known_from LIMIT 1
    ) f ON t.stream_kind IS NULL
    WHERE t.known @> as_of
    ORDER BY t.position
$$;
