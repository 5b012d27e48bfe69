"""A form in a real browser: exact numbers, keys, one drag, what the page says, how it looks."""

from pathlib import Path

import pytest
from support import wait_until
from web_pages import serious

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("consumer")]

MANY = """from typing import Annotated
from annotated_types import Interval, doc
from drawscape.notebook import form
from drawscape.parameters import ParameterGroup
def described(i):
    group = f", ParameterGroup('group {i // 20}')" if i >= 20 else ''
    return f"p{i}: Annotated[float, Interval(ge=0, le=10), doc('Height of hill {i}'){group}] = 1.0"
exec('def hills(svg, *, ' + ', '.join(map(described, range(300))) + '): svg.circle(9, 9, p0)')
drawing = form(hills, paper='A6')
drawing"""

KINDS = """from typing import Literal
from drawscape.notebook import form
from drawscape.parameters import Color, InputFile
def kinds(svg, rng, *, ink: Color = '#1d3f8f', picture: InputFile | None = None,
          at: tuple[float, float] = (20.0, 30.0), radii: list[float] = [3.0, 5.0],
          caps: list[Literal['round', 'flat']] = [], words: list[str] = [], other: dict = {}):
    with svg.layer('ink', color=ink):
        for radius in radii:
            svg.circle(*at, radius + rng.random())
drawing = form(kinds, paper='A6')
drawing"""


def drag(page, slider):
    """Move the handle of a slider by the mouse, in twenty steps; again if the page moved it away."""
    shown = slider.get_attribute("aria-valuetext")

    def was_moved():
        slider.hover()  # waits until it stands still and nothing covers it
        box = slider.bounding_box()
        page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + box["height"] / 2)
        page.mouse.down()
        for step in range(20):
            page.mouse.move(box["x"] + (0.2 + 0.03 * step) * box["width"], box["y"] + 5)
        page.mouse.up()
        return slider.get_attribute("aria-valuetext") != shown

    wait_until(was_moved, "a slider that the mouse moves")


def test_a_form_from_its_first_picture_to_an_export(notebook, page):
    form = notebook.form()
    numbers = "print([drawing.values[n] for n in ('gusts', 'spacing', 'moon')])"
    assert notebook.evaluate(numbers) == "[1.25, 1.33, 0.111]\n"
    first = form.picture()

    form.field("gusts").fill("1.27")
    notebook.evaluate("drawing.set(moon=1/3)")
    form.field("gusts").press("Enter")  # draws
    wait_until(lambda: b"1.27" in form.picture(), "the drawing")
    assert notebook.evaluate(numbers) == "[1.27, 1.33, 0.3333333333333333]\n"

    slider = form.root.get_by_role("slider", name="Gusts")
    drag(page, slider)
    value = "print(drawing.values['gusts'])"
    wait_until(lambda: notebook.evaluate(value) != "1.27\n", "another value")
    wait_until(
        lambda: notebook.evaluate(value).strip() == slider.get_attribute("aria-valuetext"),
        "what the slider shows",
    )
    form.press("Undo")
    wait_until(lambda: notebook.evaluate(value) == "1.27\n", "one step for one drag")

    form.root.locator(".drawscape-title").click()
    page.locator(".jp-CodeCell .jp-Editor").first.click()
    page.keyboard.press("Escape")
    form.root.locator(".drawscape-live input").focus()
    for key in ("a", "b", "m", "d", "d", "x"):
        page.keyboard.press(key)
    assert notebook.cell_types() == ["code"]
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('.jp-Cell')")

    tiles = form.root.locator(".drawscape-strip button:has(img[src])")
    tiles.nth(1).wait_for()
    tiles.nth(1).click()
    wait_until(lambda: form.picture() == first, "the former picture")
    page.keyboard.press("ArrowLeft")
    wait_until(lambda: form.picture() != first, "the newer picture")
    page.keyboard.press("5")
    stars = "from drawscape.catalogue import find; print(find(drawing.recent.paths[0]).stars)"
    wait_until(lambda: notebook.evaluate(stars) == "5\n", "five stars")
    tiles.first.focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("c")
    form.root.locator(".drawscape-viewer canvas").nth(1).wait_for()
    form.press("Close")

    drawn = form.picture()
    with page.expect_download() as download:
        form.root.get_by_role("link", name="download").click()
    assert Path(download.value.path()).read_bytes() == drawn
    form.press("Export")
    with page.expect_download() as download:
        form.root.get_by_role("menuitem", name="G-code").click()
    assert b"G1" in Path(download.value.path()).read_bytes()
    assert serious(page, ".drawscape-form") == []
    notebook.darken()
    assert serious(page, ".drawscape-form") == []
    assert notebook.cell_errors() == []


