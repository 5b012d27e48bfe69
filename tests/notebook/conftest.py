"""Real parts: a home of its own, and a `huey_consumer` process that works for it."""

import os
import signal
import subprocess
import sys

import pytest
from support import wait_until

from drawscape.job_manager import workers_alive


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The home of one module's tests."""
    folder = tmp_path_factory.mktemp("home")
    (folder / ".drawscape").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRAWSCAPE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def consumer(home):
    """A worker with one slot, so that what waits and what runs is certain."""
    process = start_consumer(home)
    yield process
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def start_consumer(home):
    """Return a running `huey_consumer workers.huey -w 1`, once it is alive."""
    log = home / "consumer.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "huey.bin.huey_consumer", "workers.huey", "-w", "1"],
            cwd=home,
            env={**os.environ, "DRAWSCAPE_HOME": str(home)},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    wait_until(lambda: workers_alive() or process.poll() is not None, "a worker")
    if process.poll() is not None:
        pytest.fail(log.read_text())
    return process
