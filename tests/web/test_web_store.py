"""The web interface where workers are other machines, and the drawings lie in an object store."""

import io
import shutil

import pytest
from object_store import object_store
from PIL import Image
from postgres_server import drop_schema, new_schema

from drawscape.job_manager import enqueue_background_job, start_worker
from drawscape.web import WebSettings, create_app

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


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
def bucket(
    home,
    postgres_url,
    tmp_path_factory,
    monkeypatch,
):
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


def test_a_drawing_of_another_machine_is_served_from_the_store(client, order, home, bucket, until):
    job_id = client.post("/artboard/create", json=order).json["job_id"]
    job = until(lambda: (found := client.get(f"/jobs/{job_id}").json)["ended"] and found)
    assert (job["status"], job["error"]) == ("finished", None)
    drawn = bucket.read(job["result"])
    answer = client.get(job["svg"])
    assert (answer.data, answer.mimetype) == (drawn, "image/svg+xml")
    assert client.get(f"/jobs/{job_id}/lines").status_code == 200
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
    until(lambda: client.get(f"/jobs/{again}").json["ended"])
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


def test_log_and_drawing_so_far_of_a_job_on_another_machine_are_served(
    talking, bucket, tmp_path, until
):
    settings = WebSettings(job_modules=("talking_tasks",), manage_jobs=True)
    client = create_app(settings).test_client()
    job = enqueue_background_job(talking, str(tmp_path / "go"))
    address = f"/jobs/{job.id}"
    until(lambda: client.get(f"{address}/preview").status_code == 200)
    assert b"9mm" in client.get(f"{address}/preview").data
    until(lambda: client.get(f"{address}/log").text == "half of it\n")
    (tmp_path / "go").touch()
    job.wait(60)
    answer = client.get(f"{address}/log")
    assert (answer.text, answer.mimetype) == ("half of it\nall of it\n", "text/plain")
    assert client.get(f"{address}/thumbnail").status_code == 410  # it has drawn nothing
    assert client.get("/jobs/nobody/log").status_code == 404
