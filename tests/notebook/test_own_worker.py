"""A notebook without a worker starts one, which ends with the own_worker."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support import first_line, python, wait_until

from drawscape.errors import JobTimeout
from drawscape.jobs import enqueue_background_job, list_jobs, workers_alive
from drawscape.notebook import contact_sheet, ensure_worker, form, own_worker
from drawscape.notebook.threads import WORKERS

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def no_worker_left(module_home):
    """Each test begins and ends without a worker."""
    yield
    own_worker.stop_workers()
    wait_until(lambda: not workers_alive(), "the end of all workers")


TASK = "workers.svg_tasks.generate_complex_svg"


def hold(svg, rng, *, gate: str = ""):
    """A dot, once the file `gate` is there."""
    import time

    while gate and not Path(gate).exists():
        time.sleep(0.01)
    svg.circle(svg.frame.cx, svg.frame.cy, rng.uniform(1, 2))


STARTS = """
from drawscape.jobs import workers_alive
from drawscape.notebook import ensure_worker
ensure_worker()
"""


def watches():
    return {thread for thread in threading.enumerate() if thread.name == "drawscape-watch"}


def test_one_worker_is_started_where_there_is_none_and_no_second():
    assert workers_alive() == []
    assert repr(ensure_worker()) == "A worker is ready."
    (alive,) = workers_alive()
    ensure_worker()
    assert workers_alive() == [alive]


def test_a_form_draws_at_once_while_a_sheet_of_long_jobs_is_drawn(tmp_path):
    gate = tmp_path / "gate"
    of_others = watches()
    sheet = contact_sheet(hold, columns=2, seeds=range(2 * (os.cpu_count() or 1)), gate=str(gate))
    wait_until(lambda: len(list_jobs("started")) == os.cpu_count(), "the sheet to fill slots")
    assert form("spiral", paper="A7").draw().wait(60).endswith(".svg")
    assert not [job for job in sheet.jobs if job.refresh().ended]
    gate.touch()
    sheet.wait(60)
    wait_until(lambda: watches() <= of_others, "the end of the watch")


def test_a_wait_for_a_worker_that_the_notebook_looks_after_warns_of_none(recwarn):
    ensure_worker()
    own_worker.stop_workers()
    wait_until(lambda: not workers_alive(), "its end")
    with pytest.raises(JobTimeout):
        enqueue_background_job(TASK, 40, 40, job_delay="1h").wait(0.5)
    assert not recwarn.list


def test_a_form_starts_a_worker_says_so_and_outlives_it(tmp_path):
    held = form(hold, gate=str(tmp_path / "gate"))
    job = held.draw()
    wait_until(lambda: held.state.get("note", "") == own_worker.STARTED, "the note")
    wait_until(lambda: held.status == "drawing", "the start")
    (first,) = workers_alive()
    os.kill(first.pid, signal.SIGKILL)
    wait_until(lambda: held.state.get("note", "") == own_worker.RESTARTED, "the note")
    (tmp_path / "gate").touch()
    assert job.wait(60).endswith(".svg")
    wait_until(lambda: held.status.startswith("finished"), "the form")
    assert [w.pid for w in workers_alive()] != [first.pid]


@pytest.mark.parametrize("end", ["", "import os; os.kill(os.getpid(), 9)"])
def test_the_worker_ends_with_the_process_that_started_it(end):
    run = python("-c", f"{STARTS}print(workers_alive()[0].pid, flush=True)\n{end}", code=None)
    assert int(run.stdout) > 0, run.stderr
    wait_until(lambda: not workers_alive(), "the worker's end")


def test_workers_that_keep_dying_are_not_started_for_ever(monkeypatch):
    monkeypatch.setattr(own_worker, "MOST_STARTS", 1)
    ensure_worker()
    os.kill(workers_alive()[0].pid, signal.SIGTERM)
    wait_until(lambda: not workers_alive(), "its end")
    held = form(hold)
    job = held.draw()
    wait_until(lambda: "have died" in held.state.get("note", ""), "the note")
    wait_until(lambda: "drawscape worker" in held.state.get("note", ""), "its advice")
    job.cancel()


def test_a_form_whose_worker_can_start_no_child_says_why_it_waits(monkeypatch, tmp_path):
    deep = tmp_path / ("deep" * 30)  # no socket has a path as long as this
    deep.mkdir()
    monkeypatch.setenv("TMPDIR", str(deep))
    held = form(hold)
    job = held.draw()
    wait_until(lambda: "it cannot start a child" in held.state.get("note", ""), "the note")
    job.cancel()


def test_of_several_notebooks_that_need_a_worker_at_once_one_starts_it():
    """Nine kernels once started six workers when the one that they shared was killed."""
    program = f"import sys; sys.stdin.readline()\n{STARTS}"
    program += "print(*(worker.pid for worker in workers_alive()), flush=True); sys.stdin.read()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    kernels = [subprocess.Popen([sys.executable, "-c", program], **pipes) for _ in range(3)]
    for one in kernels:
        one.stdin.write("go\n")
        one.stdin.flush()
    seen = {first_line(one) for one in kernels}
    for one in kernels:
        one.communicate(timeout=60)
    assert [len(pids.split()) for pids in seen] == [1]


def test_the_check_of_one_home_starts_no_worker_for_another(tmp_path, monkeypatch):
    """Between the check and the start another home may have been chosen."""
    go, done = threading.Event(), threading.Event()
    WORKERS.do(lambda: go.wait(60))
    own_worker.keep_worker_alive()
    (tmp_path / ".drawscape").mkdir()
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    enqueue_background_job(TASK, 40, 40)
    WORKERS.do(done.set)
    go.set()
    assert done.wait(60)
    assert not workers_alive()
