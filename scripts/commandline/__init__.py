"""The command line `jaksokirja`: one small module a command, read only when that command is run."""
