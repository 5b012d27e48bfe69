"""The reader of a kernel: states in order and numbered, calls put off, two threads that last."""

import threading
from typing import Any

import pytest
from support import wait_until

from drawscape.errors import JobFailed
from drawscape.job_manager import enqueue_background_job
from drawscape.notebook.reader import Following, JobState
from drawscape.notebook.threads import Debounce, later

TASK = "workers.svg_tasks.generate_complex_svg"


@pytest.mark.usefixtures("consumer")
def test_states_come_in_order_and_what_failed_is_followed_on_by_the_same_two_threads():
    seen: list[JobState] = []
    for seed in range(3):
        following = Following([enqueue_background_job(TASK, 40, 40, seed=seed)], seen.append)
        wait_until(lambda one=following: one.is_closed, 60, "the end")
    assert seen[-1].status == "finished"
    job = enqueue_background_job(TASK, 40, 40, pattern_type="spiral", turns=-1)
    following = Following([job], seen.append)
    with pytest.raises(JobFailed):
        job.wait(60)
    wait_until(lambda: seen[-1].status == "failed", 60, "the failure")
    failed = seen[-1].number
    assert not following.is_closed
    job.retry()
    wait_until(lambda: seen[-1].status == "failed" and seen[-1].number > failed, 60, "another")
    following.close()
    numbers = [state.number for state in seen]
    assert numbers == sorted(set(numbers))
    later(lambda: None)
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("drawscape-reader") == names.count("drawscape-slow") == 1


def test_many_requests_make_one_call_and_what_fails_stops_no_other():
    calls: list[str] = []
    done = threading.Event()

    def fails() -> Any:
        raise ValueError("on purpose")

    debounce = Debounce(0.01, lambda: calls.append("once"))
    dropped = Debounce(0.01, lambda: calls.append("dropped"))
    for _ in range(50):
        debounce.request()
        dropped.request()
    dropped.drop()
    later(fails)
    later(done.set, 0.05)
    assert done.wait(60)
    wait_until(lambda: calls, 60, "the call")
    assert calls == ["once"]
