-- Payment commitments.

-- tables
CREATE TABLE {commitments} (
    episode_id           uuid NOT NULL,
    commitment_id        uuid NOT NULL,
    known_from           bigint NOT NULL,
    known_to             bigint,
    known                int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because              bigint[] NOT NULL,
    received_on          date NOT NULL,
    issuer               text NOT NULL,
    payer_service        text NOT NULL,
    valid_from           date NOT NULL,
    valid_to             date,
    amount_cents         bigint,
    units                integer,
    cost_centre          text,
    contract_reference   text,
    quality_requirements text[] NOT NULL,
    PRIMARY KEY (episode_id, commitment_id, known_from)
);

-- indexes
CREATE INDEX ON {commitments} (cost_centre) INCLUDE (known);

-- questions

-- Commitments received from_on to to_on, and what was used of each by `on_day`: the client meetings held while it was
-- valid, each counted under one commitment of its episode, that which became valid last of those received by then. A
-- commitment stands under the service that its episode had on the day it was received.
CREATE OR REPLACE FUNCTION commitment_rows(as_of bigint, on_day date, from_on date, to_on date)
RETURNS TABLE (
    episode_id uuid, commitment_id uuid, received_on date, cost_centre text, payer_service text, service text,
    issuer text, amount_cents bigint, units integer, used_meetings bigint, used_minutes bigint, event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH used AS (
        SELECT m.episode_id, c.commitment_id, count(*) FILTER (WHERE b.place = 1) AS meetings,
            coalesce(sum(m.held_minutes) FILTER (WHERE b.place = 1), 0) AS minutes, array_agg(b.position) AS because
        FROM meetings m
        CROSS JOIN LATERAL (
            SELECT k.commitment_id FROM commitments k
            WHERE k.episode_id = m.episode_id AND k.known @> as_of AND k.received_on <= on_day
                AND k.valid_from <= m.meeting_on AND (k.valid_to IS NULL OR k.valid_to >= m.meeting_on)
            ORDER BY k.valid_from DESC, k.commitment_id LIMIT 1
        ) c
        CROSS JOIN LATERAL unnest(m.because) WITH ORDINALITY AS b (position, place)
        WHERE m.known @> as_of AND m.status = 'held' AND m.meeting_kind = 'client_meeting' AND m.meeting_on <= on_day
        GROUP BY m.episode_id, c.commitment_id
    )
    SELECT
        c.episode_id, c.commitment_id, c.received_on, c.cost_centre, c.payer_service,
        CASE WHEN s.episode_id IS NULL THEN e.service ELSE s.service END, c.issuer,
        c.amount_cents, c.units, coalesce(u.meetings, 0), coalesce(u.minutes, 0),
        ARRAY(SELECT DISTINCT b.position FROM unnest(c.because || u.because || s.because) AS b (position)
            WHERE b.position IS NOT NULL ORDER BY 1)
    FROM commitments c
    LEFT JOIN episodes e ON e.episode_id = c.episode_id AND e.known @> as_of
    LEFT JOIN stays(as_of) s ON s.episode_id = c.episode_id
        AND s.since_on <= c.received_on AND s.until_on > c.received_on
    LEFT JOIN used u ON u.episode_id = c.episode_id AND u.commitment_id = c.commitment_id
    WHERE c.known @> as_of AND c.received_on BETWEEN from_on AND least(to_on, on_day)
$$;

-- Commitments counted by cost centre, payer service, service, issuer or month: what was committed, what was used.
CREATE OR REPLACE FUNCTION commitment_figures(grouped_by text, as_of bigint, on_day date, from_on date, to_on date)
RETURNS TABLE (
    group_key text, commitments bigint, episodes bigint, amount_cents bigint, committed_units bigint,
    used_meetings bigint, used_minutes bigint
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT g.key, count(*), count(DISTINCT r.episode_id), sum(r.amount_cents)::bigint, sum(r.units),
        sum(r.used_meetings)::bigint, sum(r.used_minutes)::bigint
    FROM commitment_rows(as_of, on_day, from_on, to_on) r
    CROSS JOIN LATERAL (
        SELECT CASE grouped_by
            WHEN 'cost_centre' THEN r.cost_centre
            WHEN 'payer_service' THEN r.payer_service
            WHEN 'service' THEN r.service
            WHEN 'issuer' THEN r.issuer
            WHEN 'month' THEN to_char(r.received_on, 'YYYY-MM')
        END
    ) AS g (key)
    GROUP BY g.key ORDER BY g.key NULLS LAST
$$;

-- What stands beneath one group (the key '': the group without a key) of commitment_figures().
CREATE OR REPLACE FUNCTION commitment_explain(
    grouped_by text, wanted_key text, as_of bigint, on_day date, from_on date, to_on date
)
RETURNS TABLE (
    episode_id uuid, commitment_id uuid, received_on date, used_meetings bigint, event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT r.episode_id, r.commitment_id, r.received_on, r.used_meetings, r.event_positions
    FROM commitment_rows(as_of, on_day, from_on, to_on) r
    WHERE wanted_key IS NULL OR wanted_key = coalesce(CASE grouped_by
        WHEN 'cost_centre' THEN r.cost_centre
        WHEN 'payer_service' THEN r.payer_service
        WHEN 'service' THEN r.service
        WHEN 'issuer' THEN r.issuer
        WHEN 'month' THEN to_char(r.received_on, 'YYYY-MM')
    END, '')
    ORDER BY r.received_on, r.episode_id, r.commitment_id
$$;
