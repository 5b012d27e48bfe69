"""SIGKILL at every named step, seeded, round after round: nothing is lost, nothing is torn.

CHAOS_ROUNDS and CHAOS_SEED set the number and the order; a failure names the seed and the round.
"""

import os
import random
import subprocess
import sys

import pytest
import queue_chaos
from queue_chaos import LONG_STEPS, STEPS, World
from support import rounds

from drawscape.queue import clock as failpoints

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", rounds(3, 3000)))
SEED = int(os.environ.get("CHAOS_SEED", "1"))

TASKS = """
import time
from pathlib import Path
from drawscape.job_manager import current_job

def work(name):
    with open(Path("runs") / name, "a") as file:
        file.write("run\\n")
    for i in range(3):
        current_job().progress(i / 3, f"step {i}")
        time.sleep(0.01)
    if name.endswith("3"):
        raise ValueError("an honest failure")
    return name
"""


@pytest.fixture
def world(tmp_path, monkeypatch):
    (tmp_path / "modules").mkdir()
    (tmp_path / "runs").mkdir()
    (tmp_path / "modules" / "chaostasks.py").write_text(TASKS)
    monkeypatch.syspath_prepend(str(tmp_path / "modules"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))
    return World(tmp_path, random.Random(SEED))


def test_every_step_that_is_killed_has_a_failpoint():
    assert set(failpoints.NAMES) == {*STEPS, *LONG_STEPS} - {"any moment"}


@pytest.mark.chaos
def test_nothing_is_lost_wherever_a_kill_comes(world):
    command = [sys.executable, queue_chaos.__file__, str(world.home), str(SEED), str(ROUNDS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[0]) > ROUNDS
