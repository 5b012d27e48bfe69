"""A plot from its button to its end on the simulator, and the photograph of its sheet, all by clicks."""

import os
import signal

import numpy as np
import pytest
from notebook_page import Panel
from photographs import Scene, circles, photograph_of
from support import wait_until
from web_pages import serious

from drawscape.machine.device import add_device, simulator_process
from drawscape.machine.plot import list_plots

pytestmark = pytest.mark.browser

BARS = """def bars(svg):
    for number, color in enumerate(("black", "red")):
        with svg.layer(color, color=color):
            for row in range(60):
                svg.line(10, 8 + 1.5 * row + number / 2, 60, 8 + 1.5 * row + number / 2)
"""
FORM = """from drawscape.notebook import form
from drawscape.machine.device import add_device
_ = add_device('sim', 'simulator', '20x')
form('bars', paper='A7')"""


@pytest.mark.nightly
def test_a_plot_by_clicks(lab, page, pictures, module_home):
    (module_home / "sketches").mkdir()
    (module_home / "sketches" / "bars.py").write_text(BARS)
    notebook = lab.run_cells(page, FORM)
    form = notebook.form()
    form.await_status("finished")
    form.press("Plot")
    panel = Panel(form.root)
    panel.answer("paper", "position")
    panel.await_state("plotting")
    (plot,) = list_plots()
    wait_until(lambda: plot.state.done >= 4)
    panel.shoot(pictures, "plotting")
    panel.press("Pause at pen-up")
    panel.await_state("paused")
    panel.wait_for("The pen is up.")
    panel.shoot(pictures, "paused")
    panel.press("Resume")
    panel.await_state("plotting")
    pid = simulator_process("sim")
    assert pid is not None
    os.kill(pid, signal.SIGTERM)
    panel.await_state("interrupted")
    panel.shoot(pictures, "interrupted")
    notebook.darken()
    panel.press("Resume")
    panel.answer("position", "paper")
    panel.await_state("waiting for pen")
    panel.shoot(pictures, "pen-change")
    # With the kernel its worker ends, and the run. The cell runs again, and Plot is pressed again.
    restart_and_run(page, notebook)
    form = notebook.form()
    form.await_status("finished")
    form.press("Plot")
    panel = Panel(form.root)
    panel.wait_for("was not finished")
    panel.wait_for("stroke 60 of 120")
    panel.shoot(pictures, "found")
    panel.press("Resume")
    panel.answer("position", "paper")
    panel.await_state("plotting")
    page.locator(".jp-NotebookPanel-toolbar [data-jp-item-name='save']").click()
    page.reload()
    panel = Panel(page)
    panel.await_state("done")
    panel.shoot(pictures, "done")
    assert list_plots()[0].id == plot.id
    assert (plot.state.drawn == 1).sum() >= 120 - 3
    assert (plot.state.drawn > 0).all()
    panel.press("Plot once more")
    panel.await_state("waiting for paper")
    assert list_plots()[0].id != plot.id
    panel.press("Stop")  # the next test wants the machine
    panel.await_state("interrupted")


def restart_and_run(page, notebook):
    """Restart the kernel and run the notebook's first cell, by its buttons; the former form goes."""
    toolbar = page.locator(".jp-NotebookPanel-toolbar")
    former = notebook.form().root.element_handle()
    toolbar.locator("[data-jp-item-name='restart']").click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    notebook.wait_idle()
    page.locator(".jp-InputArea-editor").first.click()
    toolbar.locator("[data-jp-item-name='run']").click()
    former.wait_for_element_state("hidden")
    notebook.wait_idle()


BUTTONS = """from drawscape.notebook import contact_sheet, form
from drawscape.machine.device import add_device, device_names
from drawscape.pens import StoredPen, save_pen
import ipywidgets
save_pen(StoredPen(name='micron-05', color='#123456', width_mm=0.5))
save_pen(StoredPen(name='gel', color='#c0c0c0', width_mm=0.7))
if not device_names():
    add_device('sim', 'simulator', '60x')
sheet = contact_sheet('truchet', 2, paper='A7')
ipywidgets.VBox([form('spiral', paper='A7', turns=3), sheet])"""


