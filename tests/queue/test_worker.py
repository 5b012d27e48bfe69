"""A worker: how it starts, lives, is found, keeps its children and its code."""

import fcntl
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import termios
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from queue_steps import enqueue
from support import beside, first_line, is_running, locked, python, rounds, started, wait_until

from drawscape import job_manager
from drawscape.errors import JobFailed, QueueError, TaskNotAllowedError
from drawscape.job_manager import default_queue, enqueue_background_job, start_worker, workers_alive
from drawscape.jobs import worker_trouble
from drawscape.machine.device import add_device
from drawscape.queue.huey import JobHuey
from drawscape.queue.key_file import load_key

pytestmark = pytest.mark.slow

SLOTS = 1  # of the worker that tests share


@pytest.mark.both_engines
def test_a_worker_writes_a_structured_line_for_each_end_of_a_job(home, start_consumer):
    consumer = start_consumer()
    good = enqueue("add", 1)
    bad = enqueue("fail", "no ink left")
    dead = enqueue("segfault")
    wait_until(lambda: good.ended and bad.ended and dead.ended)
    consumer.stop()
    text, worker = consumer.log.read_text(), good.refresh().worker
    assert re.findall(rf"worker={worker} event=(\w+)", text) == ["started", "stopping", "stopped"]
    said = dict(re.findall(r"job=(\S+) (.*)", text))
    assert said[good.id] == "task=sampletasks.add status=finished"
    failed = "task=sampletasks.fail status=failed reason=exception"
    assert said[bad.id].startswith(f"{failed} error='ValueError: no ink left'")
    assert "status=failed reason=crashed" in said[dead.id]
    assert "killed by SIGSEGV" in said[dead.id]
    assert re.fullmatch(r"(\[.*\n)+", text)  # huey's own format, with the time


def test_a_log_that_has_grown_large_is_set_aside_at_the_next_start(home):
    log = home / ".drawscape" / "worker.log"
    log.write_bytes(b"an old line\n" * 800_000)
    start_worker(1).stop()
    assert log.with_name("worker.log.1").stat().st_size == 12 * 800_000
    assert 0 < log.stat().st_size < 10_000


def test_a_worker_that_is_asked_to_leave_while_it_begins_leaves_in_order(home, start_consumer):
    JobHuey(filename=default_queue().path).storage.conn  # noqa: B018 - makes all tables
    with locked():  # it is alive, and waits for the file before it starts to work
        consumer = start_consumer()
        consumer.process.terminate()
    assert consumer.process.wait(60) == 0
    assert "event=stopped" in consumer.log.read_text()
    assert not list((home / ".drawscape" / "workers").glob("*.lock"))


def test_the_queues_files_logs_and_locks_are_their_owners_whatever_the_umask(home):
    folder = home / ".drawscape"
    (folder / "worker.log").touch(mode=0o666)
    before = os.umask(0)
    try:
        worker = start_worker(1)
        enqueue("nothing").wait(60)
    finally:
        os.umask(before)
    files = [*folder.glob("worker.log"), *folder.glob("workers/*.lock"), *folder.glob("queue.*")]
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600] * 6
    assert (folder / "workers").stat().st_mode & 0o777 == 0o700
    worker.stop()


