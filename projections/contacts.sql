-- Contacts, one chain of rows each. Days are those in Finland.

-- tables
CREATE TABLE {contacts} (
    contact_id      uuid NOT NULL,
    known_from      bigint NOT NULL,
    known_to        bigint,
    known           int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because         bigint[] NOT NULL,
    received_at     timestamptz NOT NULL,
    channel         text NOT NULL,
    source          text NOT NULL,
    consent         text NOT NULL,
    client_id       uuid,
    area            text,
    service         text,
    model_version   integer,
    answered_at     timestamptz,
    answered_by     text,
    outcome         text,
    closed_on       date,
    received_on     date NOT NULL GENERATED ALWAYS AS ((received_at AT TIME ZONE 'Europe/Helsinki')::date) STORED,
    answered_on     date GENERATED ALWAYS AS ((answered_at AT TIME ZONE 'Europe/Helsinki')::date) STORED,
    waiting_minutes integer GENERATED ALWAYS AS ((extract(epoch FROM answered_at - received_at) / 60)::integer) STORED,
    PRIMARY KEY (contact_id, known_from)
);

CREATE TABLE {onward_guidance} (
    contact_id    uuid NOT NULL,
    entry         integer NOT NULL,
    known_from    bigint NOT NULL,
    known_to      bigint,
    known         int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because       bigint[] NOT NULL,
    given_on      date NOT NULL,
    worker_id     text NOT NULL,
    guidance_kind text NOT NULL,
    manner        text NOT NULL,
    target        text NOT NULL,
    given_by      text,
    age_years     integer,
    grade         integer,
    PRIMARY KEY (contact_id, entry, known_from)
);

-- indexes
CREATE INDEX ON {onward_guidance} (given_on) INCLUDE (known);
CREATE INDEX ON {contacts} (received_on) INCLUDE (known);

-- questions

-- Contacts that came from_on to to_on, as they stood in the world on `on_day`. Without the family's consent nobody is
-- contacted: such a one waits for nothing, but where a duty stands that asks for an answer all the same.
CREATE OR REPLACE FUNCTION contact_rows(as_of bigint, on_day date, from_on date, to_on date)
RETURNS TABLE (
    contact_id uuid, received_on date, channel text, source text, consent text, client_id uuid, area text,
    service text, answered_on date, answered_by text, waiting_minutes integer, days_waited integer, status text,
    event_positions bigint[]
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT
        c.contact_id, c.received_on, c.channel, c.source, c.consent, c.client_id, c.area, c.service,
        CASE WHEN s.answered THEN c.answered_on END, CASE WHEN s.answered THEN c.answered_by END,
        CASE WHEN s.answered THEN c.waiting_minutes END,
        CASE
            WHEN s.answered THEN c.answered_on
            WHEN s.closed OR s.may_be_contacted OR owed.because IS NOT NULL THEN least(on_day, c.closed_on)
        END - c.received_on,
        CASE
            WHEN s.answered THEN 'answered'
            WHEN s.closed THEN 'closed'
            WHEN s.may_be_contacted OR owed.because IS NOT NULL THEN 'waiting'
            ELSE 'not_to_be_contacted'
        END,
        CASE
            WHEN owed.because IS NULL THEN c.because
            ELSE ARRAY(SELECT DISTINCT b.position FROM unnest(c.because || owed.because) AS b (position) ORDER BY 1)
        END
    FROM contacts c
    CROSS JOIN LATERAL (
        SELECT coalesce(c.answered_on <= on_day, false), coalesce(c.closed_on <= on_day, false),
            c.consent = 'given' OR (c.source = 'family' AND c.consent = 'not_asked')
    ) AS s (answered, closed, may_be_contacted)
    LEFT JOIN LATERAL (
        SELECT d.because FROM duties d
        WHERE d.stream_id = c.contact_id AND d.known @> as_of AND d.opened_on <= on_day
            AND (d.met_on IS NULL OR d.met_on > on_day) AND (d.waived_on IS NULL OR d.waived_on > on_day)
            AND NOT (s.answered OR s.closed OR s.may_be_contacted)
        ORDER BY d.due_on, d.duty_key LIMIT 1
    ) owed ON true
    WHERE c.known @> as_of AND c.received_on BETWEEN from_on AND least(to_on, on_day)
$$;

-- Contacts counted by area, channel, source, service, worker (who answered) or month; waiting times of those answered.
CREATE OR REPLACE FUNCTION contact_figures(grouped_by text, as_of bigint, on_day date, from_on date, to_on date)
RETURNS TABLE (
    group_key text, contacts bigint, answered_contacts bigint, waiting_contacts bigint, closed_contacts bigint,
    contacts_without_consent bigint, contacts_not_to_be_made bigint, median_waiting_minutes double precision,
    mean_waiting_minutes double precision, longest_waiting_minutes integer
)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT
        k.key,
        count(*),
        count(*) FILTER (WHERE k.status = 'answered'),
        count(*) FILTER (WHERE k.status = 'waiting'),
        count(*) FILTER (WHERE k.status = 'closed'),
        count(*) FILTER (WHERE k.consent <> 'given'),
        count(*) FILTER (WHERE k.status = 'not_to_be_contacted'),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY k.waiting_minutes),
        avg(k.waiting_minutes)::double precision,
        max(k.waiting_minutes)
    FROM (
        SELECT r.*, CASE grouped_by
            WHEN 'area' THEN r.area
            WHEN 'channel' THEN r.channel
            WHEN 'source' THEN r.source
            WHEN 'service' THEN r.service
            WHEN 'worker' THEN r.answered_by
            WHEN 'month' THEN to_char(r.received_on, 'YYYY-MM')
        END AS key
        FROM contact_rows(as_of, on_day, from_on, to_on) r
    ) k
    GROUP BY k.key ORDER BY k.key NULLS LAST
$$;

-- What stands beneath one group (the key '': the group without a key) of contact_figures().
CREATE OR REPLACE FUNCTION contact_explain(
    grouped_by text, wanted_key text, as_of bigint, on_day date, from_on date, to_on date
)
RETURNS TABLE (contact_id uuid, received_on date, status text, event_positions bigint[])
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT r.contact_id, r.received_on, r.status, r.event_positions
    FROM contact_rows(as_of, on_day, from_on, to_on) r
    WHERE wanted_key IS NULL OR coalesce(CASE grouped_by
        WHEN 'area' THEN r.area
        WHEN 'channel' THEN r.channel
        WHEN 'source' THEN r.source
        WHEN 'service' THEN r.service
        WHEN 'worker' THEN r.answered_by
        WHEN 'month' THEN to_char(r.received_on, 'YYYY-MM')
    END, '') = wanted_key
    ORDER BY r.received_on, r.contact_id
$$;
