"""Child processes seen from their worker: started warm, reached by pipes, killed with their whole group.

They run as long as the worker's lease was renewed lately, and no moment longer. Others may have the jobs of a
worker that was silent for a whole lease. So its children end when two thirds of that are over, also when the
worker itself is stopped or swapped out. A small process beside it counts the time. When that ends, the kernel
kills each child's group.
"""

import contextlib
import logging
import multiprocessing
import os
import re
import signal
import struct
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

from drawscape import clock
from drawscape.errors import SettingsError
from drawscape.queue.engines.engine import Renewal
from drawscape.queue.row import Claim
from drawscape.queue.worker.call import ChildSettings
from drawscape.queue.worker.child import CHILD, SAFE_PATH, Channel, main, mark_of
from drawscape.settings import OUTLIVING

_METHOD = "forkserver" if sys.platform == "linux" else "spawn"

# Modules of installed packages alone: what lies in a project may be edited, and a preloaded copy of it
# would be inherited stale.
_PRELOADED = ["ctypes", "pickle", "decimal", "asyncio", "numpy", "multiprocessing.connection"]

_STARTING = threading.Lock()
"""One start at a time: it sets a name of the main module aside for a moment."""

_WORKER = "DRAWSCAPE_WORKER"
"""The variable by which processes that outlive their worker are found."""

_FATAL = "Fatal Python error"
_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_MEMORY_SHARE = 0.8
"""Of what there is: a job that asks for more fails with a named error, before the system starts to kill."""

CGROUPS = Path("/sys/fs/cgroup")


class ChildStartError(Exception):
    """No child process could be started: no descriptors, no memory, too many processes. No job's fault."""


def start_process(target: Callable[..., None], *arguments: Any) -> Any:
    """Return a process that runs `target`, forked from a server without threads where there is one."""
    context: Any = multiprocessing.get_context(_METHOD)
    if _METHOD == "forkserver":
        context.set_forkserver_preload(_PRELOADED)
    # Not daemonic: a task may start processes of its own, and the lifeline sees to ours.
    process = context.Process(target=target, args=arguments, name="drawscape-job", daemon=False)
    with _STARTING, _no_main_module():
        # The server of children must not take a `random.py` of the folder it starts in for Python's.
        os.environ[SAFE_PATH] = "1"
        try:
            process.start()
        finally:
            os.environ.pop(SAFE_PATH)
    return process


class ChildProcess:
    """One child, and this end of its pipes."""

    def __init__(self, settings: ChildSettings, line: Connection | None) -> None:
        """`line` closes when the worker may run nothing any more; None: it never does.

        It answers when it is ready for a job. Raises ChildStartError.
        """
        try:
            self._start(settings, line)
        except EOFError:
            raise ChildStartError("the server that forks child processes is gone") from None
        except OSError as error:
            raise ChildStartError(f"{type(error).__name__}: {error}") from error

    def _start(self, settings: ChildSettings, line: Connection | None) -> None:
        ours, theirs = multiprocessing.Pipe(duplex=True)
        self._connection, self._channel = ours, Channel(ours)
        self.receive = self._channel.receive
        """Return the messages that have come: kind and content. Raises EOFError when the child is gone."""
        end_of_life, self._lifeline = multiprocessing.Pipe(duplex=False)
        self._log, log = multiprocessing.Pipe(duplex=False)
        # A file without a name, in which the child notes the claim that it begins. When it dies we know
        # whether it had begun, at the price of one system call.
        with tempfile.TemporaryFile() as file:
            self._begun = Connection(os.dup(file.fileno()))
            begun = Connection(os.dup(file.fileno()))
        self._process = start_process(main, theirs, end_of_life, line, log, begun, settings)
        for end in (theirs, end_of_life, log, begun):
            end.close()
        os.set_blocking(self._log.fileno(), False)
        self.pid = int(self._process.pid or 0)
        """The process id, which is also its group's."""
        self._death = _handle(self.pid)
        death = self._process.sentinel if self._death is None else self._death
        self.descriptors = ours.fileno(), self._log.fileno(), int(death)
        """What to poll: messages, log, end of the process.

        In this order: a log that is empty then has nothing of who has just answered.
        """
        self.ended = False
        """Whether it was made sure that the child is dead."""
        self.mark = b""
        """What stands for the present claim: its number and token, of a fixed length."""
        self.peak_kb: int | None = None
        """The most memory that the present job was seen to hold, in KiB, where the system shows it."""

    def send(self, claim: Claim) -> None:
        self.peak_kb = None
        self.mark = b"%020d %020d" % (claim.seq, claim.token)
        created_at = clock.not_before(claim.created_at)
        job = (self.mark, claim.id, claim.task, created_at, claim.meta, claim.payload, claim.code)
        self._channel.send(job)

    def has_begun(self) -> bool:
        """Return whether the child has begun with the job that was handed over last."""
        return os.pread(self._begun.fileno(), 64, 0) == self.mark

    def read_log(self) -> bytes:
        """Return what the child has printed since, at most 64 KiB, without waiting."""
        with contextlib.suppress(OSError):
            return os.read(self._log.fileno(), 65_536)
        return b""

    def signal(self, signum: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signum)

    def sample_peak(self) -> None:
        """Note `peak_kb` while the child lives, for the system forgets it with the process."""
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{self.pid}/status").read_text()
            found = status.partition("VmHWM:")[2].split(maxsplit=1)
            if found:
                self.peak_kb = max(int(found[0]), self.peak_kb or 0)

    def end(self) -> int | None:
        """Kill the child and its group if they live; return the exit code, negative for a signal."""
        if not self.ended:  # later the number may be another process's
            self.ended = True
            died_before = clock.started_at(self.pid) is None
            self.kill()
            self._process.join(5)
            if died_before:  # its descendants in other sessions are nobody's children any more
                _kill_marked(CHILD, mark_of(self.pid))
        code: int | None = self._process.exitcode
        return code

    def kill(self) -> None:
        """Kill the child, its process group and its descendants: what a task has started goes too."""
        orphans = _descendants(self.pid)  # asked first: the orphans of the dead are not found again
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            # Either gone, or so young that it has no group of its own yet.
            self.signal(signal.SIGKILL)
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        for end in (self._connection, self._lifeline, self._log, self._begun):
            end.close()
        if self._death is not None:
            os.close(self._death)


