"""A real browser before a real JupyterLab, with a queue of its own."""

import base64
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support import free_port, wait_until

from drawscape.queue.engines.sqlite.liveness import living

ROOT = Path(__file__).parents[2]

CURRENT = "window.jupyterapp.shell.currentWidget"

LAB_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    # All cells stay in the page, so that a locator finds them wherever the view has scrolled.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}


@pytest.fixture
def page(chromium: Any, request: pytest.FixtureRequest, pictures: Path) -> Iterator[Any]:
    """A page in a fresh profile; a screenshot is left behind, whatever the outcome."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1100})
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    page.screenshot(path=pictures / f"{request.node.name}.png")
    context.close()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for screenshots: `DRAWSCAPE_SCREENSHOTS`, else a temporary one."""
    named = os.environ.get("DRAWSCAPE_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab on a copy of the tutorials."""

    url: str
    token: str
    folder: Path
    pid: int

    def write(self, name: str, *sources: str) -> None:
        """Write a notebook with those code cells."""
        write_notebook(self.folder / name, *sources)

    def run_cells(self, page: Any, *sources: str) -> "Notebook":
        """Return a new notebook with those cells, run."""
        name = f"{secrets.token_hex(4)}.ipynb"
        self.write(name, *sources)
        notebook = self.open(page, name)
        notebook.run_all()
        return notebook

    def open(self, page: Any, name: str) -> "Notebook":
        """Return the notebook `name` once it is open and its kernel is idle."""
        page.goto(
            f"{self.url}/lab/workspaces/{secrets.token_hex(4)}/tree/{name}?token={self.token}"
        )
        page.wait_for_function("() => window.jupyterapp !== undefined")
        page.evaluate("() => window.jupyterapp.restored")
        page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget?.sessionContext?.isReady"
        )
        notebook = Notebook(page)
        notebook.wait_idle()
        return notebook


@dataclass(frozen=True)
class Notebook:
    """An open notebook, driven as a person would."""

    page: Any

    def wait_idle(self) -> None:
        """Return when the kernel is connected and has nothing to do."""
        self.page.wait_for_function(
            """() => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel;
                return kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
            }"""
        )

    def run_all(self) -> None:
        """Run every cell and return when the last is done."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self.wait_idle()

    def evaluate(self, code: str) -> str:
        """Return what `code` prints in the notebook's kernel."""
        return self.page.evaluate(
            """async code => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                let text = '';
                const future = kernel.requestExecute({code, silent: false, store_history: false});
                future.onIOPub = message => {
                    if (message.header.msg_type === 'stream') text += message.content.text;
                    if (message.header.msg_type === 'error')
                        text += message.content.traceback.join('\\n');
                };
                await future.done;
                return text;
            }""",
            code,
        )

    def cell_errors(self) -> list[str]:
        """Return the text of every traceback and warning under a cell."""
        return self.page.locator(
            "[data-mime-type='application/vnd.jupyter.stderr']"
        ).all_inner_texts()

    def form(self) -> "FormOnPage":
        """Return the notebook's form."""
        form = self.page.locator(".drawscape-form:has(.drawscape-draw)").first
        form.wait_for()
        return FormOnPage(self, form)


def write_notebook(path: Path, *sources: str) -> None:
    """Write a notebook with those code cells."""
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook))


