"""The web front: settings, its server, its command, gunicorn."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
import requests
from support import beside, free_port, wait_until

from drawscape.errors import SettingsError, UnknownNameError
from drawscape.jobs import workers_alive
from drawscape.settings import web_address
from drawscape.web import WebSettings
from drawscape.web.access import home_token

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running(*options, **environment):
    """Run `drawscape web` on a free port; yields the process and what it said up to its last word."""
    where = {"cwd": ROOT, "env": {**os.environ, **environment}}
    to = {"stderr": subprocess.PIPE, "text": True}
    with beside("web", "--port", "0", *options, **where, **to) as process, process.stderr:
        said = ""
        while "reach" not in said:
            line = process.stderr.readline()
            assert line, f"it ended early, saying:\n{said}"
            said += line
        yield process, said


def address(said):
    return re.search(r"http://\S+/", said)[0]


def get(url, **headers):
    return requests.get(url, headers=headers, timeout=60)


def order_of(url, order, **headers):
    answer = requests.post(f"{url}artboard/create", json=order, headers=headers, timeout=60)
    job_id = answer.json()["job_id"]
    return f"{url}jobs/{job_id}"


@pytest.mark.slow
def test_it_draws_with_a_worker_of_its_own_and_both_stop(home, order):
    with running("-w", "1") as (process, said):
        url = address(said)
        assert "Only this machine can reach it" in said
        wait_until(lambda: web_address() == url, "its address in the home")
        assert f"{url}?token={home_token()} " in said
        os.kill(int(re.search(r"PID (\d+)", said)[1]), signal.SIGKILL)
        line = process.stderr.readline()
        found = re.search(r"The worker died. Started another \(PID (\d+),", line)
        assert found, line
        assert [(w.pid, w.slots) for w in workers_alive()] == [(int(found[1]), 1)]
        job = order_of(url, order, Authorization=f"Bearer {home_token()}")  # it may take long
        wait_until(lambda: get(job).json()["ended"])
        drawing = get(f"{job}/svg").content
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert web_address() == ""
    assert drawing.startswith(b"<?xml")
    assert (home / "output" / "artboard_42.svg").read_bytes() == drawing
    assert int(found[1]) in [member.pid for member in family]
    wait_until(lambda: not any(member.is_running() for member in family))


@pytest.mark.slow
def test_open_to_others_it_takes_names_and_a_token_from_options_and_environment(home):
    named = {"DRAWSCAPE_WEB_HOSTS": "draw.example, other.example", "DRAWSCAPE_WEB_TOKEN": "s3cret"}
    options = ("--no-worker", "--host", "0.0.0.0")
    with running(*options, **named) as (_, said):
        url = address(said).replace("0.0.0.0", "127.0.0.1") + "sketches"
        token = {"Authorization": "Bearer s3cret"}
        hosts = ("draw.example", "other.example", "evil.example")
        assert [get(url, Host=host, **token).status_code for host in hosts] == [200, 200, 400]
        assert get(url, Host="draw.example").status_code == 401
    assert "s3cret" not in said
    assert "WARNING" not in said
    with running(*options) as (_, said):
        url = address(said).replace("0.0.0.0", "127.0.0.1")
        assert get(f"{url}sketches", Host="any.example").status_code == 200
        health = get(f"{url}healthz").json()
    assert (health["status"], health["workers"]) == ("no worker", 0)
    assert "No worker was started" in said
    assert "WARNING" in said


@pytest.mark.slow
@pytest.mark.nightly
def test_gunicorn_draws_an_order_and_answers_only_to_names_of_this_machine(home, worker):
    port = free_port()
    command = ["-m", "gunicorn", "--threads", "8", "--bind", f"127.0.0.1:{port}"]
    with (home / "gunicorn.log").open("wb") as log:
        command = [sys.executable, *command, "drawscape.web:create_app()"]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}/"
    try:
        wait_until(lambda: listens(port), "gunicorn to listen")
        job = order_of(url, {"width": 50, "height": 50})
        wait_until(lambda: get(job).json()["status"] == "finished")
        assert get(f"{url}healthz", Host="evil.example").status_code == 400
        assert get(f"{url}healthz", Host=f"localhost:{port}").status_code == 200
    finally:
        process.terminate()
        process.wait(60)


def listens(port):
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=60):
        return True


def test_many_slow_clients_leave_room_for_the_others(serving):
    with serving(WebSettings(), threads=4) as server:
        address = ("127.0.0.1", server.effective_port)
        slow = [socket.create_connection(address, timeout=60) for _ in range(150)]
        for connection in slow:
            connection.sendall(b"GET /sketches HTTP/1.1\r\nHost: ")
        assert get(f"{server.url}healthz").ok  # while each of them holds its connection
        for connection in slow:
            connection.close()


def test_a_chunked_body_over_the_limit_is_refused(serving):
    content = b'{"id": "' + b"x" * 70_000 + b'"}'
    with serving(WebSettings()) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.effective_port, timeout=60)
        headers = {"Content-Type": "application/json"}
        sent = ("POST", "/artboard/create", iter([content]), headers)
        connection.request(*sent, encode_chunked=True)
        answer = connection.getresponse()
        problem = json.loads(answer.read())
        connection.close()
    assert answer.status == problem["status"] == 413


@pytest.mark.parametrize(
    ("name", "value", "error", "words"),
    [
        ("max_queued", 0, SettingsError, "max_queued=0"),
        ("retry_after_s", -1, SettingsError, "retry_after_s=-1"),
        ("max_size_mm", 0.0, SettingsError, "max_size_mm=0.0"),
        ("token", " ", SettingsError, "token is empty"),
        ("patterns", ("spirl",), UnknownNameError, "did you mean 'spiral'"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(name, value, error, words):
    with pytest.raises(error, match=words):
        WebSettings(**{name: value})