def test_a_plot_begins_with_the_button_of_a_form_or_a_board(lab, page):
    notebook = lab.run_cells(page, BUTTONS)
    form, board = notebook.form(), page.locator(".drawscape-board")
    form.await_status("finished")
    pens = form.root.locator(".drawscape-pens")
    pens.locator("summary").click()
    pens.get_by_role("button").click()
    pens.get_by_role("menuitem", name="micron-05, 0.5 mm").press("Enter")
    pens.get_by_text("Pens: micron-05").wait_for()
    assert b'stroke="#123456"' in form.picture()
    form.root.get_by_role("button", name="Plot", exact=True).press("Enter")
    panel = Panel(form.root)
    panel.await_state("waiting for paper")
    page.wait_for_function("() => document.activeElement.matches('.drawscape-stage')")
    panel.root.get_by_role("button", name="Pen in the machine: micron-05").click()
    panel.root.get_by_role("menuitem", name="gel, 0.7 mm").click()
    assert serious(page, ".drawscape-form") == []
    assert not form.root.locator("img.drawscape-picture").is_visible()
    panel.answer("paper", "position")
    panel.await_state("done")
    assert list(list_plots()[0].as_dict()["metres"]) == ["gel"]
    form.press("Close")
    form.root.locator("img.drawscape-picture").wait_for()
    tile = board.locator(".board-tile[data-state='finished']").first
    tile.click()
    board.get_by_role("button", name="Plot").click()
    board.locator(".board-below .drawscape-plot").wait_for()


PLOT = """from drawscape.notebook import plot
panel = plot('circles.svg', on='sheet', yes=True, zero_here=True)
panel"""


def middles(circles):
    """Return where circles have their middles, from left to right, (N, 2)."""
    return np.array(sorted(((one.min(axis=0) + one.max(axis=0)) / 2).tolist() for one in circles))


def longest(plan, count):
    return sorted((np.argsort(-plan.lines.lengths_mm)[:count] + 1).tolist())


@pytest.mark.nightly  # by day on the web front
def test_a_photograph_in_the_panel_tells_what_is_missing_and_it_is_plotted(
    lab, page, consumer, module_home, tmp_path, pictures
):
    add_device("sheet", "simulator", "1000x")
    circles().save(module_home / "circles.svg")
    notebook = lab.run_cells(page, PLOT)
    panel = Panel(page)
    panel.await_state("done")
    (plot,) = [one for one in list_plots() if one.record.machine == "sheet"]
    *gone, whole = longest(plot.plan, 5)
    file = photograph_of(plot.plan, gone, Scene(turn=4, px_per_mm=8)).save(tmp_path / "sheet.jpg")
    chooser = panel.root.locator("input[type=file]")
    assert chooser.get_attribute("capture") == "environment"
    chooser.set_input_files(file)
    panel.root.get_by_text("4 of 60 strokes lack ink").wait_for(timeout=300_000)
    notebook.save()
    page.reload()
    panel.root.get_by_text("4 of 60 strokes lack ink").wait_for()
    strokes = panel.root.locator(".drawscape-strokes li")
    boxes = {
        int(words.split(",")[0].removeprefix("stroke ")): strokes.nth(i).get_by_role("checkbox")
        for i, words in enumerate(strokes.all_inner_texts())
    }
    assert {stroke for stroke, box in boxes.items() if box.is_checked()} == set(gone)
    panel.shoot(pictures, "photograph")
    assert serious(page, ".drawscape-plot") == []
    boxes[gone[0]].uncheck()
    canvas = panel.root.locator(".drawscape-photograph canvas")
    canvas.scroll_into_view_if_needed()
    box, (x, y) = canvas.bounding_box(), plot.plan.lines[whole - 1].mean(axis=0)
    on_stroke = min(plot.plan.lines[whole - 1], key=lambda point: np.hypot(*(point - (x, y))))
    k = box["width"] / plot.plan.width_mm
    canvas.click(position={"x": on_stroke[0] * k, "y": on_stroke[1] * k})
    panel.press("Plot what is missing: 4 strokes")
    wait_until(lambda: list_plots()[0].record.heals == plot.id, "the plot of what is missing")
    healing = list_plots()[0]
    wanted = [*gone[1:], whole]
    asked = middles(plot.plan.lines.take(np.array(wanted) - 1))
    assert middles(healing.plan.lines) == pytest.approx(asked, abs=0.3)
    panel.await_state("waiting for paper")
    assert not panel.root.locator(".drawscape-photograph").is_visible()
    notebook.evaluate("panel.act('stop')")
    assert notebook.cell_errors() == []
