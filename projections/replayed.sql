-- What a replay's schema has beside the projections' tables: of which register it is and up to where, and what the
-- questions ask of events, told by the schema's own audit trail: it refers to nothing outside itself.
CREATE TABLE replayed (
    register    text PRIMARY KEY,
    position    bigint NOT NULL CHECK (position >= 0),
    recorded_at timestamptz,
    replayed_at timestamptz NOT NULL,
    is_whole    boolean NOT NULL
);

CREATE VIEW events AS SELECT t.position, t.recorded_at FROM trail t WHERE t.known_to IS NULL;
