"""What proves a register: its Merkle log, signed checkpoints, tiles, exports, and the offline verifier.

Pure: files and bytes in, findings out. Never here: a database, the web, the eventsourcing library, a clock, the
meaning of a fact. An auditor runs this package without the rest of the software.
"""
