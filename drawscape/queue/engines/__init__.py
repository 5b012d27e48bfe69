"""Where the job table is: `engine.py` has the parts of both engines, `queries.py` the statements.

`sqlite.py` is a file, with `file_guard.py` for its safety and `liveness.py` for who is alive. `postgres.py`
is a database for several machines, with `postgres_connection.py` below it.
"""
