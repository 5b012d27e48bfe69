"""What callers find in `drawscape.jobs` beside enqueue: a decorator, jobs in tests, notes, copies."""

import os
import sqlite3
import subprocess
import sys
import threading

import pytest
from queue_steps import claim

from drawscape import errors
from drawscape.jobs import (
    backup_queue,
    check_queue,
    current_job,
    default_queue,
    enqueue_background_job,
    enqueue_many,
    get_job,
    job,
    list_jobs,
    list_snapshots,
    start_worker,
    synchronous_jobs,
)
from drawscape.queue.engines.engine import open_engine
from drawscape.queue.queue import Queue

pytestmark = [pytest.mark.usefixtures("claimant"), pytest.mark.both_engines]

TASK = "sampletasks.nothing"


@job(job_retries=2, job_priority=3)
def double(x):
    current_job().progress(0.5, "half")
    current_job().meta["seen"] = x
    return 2 * x


def test_a_decorated_function_stays_one_and_is_queued_with_its_options():
    assert double(4) == 8
    queued = double.enqueue(4, job_priority=7)
    row = queued.refresh()
    assert (row.priority, row.retries) == (7, 2)


def test_an_unknown_option_is_refused_where_it_is_written():
    with pytest.raises(errors.JobOptionError, match="job_retires"):
        job(job_retires=2)


def test_a_list_of_no_status_is_empty_and_of_no_number_refused():
    enqueue_background_job("sampletasks.nothing")
    assert (list(list_jobs([], limit=None)), list_jobs(limit=0)) == ([], [])
    for limit in (-1, 2.5):
        for listed in (list_jobs, list_snapshots):
            with pytest.raises(
                errors.JobOptionError, match=f"limit={limit}: give a whole number from 0"
            ):
                listed(limit=limit)
    with pytest.raises(errors.JobOptionError, match="slots=0: give a whole number from 1"):
        start_worker(0)


def test_jobs_may_run_at_once_in_a_test(claimant):
    claimant(False)
    with synchronous_jobs():
        done = double.enqueue(4)
        failed = enqueue_background_job("sampletasks.fail", "no ink")
        batch = enqueue_many("sampletasks.add", [{"a": 1}, {"a": 2}], then=TASK)
        chained = enqueue_background_job("sampletasks.add", done, b=done)
    assert (done.result, done.meta, done.message) == (8, {"seen": 4}, "half")
    assert "no ink" in failed.error
    assert batch.wait(1) == [1, 2]
    assert batch.following.status == "finished"
    assert chained.result == 16
    assert current_job().id is None
    assert enqueue_background_job(TASK).status == "queued"


def test_only_what_is_queued_within_the_block_runs_at_once_and_not_for_ever(
    claimant,
):
    claimant(False)
    before = enqueue_background_job(TASK, job_priority=9)
    with synchronous_jobs():
        assert enqueue_background_job(TASK).status == "finished"
    assert before.status == "queued"
    with pytest.raises(errors.JobTimeout, match="synchronous_jobs"), synchronous_jobs(timeout=0):
        enqueue_many(TASK, [{}] * 3)


@pytest.mark.sqlite
def test_copies_whose_names_end_differently_have_keys_of_their_own(tmp_path):
    enqueue_background_job(TASK)
    keys = [backup_queue(tmp_path / name).name for name in ("queue.2026", "queue.2027")]
    assert keys == ["queue.2026.key", "queue.2027.key"]


def test_a_note_that_is_no_json_is_named_within_a_task_too(claimant):
    job = enqueue_background_job(TASK)
    with pytest.raises(errors.JobOptionError, match=r"meta\['x'\]: .* not JSON"):
        job.meta["x"] = object()
    claimant(False)
    with synchronous_jobs():
        noting = enqueue_background_job(lambda: current_job().meta.update(x=object()))
    assert "meta['x']" in noting.error


@pytest.mark.sqlite
@pytest.mark.slow
def test_an_explanation_names_what_is_open_and_a_lane_that_nobody_serves(start_consumer):
    first, second = enqueue_background_job(TASK), enqueue_background_job(TASK, job_delay=600)
    job = enqueue_background_job(TASK, job_depends_on=[first, second])
    start_consumer("-w", "1")
    first.wait(60)
    assert first.id not in job.explain()
    assert second.id in job.explain()
    other = enqueue_background_job(TASK, job_lane="plotter")
    assert "serves its lane" not in other.explain()


