"""The worker: a `huey_consumer` that claims jobs and runs each in a child process.

Read worker.py (the consumer), dispatcher.py (claims and ends) and slot.py (one job in one child). Then come
child_process.py, and child.py and call.py on the other side of the pipe. context.py is what a task knows.
"""
