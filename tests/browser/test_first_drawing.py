"""The main job in a real browser: a form enqueues, a huey_consumer draws, the picture appears."""

import shutil
from pathlib import Path

import pytest
from support import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.nightly, pytest.mark.usefixtures("consumer")]

TUTORIAL = Path(__file__).parents[2] / "notebooks" / "01_first_drawing.ipynb"

SLOW = """from drawscape.notebook import form
def dots(svg, rng):
    'Dots that take their time.'
    import time
    for number in range(600):
        svg.circle(*rng.uniform(20, 100, 2), 1)
        yield number / 600
        time.sleep(0.05)
drawing = form(dots, paper='120x120')
drawing"""


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


def test_cancel_stops_a_slow_drawing_and_keeps_what_was_drawn(lab, page):
    notebook = lab.run_cells(page, SLOW)
    form = notebook.form()
    form.press("Draw")
    form.await_status("started")
    wait_until(lambda: form.picture().count(b"<circle") >= 3, "a preview")
    assert form.words.inner_text().startswith("drawing")
    form.press("Cancel")
    form.await_status("stopped")
    assert form.words.inner_text().startswith("stopped after")
    assert notebook.evaluate("print(drawing.job.status)") == "stopped\n"
    assert form.root.get_by_role("button", name="Cancel").is_disabled()
    assert form.picture().count(b"<circle") >= 3
