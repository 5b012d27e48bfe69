"""A real browser before a real JupyterLab, with a queue of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_lab import jupyter_folders, running_lab
from support import wait_until

from drawscape.queue.engines.liveness import Locks

ROOT = Path(__file__).parents[2]

EXACT = """from drawscape.notebook import form
drawing = form('flow_field', paper='A6', gusts=1.25, spacing=1.33, moon=0.111)
drawing"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home of its own for the queue and the drawings of one test module."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def environment(home):
    """The environment of every process of one test module."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DRAWSCAPE_", "JUPYTER"))}
    path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(ROOT)]))
    return {**kept, "DRAWSCAPE_HOME": str(home), "PYTHONPATH": path}


@pytest.fixture(scope="module")
def consumer(home, environment):
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
    wait_until(lambda: Locks(locks).living() or process.poll() is not None, "the consumer")
    assert process.poll() is None, log.read_text()
    yield process
    process.terminate()
    process.wait(timeout=60)


@pytest.fixture(scope="module")
def lab(tmp_path_factory, environment):
    """JupyterLab with fresh settings on a copy of `notebooks/`."""
    base = tmp_path_factory.mktemp("lab")
    folder = base / "notebooks"
    shutil.copytree(ROOT / "notebooks", folder, ignore=shutil.ignore_patterns(".*"))
    with running_lab(base, folder, {**environment, **jupyter_folders(base)}) as lab:
        yield lab


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