@dataclass(frozen=True)
class FormOnPage:
    """A form as it stands on the page."""

    notebook: Notebook
    root: Any

    @property
    def words(self) -> Any:
        """The status line."""
        return self.root.locator(".drawscape-status")

    def press(self, name: str) -> None:
        """Press the button with that word on it; return when the kernel has dealt with it."""
        self.root.get_by_role("button", name=name, exact=True).click()
        self.notebook.evaluate("pass")

    def choose_pattern(self, name: str) -> None:
        """Choose a pattern from the list."""
        self.root.locator(".drawscape-pattern select").select_option(label=name)

    def slide(self, parameter: str, value: int | float) -> None:
        """Give a slider a value by the field beside it, as one does for an exact number."""
        readout = self.root.locator(f".drawscape-parameter-{parameter} .drawscape-number input")
        readout.click()
        readout.fill(str(value))
        readout.press("Enter")

    def record_statuses(self) -> None:
        """Begin to note every status that the words pass through."""
        self.words.evaluate(
            """words => {
                window.statuses = [];
                const note = () => {
                    const now = [...words.classList].find(c => c.startsWith('drawscape-is-'));
                    if (now && window.statuses.at(-1) !== now) window.statuses.push(now);
                };
                new MutationObserver(note).observe(words, {attributes: true});
            }"""
        )

    def statuses(self) -> list[str]:
        """Return the statuses noted so far."""
        return [
            s.removeprefix("drawscape-is-") for s in self.notebook.page.evaluate("window.statuses")
        ]

    def await_status(self, status: str) -> None:
        """Return once the form shows that status."""
        self.root.locator(f".drawscape-status.drawscape-is-{status}").wait_for()

    def picture(self) -> bytes:
        """Return the bytes of the image that the page shows."""
        encoded = self.root.locator("img.drawscape-picture").evaluate(
            """async image => {
                const blob = await (await fetch(image.src)).blob();
                return await new Promise(done => {
                    const reader = new FileReader();
                    reader.onload = () => done(reader.result.split(',')[1]);
                    reader.readAsDataURL(blob);
                });
            }"""
        )
        return base64.b64decode(encoded)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of its own for the queue and the drawings of one test module."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def environment(home: Path) -> dict[str, str]:
    """The environment of every process of one test module."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DRAWSCAPE_", "JUPYTER"))}
    path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(ROOT)]))
    return {**kept, "DRAWSCAPE_HOME": str(home), "PYTHONPATH": path}


@pytest.fixture(scope="module")
def consumer(home: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A `huey_consumer` process of its own, started as its documentation says."""
    log = home / "consumer.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "huey.bin.huey_consumer", "workers.huey", "-w", "1"],
            env=environment,
            cwd=home,
            stdout=output,
            stderr=output,
        )
    locks = home / ".drawscape" / "workers"
    wait_until(lambda: living(locks) or process.poll() is not None, 60, "the consumer")
    assert process.poll() is None, log.read_text()
    yield process
    process.terminate()
    process.wait(timeout=60)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Iterator[Lab]:
    """JupyterLab with fresh settings on a copy of `notebooks/`."""
    base = tmp_path_factory.mktemp("lab")
    folder = base / "notebooks"
    shutil.copytree(ROOT / "notebooks", folder, ignore=shutil.ignore_patterns(".*"))
    with running_lab(base, folder, {**environment, **jupyter_folders(base)}) as lab:
        yield lab


@pytest.fixture
def labs(tmp_path: Path, environment: dict[str, str]) -> Callable[[], Any]:
    """Start a JupyterLab on an empty folder, and after it was killed another: `with labs() as lab`."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    everything = {**environment, **jupyter_folders(tmp_path)}
    return lambda: running_lab(tmp_path, folder, everything)


@contextmanager
def running_lab(base: Path, folder: Path, environment: dict[str, str]) -> Iterator[Lab]:
    """A JupyterLab that is up; at the end it is terminated, if a test has not killed it."""
    token, port = secrets.token_hex(16), free_port()
    with (base / "lab.log").open("ab") as log:
        process = subprocess.Popen(
            lab_command(folder, token, port),
            env=environment,
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for_server(f"{url}/api/status?token={token}", process, base / "lab.log")
        yield Lab(url, token, folder, process.pid)
    finally:
        process.terminate()  # the server ends its kernels before it goes
        process.wait(timeout=60)


def lab_command(folder: Path, token: str, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"),
        *(f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
        *("--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly"),
        f"--ServerApp.root_dir={folder}",
    ]


def jupyter_folders(base: Path) -> dict[str, str]:
    """Return variables that keep Jupyter away from the person's own settings."""
    names = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    overrides = base / "config" / "labconfig" / "default_setting_overrides.json"
    overrides.parent.mkdir(parents=True)
    overrides.write_text(json.dumps(LAB_SETTINGS))
    return {variable: str(base / name) for variable, name in names.items()}


def wait_for_server(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")
