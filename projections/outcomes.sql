-- What became of the work: why episodes ended, where the families went, and who came back.

-- questions

-- Episodes closed from_on to to_on and not reopened by `on_day`, a client of the closing day a row (or one of nobody, where the
-- part of each had ended), under the service, area and unit of that day: where the client went, and the first new referral of the client within 12 months.
-- `move`: heavier or lighter by the intensity that the models' cards tell, between the closed episode and the service that
-- it named or that was granted next within 12 months, on a referral of the client; long-term family work is heavier than
-- any early support.
-- `followed_whole`: twelve months had passed by `on_day`, so that whoever has not returned did not return.
CREATE OR REPLACE FUNCTION outcome_rows(as_of bigint, on_day date, from_on date, to_on date)
RETURNS TABLE (
    episode_id uuid, client_id uuid, service text, area text, unit_id text, closed_on date, closure_reason text,
    outcome text, next_service text, move text, returned_on date, followed_whole boolean, event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT
        e.episode_id, p.client_id, w.service, w.area, w.unit_id, c.closed_on, c.closure_reason, c.outcome, s.next_service,
        CASE
            WHEN c.outcome = 'long_term_family_work' OR c.closure_reason = 'moved_to_long_term' THEN 'heavier'
            WHEN i.next > i.was THEN 'heavier'
            WHEN i.next < i.was THEN 'lighter'
            WHEN i.next = i.was THEN 'same'
        END,
        r.referred_on, c.closed_on + interval '12 months' <= on_day,
        ARRAY(SELECT DISTINCT b.position
            FROM unnest(e.because || c.because || p.because || w.because || r.because || n.because) AS b (position)
            ORDER BY 1)
    FROM closures(as_of, on_day, from_on, to_on) c
    JOIN episodes e ON e.episode_id = c.episode_id AND e.known @> as_of
    LEFT JOIN stays(as_of) m ON m.episode_id = e.episode_id AND m.since_on <= c.closed_on AND m.until_on > c.closed_on
    CROSS JOIN LATERAL (
        SELECT CASE WHEN m.episode_id IS NULL THEN e.service ELSE m.service END,
            CASE WHEN m.episode_id IS NULL THEN e.area ELSE m.area END,
            CASE WHEN m.episode_id IS NULL THEN e.unit_id ELSE m.unit_id END, m.because
    ) AS w (service, area, unit_id, because)
    LEFT JOIN LATERAL (
        SELECT s.client_id, s.because FROM (
            SELECT u.client_id, '{}'::bigint[] AS because FROM unnest(e.client_ids) AS u (client_id)
            UNION ALL
            SELECT j.client_id, j.because FROM joined_children j
            WHERE j.episode_id = e.episode_id AND j.known @> as_of AND j.joined_on <= c.closed_on
                AND j.client_id <> ALL(coalesce(e.client_ids, '{}'))
        ) s
        WHERE NOT EXISTS (
            SELECT 1 FROM ended_clientships x
            WHERE x.episode_id = e.episode_id AND x.client_id = s.client_id AND x.known @> as_of AND x.ended_on < c.closed_on
        )
    ) AS p (client_id, because) ON true
    LEFT JOIN LATERAL (
        SELECT a.referred_on, a.because FROM episodes a
        WHERE a.known @> as_of AND a.client_ids @> ARRAY[p.client_id] AND a.episode_id <> e.episode_id
            AND a.referred_on > c.closed_on AND a.referred_on <= least(c.closed_on + interval '12 months', on_day)
        ORDER BY a.referred_on, a.episode_id LIMIT 1
    ) r ON true
    LEFT JOIN LATERAL (
        SELECT a.service, a.because FROM episodes a
        WHERE a.known @> as_of AND a.client_ids @> ARRAY[p.client_id] AND a.episode_id <> e.episode_id
            AND a.service IS NOT NULL AND a.decided_on >= c.closed_on
            AND a.decided_on <= least(c.closed_on + interval '12 months', on_day)
        ORDER BY a.decided_on, a.episode_id LIMIT 1
    ) n ON true
    CROSS JOIN LATERAL (SELECT coalesce(c.outcome_service, n.service)) AS s (next_service)
    CROSS JOIN LATERAL (
        SELECT
            (SELECT max(m.intensity) FROM models m WHERE m.known @> as_of AND m.service = w.service),
            (SELECT max(m.intensity) FROM models m WHERE m.known @> as_of AND m.service = s.next_service)
    ) AS i (was, next)
$$;

-- Outcomes by service, area, unit, reason or month (of the closure). Units: episodes, and clients (distinct) of them.
CREATE OR REPLACE FUNCTION outcome_figures(grouped_by text, as_of bigint, on_day date, from_on date, to_on date)
RETURNS TABLE (
    group_key text, closed_episodes bigint, clients bigint, goals_met bigint, long_term bigint, other_service bigint,
    family_withdrew bigint, moved_heavier bigint, moved_lighter bigint, clients_followed bigint,
    clients_returned bigint
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT
        k.key,
        count(DISTINCT k.episode_id),
        count(DISTINCT k.client_id),
        count(DISTINCT k.episode_id) FILTER (WHERE k.closure_reason = 'goals_met'),
        count(DISTINCT k.episode_id) FILTER (
            WHERE k.outcome = 'long_term_family_work' OR k.closure_reason = 'moved_to_long_term'),
        count(DISTINCT k.episode_id) FILTER (WHERE k.closure_reason = 'other_service'),
        count(DISTINCT k.episode_id) FILTER (WHERE k.closure_reason = 'family_withdrew'),
        count(DISTINCT k.episode_id) FILTER (WHERE k.move = 'heavier'),
        count(DISTINCT k.episode_id) FILTER (WHERE k.move = 'lighter'),
        count(DISTINCT k.client_id) FILTER (WHERE k.followed_whole OR k.returned_on IS NOT NULL),
        count(DISTINCT k.client_id) FILTER (WHERE k.returned_on IS NOT NULL)
    FROM (
        SELECT r.*, CASE grouped_by
            WHEN 'service' THEN r.service
            WHEN 'area' THEN r.area
            WHEN 'unit' THEN r.unit_id
            WHEN 'reason' THEN r.closure_reason
            WHEN 'month' THEN to_char(r.closed_on, 'YYYY-MM')
        END AS key
        FROM outcome_rows(as_of, on_day, from_on, to_on) r
    ) k
    GROUP BY k.key ORDER BY k.key NULLS LAST
$$;

-- What stands beneath one group (the key '': the group without a key) of outcome_figures().
CREATE OR REPLACE FUNCTION outcome_explain(
    grouped_by text, wanted_key text, as_of bigint, on_day date, from_on date, to_on date
)
RETURNS TABLE (
    episode_id uuid, client_id uuid, closed_on date, closure_reason text, move text, returned_on date,
    event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT r.episode_id, r.client_id, r.closed_on, r.closure_reason, r.move, r.returned_on, r.event_positions
    FROM outcome_rows(as_of, on_day, from_on, to_on) r
    WHERE wanted_key IS NULL OR coalesce(CASE grouped_by
        WHEN 'service' THEN r.service
        WHEN 'area' THEN r.area
        WHEN 'unit' THEN r.unit_id
        WHEN 'reason' THEN r.closure_reason
        WHEN 'month' THEN to_char(r.closed_on, 'YYYY-MM')
    END, '') = wanted_key
    ORDER BY r.closed_on, r.episode_id, r.client_id
$$;
