"""Nothing of a job stays: neither in its process, nor beside it, nor in the answer of the next job."""

import itertools
from pathlib import Path

import pytest
from support import is_running, wait_until

from drawscape.errors import JobFailed, JobOptionError
from drawscape.job_manager import cancel_job, enqueue_background_job, enqueue_many
from drawscape.queue.huey import JobHuey

pytestmark = pytest.mark.slow  # a worker of its own for nearly every test


def pid_of_next() -> int:
    return enqueue_background_job("sampletasks.where").wait(60)[1]


@pytest.mark.both_engines
def test_what_a_job_changed_in_its_process_is_put_back(home: Path, start_consumer, tmp_path: Path):
    start_consumer()
    before = enqueue_background_job("processtasks.describe_process").wait(60)
    child = enqueue_background_job("processtasks.change_everything", str(tmp_path)).wait(60)
    assert pid_of_next() == child  # put back, not replaced
    enqueue_background_job("sampletasks.nap", 0.4).wait(60)  # longer than the timer that was left
    after = enqueue_background_job("processtasks.describe_process")
    assert after.wait(60) == before
    assert after.logs() == "is printed\nby a shell\n"
    assert before["folder"] == str(home)


def test_no_job_draws_the_lots_that_another_has_seeded(home: Path, start_consumer, tmp_path: Path):
    start_consumer()
    drawn = []
    for _ in range(2):
        enqueue_background_job("processtasks.change_everything", str(tmp_path)).wait(60)
        drawn += [enqueue_background_job("processtasks.draw_lots").wait(60)]
    assert len({lot for pair in drawn for lot in pair}) == 4


@pytest.mark.parametrize(
    "what", ["thread", "priority", "limit", "memory", "process", "closed output"]
)
def test_a_process_in_which_something_stays_runs_no_other_job(home, start_consumer, what):
    start_consumer()
    assert pid_of_next() == pid_of_next()
    pid = enqueue_background_job("processtasks.pid_after", what).wait(60)
    assert pid_of_next() != pid
    wait_until(lambda: not is_running(pid))


@pytest.mark.both_engines
def test_a_job_may_have_a_process_of_its_own(home, start_consumer):
    start_consumer()
    shared = pid_of_next()
    alone = enqueue_background_job("sampletasks.where", job_fresh_process=True).wait(60)[1]
    assert len({shared, alone, pid_of_next()}) == 3
    batch = enqueue_many("sampletasks.where", [{}] * 3, job_fresh_process=True)
    assert len({pid for _, pid in batch.wait(60)}) == 3
    again = enqueue_background_job("sampletasks.fail", job_fresh_process=True, job_retries=1)
    with pytest.raises(JobFailed):
        again.wait(60)
    assert again.refresh().attempts == 2


def test_a_child_is_replaced_after_as_many_jobs_as_the_worker_allows(home, start_consumer):
    module = home / "modules" / "shortlived.py"
    module.write_text(
        "from drawscape import settings\nfrom drawscape.queue.huey import JobHuey\n"
        "huey = JobHuey('background', filename=settings.queue_file(), home=settings.home(),\n"
        "               task_modules=settings.task_modules(), max_jobs_per_child=2)\n"
    )
    start_consumer(huey="shortlived.huey")
    pids = [pid_of_next() for _ in range(6)]
    assert [pids.count(pid) for pid in pids] == [2] * 6
    assert pids == sorted(pids, key=pids.index)


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "2"])
def test_the_number_of_jobs_a_child_is_whole_and_positive(tmp_path: Path, count):
    with pytest.raises(JobOptionError, match="max_jobs_per_child"):
        JobHuey("mine", filename=tmp_path / "mine.db", max_jobs_per_child=count)


@pytest.mark.parametrize(
    ("how", "then"),
    [
        *itertools.product(["new session", "double fork"], ["finish", "nap", "crash"]),
        # With a crash it is not found any more, as the README says.
        *itertools.product(["own environment"], ["finish", "nap"]),
    ],
)
def test_what_a_task_put_into_another_session_goes_with_the_job(
    home, start_consumer, tmp_path, how, then
):
    start_consumer()
    note = tmp_path / "pid"
    job = enqueue_background_job("processtasks.leave_processes", str(note), how, then)
    wait_until(note.exists)
    left = int(note.read_text())
    if then == "nap":
        assert is_running(left)
        cancel_job(job.id)
    wait_until(lambda: job.ended)
    wait_until(lambda: not is_running(left))
    assert job.status == {"finish": "finished", "nap": "stopped", "crash": "failed"}[then]


@pytest.mark.both_engines
@pytest.mark.parametrize("first", ["task", "copy"])
def test_a_task_that_returns_twice_answers_for_itself_only(home, start_consumer, tmp_path, first):
    start_consumer()
    path = tmp_path / "came-back"
    twice = enqueue_background_job("processtasks.return_twice", str(path), first)
    following = [enqueue_background_job("sampletasks.nap", 0.3) for _ in range(3)]
    assert twice.wait(60) == "the task's"
    assert [job.wait(60) for job in following] == [0.3] * 3
    rows = [job.refresh() for job in following]
    assert all((row.ended_at - row.started_at).total_seconds() >= 0.3 for row in rows)


@pytest.mark.both_engines
def test_a_forked_copy_does_not_report_for_the_next_job(home, start_consumer):
    start_consumer()
    enqueue_background_job("processtasks.fork_and_report", 2).wait(60)
    job = enqueue_background_job("sampletasks.report", "of its own", 0.5)
    job.wait(60)
    assert job.message == "of its own"


@pytest.mark.both_engines
def test_a_generator_reports_each_step_and_returns_its_result(home, start_consumer):
    start_consumer()
    job = enqueue_background_job("sampletasks.draw_in_steps", 20)
    wait_until(lambda: job.progress > 0 and job.preview is not None)
    assert job.preview.startswith(b"<svg>")
    assert job.wait(60) == "20 steps"
    assert job.progress == 1


@pytest.mark.parametrize("bad", ["half", True, [1, 2]])
def test_a_generator_that_yields_no_fraction_fails_with_the_remedy(home, start_consumer, bad):
    start_consumer()
    job = enqueue_background_job("sampletasks.draw_in_steps", 1, bad=bad)
    with pytest.raises(JobFailed, match=r"yield how far it is, 0 to 1, or \(fraction, preview\)"):
        job.wait(60)


def test_a_process_that_ran_out_of_memory_runs_no_other_job(home, start_consumer, tmp_path):
    start_consumer()
    path = tmp_path / "pid"
    job = enqueue_background_job("processtasks.run_out_of_memory", str(path))
    with pytest.raises(JobFailed, match="MemoryError"):
        job.wait(60)
    assert job.reason == "crashed"
    assert pid_of_next() != int(path.read_text())
