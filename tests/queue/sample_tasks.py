"""Tasks for the queue's tests, copied into a test's home as `sampletasks`; numpy is dear to import."""

import ctypes
import decimal
import gc
import logging
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from drawscape.job_manager import current_job


def add(a, b=0):
    return a + b


def nothing():
    return None


def fail(text="no ink"):
    raise ValueError(text)


def where():
    return os.getcwd(), os.getpid()


def nap(seconds):
    time.sleep(seconds)
    return seconds


def beat(path):
    """Write the time again and again, for ever."""
    with open(path, "a", buffering=1) as file:
        while True:
            file.write(f"{time.monotonic()}\n")
            time.sleep(0.02)


def append(path, text="x", seconds=0.0):
    with open(path, "a") as file:
        file.write(f"{text}\n")
    time.sleep(seconds)
    return text


def loop_in_c():
    return sum(range(10**12))


def segfault():
    ctypes.string_at(0)


def crash(path=None):
    os._exit(1)


def speak(text="hello"):
    print(text)
    print("to stderr", file=sys.stderr)
    logging.getLogger("ink").warning("running low")
    os.system("echo from a shell")
    return len(text)


def print_much(megabytes):
    line = "x" * 1023 + "\n"
    for _ in range(int(megabytes * 64)):
        sys.stdout.write(line * 16)
    print("the very last line")


def print_quarters(megabytes):
    for _ in range(4 * megabytes):
        print("x" * 2**18)
        time.sleep(0.25)


def progress_storm(calls):
    job = current_job()
    for i in range(calls):
        job.progress((i + 1) / calls, f"step {i + 1}", preview=f"<svg>{i + 1}</svg>")
    job.meta["calls"] = calls
    return calls


def progress_then_nap(seconds):
    current_job().progress(0.25, "first", preview="<svg>first</svg>")
    current_job().progress(0.5, "second")
    time.sleep(seconds)


def flaky(path, good_at=9):
    with open(path, "a") as file:
        file.write("try\n")
    tries = len(Path(path).read_text().splitlines())
    if tries < good_at:
        raise ConnectionError(f"try {tries}")
    return tries


def wait_for_file(path):
    while not os.path.exists(path):
        time.sleep(0.01)
    return os.getpid()


def answer():
    return 1


def print_around(gate):
    print("before", flush=True)
    wait_for_file(gate)
    print("after")


def print_slowly(lines, pause):
    for i in range(lines):
        print(f"line {i}", flush=True)
        time.sleep(pause)


def echo(value):
    return value


def big(size, gate=os.devnull):
    wait_for_file(gate)
    return b"x" * size


def fail_after_a_preview(size, text):
    current_job().progress(0.5, preview="x" * size)
    raise ValueError(text)


def fail_with_a_failing_preview():
    job = current_job()
    job.progress(0.1, preview="<svg/>")
    job.progress(0.2, preview=lambda: 1 / 0)
    raise ValueError("the true error")


class Kit:
    @staticmethod
    def tool(x):
        return x * 2


def _private(x):
    return x * 2


def fail_for_good(path):
    error = ValueError("for good")
    error.permanent = True
    raise error


def draw_in_steps(steps, bad=None):
    for i in range(steps):
        yield (i + 1) / steps, f"<svg>{i + 1}</svg>"
        time.sleep(0.12)
    if bad is not None:
        yield bad
    yield 1
    return f"{steps} steps"


