"""What a worker says: structured lines for a machine to read, in a file that does not grow for ever."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support import wait_until

from drawscape.job_manager import enqueue_background_job, start_worker

pytestmark = pytest.mark.slow  # a worker of its own for nearly every test

FIELD = re.compile(r"""(\w+)=("[^"]*"|'[^']*'|\S+)""")


def lines_about(text: str, key: str, value: str) -> list[dict[str, str]]:
    """The `key=value` fields of the lines of a log that say `key=value`."""
    found = [dict(FIELD.findall(line)) for line in text.splitlines() if f"{key}={value}" in line]
    return [fields for fields in found if fields.get(key) == value]


def test_a_worker_writes_a_structured_line_for_each_end_of_a_job(home: Path, start_consumer):
    consumer = start_consumer()
    good = enqueue_background_job("sampletasks.add", 1)
    bad = enqueue_background_job("sampletasks.fail", "no ink left")
    dead = enqueue_background_job("sampletasks.segfault")
    wait_until(lambda: good.ended and bad.ended and dead.ended)
    consumer.stop()
    told = consumer.log.read_text()
    worker = good.refresh().worker
    events = [fields["event"] for fields in lines_about(told, "worker", worker)]
    assert events == ["started", "stopping", "stopped"]
    assert lines_about(told, "worker", worker)[0]["slots"] == "1"
    [line] = lines_about(told, "job", good.id)
    assert line == {"job": good.id, "task": "sampletasks.add", "status": "finished"}
    [line] = lines_about(told, "job", bad.id)
    assert line["task"] == "sampletasks.fail"
    assert (line["status"], line["reason"]) == ("failed", "exception")
    assert line["error"] == "'ValueError: no ink left'"
    [line] = lines_about(told, "job", dead.id)
    assert (line["status"], line["reason"]) == ("failed", "crashed")
    assert "killed by SIGSEGV" in line["error"]
    assert all(
        line.startswith("[") for line in told.splitlines()
    )  # huey's own format, with the time


def test_a_log_that_has_grown_large_is_set_aside_at_the_next_start(home: Path):
    log = home / ".drawscape" / "worker.log"
    log.write_bytes(b"an old line\n" * 800_000)
    worker = start_worker(1)
    worker.stop()
    assert log.with_name("worker.log.1").stat().st_size == 12 * 800_000
    assert 0 < log.stat().st_size < 10_000
    start_worker(1).stop()
    assert log.with_name("worker.log.1").stat().st_size == 12 * 800_000
