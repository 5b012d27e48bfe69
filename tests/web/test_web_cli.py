"""`drawscape web` as a process: it says where it is, draws, and leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from drawscape.jobs import workers_alive

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running(*options, **environment):
    """Run `drawscape web` on a free port; yields the process and what it said up to its last word."""
    command = [sys.executable, "-m", "drawscape", "web", "--port", "0", *options]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True
    )
    said = ""
    try:
        while "reach" not in said:
            line = process.stderr.readline()
            assert line, f"it ended early, saying:\n{said}"
            said += line
        yield process, said
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        process.stderr.close()


def address(said):
    return re.search(r"http://\S+/", said)[0]


def get(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read()


def post(url, document):
    request = urllib.request.Request(
        url, json.dumps(document).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def test_it_draws_with_a_worker_of_its_own_and_both_stop(home, order, until):
    with running("-w", "1") as (process, said):
        url = address(said)
        assert "Only this machine can reach it" in said
        os.kill(int(re.search(r"process (\d+)", said)[1]), signal.SIGKILL)
        line = process.stderr.readline()
        found = re.search(r"The worker died; another one runs \(process (\d+),", line)
        assert found, line
        assert [(w.pid, w.slots) for w in workers_alive()] == [(int(found[1]), 1)]
        job_id = post(f"{url}artboard/create", order)["job_id"]
        until(lambda: json.loads(get(f"{url}jobs/{job_id}"))["ended"])
        drawing = get(f"{url}jobs/{job_id}/svg")
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert drawing.startswith(b"<?xml")
    assert (home / "output" / "artboard_42.svg").read_bytes() == drawing
    assert int(found[1]) in [member.pid for member in family]
    until(lambda: not any(member.is_running() for member in family))


def test_killed_outright_it_takes_its_worker_along(home, until):
    with running("-w", "1") as (process, _):
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait(60)
    assert family
    until(lambda: not any(member.is_running() for member in family))


def status(url, host, path="sketches", **headers):
    request = urllib.request.Request(f"{url}{path}", headers={"Host": host, **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        refused.close()
        return int(refused.code)


def test_open_to_others_it_takes_names_and_a_token_from_options_and_environment(home):
    named = {"DRAWSCAPE_WEB_HOSTS": "draw.example, other.example", "DRAWSCAPE_WEB_TOKEN": "s3cret"}
    options = ("--no-worker", "--host", "0.0.0.0")
    with running(*options, **named) as (_, said):
        url = address(said).replace("0.0.0.0", "127.0.0.1")
        token = {"Authorization": "Bearer s3cret"}
        hosts = ("draw.example", "other.example", "evil.example")
        assert [status(url, host, **token) for host in hosts] == [200, 200, 400]
        assert status(url, "draw.example") == 401
    assert "s3cret" not in said
    assert "WARNING" not in said
    with running(*options) as (_, said):
        url = address(said).replace("0.0.0.0", "127.0.0.1")
        assert status(url, "any.example") == 200
        health = json.loads(get(f"{url}healthz"))
    assert (health["status"], health["workers"]) == ("no worker", 0)
    assert "No worker was started" in said
    assert "WARNING" in said
