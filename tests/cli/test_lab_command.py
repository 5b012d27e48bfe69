"""`drawscape lab`, `drawscape demo` and `drawscape workers`, in processes of their own."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import websocket
from jupyter_lab import wait_for_server
from support import beside, first_line, free_port, run, started, wait_until

from drawscape import __version__
from drawscape.job_manager import enqueue_background_job, list_jobs, workers_alive

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
        command = [sys.executable, "-m", "drawscape", "lab", "-w", "1", *options]
        to = {"stdout": output, "stderr": output, "start_new_session": True}
        process = subprocess.Popen(command, cwd=home, **to)
    yield process, f"http://127.0.0.1:{port}", log
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def fetch(url, path, method="GET"):
    request = urllib.request.Request(f"{url}{path}", method=method)
    request.add_header("Authorization", f"token {TOKEN}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def opens_without_pop_ups_and_with_the_command_on_its_path(url):
    with urllib.request.urlopen(f"{url}/?token={TOKEN}", timeout=60) as answer:
        assert answer.url.partition("?")[0].endswith("/lab/tree/notebooks/01_ripples.ipynb")
    listed = json.loads(fetch(url, "/api/contents/"))["content"]
    # And output/, once drawn.
    assert {entry["name"] for entry in listed} >= {"notebooks", "sketches"}
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


@pytest.mark.slow
@pytest.mark.parametrize(
    "signals",
    [
        pytest.param((signal.SIGINT, signal.SIGINT), id="ctrl-c twice"),
        pytest.param((signal.SIGTERM,), id="term", marks=pytest.mark.nightly),
    ],
)
def test_lab_serves_a_first_notebook_runs_jobs_and_leaves_nothing_behind(lab, signals):
    process, url, log = lab
    wait_for_server(f"{url}/lab?token={TOKEN}", process, log)
    opens_without_pop_ups_and_with_the_command_on_its_path(url)
    (first,) = workers_alive()
    os.kill(first.pid, signal.SIGKILL)  # and no notebook is open that would start another
    assert Path(enqueue_background_job(TASK, width=50, height=50).wait(60)).exists()
    (second,) = workers_alive()
    words = f"The worker died. Started another (PID {second.pid},"
    wait_until(lambda: words in log.read_text(), "the line about it")

    for number in (*signals, *signals[1:] * 90):
        os.killpg(process.pid, number)  # as a terminal does: to the whole foreground group
        with suppress(subprocess.TimeoutExpired):  # two at once would be one
            process.wait(2 if len(signals) > 1 else 60)
            break
    assert workers_alive() == []
    assert "The worker has stopped." in log.read_text()
    with pytest.raises(OSError, match=r"refused|Errno"):
        urllib.request.urlopen(url, timeout=5)


@pytest.mark.slow
def test_the_demo_draws_its_pictures_and_says_where_though_its_worker_is_killed(tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DRAWSCAPE")}
    where = {"cwd": tmp_path, "env": {**environment, "DRAWSCAPE_HOME": str(tmp_path)}}
    lines = tmp_path / "lines"
    with lines.open("wb") as output, beside("demo", **where, stdout=output, stderr=output) as demo:
        wait_until(lambda: "Started a worker (PID " in lines.read_text(), "its worker")
        os.kill(int(re.search(r"PID (\d+)", lines.read_text())[1]), signal.SIGKILL)
        assert demo.wait(120) == 0, lines.read_text()
    printed = lines.read_text()
    pictures = [line.strip() for line in printed.splitlines() if line.startswith("  /")]
    assert len(pictures) == 6
    assert all(Path(path).read_text().startswith("<?xml") for path in pictures)
    assert "6 drawings in " in printed
    page = tmp_path / re.search(r"Open (\S+) in a browser", printed)[1]
    assert len(re.findall("<img ", page.read_text())) == 6


@pytest.mark.slow
def test_a_demo_whose_worker_can_start_no_child_says_so_while_it_waits(tmp_path, monkeypatch):
    deep = tmp_path / ("deep" * 30)  # no socket has a path as long as this
    deep.mkdir()
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(deep))
    to = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with beside("demo", "-w", "1", **to) as demo, demo.stdout:
        while "runs nothing: it cannot start a child process" not in first_line(demo):
            pass
        (job, *_) = list_jobs()
        assert "AF_UNIX path too long" in job.explain()
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 130


@pytest.fixture
def start(home, task_module):
    code = "def hold(gate):\n    while not os.path.exists(gate):\n        time.sleep(0.01)\n"
    task_module("naps", f"import os, time\n{code}")
    with ExitStack() as running:

        def start_one(*options):
            log = running.enter_context((home / "log").open("w"))
            worker = beside("worker", "-w", "1", *options, cwd=home, stderr=log)
            process = running.enter_context(worker)
            wait_until(workers_alive, what="the worker to start")
            return process

        yield start_one


def test_jobs_workers_lists_who_is_alive(start):
    assert "no worker is alive" in run("jobs", "workers").err
    process = start("--lanes", "fast,default")
    listed = run("jobs", "workers").out.split("\t")[1:5]
    assert listed == [str(process.pid), "1", "fast,default", __version__]
    (one,) = json.loads(run("jobs", "workers", "--json").out)
    assert one["pid"] == process.pid


@pytest.mark.slow
@pytest.mark.parametrize(
    ("signals", "grace", "status"),
    [
        ([signal.SIGTERM], "10m", "finished"),
        ([signal.SIGTERM], "0.2s", "queued"),
        ([signal.SIGINT] * 2, "10m", "queued"),
    ],
)
def test_who_asks_to_leave_lets_jobs_end_for_the_grace_and_who_asks_twice_gives_them_back(
    start, home, signals, grace, status
):
    process = start("--grace", grace)
    job = started(enqueue_background_job("naps.hold", str(home / "gate")))
    waiting = enqueue_background_job("naps.hold", os.devnull)
    for number in signals:
        process.send_signal(number)
        wait_until(lambda: "event=stopping" in (home / "log").read_text())
    if status == "finished":
        (home / "gate").touch()
    assert process.wait(60) == 0
    assert job.status == status
    assert job.refresh().attempts == 1
    assert waiting.status == "queued"
