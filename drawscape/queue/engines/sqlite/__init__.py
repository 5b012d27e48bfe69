"""SQLite below the job table: one file in WAL mode, locks of the file system for liveness.

Read engine.py first; schema.py makes the tables, liveness.py shows who is alive.
"""
