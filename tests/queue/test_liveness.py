"""Workers whose locks are removed or released, and copies of a home: a living worker is never robbed."""

import shutil
import sys
from pathlib import Path

import pytest
from support import rounds, wait_until

from drawscape.job_manager import cancel_job, default_queue, enqueue_background_job, workers_alive
from drawscape.queue.engines.liveness import Locks

pytestmark = pytest.mark.slow  # workers of its own for every test

READER = """
from pathlib import Path
from drawscape import settings
from drawscape.queue.huey import JobHuey

huey = JobHuey("background", filename=settings.queue_file(), home=settings.home(),
               task_modules=settings.task_modules())

@huey.task()
def read_everything(folder):
    "What an archiver does: each file is opened, read and closed."
    files = [path for path in Path(folder).rglob("*.lock") if path.is_file()]
    return len([path.read_bytes() for path in files])
"""


@pytest.fixture
def readers(home):
    """A huey of the home with a native task that reads files in the worker's own process."""
    (home / "modules" / "readers.py").write_text(READER)
    sys.modules.pop("readers", None)
    import readers

    yield readers
    readers.huey.storage.close()
    sys.modules.pop("readers", None)


def started(jobs):
    wait_until(lambda: all(job.status == "started" for job in jobs))
    return jobs


@pytest.mark.both_engines
@pytest.mark.nightly
def test_two_workers_whose_lock_files_are_removed_announce_themselves_again(home, start_consumer):
    workers = {start_consumer("-w", "2").pid for _ in range(2)}
    jobs = started([enqueue_background_job("sampletasks.nap", 7) for _ in range(4)])
    for lock in (home / ".drawscape" / "workers").glob("*.lock"):
        lock.unlink()
    wait_until(lambda: {worker.pid for worker in workers_alive()} == workers)
    assert [job.wait(60) for job in jobs] == [7] * 4
    assert {job.refresh().attempts for job in jobs} == {1}


@pytest.mark.nightly
def test_a_worker_whose_process_has_read_its_own_lock_file_is_not_robbed(
    home, readers, start_consumer
):
    for _ in range(2):
        start_consumer("-w", "2", huey="readers.huey")
    jobs = started([enqueue_background_job("sampletasks.nap", 5) for _ in range(2)])
    results = [readers.read_everything(str(home / ".drawscape" / "workers")) for _ in range(8)]
    assert {result(blocking=True, timeout=60) for result in results} == {2}
    assert len(workers_alive()) == 2
    assert [job.wait(60) for job in jobs] == [5] * 2
    assert {job.refresh().attempts for job in jobs} == {1}


@pytest.mark.both_engines
def test_jobs_are_stopped_although_their_workers_lock_file_is_gone(home, start_consumer, tmp_path):
    """Several, each of them with the file removed again: one may be asked to stop by a lucky moment."""
    count = rounds(2, 6)
    start_consumer("-w", str(count))
    paths = [tmp_path / f"begun{number}" for number in range(count)]
    jobs = [enqueue_background_job("processtasks.until_asked", str(path)) for path in paths]
    wait_until(lambda: all(path.exists() for path in paths))
    for job in jobs:
        for lock in (home / ".drawscape" / "workers").glob("*.lock"):
            lock.unlink(missing_ok=True)
        assert cancel_job(job.id, grace=20)
    for job, path in zip(jobs, paths, strict=True):
        wait_until(lambda job=job: job.ended)
        assert job.status == "stopped"
        assert Path(f"{path}.asked").read_text() == "True"


@pytest.mark.nightly
def test_a_worker_in_a_copy_of_a_home_harms_nothing_in_the_original(
    home, start_consumer, tmp_path, monkeypatch
):
    original = start_consumer("-w", "2")
    jobs = started([enqueue_background_job("sampletasks.nap", 12) for _ in range(2)])
    copy = tmp_path / "copy"
    shutil.copytree(home, copy)
    environment = {"DRAWSCAPE_HOME": str(copy)}
    start_consumer(environment=environment, directory=copy, ready=False)
    wait_until(lambda: recovered(copy))
    assert [job.wait(60) for job in jobs] == [12] * 2
    assert {job.refresh().attempts for job in jobs} == {1}
    assert original.process.poll() is None


def recovered(copy):
    """Whether the copy's worker took the copied jobs over: they were another's, in another folder."""
    return any("event=recovered" in log.read_text() for log in copy.parent.rglob("consumer-*.log"))


def test_a_lock_file_alone_does_not_make_a_worker_alive(home):
    locks = default_queue().folder / "workers"
    locks.mkdir(parents=True)
    (locks / "dead.lock").write_text("{}")
    assert not Locks(locks).is_alive("dead")
    assert not Locks(locks).is_alive("never-was")
