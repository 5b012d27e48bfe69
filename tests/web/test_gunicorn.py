"""The application under gunicorn, as a deployment runs it: several processes of a few threads each."""

import http.client
import json
import os
import subprocess
import sys

import pytest
from support import free_port, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.nightly]


@pytest.fixture
def gunicorn(home):
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


def answers(port):
    try:
        return get(port, "/healthz")[0] == 200
    except OSError:
        return False


def get(port, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, json.loads(content) if content else None


def test_only_names_of_this_machine_are_answered(gunicorn):
    assert get(gunicorn, "/healthz", Host="evil.example")[0] == 400
    assert get(gunicorn, "/healthz", Host=f"localhost:{gunicorn}")[0] == 200
