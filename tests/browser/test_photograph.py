"""A photograph in the panel of a plot: what has no ink is marked, taken out, added and plotted."""

import numpy as np
import pytest
from notebook_page import Panel
from photographs import Scene, circles, photograph_of
from support import wait_until
from web_pages import serious

from drawscape.machine.device import add_device
from drawscape.machine.plot import list_plots

pytestmark = pytest.mark.browser

PLOT = """from drawscape.notebook import plot
panel = plot('circles.svg', on='sheet', yes=True, zero_here=True)
panel"""


def longest(plan, count):
    return sorted((np.argsort(-plan.lines.lengths_mm)[:count] + 1).tolist())


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
    lengths = plot.plan.lines.lengths_mm[np.array(wanted) - 1].sum()
    assert healing.plan.lines.lengths_mm.sum() == pytest.approx(lengths, rel=0.15)
    panel.await_state("waiting for paper")
    assert not panel.root.locator(".drawscape-photograph").is_visible()
    notebook.evaluate("panel.act('stop')")
    assert notebook.cell_errors() == []
