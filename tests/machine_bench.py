"""Machines on pseudo-terminals: plots on them, runs that can be killed, and a judge of what was drawn."""

import contextlib
import multiprocessing
import os
import threading
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import shapely
from click.testing import CliRunner
from support import wait_until

from drawscape.cli.root import root
from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines
from drawscape.machine.device import add_device
from drawscape.machine.plot import Plot, find_plot
from drawscape.machine.run import run_plot
from drawscape.plot.hpgl_export import placed
from drawscape.tasks.plotting import is_queued, resume_plot

ANSWERED = {"yes": True, "zero_here": True}
"""Paper and pens are in, and a person who cuts the power puts the pen back to zero."""

SPAWN = multiprocessing.get_context("forkserver")
SPAWN.set_forkserver_preload(["drawscape.machine.run", "serial", "shapely"])


def scribble(seed=0, *, strokes=12, pens=1, size=60.0):
    rng = np.random.default_rng(seed)
    layers = []
    for pen in range(pens):
        lines = []
        for index in range(strokes):
            column, row = index % 6, (index // 6) * pens + pen
            start = np.array([2 + column * 9.0, 2 + row * 9.0]) + rng.uniform(0, 2, 2)
            count = int(rng.integers(2, 7))
            steps = rng.uniform(-1.5, 1.5, (count, 2))
            line = np.clip(start + np.cumsum(np.vstack(([[0, 0]], steps)), axis=0), 0, size)
            lines.append(line)
        layers.append(Layer(f"{pen + 1} pen {pen + 1}", "black", None, Lines.of(lines)))
    return Document(size, size, tuple(layers))


def _run(home, plot, run, options):
    os.environ["DRAWSCAPE_HOME"] = home
    run_plot(find_plot(plot), run, **options)


def document(driver, **options):
    made = scribble(**options)
    if driver != "hpgl":
        return made
    layers = (one.with_lines(one.lines.with_points(one.lines.points + 30)) for one in made.layers)
    return Document(297, 210, tuple(layers))


def hp_place(driver):
    """Return how an HP plotter's carriage sees the page; None for other machines."""
    if driver != "hpgl":
        return None
    placing = placed(Document(297, 210, ()), "hp7475a")
    return lambda points: np.array(placing.units(points)) * 0.02488


def _locks(path):
    """The rows of /proc/locks about a file."""
    rows = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return [row for row in rows if row[-3].endswith(f":{path.stat().st_ino}")]


def awaited(path):
    """Whether a program waits for the lock of a file."""
    return any("->" in row for row in _locks(path))


def driving(plot):
    """The process that drives a plot, by the lock that it holds; None when there is none."""
    rows = _locks(plot.folder / "run.lock") if plot.alive else []
    return next((int(row[-4]) for row in rows if row[3] == "WRITE"), None)


def children(pid):
    """The processes that a process has started."""
    try:
        return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    except OSError:  # it has ended
        return []


def guards():
    """Those that this process has started to lift the pen when its run has failed."""
    texts = []
    for pid in children(os.getpid()):
        with contextlib.suppress(OSError):
            texts.append(Path(f"/proc/{pid}/cmdline").read_bytes())
    return [text for text in texts if b"rescue()" in text]


def is_over(plot):
    """Whether a plot has no run, and none waits."""
    return not (plot.alive or plot.runs or is_queued(plot))


def call_and_wait(home, plot_id):
    """Be a terminal or a notebook that queues a run of a plot, and waits for its end."""
    os.environ["DRAWSCAPE_HOME"] = home
    plot = find_plot(plot_id)
    resume_plot(plot, **ANSWERED)
    wait_until(lambda: is_over(plot), timeout_s=140)


def command(*words, code=0, typed=""):
    """Return what `drawscape WORDS` says, its error too; it has to end with `code`."""
    result = CliRunner().invoke(root, [*map(str, words)], input=typed)
    assert result.exit_code == code, result.output
    return result.output + str(result.exception or "")


def answering(plot, asked):
    """Return what answers each question of a plot and puts it into `asked`."""

    def answer(text):
        asked.append(text)
        plot.request("answer", to=text)

    return answer


class Bench:
    """An emulator under the name `desk`, and plots on it."""

    def __init__(self, home, driver, emulator, profile, options, name="desk"):
        self.home, self.kind, self.options, self.name = home, emulator, options, name
        self.emulator = emulator(home / f"{name}.pty", **options)
        self.emulator.start()
        self.runs = 0
        device = add_device(name, driver, str(self.emulator.link), profile)
        # Short, so that a hang is soon found; a busy computer may be late by a second.
        replace(device, settings={"silence_s": 4.0}).save()

    def power_cycle(self, at=(0.0, 0.0)):
        """Cut the power and bring it back; a person puts the pen up and at zero meanwhile."""
        carriage = self.emulator.carriage
        self.emulator.close()
        carriage.pen(False, 0.0)
        carriage.at = at
        self.emulator = self.kind(self.home / f"{self.name}.pty", carriage, **self.options)
        self.emulator.start()

    def plot(self, document, **options):
        return Plot.create(document, self.name, **options)

    def run(self, plot, **options):
        self.runs += 1
        answered = ANSWERED if options.get("yes", True) else {}
        return run_plot(plot, f"run-{self.runs}", **{**answered, **options})

    def run_aside(self, plot, **options):
        """Run in a thread; it is given up when it hangs."""
        thread = threading.Thread(target=self.run, args=(plot,), kwargs=options, daemon=True)
        thread.start()
        return thread

    def judge(self, plot, place=None):
        return judge(plot, self.emulator.carriage.strokes, place)

    def start(self, plot, **options):
        """Run in a process of its own."""
        self.runs += 1
        given = (str(self.home), plot.id, f"run-{self.runs}", {**ANSWERED, **options})
        process = SPAWN.Process(target=_run, args=given)
        process.start()
        return process


def lose_a_line(machine):
    """Let the cable lose all that comes next, to the end of a line."""
    hears = machine.receive

    def deaf_for_a_line(data):
        if b"\n" in data:
            machine.receive = hears
        elif data == b"?":
            hears(data)

    machine.receive = deaf_for_a_line


@dataclass
class Verdict:
    """`missing` are strokes from 1, `numbers` those drawn, in order; `off_mm` how far ink strays."""

    missing: list[int]
    numbers: list[int]
    off_mm: float

    @property
    def twice(self):
        """The strokes that were drawn more than once."""
        return sorted({one for one in self.numbers if self.numbers.count(one) > 1})


def judge(plot, strokes, place=None):
    """Return what the drawn polylines are to the plan; `place` maps page to machine."""
    points = place or partial(plot.plan.placed, machine=plot.device.machine)
    planned = [points(line) for line in plot.plan.lines]
    shapes = [_shape(line) for line in planned]
    starts = np.array([line[0] for line in planned])
    whole, numbers, off_mm = set(), [], 0.0
    for drawn in strokes:
        if drawn == [(0.0, 0.0)]:  # a Z axis was set to zero where its pen touches the paper
            continue
        number = int(np.hypot(*(starts - drawn[0]).T).argmin())
        ink = _shape(drawn)
        corners = shapely.points(shapely.get_coordinates(shapely.segmentize(ink, 0.5)))
        far = shapely.distance(shapes[number], corners).max()
        if far > 0.1:
            far = shapely.distance(shapely.union_all(shapes), corners).max()
        off_mm = max(off_mm, float(far))
        numbers.append(number + 1)
        if shapely.distance(ink, shapely.points(planned[number])).max() <= 0.1:
            whole.add(number + 1)
    missing = sorted(set(range(1, len(planned) + 1)) - whole)
    return Verdict(missing, numbers, off_mm)


def _shape(line):
    return shapely.LineString(line) if len(line) > 1 else shapely.Point(line[0])
