"""Tasks that change their process, leave others behind or notice their end; copied as `processtasks`."""

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

import numpy as np

from drawscape.job_manager import current_job


def swallow_everything(path):
    while True:
        try:
            Path(path).touch()
            time.sleep(10)
        except BaseException:
            pass


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


def change_everything(folder):
    """Leave the process as unlike itself as Python lets a task."""
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
    os.environ["TZ"] = "Asia/Tokyo"
    time.tzset()
    gc.disable()
    sys.settrace(lambda *_: None)
    np.seterr(all="raise")
    np.random.seed(1)
    random.seed(1)
    decimal.getcontext().prec = 5
    socket.setdefaulttimeout(0.1)
    logging.disable()
    return os.getpid()


def describe_process():
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
    return random.random(), float(np.random.rand())


def pid_after(what):
    """Return the process id after something that cannot be undone."""
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
        ctypes.string_at(0)
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


def run_out_of_memory(pid_path):
    Path(pid_path).write_text(str(os.getpid()))
    raise MemoryError
