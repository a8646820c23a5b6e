-- Who may do what. Only the owner writes events, head and commands, and nobody runs as the owner: all others write
-- through append(), or not at all. Run last in every migration, so that the grants are what stands here.
REVOKE ALL ON head, events, commands, tracking FROM PUBLIC,
    jaksokirja_migrator, jaksokirja_appender, jaksokirja_projector, jaksokirja_reader, jaksokirja_sealer, jaksokirja_analyst;
GRANT SELECT ON head, events, commands, tracking
    TO jaksokirja_appender, jaksokirja_projector, jaksokirja_reader, jaksokirja_sealer;
GRANT INSERT, UPDATE ON tracking TO jaksokirja_appender, jaksokirja_projector;

REVOKE ALL ON FUNCTION append, position_at FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append TO jaksokirja_appender;
GRANT EXECUTE ON FUNCTION position_at
    TO jaksokirja_appender, jaksokirja_projector, jaksokirja_reader, jaksokirja_sealer;
