"""The application under gunicorn, as a deployment runs it: several processes of a few threads each."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import free_port, wait_until

from drawscape.jobs import enqueue_background_job

pytestmark = [pytest.mark.slow, pytest.mark.nightly]


@pytest.fixture
def gunicorn(home: Path) -> Iterator[int]:
    """A gunicorn of one process with four threads; the port that it listens on."""
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", "--workers", "1", "--threads", "4", "--bind",
        f"127.0.0.1:{port}", "drawscape.web:create_app()",
    ]  # fmt: skip
    with (home / "gunicorn.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=dict(os.environ))
    try:
        wait_until(lambda: answers(port), 60, "gunicorn to listen")
        yield port
    finally:
        process.terminate()
        process.wait(60)


def answers(port: int) -> bool:
    try:
        return get(port, "/healthz")[0] == 200
    except OSError:
        return False


def get(port: int, path: str, **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, json.loads(content) if content else None


def open_stream(port: int, job_id: str) -> tuple[http.client.HTTPConnection, int]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", f"/jobs/{job_id}/events")
    return connection, connection.getresponse().status


def test_event_streams_leave_threads_for_the_rest_and_end_with_their_clients(gunicorn: int) -> None:
    job = enqueue_background_job("workers.svg_tasks.generate_complex_svg", width=50, height=50)
    streams = [open_stream(gunicorn, job.id) for _ in range(10)]
    assert sorted(status for _, status in streams) == [200, 200] + [503] * 8
    assert get(gunicorn, "/healthz")[0] == 200
    assert get(gunicorn, f"/jobs/{job.id}")[1]["status"] == "queued"
    for connection, _ in streams:
        connection.close()

    def stream_is_free() -> bool:
        connection, status = open_stream(gunicorn, job.id)
        connection.close()
        return status == 200

    wait_until(stream_is_free, 60, "a stream to be free again")


def test_a_quiet_stream_is_written_to_often_since_gunicorn_does_not_say_who_left(
    gunicorn: int,
) -> None:
    job = enqueue_background_job("workers.svg_tasks.generate_complex_svg", width=50, height=50)
    connection = http.client.HTTPConnection("127.0.0.1", gunicorn, timeout=60)
    connection.request("GET", f"/jobs/{job.id}/events")
    stream = connection.getresponse()
    lines = [stream.readline() for _ in range(14)]
    connection.close()
    assert lines.count(b": still here\n") >= 3


def test_only_names_of_this_machine_are_answered(gunicorn: int) -> None:
    assert get(gunicorn, "/healthz", Host="evil.example")[0] == 400
    assert get(gunicorn, "/healthz", Host=f"localhost:{gunicorn}")[0] == 200
