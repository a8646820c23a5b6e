-- Payment commitments.

-- tables
CREATE TABLE {commitments} (
    episode_id           uuid NOT NULL,
    commitment_id        uuid NOT NULL,
    known_from           bigint NOT NULL,
    known_to             bigint,
    known                int8range NOT NULL GENERATED ALWAYS AS (int8range(known_from, known_to)) STORED,
    because              bigint[] NOT NULL,
    received_on          date NOT NULL,
    issuer               text NOT NULL,
    payer_service        text NOT NULL,
    valid_from           date NOT NULL,
    valid_to             date,
    amount_cents         bigint,
    units                integer,
    cost_centre          text,
    contract_reference   text,
    quality_requirements text[] NOT NULL,
    PRIMARY KEY (episode_id, commitment_id, known_from)
);

-- indexes
CREATE INDEX ON {commitments} (cost_centre) INCLUDE (known);

-- questions
