-- The one row that an append holds while it takes positions (scale.md, rule 3). It is locked, never updated: an update
-- would leave a dead row behind at every append. `origin` names the register's log in records and checkpoints.
CREATE TABLE IF NOT EXISTS head (
    register text PRIMARY KEY,
    origin   text NOT NULL CHECK (octet_length(origin) BETWEEN 1 AND 255)
);
