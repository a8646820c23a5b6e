-- The latest moment that a sealer was told of: a checkpoint may say that by then no more was there, so that no event may
-- be recorded earlier, though the server's clock be set back meanwhile. One row, changed by sealing_point() alone.
CREATE TABLE IF NOT EXISTS clock (
    one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    told_at timestamptz NOT NULL
);
INSERT INTO clock (told_at) VALUES ('epoch') ON CONFLICT DO NOTHING;
REVOKE ALL ON clock FROM PUBLIC;
