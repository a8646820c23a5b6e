-- Every command that was carried out, so that the same one sent again is answered with its first result.
-- `digest` is what the writer says of the command's content; `first_position` is null when it recorded no events.
CREATE TABLE IF NOT EXISTS commands (
    command_id     uuid PRIMARY KEY,
    digest         bytea NOT NULL,
    first_position bigint,
    count          integer NOT NULL CHECK (count >= 0),
    recorded_at    timestamptz NOT NULL,
    CHECK ((first_position IS NULL) = (count = 0))
);
