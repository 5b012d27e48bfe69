"""The queue's file: where it lies, who may read it, and how it is written."""

import gc
import os
import stat
import subprocess
import sys
import threading
import warnings

import pytest
from support import await_exit

from drawscape.job_manager import QUEUE_NAME, default_queue, enqueue_background_job
from drawscape.queue.engines.engine import open_engine
from drawscape.queue.huey import JobHuey
from drawscape.queue.lists import newest
from drawscape.queue.queue import Queue


@pytest.fixture(autouse=True)
def _home(home):
    """Every test here has a queue of its own and no worker."""


def rows():
    return default_queue().database.read("select id, status from job")


def test_a_link_to_the_queues_file_leads_to_the_same_folder(home, tmp_path):
    first = enqueue_background_job("sampletasks.nothing")
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(default_queue().database.path)
    linked = Queue.on(open_engine(link), QUEUE_NAME, home, ("sampletasks",))
    assert linked.folder == default_queue().folder
    assert linked.codec.key == default_queue().codec.key
    assert [row.id for row in newest(linked.database, QUEUE_NAME)] == [first.id]
    assert JobHuey(filename=link).storage.jobs.folder == default_queue().folder


@pytest.mark.both_engines
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")  # the fork is the test
def test_a_forked_process_uses_a_connection_of_its_own():
    job = enqueue_background_job("sampletasks.nothing")
    pid = os.fork()
    if pid == 0:
        ok = False
        try:
            enqueue_background_job("sampletasks.nothing", job_id="from-the-child")
            ok = len(rows()) == 2
        finally:
            os._exit(0 if ok else 1)
    assert await_exit(pid) == 0
    assert {row[0] for row in rows()} == {job.id, "from-the-child"}


def test_the_queues_file_and_key_are_readable_by_their_owner_only():
    enqueue_background_job("sampletasks.add", 1)
    folder = default_queue().folder
    for name in ("queue.db", "queue.key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


@pytest.mark.both_engines
def test_a_consumer_can_be_the_first_that_ever_uses_a_home(tmp_path):
    """It asks for the key before anybody has made the folder that it lies in."""
    huey = JobHuey("jobs", filename=tmp_path / "new" / "queue.db")
    assert len(huey.serializer.codec.key) == 32
    assert (tmp_path / "new" / "queue.key").stat().st_size == 32


def test_an_enqueue_is_flushed_to_the_disk_before_it_returns():
    enqueue_background_job("sampletasks.add", 1)
    connection = default_queue().database.connection
    assert connection.execute("pragma synchronous").fetchone()[0] == 2
    assert connection.execute("pragma journal_mode").fetchone()[0] == "wal"


def test_a_notebook_that_changes_its_folder_keeps_its_queue(home, tmp_path):
    (tmp_path / "other" / ".drawscape").mkdir(parents=True)
    script = (
        "import os, sys; from drawscape.job_manager import default_queue\n"
        "before = default_queue().path; os.chdir(sys.argv[1]); assert default_queue().path == before\n"
        "print(before)"
    )
    environment = {key: value for key, value in os.environ.items() if key != "DRAWSCAPE_HOME"}
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "other")],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.stdout.strip(), done.stderr) == (str(home / ".drawscape" / "queue.db"), "")


def test_the_collector_closes_connections_in_whatever_order_it_finds_them():
    gc.collect()  # what others have left
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", ResourceWarning)
        database = default_queue().database.another()
        database.itself = database, database.connection
        del database
        gc.collect()
    assert not seen


def test_threads_that_have_ended_leave_no_connection_open():
    enqueue_background_job("sampletasks.nothing")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        thread = threading.Thread(target=rows)
        thread.start()
        thread.join(60)
    assert len(os.listdir("/proc/self/fd")) < before + 10
