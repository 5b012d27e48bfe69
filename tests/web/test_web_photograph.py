"""A telephone beside the machine: the photograph of a sheet on the page of plots."""

import json
from dataclasses import replace
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest
from photographs import Scene, circles, photograph_of
from PIL import Image
from support import wait_until
from web_pages import serious

from drawscape.job_manager import enqueue_background_job
from drawscape.machine.device import add_device
from drawscape.machine.plot import Plot, list_plots
from drawscape.web import WebSettings
from drawscape.web.access import home_token

CORNER = "canvas => [...canvas.getContext('2d').getImageData(2, 2, 1, 1).data].slice(0, 3)"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def plot(home):
    add_device("desk", "simulator", "1000x")
    made = Plot.create(replace(circles().document(), paper_color="#20242a"), "desk")
    made.journal.append("done", k=made.strokes)
    return made


@pytest.mark.browser
def test_a_telephone_photographs_the_sheet_and_plots_what_is_missing(
    opened, serving, plot, worker, tmp_path, pictures
):
    wood = np.random.default_rng(1).integers(90, 130, (600, 800, 3), dtype=np.uint8)
    Image.fromarray(wood).save(tmp_path / "wood.jpg")
    gone = sorted((np.argsort(-plot.plan.lines.lengths_mm)[:3] + 1).tolist())
    photograph_of(plot.plan, gone, Scene(turn=94, px_per_mm=8)).save(tmp_path / "sheet.jpg")
    with serving(WebSettings()) as server, opened(f"{server.url}?token={home_token()}") as page:
        page.set_viewport_size(PHONE["viewport"])
        page.goto(f"{server.url}plots")
        sheet = page.locator(".drawscape-plot > canvas")
        wait_until(lambda: sheet.evaluate(CORNER) == [0x20, 0x24, 0x2A], "the colour of the paper")
        panel = page.locator(".drawscape-photograph:visible")
        panel.locator("input[type=file]").set_input_files(tmp_path / "wood.jpg")
        corner = panel.get_by_role("button", name="top left corner of the sheet")
        corner.wait_for()
        assert len(panel.get_by_role("alert").inner_text()) > 20  # it says why
        corner.press("ArrowRight")
        image, handle = panel.locator("img").bounding_box(), corner.bounding_box()
        page.mouse.move(handle["x"] + 22, handle["y"] + 22)
        page.mouse.down()
        page.mouse.move(image["x"] + image["width"] / 4, image["y"] + image["height"] / 2, steps=5)
        page.mouse.up()
        with page.expect_request(lambda one: "photograph?" in one.url) as asked:
            panel.get_by_role("button", name="Look again").click()
        panel.screenshot(path=pictures / "corners-390.png")
        (corners,) = parse_qs(urlparse(asked.value.url).query)["corners"]
        assert np.allclose(json.loads(corners)[0], (200, 300), atol=8)
        assert serious(page, ".drawscape-plot") == []
        panel.locator("input[type=file]").set_input_files(tmp_path / "sheet.jpg")
        panel.get_by_text("3 of 60 strokes lack ink (red)").wait_for(timeout=300_000)
        assert panel.get_by_role("alert").count() == 0  # that of the former came later
        assert serious(page, ".drawscape-plot") == []
        panel.screenshot(path=pictures / "photograph-390.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]
        panel.get_by_role("button", name="Plot what is missing: 3 strokes").click()
        wait_until(lambda: list_plots()[0].record.heals == plot.id, "the plot of what is missing")


def test_only_the_token_sends_a_photograph_and_an_empty_one_is_refused(client, owner, plot):
    path = f"/plots/{plot.id}/photograph"
    assert client.post(f"{path}?file=a.jpg", data=b"jpeg").status_code == 401
    assert client.get(f"/plots/{plot.id}/sheet").status_code == 401
    answer = owner.post(f"{path}?file=a.jpg", data=b"")
    assert (answer.status_code, "a.jpg has 0 bytes" in answer.json["detail"]) == (409, True)
    heal = f"/plots/{plot.id}/actions/heal"
    assert owner.post(heal, json={"photograph": "none"}).status_code == 409


def test_what_is_no_photograph_s_is_refused_and_no_error_of_the_server(owner, plot):
    base, deep = f"/plots/{plot.id}", "[" * 30_000
    assert owner.get(f"{base}/sheet").status_code == 404
    other = enqueue_background_job("workers.svg_tasks.generate_complex_svg", 50, 50)
    assert owner.get(f"{base}/photograph/{other.id}").status_code == 404
    for corners in (deep, "[[NaN, 1]]"):
        asked = owner.post(f"{base}/photograph", query_string={"corners": corners}, data=b"jpeg")
        assert asked.status_code == 409
    for body in (deep, "stop", b"\xff"):
        asked = owner.post(f"{base}/actions/stop", data=body, content_type="application/json")
        assert asked.status_code == 400
    assert owner.post(f"{base}/actions/stop", data="{}").status_code == 415
