"""Drawings bred by choice: stars, the next generation, and back along the tree; a closer look at one."""

import pytest
from support import wait_until
from web_pages import serious

pytestmark = [pytest.mark.browser, pytest.mark.nightly, pytest.mark.usefixtures("consumer")]

CELL = """from drawscape.notebook import evolve
bred = evolve('spiral', size=4, paper='A6', seed=3)
bred"""

DRAWN = ".board-tile[data-state='finished']"


def test_stars_breed_the_tree_goes_back_and_a_tile_is_looked_at_closely(lab, page):
    notebook = lab.run_cells(page, CELL)
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
