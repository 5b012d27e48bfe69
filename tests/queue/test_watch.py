"""What a watcher is called for."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support import wait_until

from drawscape.job_manager import current_job, default_queue, enqueue_background_job, watch


def draw_on(gate: str) -> None:
    """Show one picture, and another once the file `gate` is there, without a word of progress."""
    from pathlib import Path

    current_job().progress(0.5, "drawing", preview="<svg>one</svg>")
    while not Path(gate).exists():
        time.sleep(0.01)
    current_job().progress(0.5, "drawing", preview="<svg>two</svg>")
    while Path(gate).exists():
        time.sleep(0.01)


@pytest.mark.both_engines
def test_a_watcher_hears_of_a_preview_that_comes_without_progress(
    home: Path, start_consumer: Callable[..., object]
):
    start_consumer("-w", "1")
    gate = home / "gate"
    job = enqueue_background_job(draw_on, str(gate))
    seen: list[bytes | None] = []
    with watch(lambda changed: seen.append(changed.preview), [job.id]):
        wait_until(lambda: seen and seen[-1] == b"<svg>one</svg>")
        gate.touch()
        wait_until(lambda: seen[-1] == b"<svg>two</svg>")
        assert job.progress == 0.5
        assert job.status == "started"
        gate.unlink()
        job.wait(60)


def test_a_watcher_hears_of_two_previews_in_one_tick_of_the_clock(home: Path):
    job = enqueue_background_job("sampletasks.nothing")
    preview = home / ".drawscape" / "previews" / f"{job.id}.svg"
    preview.parent.mkdir()
    default_queue().database.connection.execute("update job set status = 'started'")

    def show(content: bytes) -> None:
        """As a child process does, and with the time that the kernel gives to each in the same tick."""
        half = preview.with_name(f".{job.id}")
        half.write_bytes(content)
        os.utime(half, (1, 1))
        half.replace(preview)
        os.utime(preview.parent, (1, 1))

    seen: list[bytes | None] = []
    show(b"0")
    with watch(lambda changed: seen.append(changed.preview), [job.id]):
        for number in range(20):
            show(b"%d" % number)
            wait_until(lambda number=number: seen and seen[-1] == b"%d" % number)


@pytest.mark.both_engines
def test_a_watcher_sees_each_change_in_its_thread(worked_home: Path):
    seen: list[tuple[str, str]] = []
    threads = set()

    def note(job):
        seen.append((job.id, job.refresh().status))
        threads.add(threading.current_thread().name)

    job = enqueue_background_job("sampletasks.nap", 0.3)
    with watch(note, [job.id]):
        job.wait(60)
        wait_until(lambda: (job.id, "finished") in seen)
    assert threads == {"drawscape-watch"}
