"""A project of somebody's own, outside of the clone, and a worker for it."""

import os
import sys

import pytest

RINGS = """\
from typing import Annotated
from annotated_types import Interval

def rings(svg, rng, *, count: Annotated[int, Interval(ge=1, le=50)] = 5):
    '''Circles around one another.'''
    for number in range(count):
        svg.circle(svg.frame.cx, svg.frame.cy, (number + 1) * svg.frame.short / 2 / count)
"""


@pytest.fixture
def project(tmp_path, monkeypatch, search_home_from):
    """A project's root, the working directory of the test; nothing in the environment names it."""
    for name in [key for key in os.environ if key.startswith("DRAWSCAPE_")]:
        if name != "DRAWSCAPE_HOME":
            monkeypatch.delenv(name)
    folder = tmp_path / "studio"
    (folder / "workers").mkdir(parents=True)
    (folder / "sketches").mkdir()
    (folder / "drawscape.toml").touch()
    (folder / "sketches" / "rings.py").write_text(RINGS)
    search_home_from(folder)
    path = [*sys.path]
    yield folder
    sys.path[:] = path
    for name in [m for m in sys.modules if m.partition(".")[0] in ("sketches", "workers")]:
        del sys.modules[name]
