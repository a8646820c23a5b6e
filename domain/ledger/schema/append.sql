-- The only way to write; append_one() is its short way for a lone event.
-- Records one or many commands, all or none: their ids, the events that they came to (in the
-- order of the commands, counts[i] events to command i) and, if given, how far a follower has come.
-- All states are one byte string, and state_ends[i] is how many bytes of it belong to events up to the i-th: taking in
-- 10,000 states of 500 bytes took 16 ms of processor time as an array, and 3 as one string.
-- Answers the position before the first new event and the moment of recording.
-- Refuses with JK001 a wrong version (DETAIL: stream_id, expected, current; -1 is "no events"), 23505 a command already recorded,
-- JK003 another isolation level than read committed, JK004 tracking that does not move forwards, JK005 uneven arrays, or not from 1,
-- 22011 ends that fall.
-- Its plans are kept for the connection's life: who calls it often sets how they are made (domain/ledger/writer.py).
-- The head row is taken before anything that could wait for another append: one order of locks, no deadlock. What needs
-- neither it nor a table goes before it, while another append may hold it. Each function and operator that is named costs
-- every call some 2,000 instructions to make ready: many comparisons are one with ANY.
DROP FUNCTION IF EXISTS append(uuid[], bytea[], integer[], uuid[], integer[], text[], bytea[], text, bigint);
CREATE OR REPLACE FUNCTION append(
    command_ids uuid[], digests bytea[], counts integer[],
    stream_ids uuid[], versions integer[], names text[], states bytea, state_ends integer[],
    follower text DEFAULT NULL, followed_to bigint DEFAULT NULL,
    OUT appended_after bigint, OUT appended_at timestamptz
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    commands_given CONSTANT integer := cardinality(command_ids);
    events_given   CONSTANT integer := cardinality(stream_ids);
    firsts     bigint[];
    state_begins integer[];
    counted    integer := 0;
    one_each   boolean;
    log_origin bytea;
    told       timestamptz;
    beginning  bytea;
    moment     bytea;
    wrong      record;
    conflict   boolean;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'append runs at read committed only' USING ERRCODE = 'JK003';
    END IF;
    one_each := counts = array_fill(1, ARRAY[commands_given]);  -- as a group of lone events has them
    IF one_each THEN
        counted := commands_given;
    ELSE
        FOR i IN 1..commands_given LOOP
            firsts[i] := CASE WHEN counts[i] > 0 THEN counted + 1 END;
            counted := counted + counts[i];
        END LOOP;
    END IF;
    IF events_given <> ANY (ARRAY[counted, cardinality(versions), cardinality(names), cardinality(state_ends)])
        OR commands_given <> ANY (ARRAY[cardinality(digests), cardinality(counts)])
        OR coalesce(state_ends[events_given], 0) IS DISTINCT FROM octet_length(states)
        -- What is looked up by its number below must be numbered from 1, or nothing would be compared with anything.
        OR 1 <> ANY (ARRAY[
            array_ndims(counts), array_ndims(stream_ids), array_ndims(versions), array_ndims(state_ends),
            array_lower(counts, 1), array_lower(stream_ids, 1), array_lower(versions, 1), array_lower(state_ends, 1)
        ]) THEN
        RAISE EXCEPTION 'the arrays of append do not agree' USING ERRCODE = 'JK005';
    END IF;
    state_begins := (0 || state_ends)[:events_given];

    SELECT convert_to(h.origin, 'UTF8'), h.told_at INTO STRICT log_origin, told FROM head h FOR NO KEY UPDATE;
    SELECT e.position, e.recorded_at INTO appended_after, appended_at FROM events e ORDER BY e.position DESC LIMIT 1;
    IF NOT FOUND THEN
        appended_after := 0;
    END IF;
    -- Not before a moment that a sealer was told of: the server's clock may have been set back since, as clocks are set
    -- right. By more than an hour it was wrong before: then the sealer is to say so, and no event is dated so far ahead.
    appended_at := greatest(
        clock_timestamp(), appended_at, CASE WHEN told < clock_timestamp() + interval '1 hour' THEN told END);

    -- A command that is recorded already fails here, on the primary key: while the head is held nothing else can. Of
    -- what append() costs a batch of single events, ON CONFLICT DO NOTHING took a fifth: it looks for each row first.
    IF one_each THEN
        INSERT INTO commands (command_id, digest, first_position, count, recorded_at)
        SELECT unnest(command_ids), unnest(digests),
            generate_series(appended_after + 1, appended_after + commands_given), 1, appended_at;
    ELSE
        INSERT INTO commands (command_id, digest, first_position, count, recorded_at)
        SELECT unnest(command_ids), unnest(digests), appended_after + unnest(firsts), unnest(counts), appended_at;
    END IF;

    IF events_given = 1 THEN  -- the same as below for one event, without sorting
        SELECT stream_ids[1] AS stream_id, versions[1] AS version, (
            SELECT e.version FROM events e WHERE e.stream_id = stream_ids[1] ORDER BY e.version DESC LIMIT 1
        ) AS current INTO wrong;
        conflict := wrong.version <> wrong.current + 1 OR (wrong.current IS NULL AND wrong.version NOT IN (0, 1));
    ELSE
        -- Most events follow the one before them in the call: only those that do not are sorted and looked up. If a stream
        -- has two of them, or one that does not follow what is recorded, all is looked at again, in full.
        SELECT count(*) > count(DISTINCT d.stream_id) OR NOT bool_and(coalesce((
            SELECT e.version + 1 FROM events e WHERE e.stream_id = d.stream_id ORDER BY e.version DESC LIMIT 1
        ) = d.version, d.version IN (0, 1)))
        INTO conflict
        FROM (
            SELECT generate_series(1, events_given) AS n, unnest(stream_ids) AS stream_id, unnest(versions) AS version
        ) AS d
        WHERE d.n = 1 OR stream_ids[d.n - 1] <> d.stream_id OR versions[d.n - 1] + 1 <> d.version;
    END IF;
    IF conflict AND events_given > 1 THEN
        SELECT j.stream_id, j.version, j.current INTO wrong
        FROM (
            SELECT d.stream_id, d.version, coalesce(
                lag(d.version) OVER (PARTITION BY d.stream_id ORDER BY d.n),
                (SELECT e.version FROM events e WHERE e.stream_id = d.stream_id ORDER BY e.version DESC LIMIT 1)
            ) AS current
            FROM unnest(stream_ids, versions) WITH ORDINALITY AS d (stream_id, version, n)
        ) j
        WHERE j.version <> j.current + 1 OR (j.current IS NULL AND j.version NOT IN (0, 1))
        LIMIT 1;
        conflict := FOUND;
    END IF;
    IF conflict THEN
        RAISE EXCEPTION 'the stream has moved on' USING ERRCODE = 'JK001', DETAIL = json_build_object(
            'stream_id', wrong.stream_id, 'expected', wrong.version - 1, 'current', coalesce(wrong.current, -1))::text;
    END IF;

    beginning := '\x01'::bytea || int2send(octet_length(log_origin)::int2) || log_origin;
    moment := int8send((extract(epoch FROM appended_at) * 1000000)::int8);
    INSERT INTO events (position, stream_id, version, name, recorded_at, record)
    SELECT d.position, d.stream_id, d.version, d.name, appended_at,
        beginning || int8send(d.position) || moment
        || uuid_send(d.stream_id) || int4send(d.version)
        || int2send(octet_length(d.name)::int2) || convert_to(d.name, 'UTF8')
        || substring(states FROM d.begins + 1 FOR d.ends - d.begins)
    FROM (  -- row by row: unnest() of several arrays in FROM would write them all down first
        SELECT generate_series(appended_after + 1, appended_after + events_given) AS position,
            unnest(stream_ids) AS stream_id, unnest(versions) AS version, unnest(names) AS name,
            unnest(state_begins) AS begins, unnest(state_ends) AS ends
    ) AS d;

    IF follower IS NOT NULL THEN
        INSERT INTO tracking AS t (application_name, notification_id) VALUES (follower, followed_to)
        ON CONFLICT (application_name) DO UPDATE SET notification_id = excluded.notification_id
        WHERE t.notification_id < excluded.notification_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'tracking moves forwards only' USING ERRCODE = 'JK004';
        END IF;
    END IF;
END
$$;
