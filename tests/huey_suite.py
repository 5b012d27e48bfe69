"""huey's own tests, which its package ships, with JobHuey in the place of its in-memory huey.

Run as a script with a folder for the files; it prints the tests that failed, one a line, then a summary.
"""

import itertools
import sys
import unittest
from importlib import import_module
from pathlib import Path
from typing import Any

MODULES = (
    *("api", "asyncio", "consumer", "crontab", "helpers", "immediate", "priority", "registry"),
    *("serializer", "signals", "stats", "utils"),
)
"""All but those about other storages (of huey's own, of Postgres, peewee and MiniHuey), the one that lists
huey's classes by their storage, and Django's."""


def main(folder):
    from huey.tests import base, test_consumer, test_storage

    from drawscape.queue.consumer import JobConsumer, JobScheduler
    from drawscape.queue.huey import JobHuey

    numbers = itertools.count()

    def new_huey(_self: Any = None, **options: Any) -> JobHuey:
        return JobHuey("suite", filename=folder / f"{next(numbers)}.db", utc=False, **options)

    class Scheduler(JobScheduler):
        def sleep_for_interval(self, current: float, interval: float) -> None:
            """As in huey's tests: it does not sleep."""

    class Consumer(JobConsumer):
        scheduler_class = Scheduler

    class TestJobStorage(test_storage.StorageTests, base.BaseTestCase):
        supports_ttl = False  # as huey's own SqliteStorage

    base.BaseTestCase.get_huey = new_huey
    base.BaseTestCase.consumer_class = JobConsumer
    test_consumer.TestConsumerIntegration.consumer_class = Consumer
    suite = unittest.TestSuite()
    loader = unittest.defaultTestLoader
    for name in MODULES:
        suite.addTests(loader.loadTestsFromModule(import_module(f"huey.tests.test_{name}")))
    suite.addTests(loader.loadTestsFromTestCase(TestJobStorage))
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=2).run(suite)
    for test, _ in [*result.failures, *result.errors]:
        if not passes_again(test):
            print(test.id())
    print(f"{result.testsRun} run, {len(result.skipped)} skipped")


def passes_again(test):
    """Return whether the test passes in one of two more runs.

    Some of huey's tests count on a second being long enough, which it is not always on a busy machine.
    """
    names = [test.id().rpartition(".")[2]] * 2
    again = (unittest.TextTestRunner(stream=sys.stderr).run(type(test)(name)) for name in names)
    return any(result.wasSuccessful() for result in again)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
