-- The greatest position recorded at or before the moment, 0 when there is none: some 24 probes of the primary key for
-- ten million events, and no index on recorded_at to be kept at every append.
CREATE OR REPLACE FUNCTION position_at(moment timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    at_or_before bigint := 0;
    after        bigint;
    middle       bigint;
BEGIN
    SELECT coalesce(max(e.position), 0) + 1 INTO after FROM events e;
    WHILE after - at_or_before > 1 LOOP
        middle := (at_or_before + after) / 2;
        IF (SELECT e.recorded_at <= moment FROM events e WHERE e.position = middle) THEN
            at_or_before := middle;
        ELSE
            after := middle;
        END IF;
    END LOOP;
    RETURN at_or_before;
END
$$;
