"""What a notebook shows that was saved and is opened again without its kernel."""

import json

import pytest
from support import wait_until
from web_pages import serious

pytestmark = [pytest.mark.browser, pytest.mark.nightly, pytest.mark.usefixtures("consumer")]

SETUP = """import ipywidgets
from drawscape.catalogue import find
from drawscape.job_manager import enqueue_background_job
from drawscape.notebook import *
from drawscape.machine.device import add_device
from drawscape.sketches import draw
def nothing():
    return 42
job = enqueue_background_job('workers.svg_tasks.generate_complex_svg', width=60, height=60)
_ = job.wait()
drawn = form('spiral', paper='A6', turns=5)
_ = drawn.draw().wait()
found = find(job.result)
_ = add_device('sim', 'simulator', '600x')"""

PICTURES = {
    "drawn": 1,
    "job": 1,
    "draw('spiral', 60, 60, turns=5)": 1,
    "view(job)": 1,
    "compare(job, draw('rose', 60, 60))": 2,
    "job_view(job)": 1,
    "contact_sheet('spiral', range(3), paper='60x60', turns=4)": 3,
    "evolve('spiral', size=4, paper='60x60')": 4,
    "history('spiral')": 4,
    "Viewer(found.document)": 1,
}
"""Cells, with the fewest pictures that each is to leave."""

WORDS = {
    "queue_table()": "took",
    "job_view(enqueue_background_job(nothing))": "nothing: finished",
    "sheets()": "spiral",
    "plot(found, on='sim', yes=True, zero_here=True)": "a plot on sim",
}
"""Cells, with words that each is to leave."""

LIVE = ".board-tile[data-state='finished']:has(img[src]:not([hidden]))"
SHEET = """from drawscape.notebook import contact_sheet
contact_sheet('truchet', 6, paper='A7')"""

SHOWN = """selector => window.jupyterapp.shell.currentWidget.content.widgets.map(cell =>
    [...cell.outputArea.node.querySelectorAll(selector)]
        .filter(e => e.checkVisibility() && (e.tagName !== 'IMG' || e.naturalWidth > 50)).length)"""

TEXTS = """() => window.jupyterapp.shell.currentWidget.content.widgets.map(
    cell => cell.outputArea.node.innerText)"""


def test_every_widget_leaves_a_picture_or_words_in_the_saved_notebook(lab, page):
    cells = [*PICTURES, *WORDS]
    notebook = lab.run_cells(page, SETUP, *cells)
    assert notebook.cell_errors() == []
    notebook.evaluate("drawn.job.wait()")
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    notebook.wait_idle()  # a second time: what was kept of the first is gone with its output
    page.locator(".board-tile[data-state='finished']").nth(10).wait_for()
    assert serious(page, ".jp-OutputArea-output") == []
    notebook.darken()
    assert serious(page, ".jp-OutputArea-output") == []
    path = notebook.path

    def is_saved() -> bool:
        notebook.save()
        saved = json.loads((lab.folder / path).read_text())["cells"][1:]
        kept = dict(zip(cells, (json.dumps(cell["outputs"]) for cell in saved), strict=True))
        has_pictures = (kept[one].count("base64,") >= most for one, most in PICTURES.items())
        return all(has_pictures) and all(words in kept[one] for one, words in WORDS.items())

    wait_until(is_saved, "the pictures to be kept")
    assert set(page.evaluate(SHOWN, "[class$='-saved'], .drawscape-still")) == {0}
    notebook.shut_down()
    lab.open(page, path)
    page.locator(".drawscape-form-saved img").first.wait_for()
    page.wait_for_function("() => !document.body.innerText.includes('displaying widget')")
    shown = dict(zip(cells, page.evaluate(SHOWN, "img")[1:], strict=True))
    assert all(shown[cell] >= least for cell, least in PICTURES.items()), shown
    said = dict(zip(cells, page.evaluate(TEXTS)[1:], strict=True))
    assert all(words in said[cell] for cell, words in WORDS.items()), said
    assert "sooner" not in said["queue_table()"]  # what can only be done live
    assert serious(page, ".jp-OutputArea-output") == []


@pytest.mark.nightly
def test_a_cell_that_runs_again_in_another_tab_leaves_its_pictures_in_the_first(lab, page):
    notebook = lab.run_cells(page, SHEET)
    page.locator(LIVE).nth(5).wait_for()
    notebook.save()
    other = page.context.new_page()
    lab.open(other, notebook.path).run_all()
    other.locator(LIVE).nth(5).wait_for()
    page.locator(LIVE).first.wait_for(state="detached")
    saved = page.locator(".drawscape-board-saved img:visible")
    wait_until(lambda: saved.count() == 6, "the pictures of the saved output")
