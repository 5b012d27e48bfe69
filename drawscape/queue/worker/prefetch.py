"""The jobs of a handful that a child was given beside the one that it runs, and their answers.

The child goes on from one to the next by itself, so that neither process is woken for each. Two pipes see to
it that this changes nothing else. In one lie permits, a byte for each job that the child may still begin by
itself: it takes one before it begins, or the worker takes them all back; the kernel gives each to one of
them. In the other the child leaves the answer of a job *before* it takes the permit for the next. So when
the worker has first taken back the permits and then read the answers, it knows which job runs: the first
without an answer. No other begins until it is handed over anew, whatever the child does meanwhile.

    child            worker                          of jobs 1, 2, 3 and two permits
    answer 1
    takes a permit
    begins 2         takes back a permit: 3 has not begun
                     reads answer 1: 2 runs, and may be stopped, timed, and given what is printed
    answer 2
    finds no permit, says so
                     reads answer 2, sends 3 and 4

Who has left traces on the way (printed, reported, changed the process for good) is answered as a job that
was handed over alone, and the child waits. A child that dies leaves what it had answered in the pipe.
"""

import contextlib
import fcntl
import marshal
import os
import sys
import termios
from collections import deque
from collections.abc import Sequence
from itertools import takewhile
from multiprocessing.connection import Connection
from typing import Any

from drawscape.queue.table.records import Claim

_LARGEST_ANSWER = 4_000
"""Bytes: what is written to a pipe whole or not at all, and the answers of a handful fit into it."""

_LARGEST_PAYLOAD = 65_536
"""Bytes: others would wait for a larger one to be sent."""

_IS_USED = sys.platform == "linux"  # elsewhere a pipe does not show its writer whether it is empty

Answer = tuple[Any, ...]


def prefetched(ahead: Sequence[Claim], pid: int) -> list[Claim]:
    """Return those of the jobs `ahead` that may be given to child `pid` together with the one before."""

    def fits(job: Claim) -> bool:  # the table names the process that runs it
        return job.pid == pid and len(job.payload) <= _LARGEST_PAYLOAD

    return list(takewhile(fits, ahead)) if _IS_USED else []


class Prefetch:
    """The worker's end: which jobs the child holds, and what it has answered.

    Of the jobs in the last message it is at `_present`, which has no answer yet, or is to begin elsewhere
    when it is beyond `_last`. The message is open until the child has said that it begins no other of it;
    before that nothing is sent, for the child could take a permit of the next message for one of this.
    """

    def __init__(self, permits: Connection, returned: Connection, answers: Connection) -> None:
        """`returned` is the child's own end of `permits`."""
        self._ends = permits, returned, answers
        self._permits, self._returned, self._answers = (end.fileno() for end in self._ends)
        for descriptor in (self._returned, self._answers):
            os.set_blocking(descriptor, False)
        self._marks: list[bytes] = []
        self._present = self._last = 0
        self._read: deque[Answer] = deque()
        self.is_open = False

    def give(self, marks: list[bytes]) -> None:
        """Note the jobs of a message that is about to be sent, and permit all but the first."""
        self._marks, self._present, self._last = marks, 0, len(marks) - 1
        self.is_open = self._last > 0
        if self.is_open:
            os.write(self._permits, b"+" * self._last)

    def turn_to(self, mark: bytes) -> bool:
        """Return whether the child has this job, the next that is looked after."""
        following = self._present + 1
        if self.is_open and following <= self._last and self._marks[following] == mark:
            self._present = following
            return True
        self.take_back()
        self._present = self._last + 1
        return False

    def take_back(self) -> int:
        """Let the child begin no other job; return how many it has begun that nobody looks after yet."""
        if not self.is_open:
            return 0
        with contextlib.suppress(BlockingIOError):
            self._last -= len(os.read(self._returned, 64))
        return max(0, self._last - self._present)

    def end(self) -> None:
        """The child has said that it begins no other."""
        self.take_back()
        self.is_open = False

    def answer(self, mark: bytes) -> Answer | None:
        """Return the job's answer if it was read together with an earlier one's."""
        return self._read.popleft() if self._read and self._read[0][0] == mark else None

    def read_answer(self, mark: bytes) -> Answer | None:
        """Return the job's answer if the child has left it."""
        if not self.is_open:
            return None
        with contextlib.suppress(BlockingIOError):
            data = memoryview(os.read(self._answers, 65_536))
            while data:
                end = 4 + int.from_bytes(data[:4], "little")
                self._read.append(marshal.loads(data[4:end]))
                data = data[end:]
        return self.answer(mark)

    def close(self) -> None:
        """Close the pipes."""
        for end in self._ends:
            end.close()


class Prefetched:
    """The child's end; `log` is where its jobs print."""

    def __init__(self, permits: Connection, answers: Connection, log: int) -> None:
        self._permits, self._answers, self._log = permits.fileno(), answers.fileno(), log

    def leave(self, answer: Answer) -> bool:
        """Return whether the answer could be left: it is small, and its job has printed nothing.

        What the worker has read meanwhile it has read after it took back the permits.
        """
        data = marshal.dumps(answer)
        if len(data) > _LARGEST_ANSWER or any(fcntl.ioctl(self._log, termios.FIONREAD, bytes(4))):
            return False
        os.write(self._answers, len(data).to_bytes(4, "little") + data)
        return True

    def may_begin(self) -> bool:
        """Take a permit; return whether there was one."""
        try:
            return bool(os.read(self._permits, 1))
        except BlockingIOError:
            return False
