-- The keyring: data keys, wrapped by the register key, never in the clear. One key a holder (a client, a stream, or the
-- register's own purposes) and service task, as long as it is not destroyed.
--   active     is given out, for a lease
--   retired    opens what it sealed and seals nothing more: another key takes its place, and it is about to be parted
--   parted     is no more, or soon (`former`): what it sealed is opened, but for what was restricted, by what was drawn
--              from it for each segment, in `parts`, encrypted under the key in `wrapped` (domain.ledger.secrecy.parting)
--   fenced     is given to nobody any more: whoever had it loses it when the lease is over
--   destroyed  is no more: `wrapped` is null. The row stays, so that what it sealed reads as "destroyed".
CREATE TABLE IF NOT EXISTS data_keys (
    key_id       uuid PRIMARY KEY,
    register     text NOT NULL,
    holder_id    uuid NOT NULL,
    task         text NOT NULL,
    state        text NOT NULL DEFAULT 'active',
    wrapped      bytea,
    made_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    fenced_at    timestamptz,
    destroyed_at timestamptz,
    CHECK ((wrapped IS NULL) = (state = 'destroyed'))
);
REVOKE ALL ON data_keys FROM PUBLIC, jaksokirja_keykeeper;
GRANT SELECT, INSERT, UPDATE ON data_keys TO jaksokirja_keykeeper;

-- Of parted keys: `former` is the data key itself, until it is overwritten; `kept_count` segments of the events up to
-- position `searched_to` have their keys in `parts`.
ALTER TABLE data_keys
    ADD COLUMN IF NOT EXISTS retired_at  timestamptz,
    ADD COLUMN IF NOT EXISTS parted_at   timestamptz,
    ADD COLUMN IF NOT EXISTS former      bytea,
    ADD COLUMN IF NOT EXISTS parts       bytea,
    ADD COLUMN IF NOT EXISTS kept_count  bigint,
    ADD COLUMN IF NOT EXISTS searched_to bigint;
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_constraint
                   WHERE conrelid = 'data_keys'::regclass AND conname = 'data_keys_known_state') THEN
        ALTER TABLE data_keys DROP CONSTRAINT IF EXISTS data_keys_state_check;
        ALTER TABLE data_keys ADD CONSTRAINT data_keys_known_state
            CHECK (state IN ('active', 'retired', 'parted', 'fenced', 'destroyed'));
        ALTER TABLE data_keys ADD CONSTRAINT data_keys_parted
            CHECK ((parts IS NULL) = (parted_at IS NULL OR state = 'destroyed') AND (former IS NULL OR parts IS NOT NULL));
    END IF;
END
$$;
-- One key a holder and task seals at a time. A parted one that is fenced seals nothing and hinders none that does.
CREATE UNIQUE INDEX IF NOT EXISTS data_keys_sealing ON data_keys (register, holder_id, task)
    WHERE state IN ('active', 'fenced') AND parted_at IS NULL;
DROP INDEX IF EXISTS data_keys_standing;
CREATE INDEX IF NOT EXISTS data_keys_holder ON data_keys (register, holder_id, task);

-- A wrapped key is never sampled into the planner's statistics, where it would outlive its row.
ALTER TABLE data_keys ALTER COLUMN wrapped SET STATISTICS 0, ALTER COLUMN former SET STATISTICS 0,
    ALTER COLUMN parts SET STATISTICS 0;

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

-- How far each restriction of a struck entry has come: `key_ids` are the keys that sealed what it told, in the entries
-- `versions` of the stream. Who asked and who approved is in the ledger.
CREATE TABLE IF NOT EXISTS restrictions (
    register       text NOT NULL,
    restriction_id uuid NOT NULL,
    stream_id      uuid NOT NULL,
    versions       integer[] NOT NULL,
    key_ids        uuid[] NOT NULL,
    retired_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    parted_at      timestamptz,
    overwritten_at timestamptz,
    cleaned_at     timestamptz,
    PRIMARY KEY (register, restriction_id),
    CHECK (overwritten_at IS NULL OR parted_at IS NOT NULL),
    CHECK (cleaned_at IS NULL OR overwritten_at IS NOT NULL)
);

REVOKE ALL ON restrictions FROM PUBLIC, jaksokirja_keykeeper;
GRANT SELECT, INSERT, UPDATE ON restrictions TO jaksokirja_keykeeper;

-- What was drawn from a parted key for the segments of a restricted entry. The keeper puts it there and can take it out
-- for good; only the restricted keeper reads it.
CREATE TABLE IF NOT EXISTS restricted_parts (
    register         text NOT NULL,
    key_id           uuid NOT NULL REFERENCES data_keys,
    restriction_id   uuid NOT NULL,
    restricted_count bigint NOT NULL,
    wrapped          bytea,
    parts            bytea,
    PRIMARY KEY (key_id, restriction_id),
    CHECK ((wrapped IS NULL) = (parts IS NULL))
);
ALTER TABLE restricted_parts ALTER COLUMN wrapped SET STATISTICS 0, ALTER COLUMN parts SET STATISTICS 0;

REVOKE ALL ON restricted_parts FROM PUBLIC, jaksokirja_keykeeper, jaksokirja_restricted_keeper;
GRANT INSERT, SELECT (register, key_id, restriction_id, restricted_count), UPDATE (wrapped, parts)
    ON restricted_parts TO jaksokirja_keykeeper;
GRANT SELECT ON data_keys, restricted_parts TO jaksokirja_restricted_keeper;
