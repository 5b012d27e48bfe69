"""A worker that dies, or was never there, leaves no form waiting for ever."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from support import wait_until

from drawscape.queue.liveness import living

pytestmark = pytest.mark.browser


def test_a_form_outlives_its_worker_and_the_worker_not_its_kernel(
    lab: Any, page: Any, home: Path
) -> None:
    """`kill -9` of the worker in the middle of a drawing; then the kernel is shut down."""
    notebook = lab.open(page, "01_first_drawing.ipynb")
    notebook.run_all()
    locks = home / ".drawscape" / "workers"
    (first,) = living(locks)
    form = notebook.form()
    form.choose_pattern("reaction diffusion")
    form.slide("steps", 4000)
    form.slide("detail", 220)
    form.press("Draw")
    form.await_status("started")
    os.kill(first.pid, signal.SIGKILL)
    form.await_status("finished")

    assert form.root.locator(".drawscape-note").inner_text().startswith("The worker is gone")
    path = Path(notebook.evaluate("print(drawing.job.result)").strip())
    assert form.picture() == path.read_bytes()
    (second,) = living(locks)
    assert second.pid != first.pid
    page.evaluate("() => window.jupyterapp.commands.execute('kernelmenu:shutdown')")
    wait_until(lambda: not living(locks), 30, "the worker to follow its kernel")
