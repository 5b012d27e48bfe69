"""A job queue in one table, with its callers' API and its worker.

Read job_queue.py and job.py first (enqueue, read, cancel), then a job's way through the table: options.py,
claim.py, acknowledgement.py, dependencies.py, changes.py, retention.py. Below them is engines/: the
statements, and where they run. huey.py is the worker, and worker/ runs jobs.
"""
