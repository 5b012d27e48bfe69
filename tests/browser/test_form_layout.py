"""Where the parts of a form stand on a page, wide or narrow."""

from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("consumer")]

PAIR = """import ipywidgets
from drawscape.notebook import form
ipywidgets.HBox([form('spiral', paper='A6'), form('rose', paper='A6')])"""


def test_a_form_whose_kernel_is_gone_says_so_and_keeps_its_columns(
    notebook: Any, page: Any
) -> None:
    form = notebook.form()
    picture = form.root.locator("img.drawscape-picture")
    before = picture.bounding_box()
    page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )
    page.locator(".drawscape-form.jupyter-widgets-disconnected").wait_for()
    said = "element => getComputedStyle(element, '::before').content"
    assert "kernel of this form is gone" in form.root.evaluate(said)
    assert picture.bounding_box()["x"] == pytest.approx(before["x"], abs=2)


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1366, 768), (1920, 1080), (430, 900)])
def test_draw_is_in_view_beside_or_above_the_picture(
    notebook: Any, page: Any, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    form = notebook.form()
    form.root.evaluate("element => element.scrollIntoView()")
    draw = form.root.locator(".drawscape-draw").bounding_box()
    assert draw["y"] + draw["height"] < height
    box = form.root.bounding_box()
    for part in ("img.drawscape-picture", ".drawscape-orientation"):
        inner = form.root.locator(part).bounding_box()
        assert inner["x"] + inner["width"] <= box["x"] + box["width"], part


def test_a_drawn_picture_stays_beside_the_controls_and_as_it_is_when_it_is_out_of_date(
    notebook: Any, page: Any
) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    form = notebook.form()
    form.press("Draw")
    form.await_status("finished")
    form.root.get_by_role("button", name="Export").wait_for()
    controls = form.root.locator(".drawscape-controls").bounding_box()
    picture = form.root.locator("img.drawscape-picture").bounding_box()
    assert picture["x"] >= controls["x"] + controls["width"]
    assert picture["y"] == pytest.approx(controls["y"], abs=20)
    image = form.root.locator("img.drawscape-picture")
    before = image.get_attribute("src")
    notebook.evaluate("drawing.set(gusts=1.6)")
    form.root.locator(".drawscape-older-than").wait_for()
    assert image.get_attribute("src") == before  # what is said of a picture does not decode it anew


def test_two_forms_share_the_width_of_a_row(lab: Any, page: Any) -> None:
    lab.run_cells(page, PAIR)
    forms = page.locator(".drawscape-form.drawscape-scripted")
    forms.nth(1).wait_for()
    left, right = (forms.nth(i).bounding_box() for i in range(2))
    assert left["width"] == pytest.approx(right["width"], abs=2)
    assert left["width"] > 350
    assert left["y"] == right["y"]
    for i in range(2):
        box, field = (
            forms.nth(i).bounding_box(),
            forms.nth(i).locator(".drawscape-orientation").bounding_box(),
        )
        assert field["x"] + field["width"] <= box["x"] + box["width"]


def test_custom_paper_begins_as_the_paper_before_and_keeps_the_columns(notebook: Any) -> None:
    form = notebook.form()
    before = form.root.locator(".drawscape-controls").bounding_box()["width"]
    form.root.locator(".drawscape-paper select").select_option(label="custom")
    form.root.locator(".drawscape-parameter-width input").wait_for()
    assert form.root.locator(".drawscape-parameter-width input").input_value() == "105"
    assert form.root.locator(".drawscape-controls").bounding_box()["width"] == before
