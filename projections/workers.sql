-- Workers and units of the register.

-- tables
CREATE TABLE {workers} (
    stream_id   uuid NOT NULL,
    worker_id   text NOT NULL,
    known_from  bigint NOT NULL,
    known_to    bigint,
    known       int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because     bigint[] NOT NULL,
    role        text NOT NULL,
    unit_id     text,
    area        text,
    enrolled_on date NOT NULL,
    left_on     date,
    PRIMARY KEY (stream_id, worker_id, known_from)
);

CREATE TABLE {units} (
    stream_id  uuid NOT NULL,
    unit_id    text NOT NULL,
    known_from bigint NOT NULL,
    known_to   bigint,
    known      int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because    bigint[] NOT NULL,
    unit_name  text NOT NULL,
    area       text,
    producer   text,
    opened_on  date NOT NULL,
    PRIMARY KEY (stream_id, unit_id, known_from)
);

-- indexes

-- questions
