-- Case conferences, one chain of rows each, and the actions agreed there. An anonymous one has no clients.

-- tables
CREATE TABLE {conferences} (
    conference_id     uuid NOT NULL,
    known_from        bigint NOT NULL,
    known_to          bigint,
    known             int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because           bigint[] NOT NULL,
    convened_on       date NOT NULL,
    conference_kind   text NOT NULL,
    handling          text NOT NULL,
    service           text NOT NULL,
    model_version     integer NOT NULL,
    convened_by       text NOT NULL,
    organisations     text[],
    permission        text,
    client_ids        uuid[],
    episode_id        uuid,
    held_on           date,
    guardians_present boolean,
    child_present     boolean,
    urgency           text,
    contact_person_of text,
    waiting_support   text,
    risk              text,
    closed_on         date,
    outcome           text,
    PRIMARY KEY (conference_id, known_from)
);

CREATE TABLE {conference_actions} (
    conference_id uuid NOT NULL,
    action        integer NOT NULL,
    known_from    bigint NOT NULL,
    known_to      bigint,
    known         int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because       bigint[] NOT NULL,
    action_kind   text NOT NULL,
    owner         text NOT NULL,
    agreed_on     date NOT NULL,
    due_on        date NOT NULL,
    begun_on      date,
    PRIMARY KEY (conference_id, action, known_from)
);

-- indexes
CREATE INDEX ON {conferences} (convened_on) INCLUDE (known);
CREATE INDEX ON {conferences} USING gin (client_ids);
CREATE INDEX ON {conference_actions} (due_on) INCLUDE (known);

-- questions

-- Agreed actions as they stood on a day of the world: begun, waiting, or late to begin.
CREATE OR REPLACE FUNCTION conference_actions_on(as_of bigint, on_day date)
RETURNS TABLE (
    conference_id uuid, conference_kind text, action integer, action_kind text, owner text, agreed_on date,
    due_on date, begun_on date, status text, event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT a.conference_id, c.conference_kind, a.action, a.action_kind, a.owner, a.agreed_on, a.due_on,
        CASE WHEN a.begun_on <= on_day THEN a.begun_on END,
        CASE WHEN a.begun_on <= on_day THEN 'begun' WHEN a.due_on < on_day THEN 'late' ELSE 'waiting' END,
        a.because
    FROM conference_actions a
    JOIN conferences c ON c.conference_id = a.conference_id AND c.known @> as_of
    WHERE a.known @> as_of AND a.agreed_on <= on_day
    ORDER BY a.due_on, a.conference_id, a.action
$$;

-- The services that a client has on a day of the world, side by side: the episodes that the caseload of that day has (from
-- the day on that a child joined, until the client's part ended) and case conferences that are open. Ids, codes and days only.
CREATE OR REPLACE FUNCTION services_of_client(wanted_client uuid, as_of bigint, on_day date)
RETURNS TABLE (
    client_id uuid, stream_kind text, stream_id uuid, service text, model_version integer, phase text, since_on date,
    worker_ids text[], unit_id text, with_client_ids uuid[], event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT wanted_client, 'episode', r.episode_id, r.service, r.model_version, r.phase, r.phase_since_on, r.worker_ids,
        r.unit_id, r.client_ids, r.event_positions
    FROM caseload_rows_of(
        ARRAY(
            SELECT e.episode_id FROM episodes e WHERE e.client_ids @> ARRAY[wanted_client] AND e.known @> as_of
            UNION
            SELECT j.episode_id FROM joined_children j
            WHERE j.client_id = wanted_client AND j.known @> as_of AND j.joined_on <= on_day
        ),
        as_of, on_day
    ) r
    WHERE wanted_client = ANY(r.client_ids)
    UNION ALL
    SELECT wanted_client, 'conference', c.conference_id, c.service, c.model_version, c.conference_kind, c.convened_on,
        '{}', NULL, c.client_ids, c.because
    FROM conferences c
    WHERE c.client_ids @> ARRAY[wanted_client] AND c.known @> as_of AND c.convened_on <= on_day
        AND (c.closed_on IS NULL OR c.closed_on > on_day)
    ORDER BY 7, 3
$$;

-- The clients of a family, and what each has on a day of the world.
CREATE OR REPLACE FUNCTION clients_of_family(wanted_family uuid, as_of bigint, on_day date)
RETURNS TABLE (
    client_id uuid, open_episodes bigint, open_conferences bigint, services text[], event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT c.client_id, count(*) FILTER (WHERE s.stream_kind = 'episode'),
        count(*) FILTER (WHERE s.stream_kind = 'conference'),
        coalesce(array_agg(DISTINCT s.service ORDER BY s.service) FILTER (WHERE s.service IS NOT NULL), '{}'), c.because
    FROM clients c
    LEFT JOIN LATERAL services_of_client(c.client_id, as_of, on_day) s ON true
    WHERE c.family_id = wanted_family AND c.known @> as_of
    GROUP BY c.client_id, c.because ORDER BY c.client_id
$$;

-- Whether the worker is assigned on that day to an open episode of the client.
CREATE OR REPLACE FUNCTION works_with_client(worker text, wanted_client uuid, as_of bigint, on_day date) RETURNS boolean
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT EXISTS (
        SELECT 1 FROM services_of_client(wanted_client, as_of, on_day) s
        WHERE s.stream_kind = 'episode' AND worker = ANY(s.worker_ids)
    )
$$;

-- Whether the worker is assigned on that day to an open episode of anybody of the family.
CREATE OR REPLACE FUNCTION works_with_family(worker text, wanted_family uuid, as_of bigint, on_day date) RETURNS boolean
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT EXISTS (
        SELECT 1 FROM clients c CROSS JOIN LATERAL services_of_client(c.client_id, as_of, on_day) s
        WHERE c.family_id = wanted_family AND c.known @> as_of
            AND s.stream_kind = 'episode' AND worker = ANY(s.worker_ids)
    )
$$;
