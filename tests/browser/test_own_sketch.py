"""A sketch from a notebook's cell, drawn by a worker that has never seen it."""

from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("consumer")]


def test_a_sketch_from_a_cell_is_drawn_by_the_worker(lab: Any, page: Any) -> None:
    notebook = lab.open(page, "02_your_own_sketch.ipynb")
    notebook.run_all()
    assert notebook.cell_errors() == []
    form = notebook.form()
    form.slide("rings", 33)
    form.press("Draw")
    form.await_status("finished")
    assert notebook.evaluate("print(sketch.job.wait() == sketch.job.result)") == "True\n"
    path = Path(notebook.evaluate("print(sketch.job.result)").strip())
    assert form.picture() == path.read_bytes()
    assert notebook.evaluate("print(sketch.values['rings'])") == "33\n"
