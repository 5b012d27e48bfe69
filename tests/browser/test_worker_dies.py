"""A worker that dies, or was never there, leaves no form waiting for ever."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from support import wait_until

from drawscape.queue.engines.liveness import Locks

pytestmark = [pytest.mark.browser, pytest.mark.nightly]

GATED = """from drawscape.notebook import form
def rings(svg, rng, *, gate=''):
    'Rings that wait for a file to appear.'
    import pathlib, time
    svg.circle(50, 50, 20)
    yield 0.5
    while not pathlib.Path(gate).exists():
        time.sleep(0.02)
    svg.circle(50, 50, 30)
drawing = form(rings, paper='100x100', gate={gate!r})
drawing"""


def test_a_form_outlives_its_worker_and_the_worker_not_its_kernel(
    lab: Any, page: Any, home: Path
) -> None:
    """`kill -9` of the worker in the middle of a drawing; then the kernel is shut down."""
    gate, locks = home / "gate", home / ".drawscape" / "workers"
    notebook = lab.run_cells(page, GATED.format(gate=str(gate)))
    form = notebook.form()
    form.press("Draw")
    form.await_status("started")
    note = form.root.locator(".drawscape-note")
    note.get_by_text("this notebook started one").wait_for()
    (first,) = Locks(locks).living()
    os.kill(first.pid, signal.SIGKILL)
    note.get_by_text("The worker is gone, so this notebook started another").wait_for()
    gate.touch()
    form.await_status("finished")

    path = Path(notebook.evaluate("print(drawing.job.result)").strip())
    assert form.picture() == path.read_bytes()
    (second,) = Locks(locks).living()
    assert second.pid != first.pid
    notebook.shut_down()
    wait_until(lambda: not Locks(locks).living(), 60, "the worker to follow its kernel")
