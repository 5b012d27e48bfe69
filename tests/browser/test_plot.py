"""A plot from the button of a form to its end on the simulator, all by clicks."""

import os
import signal

import pytest
from notebook_page import Panel
from support import wait_until

from drawscape.machine.device import simulator_process
from drawscape.machine.plot import list_plots

pytestmark = [pytest.mark.browser, pytest.mark.nightly]

BARS = """def bars(svg):
    for number, color in enumerate(("black", "red")):
        with svg.layer(color, color=color):
            for row in range(20):
                svg.line(10, 10 + 2 * row + number, 60, 10 + 2 * row + number)
"""
FORM = """from drawscape.notebook import form
from drawscape.machine.device import add_device
_ = add_device('sim', 'simulator', '20x')
form('bars', paper='A7')"""


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
    panel.wait_for("stroke 20 of 40")
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
    assert (plot.state.drawn == 1).sum() >= 40 - 3
    assert (plot.state.drawn > 0).all()
    panel.press("Plot once more")
    panel.await_state("waiting for paper")
    assert list_plots()[0].id != plot.id


def restart_and_run(page, notebook):
    """Restart the kernel and run the notebook's first cell, by the buttons above it."""
    toolbar = page.locator(".jp-NotebookPanel-toolbar")
    toolbar.locator("[data-jp-item-name='restart']").click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    notebook.wait_idle()
    page.locator(".jp-InputArea-editor").first.click()
    toolbar.locator("[data-jp-item-name='run']").click()
    notebook.wait_idle()
