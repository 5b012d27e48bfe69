"""What tests of several packages share."""

import importlib
import inspect
import itertools
import os
import secrets
import select
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from functools import cache
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from drawscape.cli import main
from drawscape.job_manager import default_queue

NIGHTLY = bool(os.environ.get("NIGHTLY"))


def rounds(everyday, nightly):
    """Return how many rounds a random test makes: few every day, many with NIGHTLY=1."""
    return nightly if NIGHTLY else everyday


def sampled(cases, every):
    """Return one case of so many every day, all of them with NIGHTLY=1."""
    return list(cases)[:: 1 if NIGHTLY else every]


def wait_until(condition, what="", timeout_s=120.0):
    """Return what `condition()` gives once it is true; fail when that takes too long."""
    deadline = time.monotonic() + timeout_s
    while True:
        asked = time.monotonic()
        if outcome := condition():
            return outcome
        if asked > deadline:
            pytest.fail(f"waited {timeout_s:g} s for {what or condition}")
        # What is dear to ask is asked less often: who answers shares the machine with who is awaited.
        time.sleep(min(max(2 * (time.monotonic() - asked), 0.005), 0.25))


@cache
def slowness():
    """Return how many times slower a processor this is than one that counts to forty millions in a second."""
    began = time.process_time()
    sum(1 for _ in range(4_000_000))
    return max(1.0, (time.process_time() - began) / 0.1)


def started(job):
    wait_until(lambda: job.status == "started", what=f"job {job.id} to start")
    return job


def ended(job):
    """Return the job once it is over, however it went."""
    wait_until(lambda: job.ended, what=f"job {job.id} to end")
    return job


def is_running(pid):
    """Whether that process lives; one that is dead but not yet reaped does not count."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def processes_in(folder):
    """Return the commands of other processes whose environment names `folder`, by their numbers."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it is another's, or ended just now
            command = (process / "cmdline").read_bytes()
            environment = (process / "environ").read_bytes()
            if command and process.name != str(os.getpid()) and os.fsencode(folder) in environment:
                found[int(process.name)] = command
    return found


def first_line(process, timeout_s=120.0):
    if not select.select([process.stdout], [], [], timeout_s)[0]:
        process.kill()
        pytest.fail(f"{process.args} wrote nothing for {timeout_s:g} s")
    return str(process.stdout.readline())


def program(*command, code=0, timeout=300, **options):
    """Run a program, which has to end with `code`, if that is no None."""
    options = {"capture_output": True, "text": True, "timeout": timeout, **options}
    done = subprocess.run(command, **options)
    if code is not None and done.returncode != code:
        pytest.fail(f"it ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


def python(*arguments, **options):
    return program(sys.executable, *arguments, **options)


@contextmanager
def beside(*arguments, **options):
    """Run `drawscape ARGUMENTS` in a process of its own, which ends with the block."""
    process = subprocess.Popen([sys.executable, "-m", "drawscape", *arguments], **options)
    try:
        yield process
        process.terminate()
        process.wait(60)
    finally:
        process.kill()
        process.wait(60)


def with_mounts(script, **options):
    """Run a shell's script that may mount what it likes."""
    return program("unshare", "--map-root-user", "--mount", "sh", "-e", "-c", script, **options)


OWN_ROOT = """
mount -t tmpfs -o mode=755 tmpfs {root}
for entry in /*; do
    if [ -L "$entry" ]; then cp -P "$entry" {root}; continue; fi
    if [ ! -d "$entry" ]; then continue; fi
    mkdir {root}"$entry"
    mount --rbind "$entry" {root}"$entry"
done
cd {root}
{made}
exec chroot {root} {command}
"""


def with_root(root, made, *command, **environment):
    """Run a command in a root of its own, where a shell's script has made something."""
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"  # chroot lies there
    script = OWN_ROOT.format(root=root, made=made, command=" ".join(command))
    return with_mounts(script, env={**os.environ, "PATH": path, **environment})


def free_port():
    """Return a port that nobody listens on, and that the system gives to nobody who asks for any."""
    while True:
        port = 10_000 + secrets.randbelow(20_000)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def database_path():
    path = default_queue().database.path
    default_queue().database.connection  # noqa: B018 - makes the file
    return path


@contextmanager
def locked():
    """Let another program hold what a worker writes."""
    database = default_queue().database
    if database.is_server:
        with database.connect() as other, other.transaction():
            other.execute("lock table job in exclusive mode")
            yield
        return
    with closing(sqlite3.connect(database_path(), isolation_level=None)) as other:
        other.execute("begin immediate")
        yield
        other.execute("rollback")


_NUMBERS = itertools.count(1)


def send(widget, event, *files, **details):
    """Send a form what its page sends for `event`; the kernel has dealt with it then."""
    message = {"event": event, "number": next(_NUMBERS), **details}
    widget._handle_custom_msg(message, [memoryview(file) for file in files])


def public_names(path):
    """Return the functions and classes that `drawscape.PATH` hands on, or has where it has no `__all__`."""
    module = importlib.import_module(f"drawscape.{path}")
    named = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if name[0] != "_" and getattr(value, "__module__", "") == module.__name__
    ]
    found = {name: getattr(module, name) for name in named}
    return {n: v for n, v in found.items() if inspect.isroutine(v) or inspect.isclass(v)}


def commands(group, path=""):
    """Yield every command below `group` with its full name."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")


@dataclass(frozen=True)
class Done:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str


def run(*arguments, answer=""):
    """Run `drawscape ARGUMENTS` with `answer` on its standard input."""
    with CliRunner().isolation(input=answer) as (out, err, _):
        code = 0
        try:
            main([*arguments])
        except SystemExit as ended:
            code = ended.code or 0
        return Done(int(str(code)), out.getvalue().decode(), click.unstyle(err.getvalue().decode()))


CONTRACT = {
    "recipient": "user@example.com",
    "subject": "Your order is ready",
    "template": "order_complete",
}


SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="20mm" height="10mm" viewBox="0 0 20 10">\
<path d="M2 2L10 2M10 2L18 8" fill="none" stroke="black"/></svg>'


def written(answer):
    reason, _, path = answer.partition("; written to ")
    assert reason == "not sent, since DRAWSCAPE_SMTP_HOST is not set"
    return Path(path)


def read(path):
    return message_from_bytes(path.read_bytes(), policy=default)
