"""`drawscape lab`, the README's second command: a worker and JupyterLab come and go together."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
import websocket
from support import free_port, wait_until

from drawscape.job_manager import enqueue_background_job, workers_alive

pytestmark = pytest.mark.slow

TOKEN = "a-token-of-this-test"
TASK = "workers.svg_tasks.generate_complex_svg"


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """The command at work, its address, and what it prints; as the user who runs the tests, root or not."""
    home = tmp_path / "home"
    (home / ".drawscape").mkdir(parents=True)
    monkeypatch.setenv("DRAWSCAPE_HOME", str(home))
    for name in ("CONFIG", "DATA", "RUNTIME"):
        monkeypatch.setenv(f"JUPYTER_{name}_DIR", str(tmp_path / name.lower()))
    monkeypatch.setenv("JUPYTERLAB_SETTINGS_DIR", str(tmp_path / "settings"))
    own = tmp_path / "own" / "labconfig"
    own.mkdir(parents=True)
    (own / "default_setting_overrides.json").write_text(
        '{"@jupyterlab/docmanager-extension:plugin": {"lastModifiedCheckMargin": 77}}'
    )
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path / "own"))
    port, log = free_port(), tmp_path / "lab.log"
    options = ("--no-browser", f"--port={port}", f"--IdentityProvider.token={TOKEN}")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "drawscape", "lab", "-w", "1", *options],
            cwd=home,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    yield process, f"http://127.0.0.1:{port}", log
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(process, url, log):
    if process.poll() is not None:
        pytest.fail(f"it left with {process.returncode}:\n{log.read_text()}")
    try:
        with urllib.request.urlopen(f"{url}/lab?token={TOKEN}", timeout=5) as answer:
            return b"JupyterLab" in answer.read()
    except OSError:
        return False


def fetch(url, path, method="GET"):
    request = urllib.request.Request(f"{url}{path}", method=method)
    request.add_header("Authorization", f"token {TOKEN}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        body: bytes = answer.read()
        return body


def opens_without_pop_ups_and_with_the_command_on_its_path(url):
    """Check what a person sees first."""
    with urllib.request.urlopen(f"{url}/?token={TOKEN}", timeout=60) as answer:
        assert answer.url.partition("?")[0].endswith("/lab/tree/notebooks/01_ripples.ipynb")
    listed = json.loads(fetch(url, "/api/contents/"))["content"]
    assert {entry["name"] for entry in listed} >= {
        "notebooks",
        "sketches",
    }  # and output/, once drawn

    assert b'"news": {"disabled": true}' in fetch(url, "/lab")
    saved = fetch(url, "/lab/api/settings/@jupyterlab/docmanager-extension:plugin")
    defaults = json.loads(saved)["schema"]["properties"]
    assert defaults["renameUntitledFileOnSave"]["default"] is False
    assert defaults["lastModifiedCheckMargin"]["default"] == 77  # the user's own go before ours

    name = json.loads(fetch(url, "/api/terminals", "POST"))["name"]
    address = f"{url.replace('http', 'ws', 1)}/terminals/websocket/{name}?token={TOKEN}"
    terminal = websocket.create_connection(address, timeout=60)
    terminal.send(json.dumps(["stdin", "echo at:$(command -v drawscape):\r"]))
    shown = ""
    expected = shutil.which("drawscape", path=str(Path(sys.executable).parent))
    while f"at:{expected}:" not in shown:
        kind, *text = json.loads(terminal.recv())
        shown += text[0] if kind == "stdout" else ""
    terminal.close()


@pytest.mark.parametrize(
    "signals",
    [
        pytest.param((signal.SIGINT, signal.SIGINT), id="ctrl-c twice"),
        pytest.param((signal.SIGTERM,), id="term", marks=pytest.mark.nightly),
    ],
)
def test_lab_serves_a_first_notebook_runs_jobs_and_leaves_nothing_behind(lab, signals):
    process, url, log = lab
    wait_until(lambda: answers(process, url, log), 60, "JupyterLab")
    opens_without_pop_ups_and_with_the_command_on_its_path(url)
    (first,) = workers_alive()
    os.kill(first.pid, signal.SIGKILL)  # and no notebook is open that would start another
    assert Path(enqueue_background_job(TASK, width=50, height=50).wait(60)).exists()
    (second,) = workers_alive()
    words = f"The worker died; another one runs (process {second.pid},"
    wait_until(lambda: words in log.read_text(), 60, "the line about it")

    for number in (*signals, *signals[1:] * 90):
        os.killpg(process.pid, number)  # as a terminal does: to the whole foreground group
        with suppress(subprocess.TimeoutExpired):  # two at once would be one
            process.wait(2 if len(signals) > 1 else 60)
            break
    assert workers_alive() == []
    assert "The worker has stopped." in log.read_text()
    with pytest.raises(OSError, match=r"refused|Errno"):
        urllib.request.urlopen(url, timeout=5)
