"""The application under gunicorn, by the command that the page for operators names."""

import http.client
import json
import os
import subprocess
import sys

import pytest
from support import free_port, wait_until

from drawscape.job_manager import start_worker

pytestmark = [pytest.mark.slow, pytest.mark.nightly]


def asked(port, path, order=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = None if order is None else json.dumps(order)
    json_type = {"Content-Type": "application/json"} if body else {}
    connection.request("POST" if body else "GET", path, body, {**json_type, **headers})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, json.loads(content) if content else None


def is_up(port):
    try:
        return asked(port, "/healthz")[0] == 200
    except OSError:
        return False


def test_an_order_is_drawn_and_only_names_of_this_machine_are_answered(home):
    port = free_port()
    command = ["-m", "gunicorn", "--threads", "8", "--bind", f"127.0.0.1:{port}"]
    with (home / "gunicorn.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *command, "drawscape.web:create_app()"],
            stdout=log,
            stderr=log,
            env=dict(os.environ),
        )
    worker = start_worker(1)
    try:
        wait_until(lambda: is_up(port), 60, "gunicorn to listen")
        status, made = asked(port, "/artboard/create", {"width": 50, "height": 50})
        assert status in (200, 201, 202), made
        job = made["job_id"]
        wait_until(lambda: asked(port, f"/jobs/{job}")[1]["status"] == "finished")
        assert asked(port, "/healthz", Host="evil.example")[0] == 400
        assert asked(port, "/healthz", Host=f"localhost:{port}")[0] == 200
    finally:
        worker.stop()
        process.terminate()
        process.wait(60)
