"""Postgres as the ground of the job table: one database for several machines.

Read session.py and connection.py first; dialect.py puts the statements into Postgres' words, schema.py makes
the tables, notices.py passes on what was committed and shows that a worker lives, storage.py is huey's.
"""
