"""What a worker writes, leaves and needs: structured lines, files with the right modes, nothing for ever."""

import os
import re
import resource
import subprocess
import sys
from contextlib import closing

import pytest
from queue_file import plain
from support import first_line, wait_until

from drawscape.errors import QueueError
from drawscape.job_manager import enqueue_background_job, start_worker, workers_alive
from drawscape.queue.task import load_key
from drawscape.queue.worker.child_process import cgroup_limits

pytestmark = pytest.mark.slow  # a worker of its own for nearly every test

FIELD = re.compile(r"""(\w+)=("[^"]*"|'[^']*'|\S+)""")


def lines_about(text, key, value):
    """The `key=value` fields of the lines of a log with `key=value`."""
    found = [dict(FIELD.findall(line)) for line in text.splitlines() if f"{key}={value}" in line]
    return [fields for fields in found if fields.get(key) == value]


@pytest.mark.both_engines
def test_a_worker_writes_a_structured_line_for_each_end_of_a_job(home, start_consumer):
    consumer = start_consumer()
    good = enqueue_background_job("sampletasks.add", 1)
    bad = enqueue_background_job("sampletasks.fail", "no ink left")
    dead = enqueue_background_job("sampletasks.segfault")
    wait_until(lambda: good.ended and bad.ended and dead.ended)
    consumer.stop()
    text = consumer.log.read_text()
    worker = good.refresh().worker
    events = [fields["event"] for fields in lines_about(text, "worker", worker)]
    assert events == ["started", "stopping", "stopped"]
    assert lines_about(text, "worker", worker)[0]["slots"] == "1"
    [line] = lines_about(text, "job", good.id)
    assert line == {"job": good.id, "task": "sampletasks.add", "status": "finished"}
    [line] = lines_about(text, "job", bad.id)
    assert line["task"] == "sampletasks.fail"
    assert (line["status"], line["reason"]) == ("failed", "exception")
    assert line["error"] == "'ValueError: no ink left'"
    [line] = lines_about(text, "job", dead.id)
    assert (line["status"], line["reason"]) == ("failed", "crashed")
    assert "killed by SIGSEGV" in line["error"]
    assert all(
        line.startswith("[") for line in text.splitlines()
    )  # huey's own format, with the time


def test_a_log_that_has_grown_large_is_set_aside_at_the_next_start(home):
    log = home / ".drawscape" / "worker.log"
    log.write_bytes(b"an old line\n" * 800_000)
    worker = start_worker(1)
    worker.stop()
    assert log.with_name("worker.log.1").stat().st_size == 12 * 800_000
    assert 0 < log.stat().st_size < 10_000
    start_worker(1).stop()
    assert log.with_name("worker.log.1").stat().st_size == 12 * 800_000


def test_a_worker_that_is_asked_to_leave_while_it_begins_leaves_in_order(home, start_consumer):
    start_consumer().stop()
    with closing(plain()) as other:
        other.execute(
            "begin immediate"
        )  # it is alive, and waits for the file before it starts to work
        consumer = start_consumer()
        consumer.process.terminate()
        other.execute("rollback")
    assert consumer.process.wait(60) == 0
    assert "event=stopped" in consumer.log.read_text()
    assert not list((home / ".drawscape" / "workers").glob("*.lock"))


def test_logs_and_locks_are_their_owners_whatever_the_umask(home):
    folder = home / ".drawscape"
    (folder / "worker.log").touch(mode=0o666)
    before = os.umask(0)
    try:
        worker = start_worker(1)
        enqueue_background_job("sampletasks.nothing").wait(60)
    finally:
        os.umask(before)
    files = [folder / "worker.log", *folder.glob("workers/*.lock")]
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600] * 2
    assert (folder / "workers").stat().st_mode & 0o777 == 0o700
    worker.stop()


def test_a_key_that_others_may_write_is_refused_and_one_that_they_may_read_is_closed(home):
    enqueue_background_job("sampletasks.nothing")
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


@pytest.mark.both_engines
@pytest.mark.nightly
def test_what_a_killed_worker_leaves_is_swept_at_the_next_start(home, start_consumer, tmp_path):
    (tmp_path / "tmp").mkdir()
    first = start_consumer(environment={"TMPDIR": str(tmp_path / "tmp")})
    enqueue_background_job("sampletasks.nothing").wait(60)
    [temporary] = (tmp_path / "tmp").glob("pymp-*")
    locks = set((home / ".drawscape" / "workers").glob("*.lock"))
    first.kill()
    start_consumer()
    wait_until(lambda: not temporary.exists() and not any(lock.exists() for lock in locks))


def test_a_worker_that_cannot_write_ends_with_a_sentence(home):
    def write_nothing():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    for prepare in (lambda: None, lambda: enqueue_background_job("sampletasks.nothing")):
        prepare()
        done = subprocess.run(
            [sys.executable, "-m", "drawscape", "worker"],
            cwd=home,
            preexec_fn=write_nothing,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert done.stderr.splitlines()[-1].startswith("drawscape: ")


@pytest.mark.both_engines
def test_of_many_that_want_a_shared_worker_one_starts_it(home):
    script = (
        "import sys; from drawscape.job_manager import start_shared_worker\n"
        "worker = start_shared_worker(1); print(worker is not None, flush=True); sys.stdin.read()\n"
        "worker and worker.stop()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    many = [subprocess.Popen([sys.executable, "-c", script], cwd=home, **pipes) for _ in range(6)]
    assert sorted(first_line(one) for one in many) == ["False\n"] * 5 + ["True\n"]
    assert len(workers_alive()) == 1
    for one in many:
        one.communicate(timeout=60)


def test_the_memory_limit_of_a_container_counts(tmp_path):
    (tmp_path / "system.slice" / "jobs.service").mkdir(parents=True)
    (tmp_path / "system.slice" / "memory.max").write_text("1073741824\n")
    (tmp_path / "system.slice" / "jobs.service" / "memory.max").write_text("max\n")
    (tmp_path / "memory" / "docker").mkdir(parents=True)
    (tmp_path / "memory" / "docker" / "memory.limit_in_bytes").write_text("536870912\n")
    membership = tmp_path / "cgroup"
    for text, limits in (
        ("0::/system.slice/jobs.service\n", [2**30]),
        ("0::/somewhere/else\n", []),
        ("12:cpu,cpuacct:/x\n9:memory:/docker\n", [2**29]),
    ):
        membership.write_text(text)
        assert list(cgroup_limits(membership, tmp_path)) == limits
    assert list(cgroup_limits(tmp_path / "none", tmp_path)) == []
