"""A job queue in one table: what a caller uses, what the table means, and the worker that runs jobs.

Read queue.py and job.py first (enqueue, ask, cancel), then store.py (a job's way through the table) with
lists.py and retention.py. Below them lies engines/: the statements, and where they run.
In worker/ is what runs the jobs.
"""
