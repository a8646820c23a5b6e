-- append() for one command by which a client comes to have an identity code, or has none any more (`taken` is NULL): the
-- index tells it exactly when the log does, since both are one transaction, and one statement of the caller's.
-- Refuses with JK006 a code that another client has (DETAIL: client_id), and all that append() refuses. Nothing that holds
-- the head row waits for a tag: tags first, then the head, is one order of locks; two that swap codes are told a deadlock.
CREATE OR REPLACE FUNCTION append_identity(
    of_client uuid, taken bytea,
    command_ids uuid[], digests bytea[], counts integer[],
    stream_ids uuid[], versions integer[], names text[], states bytea, state_ends integer[],
    OUT appended_after bigint, OUT appended_at timestamptz
)
LANGUAGE plpgsql VOLATILE SECURITY INVOKER
SET search_path FROM CURRENT
AS $$
DECLARE
    holder uuid;
BEGIN
    DELETE FROM client_index i WHERE i.client_id = of_client;
    -- Again only when whoever had it has just given it up. The client itself has it when this was sent twice, and the
    -- first sending, given up for lost, was still waiting for the head: append() then says that it is recorded.
    WHILE taken IS NOT NULL LOOP
        INSERT INTO client_index (tag, client_id) VALUES (taken, of_client) ON CONFLICT DO NOTHING;
        EXIT WHEN FOUND;
        SELECT i.client_id INTO holder FROM client_index i WHERE i.tag = taken;
        EXIT WHEN holder = of_client;
        IF holder IS NOT NULL THEN
            RAISE EXCEPTION 'another client has that identity code' USING ERRCODE = 'JK006',
                DETAIL = json_build_object('client_id', holder)::text;
        END IF;
    END LOOP;
    SELECT a.appended_after, a.appended_at INTO appended_after, appended_at
    FROM append(command_ids, digests, counts, stream_ids, versions, names, states, state_ends) AS a;
END
$$;
REVOKE ALL ON FUNCTION append_identity FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append_identity TO jaksokirja_appender;
