-- The quality review of one service and period: what was kept of what should have been, and how long every step took.

-- questions

-- Every case that the review counts, a row each. `kept`: whether what the measure asks was so (null where it only measures
-- or counts); `days`: how long the step took. A step that came before the one it follows on took no days, and is not kept.
-- A case belongs to the period in which it happened: a decision before work to that of the start, a duty to that of its
-- due day, a step to that of its end; and to the service, area and unit that the episode had on that day (a duty to its
-- rule's service, and where the episode is on `on_day`). Limits are one case an episode, on its first day of work in the
-- period under the service: kept unless one of the service's rules noted a deviation in the period. Undecided episodes count
-- for the service that was asked for. Whom nobody may contact, since the family did not consent, is no case of those to be
-- answered, but where the service's own rules open a duty to answer whoever asks. A grant of a service with a cap is a case
-- where a client of it had work under such a cap before, of the same need as far as needs are told: kept if it names what it
-- goes on from. What it does not name is counted under no cap, so that somebody should look whether the need is another.
CREATE OR REPLACE FUNCTION quality_review_cases(
    wanted_service text, as_of bigint, on_day date, from_on date, to_on date
)
RETURNS TABLE (
    measure text, stream_id uuid, item text, area text, unit_id text, happened_on date, kept boolean, days integer,
    event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH of_service AS (
        SELECT e.* FROM episodes e
        WHERE e.known @> as_of AND (
            wanted_service IN (coalesce(e.service, e.requested_service), e.granted_service)
            OR EXISTS (SELECT 1 FROM moves m
                WHERE m.episode_id = e.episode_id AND m.service = wanted_service AND m.known @> as_of)
        )
    ), stayed AS (
        SELECT o.episode_id, coalesce(s.since_on, '-infinity') AS since_on, coalesce(s.until_on, 'infinity') AS until_on,
            CASE WHEN s.episode_id IS NULL THEN o.area ELSE s.area END AS area,
            CASE WHEN s.episode_id IS NULL THEN o.unit_id ELSE s.unit_id END AS unit_id, s.because
        FROM of_service o LEFT JOIN stays(as_of) s ON s.episode_id = o.episode_id
        WHERE wanted_service
            = coalesce(CASE WHEN s.episode_id IS NULL THEN o.service ELSE s.service END, o.requested_service)
    ), led_to AS (
        SELECT DISTINCT ON (c.contact_id) c.contact_id, s.area, s.unit_id
        FROM contacts c
        JOIN of_service o ON o.contact_id = c.contact_id
        JOIN stayed s ON s.episode_id = o.episode_id AND s.since_on <= c.received_on AND s.until_on > c.received_on
        WHERE c.known @> as_of
        ORDER BY c.contact_id, o.episode_id
    ), asked AS (
        SELECT c.*, coalesce(c.area, l.area) AS in_area, l.unit_id
        FROM contacts c LEFT JOIN led_to l ON l.contact_id = c.contact_id
        WHERE c.known @> as_of AND (c.service = wanted_service OR l.contact_id IS NOT NULL)
    ), first_met AS (
        SELECT DISTINCT ON (m.episode_id) m.episode_id, m.meeting_on, m.because
        FROM meetings m JOIN of_service o ON o.episode_id = m.episode_id
        WHERE m.known @> as_of AND m.status = 'held' AND m.meeting_kind = 'client_meeting' AND m.meeting_on <= on_day
        ORDER BY m.episode_id, m.meeting_on, m.meeting_id
    ), limited AS (
        SELECT r.stream_id, array_agg(b.position) AS positions
        FROM deviation_rows(as_of, on_day) r
        JOIN model_rules l ON l.service = r.service AND l.model_version = r.model_version AND l.rule_id = r.rule_id
            AND l.known @> as_of AND l.subject = 'limit'
        CROSS JOIN LATERAL unnest(r.event_positions) AS b (position)
        WHERE r.service = wanted_service AND r.happened_on BETWEEN from_on AND to_on
        GROUP BY r.stream_id
    ), capped AS (
        SELECT DISTINCT l.service, l.model_version FROM model_rules l WHERE l.kind = 'cap' AND l.known @> as_of
    ), worked AS (
        SELECT e.episode_id, min(greatest(e.started_on, s.since_on, from_on)) AS first_on
        FROM of_service e
        JOIN stayed s ON s.episode_id = e.episode_id AND s.until_on > greatest(e.started_on, from_on)
        WHERE e.started_on IS NOT NULL
        GROUP BY e.episode_id
    ), steps AS (
        SELECT 'days_answer_to_decision' AS measure, e.episode_id, c.answered_on AS since_on, e.decided_on AS until_on,
            e.because || c.because AS because
        FROM of_service e JOIN contacts c ON c.contact_id = e.contact_id AND c.known @> as_of
        UNION ALL
        SELECT 'days_referral_to_decision', e.episode_id, e.referred_on, e.decided_on, e.because FROM of_service e
        UNION ALL
        SELECT 'days_decision_to_start', e.episode_id, e.decided_on, e.started_on, e.because FROM of_service e
        UNION ALL
        SELECT 'days_start_to_first_meeting', e.episode_id, e.started_on, m.meeting_on, e.because || m.because
        FROM of_service e JOIN first_met m ON m.episode_id = e.episode_id
    ), of_episodes AS (
        SELECT s.measure, s.episode_id AS stream_id, NULL::text AS item, s.until_on AS happened_on,
            CASE WHEN s.until_on < s.since_on THEN false END AS kept,
            CASE WHEN s.until_on >= s.since_on THEN s.until_on - s.since_on END AS days, s.because
        FROM steps s
        WHERE s.since_on IS NOT NULL AND s.until_on IS NOT NULL
        UNION ALL
        SELECT 'decision_before_work', e.episode_id, NULL, e.started_on,
            coalesce(e.decided_on <= e.started_on, false), NULL, e.because
        FROM of_service e
        UNION ALL
        SELECT 'limits_kept', e.episode_id, NULL, w.first_on, l.stream_id IS NULL, NULL,
            e.because || coalesce(l.positions, '{}')
        FROM of_service e
        JOIN worked w ON w.episode_id = e.episode_id AND (e.closed_on IS NULL OR e.closed_on >= w.first_on)
        LEFT JOIN limited l ON l.stream_id = e.episode_id
        UNION ALL
        SELECT 'exception_decided', d.episode_id, d.decision_id::text, d.decided_on, NULL, NULL, d.event_positions
        FROM decision_rows(as_of, from_on, to_on) d
        WHERE d.kind = 'exception'
        UNION ALL
        SELECT 'earlier_work_named', g.episode_id, g.decision_id::text, g.decided_on, g.continues_episode_id IS NOT NULL,
            NULL, g.because || e.because || b.because
        FROM of_service e
        JOIN decisions g ON g.episode_id = e.episode_id AND g.known @> as_of AND g.kind = 'granted'
            AND g.decided_on BETWEEN from_on AND to_on
        JOIN capped n ON n.service = g.service AND n.model_version = g.model_version
        CROSS JOIN LATERAL (
            SELECT array_agg(p.position) AS because
            FROM episodes a
            JOIN capped w ON w.service = a.granted_service AND w.model_version = a.granted_model_version
            CROSS JOIN LATERAL unnest(a.because) AS p (position)
            WHERE a.client_ids && e.client_ids AND a.known @> as_of AND a.episode_id <> e.episode_id
                AND a.decided_on < g.decided_on AND a.started_on <= on_day
                AND (a.need_code = e.need_code OR a.need_code IS NULL OR e.need_code IS NULL)
        ) b
        WHERE b.because IS NOT NULL
        UNION ALL
        SELECT 'summary_written', e.episode_id, NULL, c.closed_on, t.position IS NOT NULL, NULL,
            array_remove(e.because || c.because || t.position, NULL)
        FROM of_service e
        JOIN closures(as_of, on_day, from_on, to_on) c ON c.episode_id = e.episode_id
        LEFT JOIN LATERAL (
            SELECT t.position FROM trail t
            WHERE t.stream_id = e.episode_id AND t.known @> as_of AND t.name LIKE 'summary_written.%'
                AND t.struck_by IS NULL AND t.occurred_on <= on_day
            ORDER BY t.position LIMIT 1
        ) t ON true
    ), cases AS (
        SELECT c.measure, c.stream_id, c.item, s.area, s.unit_id, c.happened_on, c.kept, c.days,
            c.because || s.because AS because
        FROM of_episodes c
        JOIN stayed s ON s.episode_id = c.stream_id AND s.since_on <= c.happened_on AND s.until_on > c.happened_on
        UNION ALL
        SELECT l.subject || '_in_time', d.stream_id, d.duty_key, d.area, d.unit_id, d.due_on,
            d.status = 'met_in_time', NULL, d.event_positions
        FROM duty_rows(as_of, on_day) d
        JOIN model_rules l ON l.service = d.service AND l.model_version = d.model_version AND l.rule_id = d.rule_id
            AND l.known @> as_of
        WHERE d.service = wanted_service AND d.status IN ('met_in_time', 'met_late', 'open_late')
        UNION ALL
        SELECT 'contact_answered', c.contact_id, NULL, c.in_area, c.unit_id, c.received_on,
            coalesce(c.answered_on <= on_day, false), NULL, c.because
        FROM asked c
        WHERE c.consent = 'given' OR (c.source = 'family' AND c.consent = 'not_asked') OR EXISTS (
            SELECT 1 FROM model_rules l
            WHERE l.service = c.service AND l.model_version = c.model_version AND l.known @> as_of AND l.subject = 'contact'
        )
        UNION ALL
        SELECT 'days_contact_to_answer', c.contact_id, NULL, c.in_area, c.unit_id, c.answered_on,
            CASE WHEN c.answered_on < c.received_on THEN false END,
            CASE WHEN c.answered_on >= c.received_on THEN c.answered_on - c.received_on END, c.because
        FROM asked c
    )
    SELECT
        c.measure, c.stream_id, c.item, c.area, c.unit_id, c.happened_on, c.kept, c.days,
        ARRAY(SELECT DISTINCT b.position FROM unnest(c.because) AS b (position) ORDER BY 1)
    FROM cases c
    WHERE c.happened_on BETWEEN from_on AND least(to_on, on_day)
$$;

-- The review: each measure over all, and by area and by unit, to be compared. `grouped_by` is all, area or unit.
-- Percentiles are of whole days, interpolated. Of the steps it is told how many came in their order where one did not.
CREATE OR REPLACE FUNCTION quality_review(wanted_service text, as_of bigint, on_day date, from_on date, to_on date)
RETURNS TABLE (
    measure text, grouped_by text, group_key text, cases bigint, kept_cases bigint, kept_percent double precision,
    median_days double precision, percentile_90_days double precision
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT
        c.measure,
        CASE WHEN grouping(c.area) = 0 THEN 'area' WHEN grouping(c.unit_id) = 0 THEN 'unit' ELSE 'all' END,
        CASE WHEN grouping(c.area) = 0 THEN c.area WHEN grouping(c.unit_id) = 0 THEN c.unit_id END,
        count(*),
        CASE WHEN count(c.kept) > 0 THEN count(*) FILTER (WHERE c.kept IS DISTINCT FROM false) END,
        CASE WHEN count(c.kept) > 0 THEN 100.0 * count(*) FILTER (WHERE c.kept IS DISTINCT FROM false) / count(*) END,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY c.days),
        percentile_cont(0.9) WITHIN GROUP (ORDER BY c.days)
    FROM quality_review_cases(wanted_service, as_of, on_day, from_on, to_on) c
    GROUP BY GROUPING SETS ((c.measure), (c.measure, c.area), (c.measure, c.unit_id))
    ORDER BY 1, 2, 3 NULLS LAST
$$;

-- What stands beneath one figure of the review: the cases of a measure (all, if none is named), of one area or unit (the
-- key '': the group without a key).
CREATE OR REPLACE FUNCTION quality_review_explain(
    wanted_service text, wanted_measure text, grouped_by text, wanted_key text, as_of bigint, on_day date,
    from_on date, to_on date
)
RETURNS TABLE (
    measure text, stream_id uuid, item text, happened_on date, kept boolean, days integer, event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT c.measure, c.stream_id, c.item, c.happened_on, c.kept, c.days, c.event_positions
    FROM quality_review_cases(wanted_service, as_of, on_day, from_on, to_on) c
    WHERE (wanted_measure IS NULL OR c.measure = wanted_measure)
        AND (wanted_key IS NULL OR grouped_by = 'all' OR CASE grouped_by
            WHEN 'area' THEN coalesce(c.area, '')
            WHEN 'unit' THEN coalesce(c.unit_id, '')
        END = wanted_key)
    ORDER BY c.measure, c.happened_on, c.stream_id, c.item
$$;
