"""Drawings side by side, and bred from one another, in a browser."""

import pytest
from support import wait_until
from web_pages import COLOR, SETTLED, await_settled, color_at, serious

pytestmark = [pytest.mark.browser, pytest.mark.nightly]


CELL = """from drawscape.notebook import compare
from drawscape.svg_builder import SVGBuilder
def page(y, height=100):
    made = SVGBuilder(100, height)
    made.polyline([(20, y), (80, y)], stroke_width=2)
    return made
compared = compare(page(30, height=400), page(60))
compared"""

WIDTHS = "[...document.querySelectorAll('.drawscape-viewer canvas')].map(one => one.clientWidth)"
SCALES = "() => [...document.querySelectorAll('.drawscape-viewer')].map(el => el.drawscapeViewer.view.scale)"
BOTTOMS = SCALES.replace(
    "el.drawscapeViewer.view.scale",
    "{ const { view, drawing, canvas } = el.drawscapeViewer;"
    " return view.y + view.scale * drawing.height_mm <= canvas.height; }",
)
SHOW_TRAVEL = SCALES.replace("view.scale", "options.travel")


def test_two_drawings_move_together_lie_over_each_other_and_take_turns(lab, page):
    notebook = lab.run_cells(page, CELL)
    await_settled(page, 2)
    assert page.evaluate(BOTTOMS) == [True, True]
    before = page.evaluate(SCALES)
    page.locator(".drawscape-viewer canvas").first.focus()
    page.keyboard.press("+")
    await_settled(page, 2)
    after = page.evaluate(SCALES)
    assert after[0] == after[1] == pytest.approx(1.25 * before[0])
    page.get_by_role("button", name="Show the way with the pen up").click()  # one for all
    assert page.evaluate(SHOW_TRAVEL) == [True, True]

    size = page.viewport_size
    page.set_viewport_size({"width": 640, "height": 900})
    page.wait_for_function(f"{WIDTHS}.every(width => width > 150)")  # one below the other
    page.set_viewport_size(size)

    page.get_by_role("button", name="overlay").click()
    await_settled(page, 1)
    assert color_at(page, 50, 30) == [0xD1, 0x49, 0x5B]
    assert color_at(page, 50, 60) == [0x00, 0x79, 0x8C]

    page.get_by_role("button", name="blink").click()
    page.wait_for_function(
        f"([a, b]) => ({SETTLED})(1) && (({COLOR})(a)[0] < 99) && (({COLOR})(b)[0] > 200)",
        arg=[[50, 30], [50, 60]],
    )
    page.wait_for_function(
        f"([a, b]) => ({SETTLED})(1) && (({COLOR})(a)[0] > 200) && (({COLOR})(b)[0] < 99)",
        arg=[[50, 30], [50, 60]],
    )
    assert serious(page, ".jp-OutputArea") == []
    assert notebook.cell_errors() == []


EVOLVE = """from drawscape.notebook import evolve
bred = evolve('spiral', size=4, paper='A6', seed=3)
bred"""

DRAWN = ".board-tile[data-state='finished']"


@pytest.mark.usefixtures("consumer")
def test_stars_breed_the_tree_goes_back_and_a_tile_is_looked_at_closely(lab, page):
    notebook = lab.run_cells(page, EVOLVE)
    page.locator(DRAWN).nth(3).wait_for()
    page.locator(DRAWN).nth(1).click()
    page.keyboard.press("4")
    tree = page.get_by_role("navigation", name="generations")
    tree.get_by_role("button", name="generation 1, 1 with stars").wait_for()
    page.get_by_role("button", name="turns", exact=True).click()
    page.get_by_role("button", name="Next", exact=True).click()
    tree.get_by_role("button", name="generation 2").and_(page.locator("[aria-current]")).wait_for()
    page.locator(DRAWN).nth(3).wait_for()
    turns = "print(len({one.values['turns'] for one in bred.generation.cells}))"
    assert notebook.evaluate(turns) == "1\n"
    assert serious(page, ".drawscape-board") == []
    tree.get_by_role("button", name="generation 1, 1 with stars").click()
    wait_until(
        lambda: notebook.evaluate("print(bred.generation is bred.generations[0])") == "True\n",
        "the first generation",
    )
    page.locator(DRAWN).nth(2).click()
    page.keyboard.press(" ")
    page.locator("dialog[open]").get_by_role("button", name="Inspect").click()
    page.locator(".board-below .drawscape-viewer canvas").wait_for()
    assert notebook.cell_errors() == []
