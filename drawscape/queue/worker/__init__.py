"""What runs a worker's jobs: it claims them, and runs each in a child process.

Read dispatcher.py (claims and ends, and a slot's one job in one child). Then come child_process.py, and
child.py and call.py on the other side of the pipe.
"""
