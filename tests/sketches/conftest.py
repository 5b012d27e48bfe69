"""What the tests of the sketches share."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
from annotated_types import Interval, doc

ROOT = Path(__file__).parents[2]


@pytest.fixture
def rings():
    """A sketch as a user writes it, not in the library."""

    def rings(svg, rng, *, count: Annotated[int, Interval(ge=1, le=50), doc("Rings")] = 5):
        """Rings about the middle, each off by chance."""
        for ring in range(count):
            x, y = rng.normal(0, 1, 2)
            svg.circle(svg.frame.cx + x, svg.frame.cy + y, svg.frame.short / 2 / (ring + 2))

    return rings


@pytest.fixture
def run_python():
    """Run Python in a process of its own, with a hash seed of its own."""

    def run(*arguments: str, hash_seed: int = 0) -> subprocess.CompletedProcess[bytes]:
        environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            timeout=120,
            check=True,
        )

    return run
