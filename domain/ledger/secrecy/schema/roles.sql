-- The keyring's own roles: the keeper works with keys; the restricted keeper alone reads those of what was restricted,
-- and writes none; the owner owns the tables and runs nothing.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['keyring_owner', 'keykeeper', 'restricted_keeper'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'jaksokirja_' || wanted) THEN
            BEGIN
                EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN NOINHERIT', 'jaksokirja_' || wanted);
            EXCEPTION WHEN unique_violation OR duplicate_object THEN
                NULL;  -- another database of the cluster has made it at this moment
            END;
        END IF;
    END LOOP;
    EXECUTE pg_catalog.format('REVOKE ALL ON DATABASE %I FROM PUBLIC', pg_catalog.current_database());
    EXECUTE pg_catalog.format('GRANT CONNECT ON DATABASE %I TO jaksokirja_keykeeper, jaksokirja_restricted_keeper',
        pg_catalog.current_database());
    EXECUTE pg_catalog.format('GRANT CREATE ON DATABASE %I TO jaksokirja_keyring_owner', pg_catalog.current_database());
END
$$;
