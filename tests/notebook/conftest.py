"""A home for each module's tests, and a worker for it."""

import pytest

from drawscape.job_manager import start_worker


@pytest.fixture(scope="module")
def home(module_home):
    """The home of one module's tests."""
    return module_home


@pytest.fixture(scope="module")
def consumer(home):
    """A worker with one slot, so that what waits and what runs is certain."""
    process = start_worker(1)
    yield process
    process.stop()
