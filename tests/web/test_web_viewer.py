"""A drawing on a page, also one of another machine."""

import io
import json

import numpy as np
import pytest
from PIL import Image
from support import wait_until

from drawscape.job_manager import enqueue_background_job, start_worker
from drawscape.svg.read import read_svg
from drawscape.web import create_app
from drawscape.web.access import home_token


def await_drawn(client, order):
    job_id = client.post("/artboard/create", json=order).json["job_id"]
    wait_until(lambda: client.get(f"/jobs/{job_id}").json["ended"])
    return job_id


def test_the_lines_come_as_arrays_in_one_piece_or_an_answer_says_why_not(
    front, order, home, worker
):
    client = create_app(front()).test_client()
    job_id = await_drawn(client, order)
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
    drawn = read_svg(path.read_bytes()).layers[0].lines.points
    np.testing.assert_allclose(deltas.cumsum(axis=0) / header["units_per_mm"], drawn)
    known = {"If-None-Match": answer.headers["ETag"]}
    again = client.get(f"/jobs/{job_id}/lines", headers=known)
    assert (again.status_code, again.data) == (304, b"")
    path.write_text(path.read_text().replace('stroke="#ff0000"', 'stroke="#00ff00"'))  # as long
    changed = client.get(f"/jobs/{job_id}/lines", headers=known)
    assert changed.status_code == 200
    assert b"#00ff00" in changed.data
    client = create_app(front("broken")).test_client()
    answer = client.get(f"/jobs/{await_drawn(client, order)}/lines")
    assert answer.status_code == 409
    assert "no lines to show" in answer.json["detail"]


@pytest.fixture
def shared(home, talking, tmp_path_factory, monkeypatch):
    """The output folder that this home shares with a worker's home; the queue is this home's."""
    folder = tmp_path_factory.mktemp("shared")
    monkeypatch.setenv("DRAWSCAPE_OUTPUT", str(folder))
    monkeypatch.setenv("DRAWSCAPE_QUEUE", str(home / ".drawscape" / "queue.db"))
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("DRAWSCAPE_HOME", str(tmp_path_factory.mktemp("elsewhere")))
        worker = start_worker(1)
    yield folder
    worker.stop()


@pytest.mark.slow
def test_a_drawing_of_another_machine_and_its_log_are_served(
    client, order, shared, talking, tmp_path
):
    job_id = await_drawn(client, order)
    job = client.get(f"/jobs/{job_id}").json
    assert (job["status"], job["error"]) == ("finished", None)
    drawn = shared / job["result"]
    answer = client.get(job["svg"])
    assert (answer.data, answer.mimetype) == (drawn.read_bytes(), "image/svg+xml")
    assert client.get(f"/jobs/{job_id}/lines").status_code == 200
    small = client.get(f"/jobs/{job_id}/thumbnail")
    assert small.mimetype == "image/png"
    assert max(Image.open(io.BytesIO(small.data)).size) <= 560
    known = {"If-None-Match": small.headers["ETag"]}
    assert client.get(f"/jobs/{job_id}/thumbnail", headers=known).status_code == 304
    drawn.unlink()
    assert client.get(job["svg"]).status_code == 410
    client = create_app(talking).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {home_token()}"
    job = enqueue_background_job("talking_tasks.draw", str(tmp_path / "go"))
    address = f"/jobs/{job.id}"
    wait_until(lambda: client.get(f"{address}/log").text == "half of it\n")
    (tmp_path / "go").touch()
    job.wait(60)
    answer = client.get(f"{address}/log")
    assert (answer.text, answer.mimetype) == ("half of it\nall of it\n", "text/plain")
    assert client.get(f"{address}/thumbnail").status_code == 410  # it has drawn nothing
    assert client.get("/jobs/nobody/log").status_code == 404
