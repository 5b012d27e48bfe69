"""`workers.huey` stays a drop-in Huey: tasks, pipelines, schedules, revoking, locks, results, periodic."""

import os
import pickle
import signal
import sys
from pathlib import Path

import pytest
from queue_steps import enqueue
from support import python, wait_until

from drawscape.job_manager import QUEUE_NAME, workers_alive

REFERENCE = Path(__file__).parents[2] / "notebooks" / "pages" / "reference" / "jobs.md"

pytestmark = pytest.mark.slow  # a worker of its own for nearly every test

MODULE = """
from drawscape import settings
from drawscape.queue.huey import JobHuey

huey = JobHuey("background", filename=settings.queue_target(), home=settings.home(),
               task_modules=settings.task_modules(), store_intermediate_errors=False)

@huey.task()
def add(a, b):
    return a + b

@huey.task()
def sleep_long(path):
    open(path, "w").close()
    import time
    time.sleep(600)

@huey.periodic_task(lambda stamp: True)
def each_time():
    open(settings.home() / "ticked", "a").write("x")
"""


@pytest.fixture
def native(home):
    (home / "modules" / "nativetasks.py").write_text(MODULE)
    sys.modules.pop("nativetasks", None)
    import nativetasks

    yield nativetasks
    nativetasks.huey.storage.close()
    sys.modules.pop("nativetasks", None)


def test_native_tasks_run_beside_jobs_and_none_that_is_not_signed(native, home, start_consumer):
    consumers = [start_consumer("-w", "2", huey="nativetasks.huey") for _ in range(2)]
    native.huey.storage.enqueue(pickle.dumps("not ours"))
    for _ in range(20):
        enqueue("nap", 0.01)
    results = [native.add(i, i) for i in range(20)]
    assert [result(blocking=True, timeout=60) for result in results] == [*range(0, 40, 2)]
    assert native.add.map([(1, 2), (3, 4)]).get(blocking=True, timeout=60) == [3, 7]
    assert any("signature" in consumer.log.read_text() for consumer in consumers)
    wait_until(lambda: (home / "ticked").exists() and len((home / "ticked").read_text()) >= 2)


def test_the_workers_package_hands_out_its_huey():
    import workers

    assert workers.huey.name == QUEUE_NAME
    assert workers.huey is workers.huey
    with pytest.raises(AttributeError, match="nothing"):
        workers.nothing  # noqa: B018 - the access is the test


BY_NIGHT = pytest.param(("-t", "1"), signal.SIGINT, marks=pytest.mark.nightly)


@pytest.mark.parametrize(("options", "signum"), [((), signal.SIGTERM), BY_NIGHT])
def test_who_leaves_waits_for_no_native_task(native, start_consumer, tmp_path, options, signum):
    """As plain huey, whose threads end with the process."""
    consumer = start_consumer("-w", "3", *options, huey="nativetasks.huey")
    job, only_once = enqueue("nap", 600), enqueue("nap", 600, job_recover=False)
    native.sleep_long(str(tmp_path / "begun"))
    wait_until((tmp_path / "begun").exists)
    wait_until(lambda: job.status == only_once.status == "started")
    consumer.process.send_signal(signum)
    assert consumer.process.wait(60) == 0
    assert (job.status, only_once.status, only_once.reason) == ("queued", "failed", "lost")
    assert job.refresh().recoveries == 0
    assert workers_alive() == []


# The reference names each, with its reason.
REPLACED = {
    "test_api.TestChordPrimitive.test_chord_bookkeeping_cleared": "reads a field of the in-memory storage",
    "test_consumer.TestConsumerConfig.test_consumer_config": "every worker type becomes threads",
    "test_consumer.TestConsumerConfig.test_process_environment_uses_fork": "the same",
    "test_consumer.TestConsumerShutdown.test_signal_handlers": "a closed terminal stops a worker",
}


@pytest.mark.nightly
def test_hueys_own_tests_pass_but_for_what_is_replaced(tmp_path):
    """Its package ships them. The slow ones too; what needs Redis or peewee is skipped by them."""
    suite = Path(__file__).parents[1] / "huey_suite.py"
    done = python(suite, tmp_path, timeout=600, env={**os.environ, "HUEY_SLOW_TESTS": "1"})
    *failed, summary = done.stdout.splitlines()
    names = {name.removeprefix("huey.tests.") for name in failed}
    # huey's window of a minute starts with the minute: its test fails when one begins in the middle of it.
    names.discard("test_api.TestRateLimit.test_execution")
    assert names == set(REPLACED), done.stderr
    page = REFERENCE.read_text()
    assert all(f"`{name.rpartition('.')[2]}`" in page for name in names)
    assert int(summary.split()[0]) > 200
