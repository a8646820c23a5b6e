-- Finds a client by identity code without holding one: `tag` is the code's HMAC under a key of the keyring. Written by
-- the book as codes are told, and made anew from the events by those who have the keys; it is no truth of its own.
CREATE TABLE IF NOT EXISTS client_index (
    tag       bytea PRIMARY KEY CHECK (octet_length(tag) = 32),
    client_id uuid NOT NULL
);
CREATE INDEX IF NOT EXISTS client_index_client ON client_index (client_id);
REVOKE ALL ON client_index FROM PUBLIC, jaksokirja_migrator, jaksokirja_appender, jaksokirja_projector,
    jaksokirja_reader, jaksokirja_sealer, jaksokirja_analyst;
GRANT SELECT, INSERT, DELETE ON client_index TO jaksokirja_appender;
