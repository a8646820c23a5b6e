-- The roles of the cluster, the same for every register. None of them may log in: a login is made a member of those
-- that it works as, and takes one on for a connection (options='-c role=…').
-- Nobody that the software serves as need be the owner, so nobody there can change or remove what is recorded
-- (docs/running.md). The migrator may become the owner, and does so for a migration only: it inherits nothing (NOINHERIT
-- must precede the grant).
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['owner', 'migrator', 'appender', 'projector', 'reader', 'sealer', 'analyst'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'jaksokirja_' || wanted) THEN
            BEGIN
                EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN NOINHERIT', 'jaksokirja_' || wanted);
            EXCEPTION WHEN unique_violation OR duplicate_object THEN
                NULL;  -- another database of the cluster has made it at this moment
            END;
        END IF;
    END LOOP;
    IF NOT pg_catalog.pg_has_role('jaksokirja_migrator', 'jaksokirja_owner', 'MEMBER') THEN
        GRANT jaksokirja_owner TO jaksokirja_migrator;
    END IF;
    IF NOT pg_catalog.has_database_privilege('jaksokirja_owner', pg_catalog.current_database(), 'CREATE') THEN
        EXECUTE pg_catalog.format('GRANT CREATE ON DATABASE %I TO jaksokirja_owner', pg_catalog.current_database());
    END IF;
END
$$;
