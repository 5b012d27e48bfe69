"""Choosing among all drawings by eye, pointer and keys: the gallery of `history()` in a real browser."""

import pytest
from support import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.nightly]

DRAWN = """from drawscape.catalogue import drawings
from drawscape.notebook import history
from drawscape.tasks.drawing import generate_complex_svg as drawn
for i in range(6):
    drawn(74, 105, 'truchet', tiles=3 + i % 2, seed=1 + i // 2)
for margin in (3, 6):
    drawn(74, 105, 'penrose', margin=margin)
seen = history()"""


@pytest.fixture
def notebook(lab, page):
    """A notebook that shows eight drawings."""
    notebook = lab.run_cells(page, DRAWN, "seen")
    await_tiles(page, 8)
    return notebook


def await_tiles(page, count):
    page.wait_for_function(
        "n => document.querySelectorAll('.board-tile img[src]:not([hidden])').length === n",
        arg=count,
    )


def captions(page):
    return page.locator(".board-tile .board-caption").all_inner_texts()


def focused(page):
    """Return the caption of the tile that has the keys."""
    return page.evaluate(
        "() => document.activeElement.querySelector(':scope > .board-caption')?.textContent"
    )


def await_focus(page, caption):
    wait_until(lambda: focused(page) == caption, f"{caption!r}, not {focused(page)!r}")


def test_keys_rate_enlarge_compare_open_and_reject(notebook, page):
    names = captions(page)
    page.locator(".board-tile").nth(1).click()
    page.keyboard.press("ArrowRight")
    await_focus(page, names[2])
    page.keyboard.press(" ")
    large = page.get_by_role("dialog", name=names[2])
    large.locator("img").wait_for()
    page.wait_for_function(  # the file itself, in place of its thumbnail
        "() => document.querySelector('dialog .board-caption').textContent.includes('lifts')"
    )
    assert large.locator("img").bounding_box()["height"] > 700
    page.keyboard.press("ArrowRight")
    page.keyboard.press("5")
    wait_until(lambda: large.locator(".on").count() == 0, "the next one")
    page.locator("dialog[open] .board-stars .on").nth(4).wait_for()
    page.keyboard.press("Escape")
    await_focus(page, names[3])
    assert notebook.evaluate("print(drawings(stars=5)[0] == seen.drawings[3])") == "True\n"

    notebook.evaluate("drawn(60, 60, 'schotter', seed=9)")
    await_tiles(page, 9)
    assert "schotter · seed 9" in captions(page)
    await_focus(page, names[3])
    assert "schotter" in page.get_by_label("sketch", exact=True).locator("option").all_inner_texts()

    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("c")
    page.locator(".board-below .drawscape-viewer canvas").nth(1).wait_for()
    wait_until(lambda: page.locator(".board-below").bounding_box()["y"] < 500, "the views")
    await_focus(page, names[4])
    page.keyboard.press("x")
    await_tiles(page, 8)
    await_focus(page, names[5])
    assert notebook.evaluate("print(len(drawings(tag='rejected')))") == "1\n"
    page.keyboard.press("Enter")
    page.locator(".board-below .drawscape-draw").wait_for()
    page.get_by_role("button", name="Close", exact=True).click()
    page.locator(".board-below .drawscape-draw").wait_for(state="detached")
    assert notebook.cell_types() == ["code", "code"]
    assert notebook.cell_errors() == []
