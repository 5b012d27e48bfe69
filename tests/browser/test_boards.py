"""Sheet, history, viewer and edition in a notebook: by pointer and keys, light and dark, wide and narrow."""

import pytest
from support import wait_until
from web_pages import await_settled, serious

pytestmark = pytest.mark.browser

SHEET = """from drawscape.catalogue import drawings
from drawscape.notebook import contact_sheet, history, view
import ipywidgets
made = contact_sheet('truchet', 4, paper='A7')
made"""
VIEW = "view(made.drawings[0])"
HISTORY = "seen = history()\nseen"

CUT_OFF = "all => all.filter(b => b.scrollWidth > b.clientWidth + 1).map(b => b.innerText)"
MODELS = "from ipywidgets.widgets.widget import _instances; print(len(_instances))"


def await_tiles(board, count):
    """Return the tiles of a board once so many have their pictures."""
    tiles = board.locator(".board-tile[data-state='finished']:has(img:not([hidden]))")
    wait_until(lambda: tiles.count() == count, f"{count} pictures")
    return tiles


def test_a_sheet_the_history_and_a_view_are_used_by_pointer_and_keys(lab, page):
    notebook = lab.run_cells(page, SHEET, "_ = made.wait()", HISTORY, VIEW)
    sheet, seen = (page.locator(".drawscape-board").nth(place) for place in (0, 1))
    tiles = await_tiles(sheet, 4)
    export = sheet.get_by_role("button", name="Export")
    assert not export.is_visible()  # nothing is chosen
    sheet.get_by_text("click to choose").wait_for()
    tiles.nth(0).click()
    page.keyboard.press("4")
    await_tiles(seen, 4).and_(page.locator("[aria-label$='4 stars']")).wait_for()
    tiles.nth(2).click(modifiers=["Shift"])
    sheet.get_by_text("3 chosen").wait_for()
    export.click()
    sheet.get_by_role("menuitem", name="PNG").click()
    sheet.locator(".board-note", has_text="written to output").wait_for()
    written = "print(len([*made.drawings[0].path.parent.glob('*.png')]))"
    assert notebook.evaluate(written) == "3\n"
    sheet.get_by_role("button", name="Compare").click()
    sheet.locator(".board-below canvas").nth(2).wait_for()
    sheet.get_by_role("button", name="Close").click()
    sheet.locator(".board-below canvas").first.wait_for(state="detached")

    tiles.nth(1).click()
    page.keyboard.press(" ")
    large = page.get_by_role("dialog", name="seed 1")
    large.get_by_text("lifts").wait_for()  # the file itself, in place of its thumbnail
    page.keyboard.press("Escape")
    large.wait_for(state="hidden")
    sheet.get_by_label("size of the tiles").fill("90")
    wait_until(lambda: tiles.nth(0).bounding_box()["width"] == 90, "small tiles")

    seen.get_by_label("search", exact=True).fill("no such drawing")
    seen.get_by_text("No drawing fits these filters").wait_for()
    seen.get_by_label("search", exact=True).fill("")
    await_tiles(seen, 4)
    seen.get_by_label("stars", exact=True).select_option(label="★★★★ or more")
    await_tiles(seen, 1)
    page.locator(".drawscape-viewer canvas").scroll_into_view_if_needed()
    await_settled(page, 1)

    assert serious(page, ".jp-OutputArea") == []
    notebook.darken()
    assert serious(page, ".jp-OutputArea") == []
    page.set_viewport_size({"width": 640, "height": 900})
    assert sheet.locator("button:visible").evaluate_all(CUT_OFF) == []

    before = notebook.evaluate(MODELS)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    notebook.wait_idle()
    await_tiles(sheet, 4)
    wait_until(lambda: notebook.evaluate(MODELS) == before, "the first run's boards to be closed")
    assert int(before) <= 12
    assert notebook.cell_errors() == []


EDITION = """from drawscape import edition
from drawscape.editions import find_edition
made = edition('gravel', sketch='schotter', seeds=range(1, 7), title='Gravel', year=2025)
made"""


def test_a_sheet_is_spoiled_by_a_key_and_another_program_is_seen(lab, page):
    notebook = lab.run_cells(page, EDITION)
    board = page.locator(".drawscape-board").first
    tiles = board.locator(".board-tile:has(img:not([hidden]))")
    wait_until(lambda: tiles.count() == 6, "6 pictures")
    board.get_by_text("6 ready").wait_for()
    board.get_by_role("button", name="Plot the next").click()
    board.get_by_text("there is no machine").wait_for()
    notebook.evaluate("find_edition('gravel').claim('desk')")
    board.get_by_text("1/6 · queued on desk").wait_for()
    tiles.nth(0).click()
    page.keyboard.press("g")
    board.get_by_text("only a plotted sheet can be good").wait_for()
    page.keyboard.press("s")
    board.get_by_text("1/6 · spoiled on desk").wait_for()
    board.get_by_text("1 spoiled, 5 ready").wait_for()
    notebook.shut_down()
    gone = page.get_by_role("alert").filter(has_text="The kernel is gone")
    gone.wait_for()
    background = "one => getComputedStyle(one).backgroundColor"
    assert gone.evaluate(background) != "rgba(0, 0, 0, 0)"