@pytest.mark.nightly
def test_draw_is_within_ten_tabs_and_the_page_names_a_busy_and_a_lost_kernel(notebook, page):
    form = notebook.form()
    focused = "() => document.activeElement.className"
    form.root.evaluate("form => { form.tabIndex = -1; form.focus(); }")
    tabs = 0
    while "drawscape-draw" not in page.evaluate(focused) and tabs < 20:
        page.keyboard.press("Tab")
        tabs += 1
    assert tabs <= 10

    notebook.evaluate("drawing._handle_custom_msg = lambda *rest: None")  # as good as busy
    form.slide("gusts", 1.5)
    form.root.locator(".drawscape-draw").click()
    form.root.get_by_text("The kernel is busy. This is drawn next.").wait_for()
    notebook.evaluate("del drawing._handle_custom_msg")
    form.press("Shuffle")
    form.root.get_by_text("The kernel is busy.").wait_for(state="detached")

    kernel = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
    page.evaluate(f"() => {kernel}.restart()")
    page.get_by_text("The kernel is gone. Run the cell again").wait_for()

    notebook.wait_idle()
    notebook.run_all()
    form = notebook.form()
    notebook.shut_down()
    page.get_by_text("The kernel is gone. Run the cell again").wait_for()
    assert form.root.locator(".drawscape-draw:not([inert] *)").count() == 0


@pytest.mark.nightly
def test_each_kind_of_field_gives_its_value(lab, page, tmp_path):
    from PIL import Image

    notebook = lab.run_cells(page, KINDS)
    form = notebook.form()
    values = "print(drawing.values)"
    pick = "e => { e.focus(); e.value = '#ff0000'; e.dispatchEvent(new Event('input')); }"
    form.root.locator("input[type=color]").evaluate(pick)
    wait_until(lambda: "'ink': '#ff0000'" in notebook.evaluate(values), "the color")
    form.field("ink").fill("#00ff00")
    form.field("ink").blur()
    assert form.root.locator("input[type=color]").input_value() == "#00ff00"
    for name, now in (("radii", "[3.0, 5.0, 5.0]"), ("caps", "['round']"), ("words", "['']")):
        field = form.root.locator(f".drawscape-field-{name}")
        field.get_by_role("button", name="One more item").click()
        wait_until(lambda now=now: f"{now}," in notebook.evaluate(values), "one item more")
    form.field("other").fill("{'a': 1}")
    form.field("other").blur()
    wait_until(lambda: "'other': {'a': 1}" in notebook.evaluate(values), "a dictionary")
    form.root.locator(".drawscape-field-at input").nth(1).fill("41.5")
    form.root.locator(".drawscape-field-at input").nth(1).blur()
    wait_until(lambda: "(20.0, 41.5)" in notebook.evaluate(values), "the tuple")
    Image.new("RGB", (40, 30), "green").save(tmp_path / "green.png")
    form.root.locator("input[type=file]").set_input_files(tmp_path / "green.png")
    form.root.locator(".drawscape-preview").wait_for()
    assert "inputs/green.png" in notebook.evaluate(values)
    form.root.locator(".drawscape-paper > summary").click()
    form.root.get_by_role("button", name="Landscape").click()
    wait_until(lambda: "'width': 148.0" in notebook.evaluate(values), "another page")
    form.root.get_by_label("Paper", exact=True).select_option("custom")
    assert form.field("width").input_value() == "148"
    assert serious(page, ".drawscape-form") == []


@pytest.mark.nightly
def test_three_hundred_parameters_are_found_by_filtering_and_in_groups_that_fold(lab, page):
    notebook = lab.run_cells(page, MANY)
    form = notebook.form()
    hill = form.root.locator(".drawscape-field-p273")
    hill.wait_for(state="attached")
    assert not hill.is_visible()
    form.root.evaluate("element => element.scrollIntoView()")
    assert form.root.locator(".drawscape-draw").bounding_box()["y"] < 1100
    form.root.get_by_placeholder("filter parameters").fill("HILL 273")
    hill.wait_for()
    assert form.root.locator(".drawscape-parameters .drawscape-field:visible").count() == 1
    form.slide("p273", 4.5)
    wait_until(lambda: notebook.evaluate("print(drawing.values['p273'])") == "4.5\n", "p273")
    form.root.get_by_placeholder("filter parameters").fill("")
    hill.wait_for(state="hidden")
    form.root.get_by_text("group 13").click()
    hill.wait_for()
    assert serious(page, ".drawscape-form") == []