@pytest.mark.slow
def test_jobs_do_not_run_at_once_where_a_worker_would_take_them(start_consumer):
    start_consumer("-w", "1")
    with pytest.raises(errors.JobStateError, match="a worker is alive"), synchronous_jobs():
        pass
    job = enqueue_background_job(TASK)
    job.wait(60)
    assert job.status == "finished"


def test_a_note_is_saved_or_refused():
    queued = enqueue_background_job(TASK, job_meta={"a": 1})
    queued.meta.update(b=2, c=[3])
    del queued.meta["a"]
    assert get_job(queued.id).meta == {"b": 2, "c": [3]}
    claim(default_queue().database, "background", "worker", None)
    with pytest.raises(errors.JobStateError, match="only its task may write"):
        queued.meta["d"] = 4
    assert queued.meta == {"b": 2, "c": [3]}


def test_a_priority_may_be_changed_until_a_job_begins():
    first, second = enqueue_background_job(TASK), enqueue_background_job(TASK)
    second.priority = 5
    held = claim(default_queue().database, "background", "worker", None)
    assert held.id == second.id
    with pytest.raises(errors.JobStateError, match="started"):
        second.priority = 6
    with pytest.raises(errors.JobOptionError):
        first.priority = "high"


@pytest.mark.sqlite
def test_a_copy_of_a_queue_at_work_is_whole_and_can_be_read(home, tmp_path):
    stop = threading.Event()

    def write():
        while not stop.is_set():
            enqueue_background_job(TASK)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    before = [enqueue_background_job(TASK).id for _ in range(20)]
    try:
        key = backup_queue(tmp_path / "copy.db")
    finally:
        stop.set()
        thread.join(60)
    assert key == tmp_path / "copy.key"
    assert {path.stat().st_mode & 0o777 for path in (key, tmp_path / "copy.db")} == {0o600}
    copy = Queue.on(open_engine(tmp_path / "copy.db"), "background", home, ("sampletasks",))
    rows = copy.database.connection.execute("select id from job").fetchall()
    assert set(before) <= {row[0] for row in rows}
    assert copy.codec.key == default_queue().codec.key
    with pytest.raises(errors.QueueError, match="exists"):
        backup_queue(tmp_path / "copy.db")


DAMAGE = {
    "ended without": "update job set status = 'finished' where id = 'one'",
    "not ended": "update job set ended_at = 1 where id = 'one'",
    "deferred": "update job set status = 'deferred' where id = 'one'",
    "another number": "update job set waits_for = 3 where id = 'two'",
    "gone": "delete from job where id = 'one'",
    "scheduled for no time": "update job set status = 'scheduled' where id = 'one'",
}


@pytest.mark.parametrize("words", DAMAGE)
def test_a_look_at_the_queue_finds_what_does_not_agree(words):
    enqueue_background_job(TASK, job_id="one")
    enqueue_background_job(TASK, job_id="two", job_depends_on="one")
    assert check_queue() == []
    with default_queue().database.transaction() as run:
        run(DAMAGE[words])
    assert any(words in problem for problem in check_queue())


@pytest.mark.sqlite
def test_a_look_at_the_queue_counts_what_ended():
    enqueue_background_job(TASK)
    with default_queue().database.transaction() as run:
        run("insert into job_count values ('background', 'failed', 7)")
    assert any("counts" in problem for problem in check_queue())


def drawscape(*words):
    return subprocess.run(
        [sys.executable, "-m", "drawscape", *words],
        env={**os.environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.sqlite
def test_the_queue_is_paused_checked_copied_and_emptied_on_the_command_line(tmp_path):
    enqueue_background_job(TASK)
    assert "is paused" in drawscape("queue", "pause").stdout
    assert claim(default_queue().database, "background", "worker", None) is None
    assert "goes on" in drawscape("queue", "resume").stdout
    assert "is OK" in drawscape("queue", "check").stdout
    assert drawscape("queue", "backup", str(tmp_path / "copy.db")).returncode == 0
    assert (tmp_path / "copy.key").exists()
    assert drawscape("queue", "cancel-all", "--yes").stdout == "1 job canceled\n"
    plain = sqlite3.connect(default_queue().path, isolation_level=None)
    plain.execute("update job set ended_at = null")
    plain.close()
    checked = drawscape("queue", "check")
    assert checked.returncode == 1
    assert "ended without" in checked.stdout
