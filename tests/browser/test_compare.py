"""Drawings bred from one another, and chosen among all by keys, in a browser."""

import pytest
from support import wait_until
from web_pages import serious

pytestmark = [pytest.mark.browser, pytest.mark.nightly]


GALLERY = """from drawscape.catalogue import drawings
from drawscape.notebook import history
from drawscape.tasks.drawing import generate_complex_svg as drawn
for i in range(8):
    drawn(74, 105, ('truchet', 'penrose')[i // 6], seed=i)
seen = history()
seen"""


def await_focus(page, caption):
    """Return once the tile with that caption has the keys."""
    focused = "() => document.activeElement.querySelector(':scope > .board-caption')?.textContent"
    wait_until(lambda: page.evaluate(focused) == caption, f"the keys to be on {caption!r}")


def test_keys_choose_among_all_drawings_rate_compare_reject_and_open_them(lab, page):
    notebook = lab.run_cells(page, GALLERY)
    tiles = page.locator(".board-tile:has(img[src]:not([hidden]))")
    wait_until(lambda: tiles.count() == 8, "eight pictures")
    names = tiles.locator(".board-caption").all_inner_texts()
    tiles.nth(1).click()
    page.keyboard.press("ArrowRight")
    await_focus(page, names[2])
    page.keyboard.press(" ")
    large = page.get_by_role("dialog", name=names[2])
    large.get_by_text("lifts").wait_for()  # the file itself, in place of its thumbnail
    assert large.locator("img").bounding_box()["height"] > 700
    page.keyboard.press("ArrowRight")
    page.keyboard.press("5")
    wait_until(lambda: large.locator(".on").count() == 0, "the next one")
    page.locator("dialog[open] .board-stars .on").nth(4).wait_for()
    page.keyboard.press("Escape")
    await_focus(page, names[3])
    assert notebook.evaluate("print(drawings(stars=5)[0] == seen.drawings[3])") == "True\n"

    notebook.evaluate("drawn(60, 60, 'schotter', seed=9)")
    page.get_by_text("schotter · seed 9").wait_for()
    wait_until(lambda: tiles.count() == 9, "its picture")
    await_focus(page, names[3])
    assert "schotter" in page.get_by_label("sketch", exact=True).locator("option").all_inner_texts()

    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("c")
    page.locator(".board-below .drawscape-viewer canvas").nth(1).wait_for()
    wait_until(lambda: page.locator(".board-below").bounding_box()["y"] < 500, "the views")
    await_focus(page, names[4])
    page.keyboard.press("4")  # what is chosen, not the one with the focus only
    rated = "print([one.stars for one in drawings() if one.stars])"
    wait_until(lambda: notebook.evaluate(rated) == "[4, 4]\n", "both to be rated")
    page.keyboard.press("x")
    await_focus(page, names[5])
    assert notebook.evaluate("print(len(drawings(tag='rejected')))") == "2\n"
    page.keyboard.press(" ")
    page.keyboard.press("x")
    page.get_by_role("dialog", name=names[6]).wait_for()
    page.keyboard.press("Escape")
    await_focus(page, names[6])
    page.keyboard.press("Enter")
    page.locator(".board-below .drawscape-draw").wait_for()
    page.get_by_role("button", name="Close", exact=True).click()
    page.locator(".board-below .drawscape-draw").wait_for(state="detached")
    assert notebook.cell_types() == ["code"]
    assert notebook.cell_errors() == []


EVOLVE = """from drawscape.notebook import evolve
bred = evolve('spiral', size=4, paper='A6', seed=3)
bred"""

IS_IN_STRIP = """tree => {
    const strip = tree.firstChild.getBoundingClientRect();
    const current = tree.querySelector('[aria-current]').getBoundingClientRect();
    return current.right <= strip.right && tree.firstChild.scrollLeft > 0;
}"""
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
    page.set_viewport_size({"width": 520, "height": 900})
    for number in (1, 2):
        notebook.evaluate(f"bred.go_to({number})")
        tree.locator("[aria-current]", has_text=str(number)).wait_for()
    assert tree.evaluate(IS_IN_STRIP)
    page.set_viewport_size({"width": 1280, "height": 900})
    tree.get_by_role("button", name="generation 1, 1 with stars").press("Enter")
    tree.locator("[aria-current]:focus", has_text="1 ★").wait_for()
    shows_first = "print(bred.generation is bred.generations[0])"
    wait_until(lambda: notebook.evaluate(shows_first) == "True\n", "the first generation")
    page.locator(DRAWN).nth(2).click()
    page.keyboard.press(" ")
    page.locator("dialog[open]").get_by_role("button", name="Inspect").click()
    page.locator(".board-below .drawscape-viewer canvas").wait_for()
    assert notebook.cell_errors() == []