def test_a_key_that_others_may_write_is_refused_and_one_that_they_may_read_is_closed(home):
    enqueue("nothing")
    key = home / ".drawscape" / "queue.key"
    for mode in (0o666, 0o620, 0o602):
        key.chmod(mode)
        with pytest.raises(QueueError, match=f"written by others \\(mode {mode:o}\\)"):
            load_key(key)
    key.chmod(0o644)
    assert len(load_key(key)) == 32
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_link_in_the_place_of_a_log_is_not_followed(home, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    log = home / ".drawscape" / "worker.log"
    log.symlink_to(victim)
    with pytest.raises(QueueError, match=r"worker\.log"):
        start_worker(1)
    assert victim.read_text() == "untouched"


@pytest.mark.parametrize("is_new", [pytest.param(True, marks=pytest.mark.nightly), False])
def test_a_worker_that_cannot_write_ends_with_a_sentence(home, is_new):
    def write_nothing():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    if not is_new:
        enqueue("nothing")
    done = python("-m", "drawscape", "worker", code=1, cwd=home, preexec_fn=write_nothing)
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("drawscape: ")


@pytest.mark.parametrize("under_nohup", [False, True])
def test_a_worker_ends_with_its_terminal_unless_it_runs_under_nohup(home, under_nohup):
    ours, terminal = os.openpty()

    def take_terminal():
        fcntl.ioctl(0, termios.TIOCSCTTY)
        signal.signal(signal.SIGHUP, signal.SIG_IGN if under_nohup else signal.SIG_DFL)

    command = [sys.executable, "-m", "drawscape", "worker", "-w", "1", "--grace", "0"]
    streams = {"stdin": terminal, "stdout": terminal, "stderr": terminal, "cwd": home}
    how = {"start_new_session": True, "preexec_fn": take_terminal}
    process = subprocess.Popen(command, **how, **streams)
    os.close(terminal)
    try:
        job = started(enqueue("wait_for_file", str(home / "gate")))
        os.close(ours)
        if under_nohup:
            (home / "gate").touch()
            job.wait(60)
            assert workers_alive()[0].pid == process.pid
            process.terminate()
        process.wait(60)
    finally:
        process.kill()
        process.wait(60)
    assert job.status == ("finished" if under_nohup else "queued")
    assert workers_alive() == []


@pytest.mark.parametrize(
    ("options", "is_graceful"),
    [
        ([], True),
        (["-w", "1", "--with-parent"], False),
        pytest.param(["-w", "1", "--grace", "0"], False, marks=pytest.mark.nightly),
        pytest.param(
            ["-w", "1", "--with-parent", "--grace", "5s"], True, marks=pytest.mark.nightly
        ),
    ],
)
def test_a_worker_lets_jobs_end_unless_it_belongs_to_a_program(home, options, is_graceful):
    log = home / "log"
    add_device("desk", "simulator", "1x")
    with log.open("w") as output:
        streams = {"stdin": subprocess.PIPE, "stderr": output}
        with beside("worker", *options, cwd=home, **streams) as worker:
            wait_until(workers_alive)
            # One more for what cannot wait, and one for each machine, whose plot may wait for a person.
            slots = 1 if options else os.cpu_count() + 2
            assert workers_alive()[0].slots == slots
            worker.terminate()
            worker.communicate(timeout=60)
    assert f"event=stopping graceful={is_graceful}" in log.read_text()


@pytest.mark.both_engines
def test_of_many_that_want_a_shared_worker_one_starts_it(home):
    script = (
        "import sys; from drawscape.job_manager import start_shared_worker\n"
        "worker = start_shared_worker(1); print(worker is not None, flush=True); sys.stdin.read()\n"
        "worker and worker.stop()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    many = [subprocess.Popen([sys.executable, "-c", script], cwd=home, **pipes) for _ in range(3)]
    assert sorted(first_line(one) for one in many) == ["False\n"] * 2 + ["True\n"]
    assert len(workers_alive()) == 1
    for one in many:
        one.communicate(timeout=60)


def test_a_consumer_started_below_the_home_isolates(home, start_consumer, search_home_from):
    """As any worker does: huey's own kinds are all the same here."""
    (home / "notebooks").mkdir()
    search_home_from(home)
    consumer = start_consumer("-k", "process", "-w", "4", directory=home / "notebooks")
    folder, pid = enqueue("where").wait(60)
    assert (folder, pid != consumer.pid) == (str(home), True)
    assert workers_alive()[0].slots == 4


@pytest.mark.both_engines
def test_a_worker_started_from_a_program_ends_with_it(home):
    script = (
        "import os, signal, sys; from drawscape.job_manager import start_worker\n"
        "worker = start_worker(1); print(worker.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    pipe = {"capture_output": False, "stdout": subprocess.PIPE}  # the worker has the other stream
    pid = int(python("-c", script, code=-signal.SIGKILL, cwd=home, **pipe).stdout)
    wait_until(lambda: not is_running(pid))
    wait_until(lambda: workers_alive() == [])  # its last threads may take a moment longer


@pytest.mark.both_engines
def test_a_worker_in_burst_mode_leaves_when_nothing_is_queued(home, tmp_path):
    first = enqueue("nap", 1.5)  # longer than between two checks
    after = enqueue("append", str(tmp_path / "x"), job_depends_on=first)
    more = [enqueue("where") for _ in range(10)]
    later = enqueue("add", 1, job_delay="1h")
    options = ("--burst", "-w", "2")
    python("-m", "drawscape", "worker", *options, cwd=home)
    assert {job.status for job in [first, after, *more]} == {"finished"}
    assert later.status == "scheduled"
    assert workers_alive() == []


@pytest.mark.parametrize("by_command", [pytest.param(True, marks=pytest.mark.nightly), False])
def test_a_worker_opens_the_queue_that_is_named_from_here_and_no_file_named_like_a_module(
    home, tmp_path, monkeypatch, by_command
):
    new = tmp_path / "new-home"
    new.mkdir()
    for name in ("random", "drawscape", "statistics", "secrets"):
        for folder in (new, tmp_path):
            (folder / f"{name}.py").write_text("raise SystemExit('the wrong one')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRAWSCAPE_QUEUE", "elsewhere/queue.db")  # relative to here, not to the home
    monkeypatch.setenv("DRAWSCAPE_HOME", str(new))
    with ExitStack() as running:
        if by_command:
            command = [Path(sys.executable).with_name("drawscape"), "worker", "-w", "1"]
            process = running.enter_context(subprocess.Popen(command))
            running.callback(process.terminate)
        else:
            running.enter_context(start_worker(1))
        assert enqueue("where").wait(60)[0] == str(new)
    assert (tmp_path / "elsewhere" / "queue.db").exists()


@pytest.mark.both_engines
def test_jobs_are_stopped_although_their_workers_lock_file_is_gone(home, start_consumer, tmp_path):
    """Several, each of them with the file removed again: one may be asked to stop by a lucky moment."""
    count = rounds(2, 6)
    start_consumer("-w", str(count))
    paths = [tmp_path / f"begun{number}" for number in range(count)]
    jobs = [enqueue("until_asked", str(path)) for path in paths]
    wait_until(lambda: all(path.exists() for path in paths))
    for job in jobs:
        for lock in (home / ".drawscape" / "workers").glob("*.lock"):
            lock.unlink(missing_ok=True)
        assert job_manager.cancel_job(job.id, grace=20)
    wait_until(workers_alive, "the worker to make its lock file again")
    for job, path in zip(jobs, paths, strict=True):
        wait_until(lambda job=job: job.ended)
        assert job.status == "stopped"
        assert Path(f"{path}.asked").read_text() == "True"


@pytest.mark.both_engines
def test_a_worker_that_cannot_start_children_blames_no_job(home, start_consumer):
    """Out of descriptors: jobs wait, its log says why, and they run once there is room again."""
    consumer = start_consumer()
    _, child = enqueue("where").wait(60)
    limits = resource.prlimit(consumer.pid, resource.RLIMIT_NOFILE)
    in_use = len(os.listdir(f"/proc/{consumer.pid}/fd"))
    resource.prlimit(consumer.pid, resource.RLIMIT_NOFILE, (in_use, limits[1]))
    os.kill(child, signal.SIGKILL)
    jobs = [enqueue("add", i) for i in range(3)]
    wait_until(lambda: "child_start_failed error='OSError: [Errno 24]" in consumer.log.read_text())
    assert {job.status for job in jobs} == {"queued"}
    wait_until(lambda: "it cannot start a child process" in jobs[0].explain())
    assert "runs nothing: it cannot start a child process" in worker_trouble()
    start_consumer()
    wait_until(lambda: len(workers_alive()) == 2)
    assert worker_trouble() == ""  # another one runs the jobs
    resource.prlimit(consumer.pid, resource.RLIMIT_NOFILE, limits)
    assert [job.wait(60) for job in jobs] == [0, 1, 2]
    wait_until(lambda: not any(one.trouble for one in workers_alive()), "its trouble to end")
    assert {job.refresh().attempts for job in jobs} == {1}


@pytest.mark.both_engines
@pytest.mark.nightly
def test_a_frozen_child_holds_up_no_job_and_its_own_runs_in_another(start_consumer, tmp_path):
    start_consumer("-w", "2")
    gate = tmp_path / "gate"
    pair = [started(enqueue("wait_for_file", str(gate))) for _ in range(2)]
    gate.touch()
    frozen = pair[0].wait(60)
    pair[1].wait(60)
    os.kill(frozen, signal.SIGSTOP)
    text = "x" * 2_000_000  # more than a pipe takes
    jobs = [enqueue("echo", text, job_timeout=5) for _ in range(5)]
    assert [job.wait(60) == text for job in jobs] == [True] * 5
    assert {job.refresh().attempts for job in jobs} == {1}
    assert not is_running(frozen)  # it had one of them, until the limit of that was over


@pytest.mark.both_engines
def test_a_running_job_survives_the_server_that_forked_its_child(worked_home, tmp_path):
    job = started(enqueue("wait_for_file", str(tmp_path / "gate")))
    child = job.refresh().pid
    server = psutil.Process(child).ppid()
    assert server != workers_alive()[0].pid
    os.kill(server, signal.SIGKILL)
    (tmp_path / "gate").touch()
    assert job.wait(60) == child
    with pytest.raises(JobFailed):
        enqueue("segfault").wait(60)
    assert enqueue("add", 1).wait(60) == 1


def test_the_peak_memory_of_an_earlier_job_is_not_that_of_the_next(worked_home):
    large = enqueue("hold", 300)
    large.wait(60)
    small = enqueue("where")
    small.wait(60)
    assert large.refresh().peak_kb > 300 * 1024 > 2 * small.refresh().peak_kb
    assert "Peak memory: 3" in large.explain()


@pytest.mark.both_engines
def test_what_a_killed_worker_has_left_goes_at_the_next_start(home, start_consumer, tmp_path):
    note = tmp_path / "pid"
    first = start_consumer()
    locks = [*(home / ".drawscape" / "workers").glob("*.lock")]
    job = enqueue("leave_processes", str(note), "session", "nap")
    wait_until(lambda: note.exists() and note.read_text())
    orphan = int(note.read_text())
    assert is_running(orphan)
    first.kill()
    second = start_consumer()
    wait_until(lambda: not is_running(orphan))
    wait_until(lambda: job.refresh().recoveries == 1)
    wait_until(lambda: not any(lock.exists() for lock in locks))
    job.cancel()
    assert enqueue("add", 1).wait(60) == 1
    assert "announced_again" not in second.log.read_text()


@pytest.fixture
def edit(worked_home):
    """Put something before the result in the module of tasks, which is as before after the test."""
    module = worked_home / "modules" / "sampletasks.py"
    text = module.read_text()
    yield lambda begin: module.write_text(text.replace("def answer():\n    return", begin))
    module.write_text(text)


@pytest.mark.both_engines
def test_an_edited_task_runs_as_it_is_now_and_so_does_what_it_imports(edit, worked_home):
    worker = workers_alive()[0].pid
    inks = worked_home / "modules" / "inks.py"
    assert enqueue("answer").wait(60) == 1
    for value in (22, 333):
        edit(f"def answer():\n    return {value} or")
        assert enqueue("answer").wait(60) == value
    inks.write_text("COLOUR = 'black'\n")
    edit("def answer():\n    import inks\n    return inks.COLOUR or")
    assert enqueue("answer").wait(60) == "black"
    inks.write_text("COLOUR = 'sepia'\n")
    assert enqueue("answer").wait(60) == "sepia"
    assert workers_alive()[0].pid == worker


def test_what_the_project_names_meanwhile_is_one_of_its_modules_of_tasks(worked_home):
    worker = workers_alive()[0].pid
    (worked_home / "later").mkdir()
    (worked_home / "later" / "tasks.py").write_text("def late():\n    return 'late'\n")
    with pytest.raises(TaskNotAllowedError, match="later"):
        enqueue_background_job("later.tasks.late")
    (worked_home / "drawscape.toml").write_text("task-modules = ['later']\n")
    assert enqueue_background_job("later.tasks.late").wait(60) == "late"
    assert workers_alive()[0].pid == worker


def test_a_syntax_error_fails_that_job_with_its_text_and_the_next_one_works(edit):
    assert enqueue("answer").wait(60) == 1
    edit("def answer(:\n    return")
    job = enqueue("answer")
    with pytest.raises(JobFailed, match="SyntaxError"):
        job.wait(60)
    assert "def answer(:" in job.error
    edit("def answer():\n    return 2 or")
    assert enqueue("answer").wait(60) == 2


@pytest.mark.both_engines
def test_a_backlog_sees_the_edit_within_a_moment(edit, tmp_path):
    gate = tmp_path / "gate"
    assert enqueue("answer").wait(60) == 1
    for _ in range(2):
        enqueue("wait_for_file", str(gate))
    later = enqueue("answer")
    edit("def answer():\n    return 4444 or")
    time.sleep(0.1)  # a file is looked at ten times a second
    gate.touch()
    assert later.wait(60) == 4444


@pytest.mark.nightly
def test_a_worker_in_a_copy_of_a_home_harms_nothing(home, start_consumer, tmp_path, monkeypatch):
    original = start_consumer("-w", "2")
    jobs = [started(enqueue("nap", 12)) for _ in range(2)]
    copy = tmp_path / "copy"
    shutil.copytree(home, copy)
    environment = {"DRAWSCAPE_HOME": str(copy)}
    other = start_consumer(environment=environment, directory=copy, ready=False)
    # It takes the copied jobs over: they were another's, in another folder.
    wait_until(lambda: "event=recovered" in other.log.read_text())
    assert [job.wait(60) for job in jobs] == [12] * 2
    assert {job.refresh().attempts for job in jobs} == {1}
    assert original.process.poll() is None
