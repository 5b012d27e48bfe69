"""Tasks for the queue's tests, copied into a test's home as the module `sampletasks`."""

import ctypes
import logging
import os
import random
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


def wait_then_give_pid(gate):
    wait_for_file(gate)
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


async def coroutine(x):
    return x * 2


def answer():
    return 1


def named_like_options(delay=0, priority=0, retries=0):
    return delay, priority, retries


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


def fail_if(bad):
    if bad:
        raise ValueError("bad one")


def big_after(path, size):
    wait_for_file(path)
    return b"x" * size


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


def fail_at_length(size):
    raise ValueError("begin" + "x" * size + "end")


class Kit:
    @staticmethod
    def tool(x):
        return x * 2


TWICE = lambda x: x * 2  # noqa: E731 - a function without a name


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


def nap_then_report(seconds, message):
    time.sleep(seconds)
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
    time.sleep(random.uniform(0, 0.02))
    if random.random() < likely:
        raise ValueError("no ink")


def write_plainly(name, text):
    """As tasks of a project may: without a word to the library."""
    from drawscape.settings import output_path

    path = output_path(name)
    path.write_text(text)
    return str(path)
