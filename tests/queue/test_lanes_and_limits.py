"""What may start, and what it is given: lanes, limits, pauses, a job as an argument."""

import signal
import sys

import pytest
from queue_steps import CLAIMANT, TASK, acknowledge, enqueue, take
from support import python, wait_until

from drawscape import errors, job_manager
from drawscape.jobs import enqueue_many, list_jobs, pause_queue, resume_queue
from drawscape.queue.claim import Outcome

pytestmark = [pytest.mark.usefixtures("home", "claimant"), pytest.mark.both_engines]


def taken(*lanes):
    found = job_manager.default_queue().database.claim(CLAIMANT._replace(lanes=lanes))
    return None if found is None else found.id


def queued(**options):
    return job_manager.enqueue_background_job(TASK, **options).id


def test_of_several_slots_one_is_left_free_of_jobs_below_priority_0(start_consumer, tmp_path):
    gate = tmp_path / "gate"
    sheet = enqueue_many("sampletasks.wait_for_file", [{"path": str(gate)}] * 6, job_priority=-10)
    start_consumer("-w", "3")
    wait_until(lambda: sheet.counts["started"] == 2, "a sheet in all slots but one")
    for priority in (0, 10):  # more often than there are slots: each leaves its slot free again
        assert enqueue("answer", job_priority=priority).wait(60) == 1
        assert enqueue("answer", job_lane="fast").wait(60) == 1
    assert sheet.counts["started"] == 2
    gate.touch()
    sheet.wait(60)


def test_of_jobs_with_a_key_so_many_run_at_once_as_its_limit_says():
    first, second = (queued(job_limit_key="plotter", job_limit=2) for _ in range(2))
    third = enqueue("add", 1, job_limit_key="plotter", job_limit=2).id
    other = queued()
    held, database = take(), job_manager.default_queue().database
    assert held.id == first
    assert [taken(), taken(), taken()] == [second, other, None]
    accepted, following = acknowledge(database, held, Outcome("finished"), CLAIMANT)
    assert accepted
    assert (following.id if following else taken()) == third  # a server is asked again


LIMITED, SLOW = {"job_limit_key": "plotter"}, {"job_lane": "slow"}
ORDERS = {
    # The options of jobs as they are queued; lanes that are asked in turn, and which job each gets.
    "a key without a number lets one run, in all lanes": (
        [LIMITED, LIMITED | SLOW, LIMITED],
        [((), 0), ((), None)],
    ),
    "the limit that was given last holds": (
        [LIMITED | {"job_limit": 1}, LIMITED | {"job_limit": 2}],
        [((), 0), ((), 1)],
    ),
    "a limit that is given in one lane holds in the others": (
        [*[LIMITED | SLOW | {"job_limit": 2}] * 2, LIMITED | {"job_limit": 1, "job_lane": "fast"}],
        [(("slow",), 0), (("slow",), None)],
    ),
    "priorities hold across lanes, and equals keep their order": (
        [{"job_priority": -1}, {}, SLOW | {"job_priority": 1}, {}, {"job_priority": 2}],
        [((), number) for number in (4, 2, 1, 3, 0)],
    ),
    "a worker of some lanes takes no other jobs": (
        [SLOW, {}],
        [(("fast",), None), (("slow", "fast"), 0), (("slow",), None), (("default",), 1)],
    ),
}


@pytest.mark.parametrize("order", ORDERS)
def test_jobs_are_taken_by_lane_limit_priority_and_age(order):
    given, looks = ORDERS[order]
    ids = [queued(**options) for options in given]
    for lanes, number in looks:
        assert taken(*lanes) == (None if number is None else ids[number])


def test_a_batch_may_lie_in_a_lane_and_have_a_limit():
    enqueue_many(TASK, [{}] * 3, job_lane="slow", job_limit=2)
    assert taken("default") is None
    assert [taken() is None for _ in range(3)] == [False, False, True]


def test_a_pause_of_a_lane_or_of_all_holds_until_it_is_lifted():
    slow, ordinary = queued(job_lane="slow"), queued()
    pause_queue("slow")
    assert [taken(), taken()] == [ordinary, None]
    pause_queue()
    other = queued()
    assert taken() is None
    resume_queue("slow")
    assert taken() is None
    resume_queue()
    assert [taken(), taken()] == [slow, other]
    pause_queue("slow")
    slow = queued(job_lane="slow")
    assert taken() is None
    resume_queue()  # lanes that were paused by name too
    assert taken() == slow
    pause_queue("default")
    _, slow = queued(), queued(job_lane="slow")
    assert [taken(), taken()] == [slow, None]


@pytest.mark.slow
def test_a_pause_survives_the_process_that_asked(start_consumer):
    asks = "import os; from drawscape import jobs; jobs.pause_queue(); os.kill(os.getpid(), 9)"
    python("-c", asks, code=-signal.SIGKILL)
    start_consumer("-w", "1")
    job = job_manager.enqueue_background_job(TASK)
    with pytest.raises(errors.JobTimeout):
        job.wait(0.7)
    assert "paused" in job.explain()
    resume_queue()
    job.wait(60)


def test_a_lane_of_a_worker_is_chosen_on_the_command_line(home):
    slow, ordinary = queued(job_lane="slow"), queued()
    fast = queued(job_lane="fast", job_priority=-1)  # the only slot runs jobs of any priority
    options = ("--lanes", "slow, fast", "--burst", "-q", "-w", "1")
    python("-m", "drawscape", "worker", *options, code=None)
    statuses = {job.id: job.status for job in list_jobs()}
    assert statuses == {slow: "finished", fast: "finished", ordinary: "queued"}


def test_cancel_all_reaches_what_waits_and_what_runs(start_consumer):
    start_consumer("-w", "1")
    running = enqueue("nap", 60)
    wait_until(lambda: running.status == "started")
    options = ({}, {"job_delay": 60}, {"job_depends_on": running})
    waiting = [enqueue("nothing", **one) for one in options]
    assert job_manager.cancel_all() == 4
    wait_until(lambda: running.ended)
    assert running.status == "stopped"
    assert all(job.ended and job.status in ("canceled", "failed") for job in waiting)


def test_cancel_all_leaves_nothing_that_runs_because_something_was_canceled():
    batch = enqueue_many(TASK, [{}] * 2)
    follower = enqueue("nothing", job_depends_on=batch, job_run_anyway=True)
    assert job_manager.cancel_all() == 3
    assert follower.status == "canceled"
    assert taken() is None


def test_a_job_within_an_argument_is_refused_with_the_remedy():
    first = enqueue("nothing")
    for value in ([first], {"x": (1, {first: 2})}):
        with pytest.raises(errors.NotSerializableError, match=r"pass it as one, or .*wait\(\)"):
            enqueue("echo", value)
    with pytest.raises(errors.NotSerializableError, match=r"echo: value, a Job, .*wait\(\)"):
        enqueue_many("sampletasks.echo", [{"value": first}])
    with pytest.raises(errors.NotSerializableError, match="pass plain values"):
        enqueue("echo", [sys.stdout])
    assert [job.id for job in list_jobs()] == [first.id]
