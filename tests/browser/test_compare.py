"""Drawings beside each other: two with linked views or laid over each other, many as tiles."""

import re
from typing import Any

import pytest
from accessibility import serious
from support import wait_until
from viewer_page import COLOR, SETTLED, await_settled, color_at

pytestmark = pytest.mark.browser

CELL = """from drawscape.notebook import compare
from drawscape.svg_builder import SVGBuilder
def page(y):
    made = SVGBuilder(100, 100)
    made.polyline([(20, y), (80, y)], stroke_width=2)
    return made
compared = compare(page(30), page(60))
compared"""

TILES = """from drawscape.notebook import Tile, TileGrid
events = []
grid = TileGrid([Tile(str(i), b'', f'seed {i}') for i in range(400)],
    on_star=lambda *a: events.append(('star', *a)), on_open=lambda *a: events.append(('open', *a)),
    on_compare=lambda ids: events.append(('compare', *ids)))
grid"""

COLOUR = "element => getComputedStyle(element).color"

CELLS = "() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.type)"
SCALES = "() => [...document.querySelectorAll('.drawscape-viewer')].map(el => el.drawscapeViewer.view.scale)"


def test_two_drawings_move_together_lie_over_each_other_and_take_turns(lab: Any, page: Any) -> None:
    notebook = lab.run_cells(page, CELL)
    await_settled(page, 2)
    before = page.evaluate(SCALES)
    page.locator(".drawscape-viewer canvas").first.focus()
    page.keyboard.press("+")
    await_settled(page, 2)
    after = page.evaluate(SCALES)
    assert after[0] == after[1] == pytest.approx(1.25 * before[0])

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
    assert serious(page, ".drawscape-form") == []
    assert notebook.cell_errors() == []


def test_a_wall_of_tiles_is_chosen_from_and_rated_by_keys(lab: Any, page: Any) -> None:
    notebook = lab.run_cells(page, TILES)
    tiles = page.locator(".drawscape-wall-tile")
    tiles.nth(1).wait_for()
    assert tiles.count() == 400
    tiles.nth(1).click()
    for key in ("ArrowRight", "4", "Enter", "a"):
        page.keyboard.press(key)
    tiles.nth(5).click(modifiers=["Shift"])
    chosen = "print(grid.selected, events)"
    wanted = "['2', '3', '4', '5'] [('star', '2', 4), ('open', '2')]\n"
    wait_until(lambda: notebook.evaluate(chosen) == wanted, 10, wanted)
    assert page.evaluate(CELLS) == ["code"]
    assert serious(page, ".drawscape-wall") == []
    tiles.nth(3).drag_to(tiles.nth(1))
    wait_until(lambda: "('compare', '1', '3')" in notebook.evaluate(chosen), 10, "a comparison")
    notebook.evaluate("grid.update(Tile('0', b'', 'seed 0 failed', state='failed'))")
    caption = tiles.nth(0).get_by_text("seed 0 failed")
    caption.wait_for()
    red, green, blue = map(int, re.findall(r"\d+", caption.evaluate(COLOUR)))
    assert red > 150 > max(green, blue)
