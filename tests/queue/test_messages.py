"""What is said of rare harm: the cause by its name, and what to do, not the next best guess."""

import re
import subprocess
import sys

import pytest
from queue_file import database_path
from support import wait_until

from drawscape.job_manager import default_queue, enqueue_background_job

pytestmark = pytest.mark.slow  # a process of its own for each

WITHOUT_LOCKS = """
import ctypes, errno, fcntl, platform, struct, sys
from drawscape.errors import QueueError
from drawscape.queue.engines.sqlite import SqliteEngine

# As on a network disk without locks: the kernel refuses F_SETLK, by a filter of seccomp in its own code.
number = {"x86_64": 72, "aarch64": 25}[platform.machine()]
lines = [(0x20, 0, 0, 0), (0x15, 0, 3, number), (0x20, 0, 0, 24), (0x15, 0, 1, fcntl.F_SETLK),
         (6, 0, 0, 0x50000 | errno.ENOLCK), (6, 0, 0, 0x7FFF0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
program = struct.pack("HxxxxxxP", len(lines), ctypes.addressof(code))
assert libc.prctl(22, 2, program, 0, 0) == 0
try:
    with SqliteEngine(sys.argv[1], timeout_s=0.2).transaction():
        print("written")
except QueueError as error:
    print(error)
"""


def of_a_disk_without_locks(start_consumer):
    command = [sys.executable, "-c", WITHOUT_LOCKS, str(database_path())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout + done.stderr


def of_a_replaced_key(start_consumer):
    job = enqueue_background_job("sampletasks.nothing")
    default_queue().database.key_file.write_bytes(b"another" * 8)
    start_consumer()
    wait_until(lambda: job.ended)
    return f"{job.reason}: {job.error}"


def of_a_result_beyond_the_memory(start_consumer):
    start_consumer(environment={"DRAWSCAPE_JOB_MEMORY": "400M"})
    job = enqueue_background_job("sampletasks.big", 180)
    wait_until(lambda: job.ended)
    return f"{job.reason}: {job.error}"


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (of_a_disk_without_locks, r"file locks do not work here \(No locks available\): keep the queue on"),
        (of_a_replaced_key, r"invalid: .*was its key replaced"),
        (of_a_result_beyond_the_memory, r"crashed: .*MemoryError"),
    ],
)  # fmt: skip
def test_rare_harm_is_named(home, start_consumer, harm, words):
    said = harm(start_consumer)
    assert re.search(words, said, re.DOTALL), said
    assert "cannot be carried" not in said