def _handle(pid: int) -> int | None:
    """Return a descriptor of process `pid` that becomes readable when it ends; None where there is no such.

    multiprocessing's sentinel also fires when its fork server dies, under which our child lives on.
    """
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _descendants(pid: int) -> list[int]:
    """Return the processes that descend from `pid`, also those in other sessions (on Linux)."""
    found: list[int] = []
    with contextlib.suppress(OSError):  # it may go at any moment
        for thread in os.listdir(f"/proc/{pid}/task"):
            listed = Path(f"/proc/{pid}/task/{thread}/children").read_text()
            for child in map(int, listed.split()):
                if not _outlives(child):
                    found += [child, *_descendants(child)]
    return found


def _outlives(pid: int) -> bool:
    """Whether a process lives on when its job is ended, by `settings.OUTLIVING`."""
    with contextlib.suppress(OSError):  # it has ended
        return f"{CHILD}={OUTLIVING[CHILD]}".encode() in Path(f"/proc/{pid}/environ").read_bytes()
    return False


@contextlib.contextmanager
def _no_main_module() -> Any:
    """Keep multiprocessing from importing the parent's main script again in each child.

    The children need nothing from it, and a script without a main guard would run twice.
    """
    main_module, sys.modules["__main__"] = sys.modules["__main__"], ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main_module


def describe_death(
    exit_code: int | None, log: str, peak_kb: int | None
) -> tuple[str, dict[str, Any]]:
    """Return a sentence and details for a child that ended with `exit_code` without an answer.

    `log` is the end of what it printed, where faulthandler leaves the stack; `peak_kb` its memory.
    """
    detail: dict[str, Any] = {"exit_code": exit_code}
    text = "its process ended without a result"
    if exit_code is not None and exit_code < 0:
        names = {one.value: one.name for one in signal.Signals}
        name = names.get(-exit_code, f"signal {-exit_code}")
        detail["signal"] = name
        text = f"its process was killed by {name}"
        if name == "SIGKILL":
            text += ", out of memory (killed by the system?)"
    elif exit_code is not None:
        text = f"its process left with exit code {exit_code}"
    if peak_kb:
        text += f" (peak memory {peak_kb / 1024:.0f} MB)"
    if _FATAL in log:
        detail["stack"] = log[log.rindex(_FATAL) :]
        text += "\n" + detail["stack"]
    return text, detail


# Processes that outlive their worker or child: what a task has started in a session of its own


def mark_environment(worker: str, folder: Path) -> None:
    """Let every process that this one starts from now on carry the mark of `worker`, of that folder."""
    os.environ[_WORKER] = _mark(worker, folder)


def _mark(worker: str, folder: Path) -> str:
    """Worker, folder and boot: a copy of the folder, with the same rows in it, is another folder."""
    found = folder.stat()
    return f"{worker} {found.st_dev}:{found.st_ino} {clock.process_space()}"


def kill_orphans(worker: str, folder: Path) -> list[int]:
    """Kill the processes that carry the mark of `worker`, a dead one; return their ids.

    The kernel kills a child and its group with their worker, but not what has left the group.
    """
    return _kill_marked(_WORKER, _mark(worker, folder))


def _kill_marked(variable: str, value: str) -> list[int]:
    """Kill the processes whose environment says `variable=value`; return their ids.

    On Linux; elsewhere none is found. Nor is a process that was given another environment.
    """
    wanted = f"{variable}={value}".encode()
    killed = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        pid = int(environment.parent.name)
        process = _handle(pid)  # first: once it has ended the number may be another's
        with contextlib.suppress(OSError):  # gone, or another user's
            if pid != os.getpid() and wanted in environment.read_bytes().split(b"\0"):
                if process is None:
                    os.kill(pid, signal.SIGKILL)
                else:
                    signal.pidfd_send_signal(process, signal.SIGKILL)
                killed.append(pid)
        if process is not None:
            os.close(process)
    return killed


