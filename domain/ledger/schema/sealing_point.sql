-- How far the book goes at a moment that no append under way can precede: the head row is held for the length of this
-- statement, so every record with a greater position is recorded at that moment or later. For the sealer, which may
-- not hold the row by itself. Refuses with JK003 another isolation level than read committed.
CREATE OR REPLACE FUNCTION sealing_point(OUT size bigint, OUT recorded_at timestamptz, OUT moment timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET lock_timeout = '5s'
AS $$
DECLARE
    told timestamptz;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'sealing_point runs at read committed only' USING ERRCODE = 'JK003';
    END IF;
    SELECT h.told_at INTO told FROM head h FOR NO KEY UPDATE;
    -- What is told is kept, so that nothing is recorded earlier though the clock be set back (told_at.sql, append.sql).
    moment := greatest(clock_timestamp(), CASE WHEN told < clock_timestamp() + interval '1 hour' THEN told END);
    UPDATE head SET told_at = moment WHERE told_at < moment;
    SELECT e.position, e.recorded_at INTO size, recorded_at FROM events e ORDER BY e.position DESC LIMIT 1;
    size := coalesce(size, 0);
END
$$;
