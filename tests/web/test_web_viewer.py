"""A closer look at a drawing: its lines over HTTP, and the notebook's viewer on the page in Chromium."""

import json

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from viewer_page import COLOR, await_settled, color_at, view_of

from drawscape.svg.read import read_svg
from drawscape.web import WebSettings, create_app

THREE_LINES = """
from drawscape import settings
from drawscape.svg_builder import SVGBuilder


def draw(output_filename, width, height, **order):
    page = SVGBuilder(width, height)
    with page.layer("black", color="#000000", width=2):
        page.line(20, 20, 80, 20)
        page.line(20, 40, 80, 40)
    with page.layer("red", color="#ff0000", width=2):
        page.line(20, 60, 80, 60)
    path = settings.output_path(output_filename)
    path.write_text(page.to_string())
    return str(path)


def broken(output_filename, **order):
    path = settings.output_path(output_filename)
    path.write_text("<svg")
    return str(path)
"""

DESK = "() => getComputedStyle(document.querySelector('.drawscape-viewer-stage')).backgroundColor"


def violations(page):
    """Return what axe-core finds on the page."""
    return [found["id"] for found in Axe().run(page).response["violations"]]


@pytest.fixture
def front(task_module):
    """Settings of a site that draws three lines, or what cannot be read."""
    task_module("line_tasks", THREE_LINES)
    return lambda task="draw": WebSettings(task=f"line_tasks.{task}", job_modules=("line_tasks",))


def drawn(client, order, until):
    """Return the id of a job that has drawn."""
    job_id = client.post("/artboard/create", json=order).json["job_id"]
    until(lambda: client.get(f"/jobs/{job_id}").json["ended"])
    return job_id


def test_the_lines_come_as_arrays_in_one_piece(front, order, home, worker, until):
    client = create_app(front()).test_client()
    job_id = drawn(client, order, until)
    answer = client.get(f"/jobs/{job_id}/lines")
    assert (answer.status_code, answer.content_type) == (200, "application/octet-stream")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    begin = 4 + int.from_bytes(answer.data[:4], "little")
    header = json.loads(answer.data[4:begin])
    assert begin % 4 == 0
    assert begin + sum(header["bytes"]) == len(answer.data)
    assert [layer["name"] for layer in header["layers"]] == ["black", "red"]
    deltas = np.frombuffer(answer.data, "<i2", 8, begin).reshape(-1, 2)
    (path,) = (home / "output").glob("*.svg")
    np.testing.assert_allclose(
        deltas.cumsum(axis=0) / header["units_per_mm"],
        read_svg(path.read_bytes()).layers[0].lines.points,
    )
    known = {"If-None-Match": answer.headers["ETag"]}
    again = client.get(f"/jobs/{job_id}/lines", headers=known)
    assert (again.status_code, again.data) == (304, b"")
    path.write_text(path.read_text().replace('stroke="#ff0000"', 'stroke="#00ff00"'))  # as long
    changed = client.get(f"/jobs/{job_id}/lines", headers=known)
    assert changed.status_code == 200
    assert b"#00ff00" in changed.data


def test_a_drawing_that_cannot_be_read_has_no_lines(front, order, worker, until):
    client = create_app(front("broken")).test_client()
    answer = client.get(f"/jobs/{drawn(client, order, until)}/lines")
    assert answer.status_code == 409
    assert "no lines to show" in answer.json["detail"]


@pytest.mark.browser
def test_a_drawing_is_looked_at_closely_by_keyboard_in_the_light_and_in_the_dark(
    opened, serving, front, worker
):
    with serving(front()) as server, opened(server.url, color_scheme="light") as page:
        page.select_option("#paper", "Square 200")
        page.click("#draw")
        page.wait_for_selector("#look:visible")
        assert violations(page) == []
        page.get_by_role("button", name="Inspect").press("Enter")
        await_settled(page)
        assert page.evaluate("document.activeElement.tagName") == "CANVAS"
        box = page.locator("#viewer").bounding_box()
        assert (box["width"], box["height"]) == (1280, 900)
        assert color_at(page, 50, 20) == [0, 0, 0]
        assert color_at(page, 50, 60) == [255, 0, 0]
        assert color_at(page, 50, 50) == [254, 252, 247]
        assert violations(page) == []
        light = page.evaluate(DESK)
        page.emulate_media(color_scheme="dark")
        assert page.evaluate(DESK) != light
        assert violations(page) == []
        before = view_of(page)["scale"]
        page.keyboard.press("+")
        assert view_of(page)["scale"] == pytest.approx(1.25 * before)
        page.get_by_label("red").uncheck()
        page.wait_for_function(f"at => ({COLOR})(at)[1] === 252", arg=[50, 60])
        page.keyboard.press("Escape")
        assert page.is_hidden("#viewer")
        assert page.evaluate("document.activeElement.id") == "look"
        assert violations(page) == []