def memory_limit_bytes() -> int | None:
    """Return the limit of a job's memory in bytes; None for no limit.

    `DRAWSCAPE_JOB_MEMORY` names it: `'2G'`, `'512M'`, bytes, or `'none'`. By default it is 80 % of the
    machine's memory, or of what a container or service may have.
    Raises SettingsError for a malformed value.
    """
    text = os.environ.get("DRAWSCAPE_JOB_MEMORY", "").strip()
    if not text:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        own = Path("/proc/self/cgroup")
        return int(_MEMORY_SHARE * min([machine, *cgroup_limits(own, CGROUPS)]))
    if text.lower() == "none":
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", text, re.IGNORECASE)
    if not found:
        raise SettingsError(f"DRAWSCAPE_JOB_MEMORY={text!r}: write '2G', '512M', bytes, or 'none'")
    return int(float(found[1]) * _UNITS[found[2].upper()])


def cgroup_limits(membership: Path, root: Path) -> Iterator[int]:
    """Yield the memory limits that the control group named in `membership`, and those above, set.

    `membership` has a line `0::/path` (cgroups(7), version 2).
    """
    with contextlib.suppress(OSError):
        for line in membership.read_text().splitlines():
            group = root / line.removeprefix("0::").strip("/")
            for folder in (group, *group.parents) if line.startswith("0::") else ():
                with contextlib.suppress(OSError, ValueError):  # none in this view, or "max"
                    yield int((folder / "memory.max").read_text())
                if folder == root:
                    break


_SHARE = 2 / 3
"""Of a lease, after which children end: the rest is for whatever is slow."""

_TICK_S = 1.0
"""The clock goes on while the machine sleeps, and the wait for a message does not."""

_MOMENT = struct.Struct("d")

_LOG = logging.getLogger("huey.drawscape")


class Lease:
    """The lease of a worker as its slots see it; moments are in seconds since the machine was started.

    With `lease_s` None the worker is alive as long as its process, and all may run. `on_renewal(renewal)` is
    called after each, in the thread that renews; it returns whether all that runs is still the worker's.
    """

    def __init__(self, lease_s: float | None, on_renewal: Callable[[Renewal], bool]) -> None:
        self._limit_s = None if lease_s is None else lease_s * _SHARE
        self._on_renewal = on_renewal
        self._lock = threading.Lock()
        self._guard: tuple[Any, Connection, Connection] | None = None
        """The process that counts the time, what tells it of a renewal, and the line."""
        self._confirmed_at = self._held_since = 0.0

    def renewed(self, renewal: Renewal) -> bool:
        """Note what the server has said; return whether all that runs is still the worker's."""
        with self._lock:
            if renewal.is_lost or not self._holds():
                self._end()
            if not renewal.is_lost:
                self._confirm(renewal.asked_boot_s)
        return self._on_renewal(renewal)

    def _confirm(self, asked_at: float) -> None:
        try:
            self._guard = self._guard or self._start_guard(asked_at)
        except (OSError, EOFError) as error:
            _LOG.error("event=guard_start_failed error=%r", str(error))
            return
        self._confirmed_at = asked_at
        with contextlib.suppress(OSError):
            self._guard[1].send_bytes(_MOMENT.pack(asked_at))

    def _start_guard(self, asked_at: float) -> tuple[Any, Connection, Connection]:
        told, orders = multiprocessing.Pipe(duplex=False)
        line, held = multiprocessing.Pipe(duplex=False)
        process = start_process(_watch, told, held, self._limit_s, asked_at)
        told.close()
        held.close()
        self._held_since = clock.boot_s()
        return process, orders, line

    def _holds(self) -> bool:
        """Return whether the lease was confirmed lately, and the process lives."""
        until = self._confirmed_at + (self._limit_s or 0.0)
        return self._guard is not None and clock.boot_s() < until and not self._guard[2].poll(0)

    def _end(self) -> None:
        if self._guard is not None:
            process, orders, line = self._guard
            orders.close()
            process.join(5)
            line.close()
        self._guard = None

    def may_run(self, since: float) -> bool:
        """Return whether a job that was asked for at `since` is surely not another worker's by now."""
        if self._limit_s is None:
            return True
        with self._lock:
            return self._holds() and since >= self._held_since

    @property
    def line(self) -> Connection | None:
        """What each child holds, and ends with; raise ChildStartError while the lease is not held."""
        if self._limit_s is None:
            return None
        with self._lock:
            if self._guard is None or not self._holds():
                raise ChildStartError("the queue's server has not confirmed the worker's lease")
            return self._guard[2]

    def close(self) -> None:
        with self._lock:
            self._end()


def _watch(orders: Connection, _held: Connection, limit_s: float, confirmed_at: float) -> None:
    """End when the lease was not confirmed for `limit_s`, or with the worker; the line closes with us."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    until = confirmed_at + limit_s
    with contextlib.suppress(EOFError):
        while (left_s := until - clock.boot_s()) > 0:
            if orders.poll(min(left_s, _TICK_S)):
                until = max(until, _MOMENT.unpack(orders.recv_bytes())[0] + limit_s)
    os._exit(0)
