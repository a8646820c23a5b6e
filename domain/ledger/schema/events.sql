-- The book. `record` is the one canonical byte string of an event (its layout: domain/ledger/record.py), and the leaf
-- that is hashed; the other columns repeat parts of it for indexes and are written from the same values.
-- A stream is read by (stream_id, version): its versions follow its positions. The moment needs no index: positions
-- are gapless and recorded_at never falls, so position_at() bisects the primary key.
CREATE TABLE IF NOT EXISTS events (
    position    bigint PRIMARY KEY CHECK (position > 0),
    stream_id   uuid NOT NULL,
    version     integer NOT NULL CHECK (version >= 0),
    name        text NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 255),
    recorded_at timestamptz NOT NULL,
    record      bytea NOT NULL,
    UNIQUE (stream_id, version)
);
