"""The worker: a `huey_consumer` whose threads claim jobs and run each in a child process.

Read consumer.py and worker.py (threads), slot.py and run.py (one job from claim to acknowledgement), then
child_process.py and child.py (the other side of the pipe). The rest serves them.
"""
