"""The main job in a real browser: a form enqueues, a huey_consumer draws, the picture appears."""

import shutil
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.nightly, pytest.mark.usefixtures("consumer")]

TUTORIAL = Path(__file__).parents[2] / "notebooks" / "01_first_drawing.ipynb"


def test_a_press_on_draw_brings_the_file_of_that_job(lab, page):
    shutil.copy(TUTORIAL, lab.folder)
    notebook = lab.open(page, TUTORIAL.name)
    notebook.run_all()
    assert notebook.cell_errors() == []
    form = notebook.form()
    form.choose_pattern("reaction_diffusion")
    form.slide("steps", 2000)
    form.record_statuses()
    form.press("Draw")
    form.await_status("finished")

    seen = form.statuses()
    assert seen[-2:] == ["started", "finished"], seen
    assert form.words.inner_text().startswith("finished in")
    job = "drawing.job"
    assert notebook.evaluate(f"print({job}.status, drawing.values['steps'])") == "finished 2000\n"
    path = Path(notebook.evaluate(f"print({job}.result)").strip())
    assert form.picture() == path.read_bytes()
    assert b"<svg" in path.read_bytes()
