-- Feedback on episodes and on units, and survey rounds: counts and scores, never what anybody said. `stream_id` is that of
-- an episode or of a quality file.

-- tables
CREATE TABLE {feedback} (
    stream_id     uuid NOT NULL,
    feedback_id   uuid NOT NULL,
    known_from    bigint NOT NULL,
    known_to      bigint,
    known         int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because       bigint[] NOT NULL,
    given_on      date NOT NULL,
    given_by      text NOT NULL,
    feedback_kind text,
    producer      text,
    form          text,
    oral          boolean,
    episode_id    uuid,
    handled_on    date,
    in_team       boolean,
    result_code   text,
    change_code   text,
    PRIMARY KEY (stream_id, feedback_id, known_from)
);

CREATE TABLE {feedback_scores} (
    stream_id   uuid NOT NULL,
    feedback_id uuid NOT NULL,
    question    text NOT NULL,
    known_from  bigint NOT NULL,
    known_to    bigint,
    known       int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because     bigint[] NOT NULL,
    given_on    date NOT NULL,
    score       integer NOT NULL,
    PRIMARY KEY (stream_id, feedback_id, question, known_from)
);

CREATE TABLE {survey_rounds} (
    file_id      uuid NOT NULL,
    round_id     uuid NOT NULL,
    known_from   bigint NOT NULL,
    known_to     bigint,
    known        int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because      bigint[] NOT NULL,
    held_on      date NOT NULL,
    instrument   text NOT NULL,
    topics       text[] NOT NULL,
    respondents  integer NOT NULL,
    handled_on   date,
    in_community boolean,
    change_code  text,
    PRIMARY KEY (file_id, round_id, known_from)
);

CREATE TABLE {survey_scores} (
    file_id     uuid NOT NULL,
    round_id    uuid NOT NULL,
    question    text NOT NULL,
    known_from  bigint NOT NULL,
    known_to    bigint,
    known       int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because     bigint[] NOT NULL,
    held_on     date NOT NULL,
    respondents integer NOT NULL,
    mean_score  double precision NOT NULL,
    PRIMARY KEY (file_id, round_id, question, known_from)
);

-- indexes
CREATE INDEX ON {feedback} (given_on) INCLUDE (known);
CREATE INDEX ON {survey_rounds} (held_on) INCLUDE (known);

-- questions

