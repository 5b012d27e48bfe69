"""`drawscape web` as a process: it says where it is, draws, and leaves nothing behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from drawscape.jobs import workers_alive

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running(*options: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
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


def address(said: str) -> str:
    return re.search(r"http://\S+/", said)[0]


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read()


def post(url: str, document: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(
        url, json.dumps(document).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def test_it_draws_with_a_worker_of_its_own_and_both_stop(
    home: Path, order: dict[str, Any], until: Callable[..., Any]
) -> None:
    with running("-w", "1") as (process, said):
        url = address(said)
        assert "Only this machine can reach it" in said
        job_id = post(f"{url}artboard/create", order)["job_id"]
        until(lambda: json.loads(get(f"{url}jobs/{job_id}"))["ended"])
        drawing = get(f"{url}jobs/{job_id}/svg")
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert drawing.startswith(b"<?xml")
    (file,) = (home / "output").glob("artboard_42.svg")
    assert file.read_bytes() == drawing
    assert family
    until(lambda: not any(member.is_running() for member in family))


def test_a_worker_that_dies_is_replaced_and_orders_go_on(
    home: Path, order: dict[str, Any], until: Callable[..., Any]
) -> None:
    with running("-w", "1") as (process, said):
        url = address(said)
        first = int(re.search(r"process (\d+)", said)[1])
        for _ in range(2):
            os.kill(first, signal.SIGKILL)
            line = process.stderr.readline()
            found = re.search(r"The worker died; another one runs \(process (\d+),", line)
            assert found, line
            first = int(found[1])
        assert [(w.pid, w.slots) for w in workers_alive()] == [(first, 1)]
        job_id = post(f"{url}artboard/create", order)["job_id"]
        until(lambda: json.loads(get(f"{url}jobs/{job_id}"))["ended"])
        assert json.loads(get(f"{url}jobs/{job_id}"))["status"] == "finished"
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert first in [member.pid for member in family]
    until(lambda: not any(member.is_running() for member in family))


def test_killed_outright_it_takes_its_worker_along(home: Path, until: Callable[..., Any]) -> None:
    with running("-w", "1") as (process, _):
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait(60)
    assert family
    until(lambda: not any(member.is_running() for member in family))


def test_without_a_worker_it_says_how_to_start_one(home: Path) -> None:
    with running("--no-worker") as (_, said):
        health = json.loads(get(f"{address(said)}healthz"))
    assert "No worker was started" in said
    assert (health["status"], health["workers"]) == ("no worker", 0)


def test_the_token_of_the_environment_is_asked_for(home: Path) -> None:
    with running("--no-worker", DRAWSCAPE_WEB_TOKEN="s3cret") as (_, said):
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(f"{address(said)}sketches")
        refused.value.close()
    assert refused.value.code == 401
    assert "s3cret" not in said


def test_open_to_others_without_a_token_it_warns(home: Path) -> None:
    with running("--no-worker", "--host", "0.0.0.0") as (_, said):
        assert "WARNING" in said


def test_open_to_others_it_answers_to_the_names_that_are_given(home: Path) -> None:
    def status(url: str, host: str) -> int:
        request = urllib.request.Request(f"{url}sketches", headers={"Host": host})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            refused.close()
            return int(refused.code)

    options = ("--no-worker", "--host", "0.0.0.0")
    with running(*options, DRAWSCAPE_WEB_HOSTS="draw.example") as (_, said):
        url = address(said).replace("0.0.0.0", "127.0.0.1")
        assert [status(url, host) for host in ("draw.example", "evil.example")] == [200, 400]
    with running(*options, "--allowed-host", "Draw.example") as (_, said):
        url = address(said).replace("0.0.0.0", "127.0.0.1")
        assert [status(url, host) for host in ("draw.example", "evil.example")] == [200, 400]
    with running(*options) as (_, said):
        url = address(said).replace("0.0.0.0", "127.0.0.1")
        assert status(url, "any.example") == 200


def test_a_taken_port_is_named(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        outcome = subprocess.run(
            [sys.executable, "-m", "drawscape", "web", "--no-worker", "--port", port],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert outcome.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in outcome.stderr
