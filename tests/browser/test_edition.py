"""The board of an edition in JupyterLab: sheets are judged by keys, and states appear by themselves."""

import pytest
from support import wait_until

pytestmark = pytest.mark.browser

CELL = """from drawscape import edition
from drawscape.editions import find_edition
made = edition('gravel', sketch='schotter', seeds=range(1, 7), title='Gravel', year=2025)
made"""


def test_a_sheet_is_spoiled_by_a_key_and_another_program_is_seen(lab, page):
    notebook = lab.run_cells(page, CELL)
    board = page.locator(".drawscape-board").first
    tiles = board.locator(".board-tile:has(img:not([hidden]))")
    wait_until(lambda: tiles.count() == 6, "6 pictures")
    board.get_by_text("6 ready").wait_for()
    notebook.evaluate("find_edition('gravel').claim('desk')")
    board.get_by_text("1/6 · queued on desk").wait_for()
    tiles.nth(0).click()
    page.keyboard.press("g")
    board.get_by_text("only a plotted sheet can be good").wait_for()
    page.keyboard.press("s")
    board.get_by_text("1/6 · spoiled on desk").wait_for()
    board.get_by_text("1 spoiled, 5 ready").wait_for()
