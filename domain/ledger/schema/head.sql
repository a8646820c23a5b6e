-- The one row that an append holds while it takes positions (scale.md, rule 3). Appends lock it and never update it: that
-- would leave a dead row behind at each. `origin` names the register's log in records and checkpoints. See told_at.sql.
CREATE TABLE IF NOT EXISTS head (
    register text PRIMARY KEY,
    origin   text NOT NULL CHECK (octet_length(origin) BETWEEN 1 AND 255)
);
