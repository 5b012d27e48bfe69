"""A job queue in one table: what a caller uses, what the table means, and the worker that runs jobs.

Read queue.py and job.py first (enqueue, ask, cancel), then row.py and store.py (a job's way through the
table) with retention.py. Below them lies engines/: the statements, and where they run. huey.py is the worker
with its periodic jobs, and worker/ what runs jobs.
"""
