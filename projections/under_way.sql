-- Which streams are under way, as far as the calendar may open something in them (domain/clock.py).

-- questions

-- Open episodes that are judged by one of `until_closed`, all that are judged by one of `for_ever` (each a version of a
-- service model: P7.1), meeting places and networks that have not ended, and every quality file.
CREATE OR REPLACE FUNCTION streams_under_way(until_closed text[], for_ever text[])
RETURNS TABLE (stream_id uuid)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT e.episode_id FROM episodes e
    WHERE e.known_to IS NULL AND (
        e.service || '.' || e.model_version = ANY(for_ever)
        OR e.closed_on IS NULL AND e.service || '.' || e.model_version = ANY(until_closed)
    )
    UNION ALL SELECT a.activity_id FROM activities a WHERE a.known_to IS NULL AND a.ended_on IS NULL
    UNION ALL SELECT n.network_id FROM networks n WHERE n.known_to IS NULL AND n.ended_on IS NULL
    UNION ALL SELECT q.file_id FROM quality_files q WHERE q.known_to IS NULL
    ORDER BY 1
$$;
