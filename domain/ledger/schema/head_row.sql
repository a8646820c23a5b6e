-- A register has one head row: what is appended and what is sealed is of one log.
CREATE UNIQUE INDEX IF NOT EXISTS head_is_one_row ON head ((true));
