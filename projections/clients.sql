-- Clients without their identity, and their consents. `non_disclosure` and `expecting` are true, or null.

-- tables
CREATE TABLE {clients} (
    client_id      uuid NOT NULL,
    known_from     bigint NOT NULL,
    known_to       bigint,
    known          int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because        bigint[] NOT NULL,
    family_id      uuid,
    area           text,
    non_disclosure boolean,
    expecting      boolean,
    PRIMARY KEY (client_id, known_from)
);

CREATE TABLE {consents} (
    client_id    uuid NOT NULL,
    consent_id   uuid NOT NULL,
    known_from   bigint NOT NULL,
    known_to     bigint,
    known        int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because      bigint[] NOT NULL,
    scope        text NOT NULL,
    given_on     date NOT NULL,
    withdrawn_on date,
    episode_id   uuid,
    PRIMARY KEY (client_id, consent_id, known_from)
);

-- indexes
CREATE INDEX ON {clients} (family_id) INCLUDE (known);

-- questions
