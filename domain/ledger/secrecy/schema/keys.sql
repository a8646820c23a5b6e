-- The keyring: data keys, wrapped by the register key, never in the clear. One key a holder (a client, a stream, or the
-- register's own purposes) and service task, as long as it is not destroyed.
--   active     is given out, for a lease
--   fenced     is given to nobody any more: whoever had it loses it when the lease is over
--   destroyed  is no more: `wrapped` is null. The row stays, so that what it sealed reads as "destroyed".
CREATE TABLE IF NOT EXISTS data_keys (
    key_id       uuid PRIMARY KEY,
    register     text NOT NULL,
    holder_id    uuid NOT NULL,
    task         text NOT NULL,
    state        text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'fenced', 'destroyed')),
    wrapped      bytea,
    made_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    fenced_at    timestamptz,
    destroyed_at timestamptz,
    CHECK ((wrapped IS NULL) = (state = 'destroyed'))
);
CREATE UNIQUE INDEX IF NOT EXISTS data_keys_standing ON data_keys (register, holder_id, task)
    WHERE state IN ('active', 'fenced');

REVOKE ALL ON data_keys FROM PUBLIC, jaksokirja_keykeeper;
GRANT SELECT, INSERT, UPDATE ON data_keys TO jaksokirja_keykeeper;