-- Feedback given from_on to to_on, with the service, unit and area of the day it was given, and whether it was handled by
-- `on_day`.
CREATE OR REPLACE FUNCTION feedback_rows(as_of bigint, on_day date, from_on date, to_on date)
RETURNS TABLE (
    stream_id uuid, feedback_id uuid, given_on date, given_by text, feedback_kind text, producer text, service text,
    unit_id text, area text, handled_on date, in_team boolean, result_code text, change_code text,
    event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT
        f.stream_id, f.feedback_id, f.given_on, f.given_by, f.feedback_kind, f.producer,
        CASE WHEN m.episode_id IS NULL THEN coalesce(q.service, e.service) ELSE m.service END,
        CASE WHEN m.episode_id IS NULL THEN coalesce(q.unit_id, e.unit_id) ELSE m.unit_id END,
        CASE WHEN m.episode_id IS NULL THEN coalesce(q.area, e.area) ELSE m.area END,
        CASE WHEN f.handled_on <= on_day THEN f.handled_on END, f.in_team, f.result_code,
        CASE WHEN f.handled_on <= on_day THEN f.change_code END,
        ARRAY(SELECT DISTINCT b.position FROM unnest(f.because || m.because) AS b (position) ORDER BY 1)
    FROM feedback f
    LEFT JOIN quality_files q ON q.file_id = f.stream_id AND q.known @> as_of
    LEFT JOIN episodes e ON e.episode_id = f.stream_id AND e.known @> as_of
    LEFT JOIN stays(as_of) m ON m.episode_id = f.stream_id AND m.since_on <= f.given_on AND m.until_on > f.given_on
    WHERE f.known @> as_of AND f.given_on BETWEEN from_on AND least(to_on, on_day)
$$;

-- Feedback counted by service, unit, area, given_by or month: how much was handled, and how much changed something.
CREATE OR REPLACE FUNCTION feedback_figures(grouped_by text, as_of bigint, on_day date, from_on date, to_on date)
RETURNS TABLE (
    group_key text, feedback bigint, handled_feedback bigint, handled_in_team bigint, led_to_change bigint,
    median_days_to_handling double precision
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT
        k.key,
        count(*),
        count(k.handled_on),
        count(*) FILTER (WHERE k.handled_on IS NOT NULL AND k.in_team),
        count(k.change_code),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY k.handled_on - k.given_on)
    FROM (
        SELECT r.*, CASE grouped_by
            WHEN 'service' THEN r.service
            WHEN 'unit' THEN r.unit_id
            WHEN 'area' THEN r.area
            WHEN 'given_by' THEN r.given_by
            WHEN 'month' THEN to_char(r.given_on, 'YYYY-MM')
        END AS key
        FROM feedback_rows(as_of, on_day, from_on, to_on) r
    ) k
    GROUP BY k.key ORDER BY k.key NULLS LAST
$$;

-- What stands beneath one group (the key '': the group without a key) of feedback_figures().
CREATE OR REPLACE FUNCTION feedback_explain(
    grouped_by text, wanted_key text, as_of bigint, on_day date, from_on date, to_on date
)
RETURNS TABLE (stream_id uuid, feedback_id uuid, given_on date, handled_on date, event_positions bigint[])
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT r.stream_id, r.feedback_id, r.given_on, r.handled_on, r.event_positions
    FROM feedback_rows(as_of, on_day, from_on, to_on) r
    WHERE wanted_key IS NULL OR coalesce(CASE grouped_by
        WHEN 'service' THEN r.service
        WHEN 'unit' THEN r.unit_id
        WHEN 'area' THEN r.area
        WHEN 'given_by' THEN r.given_by
        WHEN 'month' THEN to_char(r.given_on, 'YYYY-MM')
    END, '') = wanted_key
    ORDER BY r.given_on, r.feedback_id
$$;

-- Scores over time: by the service, unit and area of the day, question and quarter of a year. A survey round belongs to the
-- quarter in which it was held, whichever it stands for. Of survey rounds the mean is weighted by those who
-- answered; feedback counts one answer each.
CREATE OR REPLACE FUNCTION score_series(
    as_of bigint, on_day date, from_on date, to_on date, wanted_service text DEFAULT NULL
)
RETURNS TABLE (
    service text, unit_id text, area text, question text, period text, given text, answers bigint,
    mean_score double precision, event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH scored AS (
        SELECT s.file_id AS stream_id, s.question, s.held_on AS on_date, 'survey' AS given, s.respondents AS answers,
            s.mean_score AS score, s.because
        FROM survey_scores s WHERE s.known @> as_of AND s.held_on BETWEEN from_on AND least(to_on, on_day)
        UNION ALL
        SELECT s.stream_id, s.question, s.given_on, 'feedback', 1, s.score, s.because
        FROM feedback_scores s WHERE s.known @> as_of AND s.given_on BETWEEN from_on AND least(to_on, on_day)
    ), placed AS (
        SELECT
            s.stream_id, s.question, s.given, s.answers, s.score, s.because || m.because AS because,
            CASE WHEN m.episode_id IS NULL THEN coalesce(q.service, e.service) ELSE m.service END AS service,
            CASE WHEN m.episode_id IS NULL THEN coalesce(q.unit_id, e.unit_id) ELSE m.unit_id END AS unit_id,
            CASE WHEN m.episode_id IS NULL THEN coalesce(q.area, e.area) ELSE m.area END AS area,
            to_char(s.on_date, 'YYYY-"Q"Q') AS period
        FROM scored s
        LEFT JOIN quality_files q ON q.file_id = s.stream_id AND q.known @> as_of
        LEFT JOIN episodes e ON e.episode_id = s.stream_id AND e.known @> as_of
        LEFT JOIN stays(as_of) m ON m.episode_id = s.stream_id AND m.since_on <= s.on_date AND m.until_on > s.on_date
    )
    SELECT
        p.service, p.unit_id, p.area, p.question, p.period, p.given, sum(p.answers)::bigint,
        CASE WHEN sum(p.answers) > 0 THEN sum(p.score * p.answers) / sum(p.answers) END,
        (SELECT array_agg(DISTINCT b.position ORDER BY b.position)
            FROM placed o CROSS JOIN LATERAL unnest(o.because) AS b (position)
            WHERE (o.service, o.unit_id, o.area, o.question, o.period, o.given)
                IS NOT DISTINCT FROM (p.service, p.unit_id, p.area, p.question, p.period, p.given))
    FROM placed p
    WHERE wanted_service IS NULL OR p.service = wanted_service
    GROUP BY p.service, p.unit_id, p.area, p.question, p.period, p.given
    ORDER BY p.service, p.unit_id, p.area, p.question, p.period, p.given
$$;
