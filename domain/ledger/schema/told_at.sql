-- The latest moment that a sealer was told of: a checkpoint may say that by then no more was there, so that no event may
-- be recorded earlier, though the server's clock be set back meanwhile. It stands in the row that every append reads and
-- holds anyway; sealing_point() alone changes it. So wide a fillfactor has the row's dead versions, one a sealing point,
-- cleared away after some ten. Earlier releases had a table for it.
DO $$
BEGIN
    -- Asked first, since ALTER TABLE would wait for whoever appends, and have all others wait, also where nothing is to do.
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = 'head'::regclass AND a.attname = 'told_at' AND NOT a.attisdropped
    ) THEN
        ALTER TABLE head ADD COLUMN told_at timestamptz NOT NULL DEFAULT 'epoch';
        ALTER TABLE head SET (fillfactor = 10);
    END IF;
    IF to_regclass('clock') IS NOT NULL THEN
        UPDATE head SET told_at = c.told_at FROM clock c WHERE head.told_at < c.told_at;
        DROP TABLE clock;
    END IF;
END
$$;
