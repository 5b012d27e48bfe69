"""Tasks for the queue's tests, copied into a test's home as the module `sampletasks`."""

from __future__ import annotations

import ctypes
import logging
import os
import random
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


def nap_then_give_pid(seconds):
    time.sleep(seconds)
    return os.getpid()


def append(path, text="x", seconds=0.0):
    with open(path, "a") as file:
        file.write(f"{text}\n")
    time.sleep(seconds)
    return text


def loop_in_c():
    return sum(range(10**12))


def segfault():
    ctypes.string_at(0)


def leave(code=1):
    os._exit(code)


def sys_exit(code=3):
    sys.exit(code)


def swallow_everything(path):
    Path(path).touch()
    while True:
        try:
            time.sleep(10)
        except BaseException:
            pass


def speak(text="hello"):
    print(text)
    print("to stderr", file=sys.stderr)
    logging.getLogger("ink").warning("running low")
    os.system("echo from a shell")
    return len(text)


def print_much(megabytes):
    line = "x" * 1023 + "\n"
    for _ in range(megabytes * 64):
        sys.stdout.write(line * 16)
    print("the very last line")


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


def draw_in_sight(folder, kilobytes):
    """Print, draw and go on when the file with the number of the step is there."""
    job = current_job()
    for step in range(1, 4):
        print(f"step {step} " + "x" * 1024 * kilobytes)
        job.progress(step / 4, f"step {step}", preview=f"<svg>{step}</svg>")
        wait_for_file(f"{folder}/{step}")
    return "drawn"


def fork_and_nap(path):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    if os.fork() == 0:
        time.sleep(600)
        os._exit(0)
    Path(path).write_text(str(child.pid))
    time.sleep(600)


def fill_memory(step_mb=64):
    held = []
    while True:
        held.append(bytearray(step_mb * 2**20))


def hold(megabytes, seconds):
    held = bytearray(megabytes * 2**20)
    held[::4096] = b"x" * len(held[::4096])
    current_job().progress(0.5, "held")
    time.sleep(seconds)


def big(megabytes):
    return b"x" * (megabytes * 2**20)


def unpicklable():
    return threading.Lock()


def flaky(path, good_at):
    with open(path, "a") as file:
        file.write("try\n")
    tries = len(Path(path).read_text().splitlines())
    if tries < good_at:
        raise ConnectionError(f"try {tries}")
    return tries


def wait_for_file(path):
    while not os.path.exists(path):
        time.sleep(0.01)


def until_asked(path):
    Path(path).touch()
    try:
        time.sleep(60)
    finally:
        Path(path + ".asked").write_text(str(current_job().is_canceled))


async def coroutine(x):
    return x * 2


def answer():
    return 1


def named_like_options(delay=0, priority=0, retries=0):
    return delay, priority, retries


def print_slowly(lines, pause):
    for i in range(lines):
        print(f"line {i}", flush=True)
        time.sleep(pause)


def echo(value):
    return value


def fail_if(bad):
    if bad:
        raise ValueError("bad one")


def nap_then_fail(seconds):
    time.sleep(seconds)
    raise ValueError("woke up cross")


def big_after(path, size):
    while not os.path.exists(path):
        time.sleep(0.01)
    return b"x" * size


def tidy_up_slowly(path):
    with open(path, "w", buffering=1) as file:
        file.write("begun\n")
        try:
            time.sleep(60)
        finally:
            time.sleep(2)
            file.write("tidied up\n")


def fail_with_a_strange_name():
    raise FileNotFoundError("caf\udce9.svg")


def report(message, fraction=0.5):
    current_job().progress(fraction, message)
    return message


def fail_with_a_failing_preview():
    job = current_job()
    job.progress(0.1, preview="<svg/>")
    job.progress(0.2, preview=lambda: 1 / 0)
    raise ValueError("the true error")


def wander(folder):
    import signal

    os.chdir(folder)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def fail_at_length(size):
    raise ValueError("begin" + "x" * size + "end")


class Kit:
    @staticmethod
    def tool(x):
        return x * 2


TWICE = lambda x: x * 2  # noqa: E731 - a function without a name


def _private(x):
    return x * 2


def start_a_session_and_nap(path):
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    child = subprocess.Popen(command, start_new_session=True)
    with open(path + ".part", "w") as file:
        file.write(str(child.pid))
    os.rename(path + ".part", path)
    time.sleep(600)


