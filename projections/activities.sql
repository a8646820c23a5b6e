-- Open meeting places: counts only. Visits count heads that came, not persons: who comes twice counts twice.

-- tables
CREATE TABLE {activities} (
    activity_id uuid NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    area text NOT NULL,
    service text NOT NULL,
    model_version integer NOT NULL,
    opened_on date NOT NULL,
    ended_on date,
    PRIMARY KEY (activity_id, known_from)
);

CREATE TABLE {places} (
    activity_id uuid NOT NULL,
    place_id uuid NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    place_kind text NOT NULL,
    organiser text NOT NULL,
    opened_on date NOT NULL,
    tasks text[] NOT NULL,
    weekdays text[] NOT NULL,
    theme text,
    free_of_charge boolean NOT NULL,
    open_to_all boolean NOT NULL,
    closed_on date,
    PRIMARY KEY (activity_id, place_id, known_from)
);

CREATE TABLE {sessions} (
    activity_id uuid NOT NULL,
    session_id uuid NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    place_id uuid NOT NULL,
    session_kind text NOT NULL,
    held_on date NOT NULL,
    adults integer NOT NULL,
    children integer NOT NULL,
    under_ones integer NOT NULL,
    first_timers integer NOT NULL,
    minutes integer NOT NULL,
    PRIMARY KEY (activity_id, session_id, known_from)
);

CREATE TABLE {outreach} (
    activity_id uuid NOT NULL,
    entry integer NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    place_id uuid NOT NULL,
    organisation text NOT NULL,
    outreach_kind text NOT NULL,
    made_on date NOT NULL,
    minutes integer,
    PRIMARY KEY (activity_id, entry, known_from)
);

CREATE TABLE {organisers_meetings} (
    activity_id uuid NOT NULL,
    meeting_id uuid NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    circle text NOT NULL,
    met_on date NOT NULL,
    present text[] NOT NULL,
    missing text[] NOT NULL,
    PRIMARY KEY (activity_id, meeting_id, known_from)
);

CREATE TABLE {joint_surveys} (
    activity_id uuid NOT NULL,
    survey_id uuid NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    opened_on date NOT NULL,
    closed_on date NOT NULL,
    answers integer NOT NULL,
    mean_score double precision,
    handled_on date,
    changes text[],
    PRIMARY KEY (activity_id, survey_id, known_from)
);

-- indexes
CREATE INDEX ON {sessions} (held_on) INCLUDE (known);

-- questions

-- Sessions held from_on to to_on, with their place and area.
CREATE OR REPLACE FUNCTION session_rows(as_of bigint, on_day date, from_on date, to_on date)
RETURNS TABLE (
    activity_id uuid, session_id uuid, place_id uuid, place_kind text, organiser text, area text, session_kind text,
    held_on date, adults integer, children integer, under_ones integer, first_timers integer, minutes integer,
    event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT
        s.activity_id, s.session_id, s.place_id, p.place_kind, p.organiser, a.area, s.session_kind,
        s.held_on, s.adults, s.children, s.under_ones, s.first_timers, s.minutes, s.because
    FROM sessions s
    LEFT JOIN places p ON p.activity_id = s.activity_id AND p.place_id = s.place_id AND p.known @> as_of
    LEFT JOIN activities a ON a.activity_id = s.activity_id AND a.known @> as_of
    WHERE s.known @> as_of AND s.held_on BETWEEN from_on AND least(to_on, on_day)
$$;

-- One group's key of a session.
CREATE OR REPLACE FUNCTION session_key(
    grouped_by text, place_id uuid, place_kind text, organiser text, area text, session_kind text, held_on date
)
RETURNS text
LANGUAGE sql IMMUTABLE SET search_path FROM CURRENT AS $$
    SELECT CASE grouped_by
        WHEN 'place' THEN place_id::text
        WHEN 'place_kind' THEN place_kind
        WHEN 'organiser' THEN organiser
        WHEN 'area' THEN area
        WHEN 'session_kind' THEN session_kind
        WHEN 'month' THEN to_char(held_on, 'YYYY-MM')
        WHEN 'day' THEN to_char(held_on, 'YYYY-MM-DD')
    END
$$;

-- Sessions and who came, counted by place, kind of place, organiser, area, kind of session, month or day.
CREATE OR REPLACE FUNCTION session_figures(grouped_by text, as_of bigint, on_day date, from_on date, to_on date)
RETURNS TABLE (
    group_key text, sessions bigint, places bigint, adult_visits bigint, child_visits bigint, under_one_visits bigint,
    first_visits bigint, minutes bigint
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT
        k.key, count(*), count(DISTINCT k.place_id), sum(k.adults), sum(k.children), sum(k.under_ones),
        sum(k.first_timers), sum(k.minutes)
    FROM (
        SELECT r.*, session_key(
            grouped_by, r.place_id, r.place_kind, r.organiser, r.area, r.session_kind, r.held_on
        ) AS key
        FROM session_rows(as_of, on_day, from_on, to_on) r
    ) k
    GROUP BY k.key ORDER BY k.key NULLS LAST
$$;

-- What stands beneath one group of session_figures().
CREATE OR REPLACE FUNCTION session_explain(
    grouped_by text, wanted_key text, as_of bigint, on_day date, from_on date, to_on date
)
RETURNS TABLE (activity_id uuid, session_id uuid, held_on date, session_kind text, event_positions bigint[])
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT r.activity_id, r.session_id, r.held_on, r.session_kind, r.event_positions
    FROM session_rows(as_of, on_day, from_on, to_on) r
    WHERE wanted_key IS NULL OR session_key(
        grouped_by, r.place_id, r.place_kind, r.organiser, r.area, r.session_kind, r.held_on
    ) = wanted_key
    ORDER BY r.held_on, r.session_id
$$;

-- How the given days (the working days of a period, reckoned outside) are covered by open places, area by area: sessions
-- that are open to whoever comes, and how many came. A day before the activity opened or after it ended is not asked
-- for; a day that is not over yet is not missing.
CREATE OR REPLACE FUNCTION place_coverage(working_days date[], as_of bigint, on_day date)
RETURNS TABLE (
    area text, working_day date, open_sessions bigint, open_places bigint, visits bigint, covered boolean,
    event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT
        a.area, d.working_day, count(s.session_id), count(DISTINCT s.place_id),
        coalesce(sum(s.adults + s.children), 0)::bigint, count(s.session_id) > 0,
        a.because || coalesce(array_agg(s.because[1] ORDER BY s.because[1]) FILTER (WHERE s.session_id IS NOT NULL), '{}')
    FROM activities a
    CROSS JOIN LATERAL unnest(working_days) AS d (working_day)
    LEFT JOIN sessions s ON s.activity_id = a.activity_id AND s.held_on = d.working_day AND s.known @> as_of
        AND s.session_kind <> 'peer_group_session'
    WHERE a.known @> as_of AND d.working_day BETWEEN a.opened_on AND least(on_day, coalesce(a.ended_on, on_day))
    GROUP BY a.activity_id, a.area, a.because, d.working_day
    ORDER BY a.area, d.working_day, a.activity_id
$$;
