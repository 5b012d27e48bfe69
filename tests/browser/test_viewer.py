"""A drawing looked at closely: what the pointer, the keys and the scrubber do to what is on the canvas."""

import io

import pytest
from notebook_page import Notebook
from PIL import Image
from support import wait_until
from web_pages import await_settled, color_at, view_of

pytestmark = [pytest.mark.browser, pytest.mark.nightly, pytest.mark.usefixtures("consumer")]

TWO_PENS = """import numpy as np
from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines
from drawscape.notebook import view
black = Layer('black', '#000000', 2.0, Lines.of([[[20, 20], [80, 20]], [[20, 40], [80, 40]]]))
red = Layer('red', '#ff0000', 2.0, Lines.of([[[20, 60], [80, 60]]]))
view(Document(100, 100, (black, red)), title='three lines')"""

OUTPUTS = (
    """import drawscape.notebook
from drawscape.sketches import draw
from drawscape.svg_builder import SVGBuilder
page = SVGBuilder(100, 100)
page.line(20, 20, 80, 120)
page""",
    """from drawscape.job_manager import enqueue_background_job
job = enqueue_background_job('workers.svg_tasks.generate_complex_svg', width=105, height=148)
_ = job.wait()
job""",
)

VERY_MANY = """import numpy as np
from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines
from drawscape.notebook import view
rng = np.random.default_rng(1)
way = rng.uniform(10, 90, (12_000, 1, 2)) + np.cumsum(rng.normal(0, .2, (12_000, 100, 2)), axis=1)
last = np.array([[5, 95], [95, 95]])
view(Document(100, 100, (Layer('pen', '#000000', 0.5, Lines.of([*way, last])),)))"""


@pytest.fixture
def viewer(lab, page):
    """The viewer of three lines, painted."""
    lab.run_cells(page, TWO_PENS)
    found = page.locator(".drawscape-viewer")
    found.locator("canvas").wait_for()
    await_settled(page)
    return found


def test_of_a_very_large_drawing_the_points_are_half_a_pixel_apart(lab, page):
    lab.run_cells(page, VERY_MANY)
    page.locator(".drawscape-viewer canvas").wait_for()
    await_settled(page)
    step = "document.querySelector('.drawscape-viewer').drawscapeViewer.shown.level.step"
    half_a_pixel = 0.5 / view_of(page)["scale"]
    assert page.evaluate(step) < 1.5 * half_a_pixel
    assert color_at(page, 50, 95) == [0, 0, 0]


def test_wheel_and_hand_move_the_page_and_keys_do_not_reach_the_notebook(viewer, page):
    box = viewer.locator("canvas").bounding_box()
    x, y = box["width"] / 3, box["height"] / 3
    before = view_of(page)
    page.mouse.move(box["x"] + x, box["y"] + y)
    page.mouse.wheel(0, -400)
    page.wait_for_function(
        "s => document.querySelector('.drawscape-viewer').drawscapeViewer.view.scale > s",
        arg=before["scale"],
    )
    after = view_of(page)
    for axis, at in (("x", x), ("y", y)):
        place = [(at - v[axis]) / v["scale"] for v in (before, after)]
        assert place[0] == pytest.approx(place[1], abs=0.5)
    viewer.get_by_label("True size").click()
    assert view_of(page)["scale"] == pytest.approx(96 / 25.4)
    viewer.get_by_title("Fit the page").click()
    assert view_of(page)["scale"] == pytest.approx(before["scale"])

    before = view_of(page)
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 130, box["y"] + 90, steps=3)
    page.mouse.move(box["x"] + 140, box["y"] + 75)
    page.mouse.up()
    after = view_of(page)
    moved = [after["x"] - before["x"], after["y"] - before["y"]]
    assert moved == pytest.approx([40, -25], abs=1)
    assert after["scale"] == before["scale"]
    filled = "() => document.fullscreenElement?.classList.contains('drawscape-viewer')"
    viewer.get_by_title("Full screen").click()
    page.wait_for_function(filled)
    viewer.get_by_title("Full screen").click()
    page.wait_for_function("() => !document.fullscreenElement")
    viewer.locator("canvas").click(position={"x": 5, "y": 5})
    for key in ("a", "b", "m", "d", "d", "x", "+"):
        page.keyboard.press(key)
    assert Notebook(page).cell_types() == ["code"]


def test_the_scrubber_plays_the_pens_way_in_plotting_order(viewer, page):
    scrubber = viewer.get_by_role("slider")
    assert color_at(page, 50, 20.7) == [0, 0, 0]  # as wide as its line
    assert color_at(page, 50, 21.4) == [254, 252, 247]
    scrubber.fill("5000")
    assert color_at(page, 25, 20) == [0, 0, 0]
    assert color_at(page, 70, 60) == [254, 252, 247]
    assert "of ink" in viewer.locator("output").inner_text()
    scrubber.fill("1000")
    assert color_at(page, 75, 40) == [254, 252, 247]
    scrubber.fill("10000")
    assert color_at(page, 70, 60) == [255, 0, 0]
    assert "0.18 m of ink" in viewer.locator("output").inner_text()
    viewer.get_by_label("speed").select_option("1")  # a faster pen is there before one looks
    viewer.get_by_title("Play the pen's way").click()
    wait_until(lambda: int(scrubber.input_value()) < 10000, "the pen's way to be played")


def test_measuring_says_millimetres(viewer, page):
    viewer.get_by_title("Measure between two points").click()
    box, at = viewer.locator("canvas").bounding_box(), view_of(page)
    for x_mm, y_mm in ((20, 20), (80, 60)):
        x, y = at["x"] + x_mm * at["scale"], at["y"] + y_mm * at["scale"]
        page.mouse.click(box["x"] + x, box["y"] + y)
    viewer.locator("output", has_text="across").wait_for()
    length = float(viewer.locator("output").inner_text().partition(" mm")[0])
    assert length == pytest.approx((60**2 + 40**2) ** 0.5, abs=0.6)


def test_what_lies_beside_the_page_is_the_themes(viewer, page):
    Notebook(page).darken()
    shot = Image.open(io.BytesIO(viewer.locator(".drawscape-viewer-stage").screenshot()))
    assert max(shot.convert("RGB").getpixel((8, shot.height // 2))) < 90


def test_a_canvas_and_a_job_end_their_cells_in_a_viewer_that_checks_them(lab, page):
    notebook = lab.run_cells(page, *OUTPUTS)
    viewers = page.locator(".drawscape-viewer")
    viewers.nth(1).wait_for()
    assert notebook.cell_errors() == []
    await_settled(page)
    viewers.first.get_by_title("Check before plotting").click()
    finding = viewers.first.locator(".drawscape-viewer-findings button")
    finding.wait_for()
    assert finding.inner_text() == "1 line of 'layer 1' leaves the sheet by up to 20.0 mm"
    finding.click()
    assert color_at(page, 80 - 7 / view_of(page)["scale"], 120) == [213, 0, 0]
    viewers.nth(1).get_by_title("Check before plotting").click()
    viewers.nth(1).get_by_text("nothing to fix before plotting").wait_for()
