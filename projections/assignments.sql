-- Assignments of workers to episodes; `to_on` is the first day without, `closed_on` the day on which the episode closed.

-- tables
CREATE TABLE {assignments} (
    episode_id    uuid NOT NULL,
    assignment_id uuid NOT NULL,
    known_from    bigint NOT NULL,
    known_to      bigint,
    known         int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because       bigint[] NOT NULL,
    worker_id     text NOT NULL,
    role          text NOT NULL,
    from_on       date NOT NULL,
    to_on         date,
    deputy_for    uuid,
    closed_on     date,
    PRIMARY KEY (episode_id, assignment_id, known_from)
);

-- indexes
CREATE INDEX ON {assignments} (worker_id, known_to) INCLUDE (episode_id, known_from, from_on, to_on)
    WHERE closed_on IS NULL;
CREATE INDEX ON {assignments} (worker_id, closed_on) INCLUDE (episode_id, known_from, known_to, from_on, to_on)
    WHERE closed_on IS NOT NULL;

-- questions

-- The workers that each of the wanted episodes had on a day of the world.
CREATE OR REPLACE FUNCTION workers_of(wanted uuid[], as_of bigint, on_day date)
RETURNS TABLE (episode_id uuid, worker_ids text[], because bigint[])
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT a.episode_id, array_agg(DISTINCT a.worker_id ORDER BY a.worker_id), array_agg(DISTINCT b.position)
    FROM assignments a CROSS JOIN LATERAL unnest(a.because) AS b (position)
    WHERE a.episode_id = ANY(wanted)
        AND a.known @> as_of AND a.from_on <= on_day AND (a.to_on IS NULL OR a.to_on > on_day)
    GROUP BY a.episode_id
$$;

-- The workers that each episode had on a day of the world.
CREATE OR REPLACE FUNCTION workers_on(as_of bigint, on_day date)
RETURNS TABLE (episode_id uuid, worker_ids text[], because bigint[])
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT w.* FROM workers_of(
        ARRAY(SELECT DISTINCT a.episode_id FROM assignments a WHERE a.known @> as_of), as_of, on_day
    ) w
$$;
