"""Nothing of a job stays: neither in its process, nor beside it, nor in the answer of the next job."""

import os
import signal

import pytest
from queue_steps import enqueue
from support import is_running, wait_until

from drawscape.errors import JobFailed
from drawscape.job_manager import cancel_job, enqueue_background_job

pytestmark = [pytest.mark.usefixtures("worked_home"), pytest.mark.both_engines]

SLOTS = 1  # the next job runs where the last one ran


def run(task, *args, **options):
    return enqueue_background_job(task, *args, **options).wait(60)


def pid_of_next():
    return run("sampletasks.where")[1]


@pytest.mark.parametrize("is_rare", [False, True])
def test_what_a_job_changed_in_its_process_is_not_met_by_the_next(worked_home, tmp_path, is_rare):
    before = run("sampletasks.describe_process")
    drawn = []
    for _ in range(2):
        child = run("sampletasks.change_much", str(tmp_path), is_rare=is_rare)
        assert pid_of_next() != child  # it is replaced
        drawn += run("sampletasks.draw_lots")
    assert len(set(drawn)) == 4  # nobody draws the lots that another has seeded
    after = enqueue("describe_process")
    assert after.wait(60) == before
    assert after.logs() == "is printed\nby a shell\n"
    assert before["folder"] == str(worked_home)


BY_NIGHT = ("priority", "limit", "memory", "closed output")
STAYING = [
    *("thread", "process", "collector", "handler", "signal mask"),
    *(pytest.param(what, marks=pytest.mark.nightly) for what in BY_NIGHT),
]


@pytest.mark.parametrize("what", STAYING)
def test_a_process_in_which_something_stays_runs_no_other_job(what):
    assert pid_of_next() == pid_of_next()
    pid = run("sampletasks.pid_after", what)
    assert pid_of_next() != pid
    wait_until(lambda: not is_running(pid))


# In an own environment a process is not found any more after a crash, as the README says.
DAILY = [("new session", "finish"), ("double fork", "nap"), ("own environment", "finish")]
RARE = [("new session", "nap"), ("new session", "crash"), ("own environment", "nap")]
RARE += [("double fork", "finish"), ("double fork", "crash")]
LEFT = [*DAILY, *(pytest.param(*case, marks=pytest.mark.nightly) for case in RARE)]


@pytest.mark.parametrize(("how", "then"), LEFT)
def test_what_a_task_put_into_another_session_goes_with_the_job(tmp_path, how, then):
    note = tmp_path / "pid"
    job = enqueue("leave_processes", str(note), how, then)
    wait_until(lambda: note.exists() and note.read_text())
    left = int(note.read_text())
    if then == "nap":
        assert is_running(left)
        cancel_job(job.id)
    wait_until(lambda: job.ended)
    wait_until(lambda: not is_running(left))
    assert job.status == {"finish": "finished", "nap": "stopped", "crash": "failed"}[then]


@pytest.mark.parametrize("first", ["task", "copy"])
def test_a_task_that_returns_twice_answers_for_itself_only(tmp_path, first):
    path = tmp_path / "came-back"
    twice = enqueue("return_twice", str(path), first)
    following = [enqueue("nap", 0.3) for _ in range(2)]
    assert twice.wait(60) == "the task's"
    assert [job.wait(60) for job in following] == [0.3] * 2
    rows = [job.refresh() for job in following]
    assert all((row.ended_at - row.started_at).total_seconds() >= 0.3 for row in rows)


def test_a_generator_reports_each_step_and_returns_its_result():
    job = enqueue("draw_in_steps", 8)
    wait_until(lambda: job.progress > 0 and job.preview is not None)
    assert job.preview.startswith(b"<svg>")
    assert job.wait(60) == "8 steps"
    assert job.progress == 1
    assert job.preview is None  # the result takes its place
    for bad in ("half", True, [1, 2]):
        with pytest.raises(JobFailed, match=r"yield how far it is, 0 to 1, or \(fraction, prev"):
            run("sampletasks.draw_in_steps", 1, bad=bad)


def test_a_child_killed_between_two_jobs_costs_no_job():
    os.kill(pid_of_next(), signal.SIGKILL)
    assert run("sampletasks.add", 1) == 1


def test_a_child_killed_before_it_began_with_a_second_try_costs_no_try(tmp_path):
    child = pid_of_next()  # it runs both tries, and nothing between them
    job = enqueue("say_and_fail", str(tmp_path / "tries"), 1, job_retries=1, job_retry_delay=1)
    wait_until(lambda: job.status == "scheduled")
    os.kill(child, signal.SIGSTOP)
    wait_until(lambda: job.status == "started")
    os.kill(child, signal.SIGKILL)
    job.wait(60)
    assert job.refresh().attempts == 2


def test_a_process_that_ran_out_of_memory_runs_no_other_job(tmp_path):
    path = tmp_path / "pid"
    job = enqueue("run_out_of_memory", str(path))
    with pytest.raises(JobFailed, match="MemoryError"):
        job.wait(60)
    assert job.reason == "crashed"
    assert pid_of_next() != int(path.read_text())
