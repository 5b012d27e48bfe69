"""A JupyterLab of a test's own."""

import json
import os
import secrets
import subprocess
import sys
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from find_chromium import FLAGS, find
from notebook_page import Notebook
from support import free_port, wait_until

from drawscape.job_manager import start_worker

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


@dataclass(frozen=True)
class Lab:
    url: str
    token: str
    folder: Path
    pid: int

    def write(self, name, *sources):
        write_notebook(self.folder / name, *sources)

    def run_cells(self, page, *sources):
        name = f"{secrets.token_hex(4)}.ipynb"
        self.write(name, *sources)
        notebook = self.open(page, name)
        notebook.run_all()
        return notebook

    def open(self, page, name):
        place = f"lab/workspaces/{secrets.token_hex(4)}/tree/{name}"
        page.goto(f"{self.url}/{place}?token={self.token}")
        page.wait_for_function("() => window.jupyterapp !== undefined")
        page.evaluate("() => jupyterapp.restored")
        page.wait_for_function("() => jupyterapp.shell.currentWidget?.sessionContext?.isReady")
        notebook = Notebook(page)
        notebook.wait_idle()
        return notebook


def write_notebook(path, *sources):
    import nbformat  # dear to import

    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


@contextmanager
def running_lab(base, folder, environment):
    """A JupyterLab that is up; at the end it is terminated, if a test has not killed it."""
    token = secrets.token_hex(16)
    command = (
        *("jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"),
        *("--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
        *("--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly"),
        f"--ServerApp.root_dir={folder}",
    )
    log, status = base / "lab.log", f"/api/status?token={token}"
    with served(folder, environment, log, *command, status=status) as (url, process):
        yield Lab(url, token, folder, process.pid)


@contextmanager
def served(folder, environment, log, *command, status=""):
    """The address and the process of a server, once it answers; at the end it is terminated."""
    port = free_port()
    with log.open("ab") as out:
        command = [sys.executable, "-m", *command, f"--port={port}"]
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=out, stderr=out)
    try:
        wait_for_server(f"http://127.0.0.1:{port}{status}", process, log)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()  # Jupyter ends its kernels before it goes
        process.wait(timeout=60)


@contextmanager
def studio(folder, size, *, slots=1):
    """A home with a worker, a JupyterLab on its notebooks, and a browser's page: yields lab and page."""
    from playwright.sync_api import sync_playwright  # dear to import

    notebooks = folder / "studio" / "notebooks"
    notebooks.mkdir(parents=True)
    os.environ["DRAWSCAPE_HOME"] = str(notebooks.parent)
    worker = start_worker(slots)
    try:
        with (
            running_lab(folder, notebooks, {**os.environ, **jupyter_folders(folder)}) as lab,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
            page = browser.new_page(viewport=size)
            page.set_default_timeout(120_000)
            yield lab, page
            browser.close()
    finally:
        worker.stop()


def jupyter_folders(base):
    """Return variables that keep Jupyter away from the person's own settings."""
    variables = (
        *("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"),
        *("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"),
    )
    overrides = base / "JUPYTER_CONFIG_DIR" / "labconfig" / "default_setting_overrides.json"
    overrides.parent.mkdir(parents=True)
    overrides.write_text(json.dumps(LAB_SETTINGS))
    return {name: str(base / name) for name in variables}


def wait_for_server(url, process, log):
    def answers():
        if process.poll() is not None:
            pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return True

    wait_until(answers, f"JupyterLab, see {log}", 180)
