-- Which releases have had the projections, in the order in which they came: the last row's release has them. A release is
-- told by the fingerprints of all its folds, questions and views together. One that had them and has them no more is an
-- older one: it starts beside the newer by mistake, and is not to turn them back.
CREATE TABLE IF NOT EXISTS projection_releases (
    number      bigint PRIMARY KEY CHECK (number > 0),
    fingerprint text NOT NULL,
    came_at     timestamptz NOT NULL
);

GRANT SELECT ON projection_releases TO jaksokirja_projector, jaksokirja_reader;
