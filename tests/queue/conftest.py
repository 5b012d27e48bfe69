"""Real parts: a home in a temporary folder, a queue file in it, real `huey_consumer` processes."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from plugin import make_home
from postgres_server import drop_schema, new_schema
from queue_steps import let_claim
from support import wait_until

from drawscape.job_manager import default_queue, workers_alive
from drawscape.queue.engines.engine import is_url


def pytest_generate_tests(metafunc):
    """Run a test of both engines on each: on the second one at night."""
    marked = metafunc.definition.get_closest_marker
    if marked("both_engines") and not marked("sqlite"):
        second = pytest.param("postgres", marks=[pytest.mark.nightly, pytest.mark.postgres])
        metafunc.parametrize("engine", ["sqlite", second], indirect=True, scope="module")


@pytest.fixture(scope="module")
def engine(request):
    """The engine of this test's queue: SQLite, unless it is for both."""
    return getattr(request, "param", "sqlite")


@contextmanager
def _queue_on(engine, request):
    """Yield the URL of a queue of the test's own, None where it is a file in the home."""
    if engine == "sqlite":
        yield None
        return
    url = new_schema(request.getfixturevalue("postgres_url"))
    yield url
    drop_schema(url)


def _make_home(folder, patch, url):
    """A home with the task modules in it."""
    make_home(folder, patch)
    shutil.copy(Path(__file__).with_name("sample_tasks.py"), folder / "modules" / "sampletasks.py")
    patch.delitem(sys.modules, "sampletasks", raising=False)  # that of another home
    if url is not None:
        patch.setenv("DRAWSCAPE_QUEUE", url)
        patch.setenv("DRAWSCAPE_LEASE", "4s")
    patch.setenv("DRAWSCAPE_TASK_MODULES", "sampletasks")
    return folder


@pytest.fixture
def home(tmp_path, monkeypatch, engine, request):
    """A home of the test's own; start a consumer with `start_consumer` if it needs one."""
    with _queue_on(engine, request) as url:
        yield _make_home(tmp_path / "home", monkeypatch, url)
    sys.modules.pop("sampletasks", None)  # that of this home


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory, engine, request):
    """A home that a module's tests share."""
    with pytest.MonkeyPatch.context() as patch, _queue_on(engine, request) as url:
        yield _make_home(tmp_path_factory.mktemp("shared") / "home", patch, url)
    sys.modules.pop("sampletasks", None)


@pytest.fixture(scope="module")
def worked_home(shared_home, request):
    """The module's home with a consumer of two slots (or of `SLOTS`) at work."""
    slots = getattr(request.module, "SLOTS", 2)
    consumer = Consumer(shared_home, "-w", str(slots)).await_alive()
    yield shared_home
    consumer.stop()


@pytest.fixture
def claimant(home):
    """Let the test claim jobs itself, as `worker`; `claimant(False)` ends its lease, where it needs one."""

    def live(is_alive):
        if url := os.environ.get("DRAWSCAPE_QUEUE"):
            let_claim(url, "worker", is_alive=is_alive)

    live(True)
    return live


class Consumer:
    def __init__(self, home, *options, environment=None, directory=None, huey="workers.huey"):
        self.log = home / f"consumer-{time.monotonic_ns()}.log"
        command = [sys.executable, "-m", "huey.bin.huey_consumer", huey, *options]
        where = {"cwd": directory or home, "env": {**os.environ, **(environment or {})}}
        with self.log.open("wb") as output:
            to = {"stdout": output, "stderr": output, "start_new_session": True}
            self.process = subprocess.Popen(command, **where, **to)

    @property
    def pid(self):
        return self.process.pid

    def await_alive(self):
        def is_there():
            assert self.process.poll() is None, self.log.read_text()
            return self.pid in [worker.pid for worker in workers_alive()]

        wait_until(is_there, "the consumer to start")
        return self

    def kill(self):
        self.process.kill()
        self.process.wait(60)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:  # it is not to outlive its test
                self.kill()
                pytest.fail(f"the worker did not leave:\n{self.log.read_text()[-2000:]}")


@pytest.fixture
def own_huey(home):
    """Write a module with a huey of the home's queue that has more options; return its path."""

    def write(**options):
        target = default_queue().database.target
        name, place = ("JobPostgresHuey", "url") if is_url(target) else ("JobHuey", "filename")
        options |= {place: target, "home": os.fspath(home), "task_modules": ("sampletasks",)}
        (home / "modules" / "ownhuey.py").write_text(
            "from drawscape.queue.huey import JobHuey, JobPostgresHuey, Keep\n"
            f"huey = {name}('background', **{options!r})\n"
        )
        return "ownhuey.huey"

    return write


@pytest.fixture
def start_consumer(home):
    def end(consumer):
        if consumer.process.poll() is None:
            consumer.process.send_signal(signal.SIGCONT)
        consumer.stop()

    with ExitStack() as started:

        def start(*options, ready=True, **settings):
            consumer = Consumer(home, *options, **settings)
            started.callback(end, consumer)
            return consumer.await_alive() if ready else consumer

        yield start
