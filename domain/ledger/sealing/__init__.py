"""Sealing: who signs a register's log, from what, and when not; the witnesses beside, and their own side.

Never here: how a tree or a signature is made (`domain.ledger.proof`), writing of events, HTTP services.
"""