def print_bytes_slowly(data):
    for byte in data:
        os.write(1, bytes([byte]))
        time.sleep(0.03)


def fail_for_good(path):
    error = ValueError("for good")
    error.permanent = True
    raise error


def change_everything(folder):
    """Leave the process as unlike itself as Python lets a task."""
    import signal

    os.chdir(folder)
    os.umask(0)
    os.environ["INK"] = "violet"
    os.environ.pop("DRAWSCAPE_HOME")
    sys.path.insert(0, folder)
    sys.setrecursionlimit(5000)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, lambda *_: os._exit(9))
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
    sys.stdout = open(os.devnull, "w")
    os.close(1)
    os.close(2)
    return os.getpid()


def describe_process():
    import signal

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
    }


def pid_after(what):
    """Return the process id after something that cannot be undone."""
    import resource

    if what == "thread":
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    elif what == "priority":
        os.nice(1)
    elif what == "limit":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
    elif what == "memory":
        pid_after.kept = bytearray(b"x") * (400 * 2**20)
    elif what == "process":
        subprocess.Popen(["sleep", "600"])
    elif what == "closed output":
        sys.stdout.close()
    return os.getpid()


def leave_processes(path, how, then):
    """Start a process in another session, as `how` says, note its id, then end as `then` says."""
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    environment = {"PATH": os.environ["PATH"]} if how == "own environment" else None
    if how == "double fork":
        if os.fork() == 0:
            os.setsid()
            if os.fork():
                os._exit(0)
            write_whole(path, str(os.getpid()))
            os.execv(command[0], command)
        os.wait()
    else:
        child = subprocess.Popen(command, start_new_session=True, env=environment)
        write_whole(path, str(child.pid))
    while not os.path.exists(path):
        time.sleep(0.01)
    if then == "crash":
        segfault()
    if then == "nap":
        time.sleep(600)


def write_whole(path, text):
    with open(path + ".part", "w") as file:
        file.write(text)
    os.rename(path + ".part", path)


def return_twice(path, first="task"):
    """Fork as a careless task does: the copy comes back from here too, a little later or `first`."""
    if os.fork() == 0:
        time.sleep(0.4 if first == "task" else 0)
        Path(path).touch()
        return "the copy's"
    time.sleep(0 if first == "task" else 0.4)
    return "the task's"


def fork_and_report(seconds):
    """The copy reports progress while the next job runs."""
    if os.fork() == 0:
        for _ in range(int(seconds * 20)):
            current_job().progress(0.9, "from the copy")
            time.sleep(0.05)
        os._exit(0)
    return os.getpid()


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


def nap_then_report(seconds, message):
    time.sleep(seconds)
    current_job().meta["pen"] = "fine"
    current_job().progress(0.4, "first")
    time.sleep(0.3)
    current_job().progress(0.5, message)
    time.sleep(600)


def run_out_of_memory(pid_path):
    Path(pid_path).write_text(str(os.getpid()))
    raise MemoryError


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


def preview_of(size, path):
    current_job().progress(0.5, preview="x" * size)
    wait_for_file(path)
    return path


def note_run(path, likely=0):
    """Write down that this job runs; fail as often as is `likely`."""
    with open(path, "a") as file:
        file.write(f"{current_job().id}\n")
    time.sleep(random.uniform(0, 0.02))
    if random.random() < likely:
        raise ValueError("no ink")


def write_plainly(name, text):
    """As tasks of a project may: without a word to the library."""
    from drawscape.settings import output_path

    path = output_path(name)
    path.write_text(text)
    return str(path)


def one_of_many(path, number, kind):
    """Note the number; then do what `kind` says, and return in which environment that was."""
    met = os.environ.get("INK"), os.getcwd()
    append(path, number)
    if kind == "prints":
        os.write(1, b"%d\n" % number)
    elif kind == "prints from a child":
        os.system(f"echo {number}")
    elif kind == "reports":
        current_job().progress(0.5, f"at {number}")
    elif kind == "fails":
        raise ValueError(f"no {number}")
    elif kind == "crashes":
        os._exit(number % 100)
    elif kind == "changes":
        os.environ["INK"] = "violet"
        os.chdir("/")
    elif kind == "is large":
        return "x" * 5000
    elif kind == "is stuck":
        time.sleep(600)
    return met
