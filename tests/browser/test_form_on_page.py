"""What a form is to a browser: exact numbers, names for every input, keys that stay, a picture that lasts."""

import json
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from accessibility import serious
from support import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("consumer")]

MANY = """from typing import Annotated
from annotated_types import Interval, doc
from drawscape.notebook import form
from drawscape.parameters import Group
def described(i):
    group = f", Group('group {i // 20}')" if i >= 20 else ''
    return f"p{i}: Annotated[float, Interval(ge=0, le=10), doc('Height of hill {i}'){group}] = 1.0"
exec('def hills(svg, *, ' + ', '.join(map(described, range(300))) + '): svg.circle(9, 9, p0)')
drawing = form(hills, paper='A6')
drawing"""


DARK = (
    "() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
)
COMPLETE = """async code => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    return (await kernel.requestComplete({code, cursor_pos: code.length})).content.matches;
}"""
RECORD_PICTURES = """image => {
    window.pictures = [];
    new MutationObserver(() => window.pictures.push(getComputedStyle(image).opacity))
        .observe(image, {attributes: true, attributeFilter: ['src']});
}"""
CELLS = "() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.type)"


def test_what_is_set_is_what_is_drawn_once_a_browser_shows_it(notebook: Any) -> None:
    numbers = "print([drawing.values[n] for n in ('gusts', 'spacing', 'moon')])"
    assert notebook.evaluate(numbers) == "[1.25, 1.33, 0.111]\n"
    form = notebook.form()
    form.slide("gusts", 1.27)
    notebook.evaluate("drawing.set(moon=1/3)")
    form.press("Draw")
    form.await_status("finished")
    assert notebook.evaluate(numbers) == "[1.27, 1.33, 0.3333333333333333]\n"
    assert b"1.27" in form.picture()
    handle = form.root.locator(".drawscape-parameter-gusts .noUi-handle")
    handle.press("ArrowRight")
    handle.press("ArrowLeft")
    wait_until(lambda: float(handle.get_attribute("aria-valuetext")) in (1.26, 1.28), 60, "a notch")


def test_a_form_has_no_serious_finding_in_the_light_and_in_the_dark(
    notebook: Any, page: Any
) -> None:
    form = notebook.form()
    form.press("Draw")
    form.await_status("finished")
    form.root.get_by_role("button", name="Export").wait_for()
    assert serious(page, ".drawscape-form") == []
    assert (
        form.root.locator("img.drawscape-picture")
        .get_attribute("alt")
        .startswith("output/flow_field")
    )
    assert form.root.locator(".drawscape-status").get_attribute("aria-live") == "polite"
    assert form.root.locator("[title=null]").count() == 0
    page.evaluate(DARK)
    page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
    assert serious(page, ".drawscape-form") == []
    background = "element => getComputedStyle(element).backgroundColor"
    assert form.root.locator("img.drawscape-picture").evaluate(background) == "rgb(255, 255, 255)"


def test_keys_pressed_in_a_form_do_not_reach_the_notebook(notebook: Any, page: Any) -> None:
    form = notebook.form()
    for place in (
        ".drawscape-draw",
        ".drawscape-parameter-gusts .noUi-handle",
        ".drawscape-live input",
    ):
        form.root.locator(place).focus()
        for key in ("a", "b", "m", "d", "d", "x"):
            page.keyboard.press(key)
    assert page.evaluate(CELLS) == ["code"]


def test_the_picture_is_in_the_saved_notebook_and_shows_when_the_kernel_is_gone(
    notebook: Any, lab: Any, page: Any
) -> None:
    form = notebook.form()
    form.press("Draw")
    form.await_status("finished")
    page.wait_for_function(  # the catalogue's picture is there first
        "() => document.querySelector('.drawscape-saved img')?.naturalWidth > 300"
    )
    assert not page.locator(".drawscape-saved img").is_visible()
    path = page.evaluate("() => window.jupyterapp.shell.currentWidget.context.path")
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    wait_until(
        lambda: "drawscape-saved" in (lab.folder / path).read_text(), 20, "the saved notebook"
    )
    outputs = json.loads((lab.folder / path).read_text())["cells"][0]["outputs"]
    assert len(json.dumps(outputs)) < 200_000
    page.evaluate("() => window.jupyterapp.commands.execute('kernelmenu:shutdown')")
    lab.open(page, path)
    image = page.locator(".drawscape-saved img")
    image.wait_for()
    assert image.evaluate("image => image.naturalWidth") > 300


def test_draw_with_shift_draws_anew_what_stands(notebook: Any) -> None:
    form = notebook.form()
    notebook.evaluate("from drawscape.jobs import list_jobs; drawing.set(paper='60x60')")
    form.press("Draw")
    form.await_status("finished")
    before = "print(drawing.job.id, len(list_jobs(limit=None)))"
    first = notebook.evaluate(before).split()
    notebook.evaluate("drawing.set(gusts=1.5); drawing.set(gusts=1.25)")
    form.root.locator(".drawscape-draw").click(modifiers=["Shift"])
    wait_until(lambda: notebook.evaluate(before).split()[0] not in ("", first[0]), 60, "a job")
    assert notebook.evaluate(before).split()[1] == str(int(first[1]) + 1)
    notebook.evaluate("drawing.job.wait()")
    form.press("Draw")
    wait_until(lambda: "drawn before" in form.words.inner_text(), 60, "what stands")
    assert notebook.evaluate("print(len(list_jobs(limit=None)))") == f"{int(first[1]) + 1}\n"


