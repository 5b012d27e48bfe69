"""Where the job table lies: `engine.py` says what a place must do, `queries.py` has the statements.

`sqlite/` is a file, `postgres/` a database that several machines share.
"""
