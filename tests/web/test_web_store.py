"""The web interface where workers are other machines, and the drawings lie in an object store."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from object_store import ObjectStore, object_store
from postgres_server import drop_schema, new_schema

from drawscape.job_manager import start_worker

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture
def bucket(
    home: Path,
    postgres_url: str,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ObjectStore]:
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


def test_a_drawing_of_another_machine_is_served_from_the_store(
    client: FlaskClient, order: dict[str, Any], home: Path, bucket: ObjectStore, until: Any
) -> None:
    job_id = client.post("/artboard/create", json=order).json["job_id"]
    job = until(lambda: (found := client.get(f"/jobs/{job_id}").json)["ended"] and found)
    assert (job["status"], job["error"]) == ("finished", None)
    drawn = bucket.read(job["result"])
    answer = client.get(job["svg"])
    assert (answer.data, answer.mimetype) == (drawn, "image/svg+xml")
    assert client.get(f"/jobs/{job_id}/lines").status_code == 200
    shutil.rmtree(home / "output")  # what this machine has is a copy
    assert client.get(job["svg"]).data == drawn
    again = client.post("/artboard/create", json={**order, "pattern": "rose"}).json["job_id"]
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
