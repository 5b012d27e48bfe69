"""Many boards in one kernel: every tile is finished in the end, and memory and widgets stay bounded."""

import multiprocessing
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances
from support import rounds, wait_until

from drawscape.notebook import contact_sheet, form

pytestmark = [pytest.mark.usefixtures("consumer"), pytest.mark.slow]


def burn() -> None:
    """Keep a core busy."""
    while True:
        pass


@pytest.fixture
def busy():
    """A machine on which something else runs on every core."""
    context = multiprocessing.get_context("spawn")
    burning = [context.Process(target=burn, daemon=True) for _ in range(os.cpu_count() or 1)]
    for one in burning:
        one.start()
    yield
    for one in burning:
        one.kill()


@pytest.mark.usefixtures("busy")
def test_sheets_in_a_row_beside_busy_cores_have_every_tile_finished_on_the_page(
    monkeypatch,
):
    """The page opens amid the drawing: what it was sent last, by the tiles' numbers, is what it shows."""
    size = rounds(6, 24)
    for number in range(rounds(3, 200)):
        made = contact_sheet("spiral", range(number * size, (number + 1) * size), paper="A7")
        seen: dict[str, dict[str, Any]] = {}

        def receive(content: Any, buffers: Any = None, seen: Any = seen) -> None:
            for tile in content.get("tiles", ()):
                if tile["number"] >= seen.get(tile["id"], tile)["number"]:
                    seen[tile["id"]] = tile

        monkeypatch.setattr(made, "send", receive, raising=False)
        made._handle_custom_msg({"act": "ready"}, [])
        made.wait(120)
        states = ["finished"] * size
        wait_until(lambda s=seen, w=states: [t["state"] for t in s.values()] == w, 60, "all tiles")
        assert all(tile["format"] == "webp" for tile in seen.values())
        made.close()


def test_a_kernel_stays_small_after_many_drawings_and_sheets():
    """0.3 went to 620 MB: a thread for each job, and 59 widgets for each sheet."""

    def megabytes() -> float:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    drawn = form("rose", paper="A6")
    before, threads, at_first = len(_instances), 0, 0.0
    for seed in range(rounds(8, 150)):
        drawn.set(seed=1000 + seed).draw().wait(60)
        if seed == 5:  # what is loaded once is loaded
            threads, at_first = threading.active_count(), megabytes()
    size = rounds(4, 24)
    for first in range(0, rounds(2, 10) * size, size):
        made = contact_sheet("schotter", range(first, first + size), paper="A7")
        made.begin_saving()
        made.wait(120)
    assert megabytes() - at_first <= 100
    assert len(_instances) - before <= rounds(10, 60)
    wait_until(lambda: threading.active_count() <= threads + 1, 60, "threads to end")
