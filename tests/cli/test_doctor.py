"""`drawscape doctor` finds what is wrong, and each remedy that it prints fixes it.

Every trouble is made for real; then the printed command is run, and the doctor is content.
"""

import contextlib
import os
import re
import socket
import sys
import threading
from pathlib import Path

import pytest
from support import Done, program, run

from drawscape.job_manager import enqueue_background_job, pause_queue

pytestmark = pytest.mark.slow

TASK = "workers.svg_tasks.generate_complex_svg"
WITHOUT_ROOTS_POWERS = () if os.geteuid() else ("setpriv", "--bounding-set", "-all")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    scripts = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", os.pathsep.join([scripts, os.environ["PATH"]]))
    return tmp_path


def doctor(*before, alone=True):
    """Run the doctor: in a process, `before` it what that runs under, or in this one."""
    if not alone:
        return run("doctor")
    done = program(*before, sys.executable, "-m", "drawscape", "doctor", code=None)
    return Done(done.returncode, done.stdout, done.stderr)


def remedies(done):
    """Return the commands that the doctor printed, one for each line that can be copied."""
    assert done.code == 1, done
    assert "Traceback" not in done.err
    return re.findall(r"^    (.+)$", done.out, re.MULTILINE)


def is_fixed_by(*commands, alone=True):
    """Run what the doctor printed, in one shell; return whether it is content then."""
    asked = [f"{sys.executable} -m drawscape doctor"] if alone else []
    lines = ["bash", "-e", "-c", "\n".join([*commands, *asked])]
    fixed = program(*lines, input="y\n", code=None)
    done = Done(fixed.returncode, fixed.stdout, fixed.stderr) if alone else doctor(alone=False)
    assert done.out.endswith("\nno problems.\n"), (fixed, done)
    return fixed.returncode == done.code == 0


def test_a_healthy_home_has_no_problem_and_is_left_as_it_is(home):
    done = doctor(alone=False)
    assert done.code == 0, done.out
    assert done.out.endswith("\nno problems.\n")
    assert re.search(r"^ *port +(none; no plotter is plugged in|/dev/)", done.out, re.MULTILINE)
    assert str(home) in done.out
    assert "jupyterlab 4" in done.out
    assert list(home.iterdir()) == []


def test_a_paused_queue_without_a_worker_in_a_home_that_is_open_to_others(home):
    enqueue_background_job(TASK, 50, 50)
    pause_queue()
    (home / ".drawscape").chmod(0o750)
    done = doctor(alone=False)
    assert "- workers: 1 job waiting: start a worker:\n    drawscape worker\n" in done.out
    *others, worker = remedies(done)
    assert others == [f"chmod -R go= {home}/.drawscape", "drawscape queue resume"]
    assert is_fixed_by(*others, f"{worker} --burst", alone=False)


@pytest.mark.parametrize("gone", ["queue.key", "queue.db"])
def test_a_queue_without_its_key_and_a_key_without_its_queue(home, gone):
    program("drawscape", "enqueue", TASK, "width=50", "height=50")
    for file in (home / ".drawscape").glob(f"{gone}*"):
        file.unlink()
    done = doctor()
    assert gone in done.out
    assert "from a copy" in done.out
    assert is_fixed_by(*remedies(done))


def test_a_queue_that_cannot_be_read_is_one_problem(home):
    (home / ".drawscape").mkdir(mode=0o700)
    (home / ".drawscape" / "queue.db").write_bytes(b"no database" * 1000)
    commands = remedies(doctor())
    assert len(commands) == 1
    assert is_fixed_by(*commands)
    assert list((home / ".drawscape").glob("queue-broken-*/queue.db"))


def test_a_home_that_this_user_may_not_write(home):
    home.chmod(0o500)
    (command,) = remedies(doctor(*WITHOUT_ROOTS_POWERS))
    assert command == f"chmod u+wx {home}"
    assert is_fixed_by(command)
    assert doctor(*WITHOUT_ROOTS_POWERS).code == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
@pytest.mark.parametrize("named", ["", "/home", "/new/home"])
def test_what_is_there_and_not_this_users_keeps_its_owner(home, monkeypatch, named):
    """The home may be named by mistake as / or /etc, or be a colleague's; no command is printed."""
    (home / "home" / ".drawscape").mkdir(parents=True)
    for path in (home, home / "home", home / "home" / ".drawscape"):
        os.chown(path, 4711, 4711)
        path.chmod(0o700 if path.name == ".drawscape" else 0o755)
    monkeypatch.setenv("DRAWSCAPE_HOME", f"{home}{named}")
    done = doctor(*WITHOUT_ROOTS_POWERS)
    assert remedies(done) == []
    assert "is not yours; set DRAWSCAPE_HOME to another folder\n" in done.out


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_files_that_belong_to_somebody_else(home):
    program("drawscape", "enqueue", TASK, "width=50", "height=50")
    state = home / ".drawscape"
    (home / "kept.txt").touch()
    for file in (state, state / "queue.db", home / "kept.txt"):
        os.chown(file, 65534, 65534)
    command = remedies(doctor())[0]
    assert command == f"sudo chown -R 0 {state}"
    assert is_fixed_by(command.removeprefix("sudo "), "drawscape worker --burst -q")
    assert (state / "queue.db").stat().st_uid == 0
    assert (home / "kept.txt").stat().st_uid == 65534  # it is not ours to give away


def test_a_postgres_that_does_not_answer(home, monkeypatch):
    """Others try again for some seconds, for it may be being started; the doctor is waited for."""
    tries = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up():
            with contextlib.suppress(OSError):
                while True:
                    tries.append(listener.accept()[0].close())

        threading.Thread(target=hang_up, daemon=True).start()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        monkeypatch.setenv("DRAWSCAPE_QUEUE", f"postgresql://nobody:secret@{address}/none")
        done = doctor()
        listener.shutdown(socket.SHUT_RDWR)
    assert "secret" not in done.out
    assert 1 <= len(tries) <= 4  # with and without TLS, at most twice
    assert (remedies(done), "- queue: " in done.out) == ([], True)


def test_an_output_that_cannot_be_used(home, monkeypatch):
    monkeypatch.setenv("DRAWSCAPE_OUTPUT", "s3://ada:secret@studio/drawings")
    done = doctor(alone=False)
    assert "DRAWSCAPE_OUTPUT=s3://... is a URL; name a folder" in done.out
    assert "secret" not in done.out
    shared = home.with_name("shared")
    monkeypatch.setenv("DRAWSCAPE_OUTPUT", str(shared))
    assert f"- output: mount or make {shared}" in doctor(alone=False).out
    assert not shared.exists()
    shared.mkdir()
    assert str(shared) in doctor().out


def test_settings_and_sketches_that_cannot_be_used(home, search_home_from):
    (home / "sketches").mkdir()
    (home / "sketches" / "broken.py").write_text("def broken(svg:\n")
    assert "broken.py does not import: SyntaxError" in doctor(alone=False).out
    search_home_from(home)
    (home / "drawscape.toml").write_text("task-module = []\n")
    done = doctor(alone=False)
    assert done.code == 1
    assert done.out.count("unknown setting 'task-module'; known: task-modules, data-dirs") == 1
