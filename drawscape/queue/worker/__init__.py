"""The part of a worker that claims jobs and runs each in a child process.

Read dispatcher.py (claims and acknowledges) and slot.py (one job in one child). Then come child_process.py
and, on the other side of the pipe, child.py, task_caller.py and job_context.py.
"""
