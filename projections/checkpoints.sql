-- Which fold made each projection's rows, what stopped it, and how far it was when that was last written down. One row
-- each, which whoever writes rows holds locked. It is as far as the greater of this position and the last progress of
-- those that are followed `together` with it, below.
CREATE TABLE IF NOT EXISTS projection_checkpoints (
    projection            text PRIMARY KEY,
    position              bigint NOT NULL CHECK (position >= 0),
    fold_fingerprint      text NOT NULL,
    questions_fingerprint text NOT NULL,
    status                text NOT NULL CHECK (status IN ('running', 'stopped')),
    error                 text,
    error_position        bigint,
    updated_at            timestamptz NOT NULL,
    together              uuid,
    CHECK ((status = 'stopped') = (error_position IS NOT NULL))
) WITH (fillfactor = 50);

-- Where each projection's progress had rows of its own, what it came to is written down: once the column is there, which
-- lets every follower end its batch and none begin another. A statement that waited for a batch would not see its progress.
DO $$ BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = 'projection_checkpoints'::regclass AND attname = 'together'
    ) THEN
        ALTER TABLE projection_checkpoints ADD COLUMN together uuid;
        UPDATE projection_checkpoints c SET position = greatest(
            c.position, (SELECT max(p.position) FROM projection_progress p WHERE p.projection = c.projection)
        );
        DROP TABLE projection_progress;
    END IF;
END $$;

GRANT SELECT ON projection_checkpoints TO jaksokirja_projector, jaksokirja_reader, jaksokirja_appender;
GRANT UPDATE (position, status, error, error_position, updated_at, together) ON projection_checkpoints
    TO jaksokirja_projector;

-- How far those that are followed together have come since: a row a batch, in the transaction that writes the batch's
-- rows, by a follower that holds all of them. Only ever added to, read from its end: a row that is updated at every batch
-- is found among all its dead versions while somebody keeps an old snapshot. Now and then the follower writes the position
-- down above, and what lies behind it is deleted. A name (`together`) is used by one follower for one set of projections.
CREATE TABLE IF NOT EXISTS projection_progress (
    together uuid NOT NULL,
    position bigint NOT NULL CHECK (position > 0),
    moved_at timestamptz NOT NULL,
    PRIMARY KEY (together, position)
);

GRANT SELECT ON projection_progress TO jaksokirja_projector, jaksokirja_reader, jaksokirja_appender;
GRANT INSERT, DELETE ON projection_progress TO jaksokirja_projector;

-- Every time that rebuilt tables took the place of the live ones. Who reads several tables at one moment first locks
-- this table in ACCESS SHARE mode, who swaps locks it in ACCESS EXCLUSIVE mode: so no reader's snapshot is older than
-- the tables that it reads (in such a one they would be empty).
CREATE TABLE IF NOT EXISTS projection_swaps (
    projection text NOT NULL,
    position   bigint NOT NULL,
    swapped_at timestamptz NOT NULL,
    PRIMARY KEY (projection, swapped_at)
);

GRANT SELECT ON projection_swaps TO jaksokirja_projector, jaksokirja_reader, jaksokirja_appender;
