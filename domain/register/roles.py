"""The roles that a caller's token must have for some commands of the register. Never here: how a token tells them."""

ADMINISTRATOR = "administrator"
"""Who runs the register's log: keys that are adopted, restores that are recorded."""
