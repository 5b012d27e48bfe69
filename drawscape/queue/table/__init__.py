"""The job table: one row per job, and every status change is one transaction on it.

Read schema.py, then insertion.py, claims.py and settlement.py in the order of a job's life; recovery.py,
control.py and retention.py change it from outside, query.py and statistics.py only read.
"""
