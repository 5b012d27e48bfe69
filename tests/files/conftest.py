"""A home of the test's own, files in it, and real workers."""

import pytest

from drawscape.job_manager import start_worker

SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="20mm" height="10mm" viewBox="0 0 20 10">
<path d="M2 2 L10 2 M10 2 L18 8" fill="none" stroke="black" stroke-width="0.3"/></svg>"""


@pytest.fixture
def home(home):
    """A home with three tables and a drawing."""
    for number in (1, 2, 3):
        (home / f"file{number}.csv").write_text(f"a,b\n{number},x\n")
    (home / "drawing.svg").write_text(SVG)
    return home


@pytest.fixture
def worker(home):
    """Start a worker with so many slots; it ends with the test."""
    running = []

    def start(slots):
        running.append(start_worker(slots))
        return running[-1]

    yield start
    for process in running:
        if process.alive:
            process.stop()