def report_for(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        current_job().progress(1 - (until - time.monotonic()) / seconds, "on and on")
        time.sleep(0.02)


def wait_then_report(gate, message):
    wait_for_file(gate)
    current_job().meta["pen"] = "fine"
    current_job().progress(0.4, "first")
    time.sleep(0.3)
    current_job().progress(0.5, message)
    time.sleep(600)


def say(data, pause=0):
    os.write(1, data)
    time.sleep(pause)


def say_and_fail(path, failures, pause=0):
    with open(path, "a") as file:
        file.write("x")
    tries = os.path.getsize(path)
    os.write(1, f"try {tries} é\n".encode())
    time.sleep(pause)
    if tries <= failures:
        raise ValueError(f"try {tries} fails")


def append_then_wait(path, go):
    append(path, "begun")
    wait_for_file(go)


def note_run(path, likely=0):
    """Write down that this job runs; fail as often as is `likely`."""
    with open(path, "a") as file:
        file.write(f"{current_job().id}\n")
    current_job().progress(0.5, "half")
    time.sleep(random.uniform(0, 0.02))
    if random.random() < likely:
        raise ValueError("no ink")


# Tasks that change their process, leave others behind or notice their end.


def swallow_everything(path):
    while True:
        try:
            Path(path).touch()
            time.sleep(10)
        except BaseException:
            pass


def hold(megabytes):
    held = bytearray(megabytes * 2**20)
    held[::4096] = b"x" * len(held[::4096])


def until_asked(path):
    try:
        Path(path).touch()
        time.sleep(60)
    finally:
        Path(path + ".asked").write_text(str(current_job().is_canceled))


def tidy_up_slowly(path):
    with open(path, "w", buffering=1) as file:
        try:
            file.write("begun\n")
            time.sleep(60)
        finally:
            time.sleep(2)
            file.write("tidied up\n")


def change_much(folder, *, is_rare):
    """Leave the process unlike itself, in what drawings often change; `is_rare`: and in all else."""
    import numpy as np

    os.chdir(folder)
    os.umask(0)
    os.environ["INK"] = "violet"
    os.environ.pop("DRAWSCAPE_HOME")
    sys.path.insert(0, folder)
    sys.setrecursionlimit(5000)
    sys.stdout = open(os.devnull, "w")
    os.close(1)
    os.close(2)
    np.seterr(all="raise")
    np.random.seed(1)
    random.seed(1)
    decimal.getcontext().prec = 5
    if is_rare:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGALRM, lambda *_: os._exit(9))
        signal.setitimer(signal.ITIMER_REAL, 600)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
        os.environ["TZ"] = "Asia/Tokyo"
        time.tzset()
        gc.disable()
        sys.settrace(lambda *_: None)
        socket.setdefaulttimeout(0.1)
        logging.disable()
    return os.getpid()


def describe_process():
    import numpy as np

    umask = os.umask(0)
    os.umask(umask)
    print("is printed")
    os.system("echo by a shell")
    return {
        "folder": os.getcwd(),
        "umask": umask,
        "environment": {key: os.environ.get(key) for key in ("INK", "DRAWSCAPE_HOME")},
        "path": list(sys.path),
        "recursion limit": sys.getrecursionlimit(),
        "handlers": [str(signal.getsignal(s))[:20] for s in (signal.SIGTERM, signal.SIGALRM)],
        "timer": signal.getitimer(signal.ITIMER_REAL),
        "mask": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "interpreter": [time.tzname, gc.isenabled(), sys.gettrace(), logging.root.manager.disable],
        "numbers": [np.geterr(), decimal.getcontext().prec, socket.getdefaulttimeout()],
    }


def draw_lots():
    import numpy as np

    return random.random(), float(np.random.rand())


WHAT_STAYS = {
    "thread": lambda: threading.Thread(target=time.sleep, args=(600,), daemon=True).start(),
    "priority": lambda: os.nice(1),
    "limit": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100)),
    "memory": lambda: setattr(pid_after, "kept", bytearray(b"x") * (400 * 2**20)),
    "process": lambda: subprocess.Popen(["sleep", "600"]),
    "collector": gc.disable,
    "handler": lambda: signal.signal(signal.SIGALRM, signal.SIG_IGN),
    "signal mask": lambda: signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP]),
    "closed output": lambda: sys.stdout.close(),
}


def pid_after(what):
    """Return the process id after something that cannot be undone."""
    WHAT_STAYS[what]()
    return os.getpid()


NOTE_AND_SLEEP = """
import os, sys, time
with open(sys.argv[1] + ".part", "w") as file:
    file.write(str(os.getpid()))
os.rename(sys.argv[1] + ".part", sys.argv[1])
time.sleep(600)
"""


def leave_processes(path, how, then):
    """Start a process in another session, as `how` says, which notes its id; then end as `then` says."""
    command = [sys.executable, "-c", NOTE_AND_SLEEP, path]
    environment = {"PATH": os.environ["PATH"]} if how == "own environment" else None
    if how == "double fork":
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execv(command[0], command)
            os._exit(0)
        os.wait()
    else:
        subprocess.Popen(command, start_new_session=True, env=environment)
    while not os.path.exists(path):
        time.sleep(0.01)
    if then == "crash":
        ctypes.string_at(0)
    if then == "nap":
        time.sleep(600)


def return_twice(path, first="task"):
    """Fork as a careless task does: the copy comes back from here too, a little later or `first`."""
    if os.fork() == 0:
        time.sleep(0.4 if first == "task" else 0)
        Path(path).touch()
        return "the copy's"
    time.sleep(0 if first == "task" else 0.4)
    return "the task's"


def run_out_of_memory(pid_path):
    Path(pid_path).write_text(str(os.getpid()))
    raise MemoryError
