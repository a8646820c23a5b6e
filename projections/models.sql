-- Published service models and their rules.

-- tables
CREATE TABLE {models} (
    stream_id      uuid NOT NULL,
    service        text NOT NULL,
    model_version  integer NOT NULL,
    known_from     bigint NOT NULL,
    known_to       bigint,
    known          int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because        bigint[] NOT NULL,
    valid_from     date NOT NULL,
    valid_to       date,
    content_sha256 text NOT NULL,
    intensity      integer,
    PRIMARY KEY (stream_id, service, model_version, known_from)
);

CREATE TABLE {model_rules} (
    stream_id     uuid NOT NULL,
    service       text NOT NULL,
    model_version integer NOT NULL,
    rule_id       text NOT NULL,
    known_from    bigint NOT NULL,
    known_to      bigint,
    known         int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because       bigint[] NOT NULL,
    kind          text NOT NULL,
    strength      text NOT NULL,
    subject       text NOT NULL,
    PRIMARY KEY (stream_id, service, model_version, rule_id, known_from)
);

-- indexes

-- questions
