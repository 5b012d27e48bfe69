"""A drawing on a page, also one of another machine."""

import io
import json
import shutil

import numpy as np
import pytest
from object_store import object_store
from PIL import Image
from postgres_server import drop_schema, new_schema
from support import wait_until
from web_pages import COLOR, await_settled, color_at, view_of, violations

from drawscape import output_store
from drawscape.job_manager import enqueue_background_job, start_worker
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


@pytest.fixture
def front(task_module):
    """Settings of a site that draws three lines, or what cannot be read."""
    task_module("line_tasks", THREE_LINES)
    return lambda task="draw": WebSettings(task=f"line_tasks.{task}", job_modules=("line_tasks",))


def drawn(client, order):
    """Return the id of a job that has drawn."""
    job_id = client.post("/artboard/create", json=order).json["job_id"]
    wait_until(lambda: client.get(f"/jobs/{job_id}").json["ended"])
    return job_id


def test_the_lines_come_as_arrays_in_one_piece(front, order, home, worker):
    client = create_app(front()).test_client()
    job_id = drawn(client, order)
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


def test_a_drawing_that_cannot_be_read_has_no_lines(front, order, worker):
    client = create_app(front("broken")).test_client()
    answer = client.get(f"/jobs/{drawn(client, order)}/lines")
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


TALKING = """
import time
from pathlib import Path

from drawscape.job_manager import current_job

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9mm" height="9mm"/>'


def draw(go):
    print("half of it")
    current_job().progress(0.5, preview=SVG)
    while not Path(go).exists():
        time.sleep(0.01)
    print("all of it")
"""


@pytest.fixture
def talking(task_module):
    """A task that prints, and shows what it has so far, before the worker is started."""
    task_module("talking_tasks", TALKING)
    return "talking_tasks.draw"


@pytest.fixture
def bucket(home, postgres_url, tmp_path_factory, monkeypatch):
    """The store in which a worker draws that has a home of its own."""
    url = new_schema(postgres_url)
    monkeypatch.setenv("DRAWSCAPE_QUEUE", url)
    monkeypatch.setenv("DRAWSCAPE_QUEUE_KEY", "the same on all machines " * 2)
    with object_store(monkeypatch) as found:
        with monkeypatch.context() as elsewhere:
            elsewhere.setenv("DRAWSCAPE_HOME", str(tmp_path_factory.mktemp("elsewhere")))
            worker = start_worker(1)
        yield found
        found.admit_keys()
        worker.stop()
    drop_schema(url)


@pytest.mark.postgres
@pytest.mark.slow
def test_a_drawing_of_another_machine_is_served_from_the_store(client, order, home, bucket):
    job_id = client.post("/artboard/create", json=order).json["job_id"]
    job = wait_until(lambda: (found := client.get(f"/jobs/{job_id}").json)["ended"] and found)
    assert (job["status"], job["error"]) == ("finished", None)
    drawn = bucket.read(job["result"])
    answer = client.get(job["svg"])
    assert (answer.data, answer.mimetype) == (drawn, "image/svg+xml")
    assert client.get(f"/jobs/{job_id}/lines").status_code == 200
    (home / "output" / job["result"]).write_bytes(
        b"a scribble"
    )  # who looked wanted to write nothing
    output_store.publish_expected(home)
    assert bucket.read(job["result"]) == drawn
    shutil.rmtree(home / "output")  # what this machine has is a copy
    small = client.get(f"/jobs/{job_id}/thumbnail")
    assert small.mimetype == "image/webp"
    assert max(Image.open(io.BytesIO(small.data)).size) <= 560
    known = {"If-None-Match": small.headers["ETag"]}
    assert client.get(f"/jobs/{job_id}/thumbnail", headers=known).status_code == 304
    shutil.rmtree(home / "output")
    assert client.get(job["svg"]).data == drawn
    again = client.post("/artboard/create", json={**order, "pattern": "rose", "id": "43"}).json[
        "job_id"
    ]
    wait_until(lambda: client.get(f"/jobs/{again}").json["ended"])
    shutil.rmtree(home / "output")
    bucket.refuse_keys()
    refused = client.get(job["svg"])
    assert refused.status_code == 503
    assert "secret" not in refused.text
    bucket.admit_keys()
    assert client.get(job["svg"]).data == drawn
    shutil.rmtree(home / "output")
    bucket.client.delete_object(Bucket="studio", Key=f"drawings/{job['result']}")
    assert client.get(job["svg"]).status_code == 410


@pytest.mark.postgres
@pytest.mark.slow
def test_log_and_drawing_so_far_of_a_job_on_another_machine_are_served(talking, bucket, tmp_path):
    settings = WebSettings(job_modules=("talking_tasks",), manage_jobs=True)
    client = create_app(settings).test_client()
    job = enqueue_background_job(talking, str(tmp_path / "go"))
    address = f"/jobs/{job.id}"
    wait_until(lambda: client.get(f"{address}/preview").status_code == 200)
    assert b"9mm" in client.get(f"{address}/preview").data
    wait_until(lambda: client.get(f"{address}/log").text == "half of it\n")
    (tmp_path / "go").touch()
    job.wait(60)
    answer = client.get(f"{address}/log")
    assert (answer.text, answer.mimetype) == ("half of it\nall of it\n", "text/plain")
    assert client.get(f"{address}/thumbnail").status_code == 410  # it has drawn nothing
    assert client.get("/jobs/nobody/log").status_code == 404
