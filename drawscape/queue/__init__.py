"""A job queue in one table: what a caller uses is here, `table/` is the truth, `worker/` runs it.

Read `queue.py` and `job.py` first (enqueue, look, cancel), then `table/` (one row per job; claims.py is the
heart), then `worker/` (consumer, slot, run, child). `engines/` is the ground below the table: a SQLite file.
"""
