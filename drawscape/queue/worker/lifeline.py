"""What ends a child with its worker: a pipe whose closing lets the kernel kill the child's process group."""

import fcntl
import os
import signal
import sys
import threading
from multiprocessing.connection import Connection


def end_with(lifeline: Connection) -> None:
    """Let the kernel kill this whole process group when who holds the other end of a pipe is gone.

    Nobody writes to it. On Linux its closing raises a signal of our choice, which stops even a loop in C.
    Elsewhere a thread watches.
    """
    if sys.platform == "linux":
        # Opened again: whom a signal goes to is a matter of the open file, which others may have, too.
        descriptor = os.open(f"/proc/self/fd/{lifeline.fileno()}", os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)
        if lifeline.poll(0):  # it was gone before we listened
            os.killpg(0, signal.SIGKILL)
        return

    def watch() -> None:
        lifeline.poll(None)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
