"""A real browser before a real JupyterLab, with a queue of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_lab import jupyter_folders, running_lab
from support import wait_until

from drawscape.job_manager import workers_alive

EXACT = """from drawscape.notebook import form
drawing = form('flow_field', paper='A6', gusts=1.25, spacing=1.33, moon=0.111)
drawing"""


@pytest.fixture(scope="module")
def home(module_home):
    """A home of its own for the queue and the drawings of one test module."""
    return module_home


@pytest.fixture(scope="module")
def environment(home):
    """The environment of every process of one test module."""
    path = os.pathsep.join([os.environ["PYTHONPATH"], str(Path(__file__).parents[2])])
    return {**os.environ, "PYTHONPATH": path}


@pytest.fixture(scope="module")
def consumer(home, environment):
    """A `huey_consumer` process of its own, started as its documentation says."""
    log = home / "consumer.log"
    command = [sys.executable, "-m", "huey.bin.huey_consumer", "workers.huey", "-w", "1"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, cwd=home, stdout=out, stderr=out)
    wait_until(lambda: workers_alive() or process.poll() is not None, "the consumer")
    assert process.poll() is None, log.read_text()
    yield process
    process.terminate()
    process.wait(timeout=60)


@pytest.fixture
def labs(tmp_path, environment):
    """Start a JupyterLab on an empty folder, and after it was killed another: `with labs() as lab`."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    everything = {**environment, **jupyter_folders(tmp_path)}
    return lambda: running_lab(tmp_path, folder, everything)


@pytest.fixture
def notebook(lab, page):
    """A notebook with one form, shown."""
    notebook = lab.run_cells(page, EXACT)
    notebook.form().await_status("finished")  # it draws its first picture by itself
    return notebook
