"""The worker: a `huey_consumer` whose threads claim jobs and run each in a child process.

Read worker.py (threads), slot.py (one job from hand-over to outcome), then child_process.py, child.py and
call.py (the other side of the pipe). context.py is what a task knows of its job.
"""
