-- What the sealer has signed, only ever added to. `note` is the signed note as it is handed out; the same checkpoint
-- stands here again when witnesses have cosigned it. The sealer goes by its own copy outside the database, not by this.
CREATE TABLE IF NOT EXISTS checkpoints (
    size         bigint NOT NULL CHECK (size > 0),
    sealed_at    timestamptz NOT NULL,
    cosignatures integer NOT NULL CHECK (cosignatures >= 0),
    note         bytea NOT NULL CHECK (octet_length(note) <= 1000000),
    PRIMARY KEY (size, sealed_at, cosignatures)
);
