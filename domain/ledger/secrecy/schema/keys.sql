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

-- A wrapped key is never sampled into the planner's statistics, where it would outlive its row.
ALTER TABLE data_keys ALTER COLUMN wrapped SET STATISTICS 0;

-- How far each destruction has come. The keys that it takes away name it; who asked and who approved is in the ledger.
CREATE TABLE IF NOT EXISTS destructions (
    register       text NOT NULL,
    destruction_id uuid NOT NULL,
    fenced_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    overwritten_at timestamptz,
    cleaned_at     timestamptz,
    PRIMARY KEY (register, destruction_id),
    CHECK (cleaned_at IS NULL OR overwritten_at IS NOT NULL)
);
ALTER TABLE data_keys ADD COLUMN IF NOT EXISTS destruction_id uuid;
CREATE INDEX IF NOT EXISTS data_keys_destruction ON data_keys (register, destruction_id)
    WHERE destruction_id IS NOT NULL;

REVOKE ALL ON destructions FROM PUBLIC, jaksokirja_keykeeper;
GRANT SELECT, INSERT, UPDATE ON destructions TO jaksokirja_keykeeper;
