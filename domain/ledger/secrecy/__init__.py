"""Sensitive parts sealed under data keys, and the keyring that holds those keys. See docs/secrecy.md."""
