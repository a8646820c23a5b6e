-- Who may do what. Only the owner writes events, head and commands, and nobody runs as the owner: all others write
-- through append() and append_one(), or not at all. The sealer adds checkpoints, and can take none away. Run last in every migration, so that the grants are what stands here.
REVOKE ALL ON head, events, commands, tracking, checkpoints FROM PUBLIC,
    jaksokirja_migrator, jaksokirja_appender, jaksokirja_projector, jaksokirja_reader, jaksokirja_sealer, jaksokirja_analyst;
GRANT SELECT ON head, events, commands, tracking, checkpoints
    TO jaksokirja_appender, jaksokirja_projector, jaksokirja_reader, jaksokirja_sealer;
GRANT INSERT, UPDATE ON tracking TO jaksokirja_appender, jaksokirja_projector;
GRANT INSERT ON checkpoints TO jaksokirja_sealer;

REVOKE ALL ON FUNCTION append, append_one, position_at, sealing_point FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append, append_one TO jaksokirja_appender;
GRANT EXECUTE ON FUNCTION sealing_point TO jaksokirja_sealer;
GRANT EXECUTE ON FUNCTION position_at
    TO jaksokirja_appender, jaksokirja_projector, jaksokirja_reader, jaksokirja_sealer;
