-- append() for one command that came to one event, as a lone writer has them: the same lock, rules and record in two
-- statements. Single values, since taking arrays apart costs at each call, as does every expression of PL/pgSQL.
-- It refuses nothing itself: where something is in the way, or no event is there to follow, it asks append(), which says
-- what. The command's row tells the event's its place: fewer steps to make ready than a place that both are told.
CREATE OR REPLACE FUNCTION append_one(
    command_id uuid, digest bytea, stream_id uuid, version integer, name text, state bytea,
    OUT appended_after bigint, OUT appended_at timestamptz
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    log_origin text;
    told       timestamptz;
BEGIN
    SELECT h.origin, h.told_at INTO STRICT log_origin, told FROM head h FOR NO KEY UPDATE;
    -- A statement of its own, so that it sees what was committed while the head was waited for.
    WITH command AS (
        INSERT INTO commands AS c (command_id, digest, first_position, count, recorded_at)
        SELECT command_id, digest, l.position + 1, 1, greatest(
            clock_timestamp(), l.recorded_at, CASE WHEN told < clock_timestamp() + interval '1 hour' THEN told END)
        FROM (SELECT e.position, e.recorded_at FROM events e ORDER BY e.position DESC LIMIT 1) AS l
        WHERE current_setting('transaction_isolation') = 'read committed' AND coalesce((
            SELECT e.version + 1 FROM events e WHERE e.stream_id = append_one.stream_id ORDER BY e.version DESC LIMIT 1
        ) = version, version IN (0, 1))
        RETURNING c.first_position, c.recorded_at
    )
    INSERT INTO events AS e (position, stream_id, version, name, recorded_at, record)
    SELECT c.first_position, stream_id, version, name, c.recorded_at,
        '\x01'::bytea || int2send(octet_length(log_origin)::int2) || convert_to(log_origin, 'UTF8')
        || int8send(c.first_position) || int8send((extract(epoch FROM c.recorded_at) * 1000000)::int8)
        || uuid_send(stream_id) || int4send(version)
        || int2send(octet_length(name)::int2) || convert_to(name, 'UTF8') || state
    FROM command c
    RETURNING e.position - 1, e.recorded_at INTO appended_after, appended_at;
    IF NOT FOUND THEN
        SELECT a.appended_after, a.appended_at INTO appended_after, appended_at
        FROM append(
            ARRAY[command_id], ARRAY[digest], ARRAY[1],
            ARRAY[stream_id], ARRAY[version], ARRAY[name], state, ARRAY[octet_length(state)]
        ) AS a;
    END IF;
END
$$;
