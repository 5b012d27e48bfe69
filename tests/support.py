"""What tests of several packages share."""

import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import pytest

from drawscape.jobs import Job

T = TypeVar("T")

NIGHTLY = bool(os.environ.get("NIGHTLY"))


def rounds(everyday: int, nightly: int) -> int:
    """Return how many rounds a random test makes: few every day, many with NIGHTLY=1."""
    return nightly if NIGHTLY else everyday


def sampled(cases: Iterable[T], every: int) -> list[T]:
    """Return one case of so many every day, all of them with NIGHTLY=1."""
    return list(cases)[:: 1 if NIGHTLY else every]


def wait_until(condition: Callable[[], object], timeout_s: float = 60.0, what: str = "") -> None:
    """Return once `condition()` is true; fail when that takes too long."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout_s:g} s for {what or condition}")
        time.sleep(0.005)


def started(job: Job) -> Job:
    """Return the job once it runs."""
    wait_until(lambda: job.status == "started", what=f"job {job.id} to start")
    return job


def is_running(pid: int) -> bool:
    """Whether that process lives; one that is dead but not yet reaped does not count."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def first_line(process: subprocess.Popen[str], timeout_s: float = 60.0) -> str:
    """Return the first line that the process writes; fail, and kill it, when that takes long."""
    if not select.select([process.stdout], [], [], timeout_s)[0]:
        process.kill()
        pytest.fail(f"{process.args} wrote nothing for {timeout_s:g} s")
    return str(process.stdout.readline())  # type: ignore[union-attr]


def await_exit(pid: int, timeout_s: float = 60.0) -> int:
    """Return the exit code of a forked process; fail, and kill it, when that takes too long."""
    deadline = time.monotonic() + timeout_s
    while (ended := os.waitpid(pid, os.WNOHANG)) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            pytest.fail(f"process {pid} had not ended after {timeout_s:g} s")
        time.sleep(0.002)
    return os.waitstatus_to_exitcode(ended[1])


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