def test_a_click_in_the_strip_brings_a_picture_back_with_its_settings(
    notebook: Any, page: Any
) -> None:
    form = notebook.form()
    tiles = form.root.locator(".drawscape-strip .drawscape-wall-tile")
    form.press("Draw")
    tiles.nth(0).wait_for()
    first = form.picture()
    form.slide("gusts", 2)
    form.press("Draw")
    tiles.nth(1).wait_for()
    assert tiles.nth(0).inner_text().startswith("gusts 2")
    tiles.nth(1).click()
    wait_until(lambda: form.picture() == first, 60, "the former picture")
    assert notebook.evaluate("print(drawing.values['gusts'])") == "1.25\n"
    page.keyboard.press("ArrowLeft")
    wait_until(lambda: form.picture() != first, 60, "the newer picture")
    page.keyboard.press("5")
    stars = "from drawscape.catalogue import find; print(find(drawing.recent.paths[0]).stars)"
    wait_until(lambda: notebook.evaluate(stars) == "5\n", 60, "five stars")
    form.root.get_by_placeholder("a name for these settings").fill("gusty")
    form.press("Save")
    form.slide("gusts", 1.5)
    menu = form.root.locator(".drawscape-named select")
    wait_until(lambda: menu.input_value() == "saved settings", 60, "settings without a name")
    menu.select_option("gusty")
    wait_until(lambda: notebook.evaluate("print(drawing.values['gusts'])") == "2.0\n", 60, "gusty")
    assert serious(page, ".drawscape-form") == []


def test_drawings_appear_while_a_slider_moves_and_the_last_setting_stays(
    notebook: Any, page: Any
) -> None:
    form = notebook.form()
    handle = form.root.locator(".drawscape-parameter-gusts .noUi-handle")
    form.root.locator(".drawscape-live input").check()
    form.await_status("finished")
    form.root.locator("img.drawscape-picture").evaluate(RECORD_PICTURES)
    keys = iter(["ArrowRight"] * 40 + ["ArrowLeft"] * 40 + ["ArrowRight"] * 900)

    def moved() -> bool:
        handle.press(next(keys))
        return bool(page.evaluate("window.pictures.length") >= 2)

    wait_until(moved, 60, "two drawings while the slider moves")
    assert page.evaluate("window.pictures.every(opacity => opacity === '1')")
    waiting = "from drawscape.jobs import list_jobs; print(list_jobs(('queued', 'started')))"

    def settled() -> bool:
        """What the slider shows is what the kernel has and what the picture was drawn with."""
        value = notebook.evaluate("print(drawing.values['gusts'])").strip()
        return (
            notebook.evaluate(waiting) == "[]\n"
            and handle.get_attribute("aria-valuetext") == value.removesuffix(".0")
            and f'"gusts":{value}' in unescape(form.picture().decode())
        )

    wait_until(settled, 60, "the last setting")


def test_the_file_is_opened_downloaded_and_exported_from_under_the_picture(
    notebook: Any, page: Any
) -> None:
    form = notebook.form()
    form.press("Draw")
    form.await_status("finished")
    drawn = form.picture()
    with page.expect_download() as download:
        form.root.get_by_role("link", name="download").click()
    assert download.value.suggested_filename.startswith("flow_field-0-")
    assert Path(download.value.path()).read_bytes() == drawn
    with page.context.expect_page() as opened:
        form.root.get_by_role("link", name="open").click()
    assert opened.value.url.startswith("blob:")
    opened.value.close()
    form.root.locator(".drawscape-format select").select_option("G-code")
    form.root.get_by_label("one per pen").check()
    downloads: list[Any] = []
    page.on("download", lambda one: downloads.append(one))
    form.root.get_by_role("button", name="Export").click()
    form.root.get_by_text("wrote output/flow_field-0-").wait_for()
    wait_until(lambda: page.wait_for_timeout(20) or len(downloads) == 2, 60, "a file for each pen")
    assert {one.suggested_filename[-8:] for one in downloads} == {"-1.gcode", "-2.gcode"}
    assert all(b"G1" in Path(one.path()).read_bytes() for one in downloads)


def test_tab_completes_patterns_and_parameters_once_form_is_imported(
    notebook: Any, page: Any
) -> None:
    for typed, offered in (
        ("form('flow_f", "flow_field"),
        ("form('flow_field', gu", "gusts="),
        ("drawing.set(seed=3, gu", "gusts="),
    ):
        assert offered in page.evaluate(COMPLETE, typed)


def test_three_hundred_parameters_are_found_by_filtering_and_in_groups_that_fold(
    lab: Any, page: Any
) -> None:
    """What is folded is built when it is wanted: all at once took a busy machine half a minute."""
    page.set_default_timeout(120_000)
    notebook = lab.run_cells(page, MANY)
    form = notebook.form()
    page.locator(".drawscape-scripted").wait_for()
    hill = form.root.locator(".drawscape-parameter-p273")
    form.root.locator(".drawscape-parameter-p19").wait_for()
    assert hill.count() == 0
    form.root.evaluate("element => element.scrollIntoView()")
    assert form.root.locator(".drawscape-draw").bounding_box()["y"] < 1100
    form.root.get_by_placeholder("filter parameters").fill("HILL 273")
    hill.wait_for()
    assert form.root.locator(".drawscape-parameters .drawscape-parameter:visible").count() == 1
    form.slide("p273", 4.5)
    wait_until(lambda: notebook.evaluate("print(drawing.values['p273'])") == "4.5\n", 60, "p273")
    form.root.get_by_placeholder("filter parameters").fill("")
    hill.wait_for(state="hidden")
    head = form.root.get_by_role("button", name="group 13")
    assert head.get_attribute("aria-expanded") == "false"
    head.click()
    hill.wait_for()
    assert head.get_attribute("aria-expanded") == "true"
    assert serious(page, ".drawscape-form") == []
