"""What a watcher is called for."""

import time
from pathlib import Path

import pytest
from support import wait_until

from drawscape.job_manager import current_job, enqueue_background_job, watch

pytestmark = pytest.mark.both_engines


def draw_on(gate):
    """Show one picture, and another once the file `gate` is there, without a word of progress."""

    current_job().progress(0.5, "drawing", preview="<svg>one</svg>")
    while not Path(gate).exists():
        time.sleep(0.01)
    current_job().progress(0.5, "drawing", preview="<svg>two</svg>")
    while Path(gate).exists():
        time.sleep(0.01)


def test_a_watcher_hears_of_a_preview_that_comes_without_progress(home, start_consumer):
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
