"""A plot from a notebook to its end on the simulator: a pulled plug, Resume, a pen change, all by clicks."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from support import wait_until

from drawscape.plotter.device import simulator_process
from drawscape.plotter.plot import list_plots

pytestmark = [pytest.mark.browser, pytest.mark.nightly, pytest.mark.usefixtures("consumer")]

PLOT = """import numpy as np
from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines
from drawscape.notebook import plot
from drawscape.plotter.device import add_device
_ = add_device('sim', 'simulator', '20x')
def pen(number, color):
    y = 3 * np.arange(20) + number
    return Layer(f'{number} {color}', color, None, Lines.of([[(5, v), (55, v)] for v in y]))
plot(Document(60, 65, (pen(1, 'black'), pen(2, 'red'))), on='sim')"""


def test_a_plot_by_clicks(
    lab: Any, page: Any, pictures: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAWSCAPE_HOME", str(home))
    lab.run_cells(page, PLOT)
    panel = page.locator(".drawscape-plot")

    def press(name: str) -> None:
        panel.get_by_role("button", name=name).click()

    def await_state(words: str) -> None:
        panel.get_by_text(words).first.wait_for(timeout=60_000)

    await_state("waiting for paper")
    press("Yes, go on")
    await_state("waiting for position")
    press("Yes, go on")
    await_state("plotting at stroke")
    (plot,) = list_plots()
    wait_until(lambda: plot.state.done >= 4, 60)
    pid = simulator_process("sim")
    assert pid is not None
    os.kill(pid, signal.SIGTERM)
    await_state("interrupted at stroke")
    page.screenshot(path=pictures / "plot-interrupted.png")
    press("Resume")
    await_state("waiting for position")
    press("Yes, go on")
    await_state("waiting for paper")
    press("Yes, go on")
    await_state("waiting for pen")
    page.screenshot(path=pictures / "plot-pen-change.png")
    # The kernel restarts and the page is loaded again: the plot waits, and is opened by its id.
    page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )
    page.reload()
    lab.run_cells(page, f"from drawscape.notebook import open_plot\nopen_plot({plot.id!r})")
    await_state("waiting for pen")
    press("Yes, go on")
    await_state("sim: done")
    page.screenshot(path=pictures / "plot-done.png")
    assert (plot.state.drawn > 0).all()


BUTTONS = """from drawscape.notebook import contact_sheet, form
from drawscape.plotter.device import add_device, devices
import ipywidgets
_ = devices() or add_device('sim', 'simulator', '20x')
sheet = contact_sheet('rose', 2, paper='A7')
ipywidgets.VBox([form('spiral', paper='A7'), sheet])"""


def test_a_plot_begins_with_the_button_of_a_form_or_a_board(
    lab: Any, page: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAWSCAPE_HOME", str(home))
    notebook = lab.run_cells(page, BUTTONS)
    form, board = notebook.form(), page.locator(".drawscape-board")
    form.await_status("finished")
    form.press("Plot")
    form.root.get_by_text("waiting for paper").first.wait_for()
    assert not form.root.locator("img.drawscape-picture").is_visible()
    form.press("Close")
    form.root.locator("img.drawscape-picture").wait_for()
    tile = board.locator(".board-tile[data-state='finished']").first
    tile.click()
    board.get_by_role("button", name="Plot").click()
    board.locator(".board-below .drawscape-plot").wait_for()
    assert len(list_plots()) >= 2
