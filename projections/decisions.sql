-- Decisions. For whom: those for whom the episode was on the day of the decision.

-- tables
CREATE TABLE {decisions} (
    episode_id           uuid NOT NULL,
    decision_id          uuid NOT NULL,
    known_from           bigint NOT NULL,
    known_to             bigint,
    known                int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because              bigint[] NOT NULL,
    kind                 text NOT NULL,
    service              text NOT NULL,
    model_version        integer NOT NULL,
    service_task         text NOT NULL,
    decided_on           date NOT NULL,
    decision_maker       text NOT NULL,
    legal_basis          text NOT NULL,
    valid_from           date,
    valid_to             date,
    meetings_granted     integer,
    meetings_before      integer NOT NULL,
    months_granted       integer,
    age_years            integer,
    expecting            boolean NOT NULL,
    consent              text,
    requested_by_family  boolean,
    clientship           text,
    voluntary_consent    boolean,
    codes                text[] NOT NULL,
    continues_episode_id uuid,
    PRIMARY KEY (episode_id, decision_id, known_from)
);

-- indexes
CREATE INDEX ON {decisions} (decided_on) INCLUDE (known);
CREATE INDEX ON {decisions} (continues_episode_id) WHERE continues_episode_id IS NOT NULL;

-- questions

-- Decisions dated from_on to to_on, with the area and clients that their episode had on that day. One that is dated before
-- its referral came waited no days.
CREATE OR REPLACE FUNCTION decision_rows(as_of bigint, from_on date, to_on date)
RETURNS TABLE (
    episode_id uuid, decision_id uuid, kind text, service text, decided_on date, decision_maker text, legal_basis text,
    area text, client_ids uuid[], days_from_referral integer, before_referral boolean, event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT
        d.episode_id, d.decision_id, d.kind, d.service, d.decided_on, d.decision_maker, d.legal_basis,
        CASE WHEN s.episode_id IS NULL THEN e.area ELSE s.area END,
        CASE WHEN j.episode_id IS NULL AND x.episode_id IS NULL THEN e.client_ids ELSE ARRAY(
            SELECT c.client_id FROM unnest(e.client_ids || j.client_ids) WITH ORDINALITY AS c (client_id, place)
            WHERE x.client_ids IS NULL OR c.client_id <> ALL(x.client_ids)
            GROUP BY c.client_id ORDER BY min(c.place)
        ) END,
        CASE WHEN d.decided_on >= e.referred_on THEN d.decided_on - e.referred_on END, coalesce(d.decided_on < e.referred_on, false),
        CASE WHEN j.episode_id IS NULL AND x.episode_id IS NULL THEN d.because ELSE ARRAY(
            SELECT DISTINCT b.position FROM unnest(d.because || j.because || x.because) AS b (position) ORDER BY 1
        ) END
    FROM decisions d
    LEFT JOIN episodes e ON e.episode_id = d.episode_id AND e.known @> as_of
    LEFT JOIN stays(as_of) s ON s.episode_id = d.episode_id AND s.since_on <= d.decided_on AND s.until_on > d.decided_on
    LEFT JOIN (
        SELECT g.episode_id, g.decision_id, array_agg(DISTINCT c.client_id) AS client_ids, array_agg(b.position) AS because
        FROM joined_children c
        JOIN decisions g ON g.episode_id = c.episode_id AND g.known @> as_of AND g.decided_on >= c.joined_on
        CROSS JOIN LATERAL unnest(c.because) AS b (position)
        WHERE c.known @> as_of AND g.decided_on BETWEEN from_on AND to_on
        GROUP BY g.episode_id, g.decision_id
    ) j ON j.episode_id = d.episode_id AND j.decision_id = d.decision_id
    LEFT JOIN (
        SELECT g.episode_id, g.decision_id, array_agg(c.client_id) AS client_ids, array_agg(b.position) AS because
        FROM ended_clientships c
        JOIN decisions g ON g.episode_id = c.episode_id AND g.known @> as_of AND g.decided_on > c.ended_on
        CROSS JOIN LATERAL unnest(c.because) AS b (position)
        WHERE c.known @> as_of AND g.decided_on BETWEEN from_on AND to_on
        GROUP BY g.episode_id, g.decision_id
    ) x ON x.episode_id = d.episode_id AND x.decision_id = d.decision_id
    WHERE d.known @> as_of AND d.decided_on BETWEEN from_on AND to_on
$$;

-- Decisions counted by kind, service, area, month, legal basis or decision maker. Clients: distinct ones with a grant.
CREATE OR REPLACE FUNCTION decision_figures(grouped_by text, as_of bigint, from_on date, to_on date)
RETURNS TABLE (
    group_key text, decisions bigint, grants bigint, refusals bigint, extensions bigint, exceptions bigint,
    moves bigint, ends bigint, clients_granted bigint, median_days_from_referral double precision,
    grants_before_referral bigint
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH counted AS (
        SELECT r.*, CASE grouped_by
            WHEN 'kind' THEN r.kind
            WHEN 'service' THEN r.service
            WHEN 'area' THEN r.area
            WHEN 'month' THEN to_char(r.decided_on, 'YYYY-MM')
            WHEN 'legal_basis' THEN r.legal_basis
            WHEN 'decision_maker' THEN r.decision_maker
        END AS key
        FROM decision_rows(as_of, from_on, to_on) r
    ), granted AS (
        SELECT c.key, count(DISTINCT p.client_id) AS clients
        FROM counted c CROSS JOIN LATERAL unnest(c.client_ids) AS p (client_id)
        WHERE c.kind = 'granted' GROUP BY c.key
    )
    SELECT
        c.key,
        count(*),
        count(*) FILTER (WHERE c.kind = 'granted'),
        count(*) FILTER (WHERE c.kind = 'refused'),
        count(*) FILTER (WHERE c.kind = 'extension'),
        count(*) FILTER (WHERE c.kind = 'exception'),
        count(*) FILTER (WHERE c.kind = 'move'),
        count(*) FILTER (WHERE c.kind = 'end'),
        coalesce(max(granted.clients), 0),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY c.days_from_referral) FILTER (WHERE c.kind = 'granted'),
        count(*) FILTER (WHERE c.kind = 'granted' AND c.before_referral)
    FROM counted c LEFT JOIN granted ON granted.key IS NOT DISTINCT FROM c.key
    GROUP BY c.key ORDER BY c.key NULLS LAST
$$;

-- What stands beneath one group (the key '': the group without a key) of decision_figures().
CREATE OR REPLACE FUNCTION decision_explain(
    grouped_by text, wanted_key text, as_of bigint, from_on date, to_on date
)
RETURNS TABLE (episode_id uuid, decision_id uuid, kind text, decided_on date, event_positions bigint[])
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT r.episode_id, r.decision_id, r.kind, r.decided_on, r.event_positions
    FROM decision_rows(as_of, from_on, to_on) r
    WHERE wanted_key IS NULL OR coalesce(CASE grouped_by
        WHEN 'kind' THEN r.kind
        WHEN 'service' THEN r.service
        WHEN 'area' THEN r.area
        WHEN 'month' THEN to_char(r.decided_on, 'YYYY-MM')
        WHEN 'legal_basis' THEN r.legal_basis
        WHEN 'decision_maker' THEN r.decision_maker
    END, '') = wanted_key
    ORDER BY r.decided_on, r.decision_id
$$;

-- The clients with a grant dated in the period, for whom the episode was on that day, an episode of theirs a row; whether they
-- moved on from it to long-term family work, whenever that was: not whose part in it had ended before it did. Services: all, or those that are named.
CREATE OR REPLACE FUNCTION early_support_explain(from_on date, to_on date, as_of bigint, services text[] DEFAULT NULL)
RETURNS TABLE (
    client_id uuid, episode_id uuid, service text, decided_on date, moved_on boolean, closed_on date,
    event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT
        p.client_id, d.episode_id, d.service, d.decided_on,
        coalesce(e.closed_on IS NOT NULL AND x.client_id IS NULL
            AND (e.outcome = 'long_term_family_work' OR e.closure_reason = 'moved_to_long_term'), false),
        e.closed_on,
        ARRAY(
            SELECT DISTINCT b.position FROM unnest(d.event_positions || e.because || x.because) AS b (position) ORDER BY 1
        )
    FROM decision_rows(as_of, from_on, to_on) d
    JOIN episodes e ON e.episode_id = d.episode_id AND e.known @> as_of
    CROSS JOIN LATERAL unnest(d.client_ids) AS p (client_id)
    LEFT JOIN ended_clientships x ON x.episode_id = d.episode_id AND x.client_id = p.client_id AND x.known @> as_of
        AND x.ended_on < e.closed_on
    WHERE d.kind = 'granted' AND (services IS NULL OR d.service = ANY(services))
    ORDER BY d.decided_on, d.episode_id, p.client_id
$$;

-- The published figures (domain book, Kymenlaakso): distinct clients with a grant dated in the period, and of these those
-- whose episode from such a grant ended with long-term family work.
CREATE OR REPLACE FUNCTION early_support(from_on date, to_on date, as_of bigint, services text[] DEFAULT NULL)
RETURNS TABLE (clients_granted bigint, clients_moved_on bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT count(DISTINCT r.client_id), count(DISTINCT r.client_id) FILTER (WHERE r.moved_on)
    FROM early_support_explain(from_on, to_on, as_of, services) r
$$;

-- One line of history: the stretches, in the world's order, of an episode and of those that it continues or that continue
-- it: under which service, in which area and unit, from when until when (the first day after; null while it goes on).
CREATE OR REPLACE FUNCTION line_of_episode(as_of bigint, wanted uuid)
RETURNS TABLE (
    episode_id uuid, since_on date, until_on date, service text, model_version integer, area text, unit_id text,
    continues_episode_id uuid, closure_reason text, event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH RECURSIVE links AS MATERIALIZED (
        SELECT d.episode_id AS later, d.continues_episode_id AS earlier, d.because
        FROM decisions d WHERE d.known @> as_of AND d.continues_episode_id IS NOT NULL
    ), line (episode_id) AS (
        SELECT wanted
        UNION
        SELECT CASE WHEN l.later = n.episode_id THEN l.earlier ELSE l.later END
        FROM line n JOIN links l ON l.later = n.episode_id OR l.earlier = n.episode_id
    ), told AS (
        SELECT
            e.episode_id,
            greatest(least(e.referred_on, e.decided_on, e.started_on), s.since_on) AS since_on,
            least(s.until_on, e.closed_on + 1, e.refused_on + 1) AS until_on,
            coalesce(CASE WHEN s.episode_id IS NULL THEN e.service ELSE s.service END, e.requested_service) AS service,
            CASE WHEN s.episode_id IS NULL THEN e.model_version ELSE s.model_version END AS model_version,
            CASE WHEN s.episode_id IS NULL THEN e.area ELSE s.area END AS area,
            CASE WHEN s.episode_id IS NULL THEN e.unit_id ELSE s.unit_id END AS unit_id,
            l.earlier, e.closure_reason,
            e.because || coalesce(s.because, '{}') || coalesce(l.because, '{}') AS because
        FROM line n
        JOIN episodes e ON e.episode_id = n.episode_id AND e.known @> as_of
        LEFT JOIN stays(as_of) s ON s.episode_id = e.episode_id
        LEFT JOIN links l ON l.later = e.episode_id
    )
    SELECT
        t.episode_id, t.since_on, CASE WHEN t.until_on < 'infinity' THEN t.until_on END, t.service, t.model_version,
        t.area, t.unit_id, t.earlier, t.closure_reason,
        ARRAY(SELECT DISTINCT b.position FROM unnest(t.because) AS b (position) ORDER BY 1)
    FROM told t
    WHERE t.until_on IS NULL OR t.until_on > t.since_on
    ORDER BY t.since_on, t.episode_id
$$;
