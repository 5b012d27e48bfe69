"""SIGKILL at every step between file, thumbnail and row, round after round: file and row agree.

CHAOS_ROUNDS and CHAOS_SEED set the number and the order; a failure names the seed and the round.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
import support

from drawscape.atomic import sweep_tree
from drawscape.catalogue import drawings, find, standing
from drawscape.catalogue.database import connection
from drawscape.recipe import recipe_of
from drawscape.sketches import SKETCHES

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", support.rounds(3, 3000)))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
STEPS = (
    "drawing.file_written",
    "drawing.row_written",
    "any moment",
    "none",
)

SERVER = """
import os, random, signal, sys, time
signal.alarm(180)  # nothing here waits for ever: what takes longer dies, and the test with it
from drawscape.queue import clock as failpoints
from drawscape.sketches import draw
from drawscape.tasks.drawing import generate_complex_svg
draw("rose", 40, 40)
print("ready", flush=True)
signal.alarm(0)
for line in sys.stdin:
    seed, step, delay = line.rstrip("\\n").split("\\t")
    signal.alarm(180)
    child = os.fork()
    if child == 0:
        signal.alarm(120)  # a child has no alarm of its own
        if step not in ("any moment", "none"):
            failpoints.arm(step)
        generate_complex_svg(40, 40, "rose", seed=int(seed))
        os._exit(0)
    if step == "any moment":
        time.sleep(float(delay))
        os.kill(child, signal.SIGKILL)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    signal.alarm(0)
"""

Play = Callable[[int, str, float], int]


@pytest.fixture
def play(home):
    """Draw the rose of a seed in a process that is killed at a step; return its exit code."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin
    assert server.stdout
    assert server.stdout.readline() == "ready\n"

    def play(seed: int, step: str, delay_s: float) -> int:
        server.stdin.write(f"{seed}\t{step}\t{delay_s}\n")
        server.stdin.flush()
        return int(server.stdout.readline())

    yield play
    server.stdin.close()
    server.stdout.close()
    server.wait(60)


def check(home, starred):
    """Raise AssertionError where rows, files and marks do not agree."""
    files = set((home / "output").glob("*.svg"))
    for path in files:
        seed = int(path.name.split("-")[1])
        known = standing(recipe_of(SKETCHES["rose"], 40, 40, seed=seed))
        assert known is not None, f"a look does not find {path.name}"
        assert known.path == path
        assert path.read_bytes().endswith(b"</svg>\n"), f"{path.name} is torn"
    rows = list(drawings())
    assert {row.path for row in rows} == files, "rows and files differ"
    assert len(rows) == len(files), "a drawing has two rows"
    for recipe, stars in starred.items():
        assert find(recipe).stars == stars, "a mark is lost"
    assert connection().execute("pragma integrity_check").fetchone()[0] == "ok"


def rounds(home, play, count):
    dice = random.Random(SEED)
    starred: dict[str, int] = {}
    for number in range(count):
        step = dice.choice(STEPS)
        seed = number // 3  # some are drawn again, after a kill or without one
        code = play(seed, step, dice.uniform(0, 0.02))
        assert code in (0, -9), code
        if number % 10 == 9 or count < 20:
            try:
                check(home, starred)
            except AssertionError as error:
                pytest.fail(f"seed {SEED}, round {number}, killed at {step}: {error}")
            for row in drawings(stars=0)[:2]:
                starred[row.recipe] = row.star(1 + number % 5).stars
    deadline = time.monotonic() + 20
    while list((home / "output").glob(".*.part")) and time.monotonic() < deadline:
        sweep_tree(home / "output")
    assert not list((home / "output").rglob(".*"))
    assert starred


@pytest.mark.chaos
@pytest.mark.slow
def test_rows_and_files_agree_wherever_a_kill_comes(home, play):
    rounds(home, play, ROUNDS)


def test_rows_and_files_agree_after_a_few_kills(home, play):
    rounds(home, play, 12)
