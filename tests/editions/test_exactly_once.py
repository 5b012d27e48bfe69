"""Each number is good exactly once, in the ledger and by ink, whatever is killed.

A script is the person. It sends numbers to three emulated machines and kills what works on them at random
moments. It calls two sheets spoiled, heals one, and takes one machine away for good.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress

import numpy as np
import pytest
from machine_bench import ANSWERED, Bench, driving, is_over
from machine_emulators import KINDS
from support import run, wait_until

from drawscape.editions import find_edition
from drawscape.editions.sheets import drawn_again
from drawscape.jobs import start_worker
from drawscape.machine.plot import Plot, plots_folder
from drawscape.tasks.editions import judge_sheet
from drawscape.tasks.plotting import enqueue_plot, resume_plot

SKETCH = """
def ticks(svg, rng):
    for x, y in rng.uniform(8, 38, (10, 2)):
        svg.line(x, y, x + rng.uniform(2, 5), y + rng.uniform(2, 5))
"""
DRAWN_MM = 45.0  # below it the page has marks only, which are the same on several sheets

SIZES = [
    pytest.param(5, 8, id="5 sheets"),
    *(
        pytest.param(30, 40, id=f"30 sheets, run {run}", marks=pytest.mark.nightly)
        for run in range(int(os.environ.get("EDITION_RUNS", "3")))
    ),
]


class Studio:
    """Three machines, a worker, and a person who kills what works at random moments."""

    def __init__(self, home, chance):
        self.chance, self.home = chance, home
        kinds = {"desk": "grbl", "wall": "ebb", "attic": "marlin"}
        rest = (None, {"scale": 60.0})
        self.desks = {
            name: Bench(home, one, KINDS[one], *rest, name) for name, one in kinds.items()
        }
        self.all_desks = dict(self.desks)
        self.worker = start_worker(3)

    def command(self):
        return ("plot", "gravel", "--on", ",".join(self.desks), "--yes", "--zero-here")

    def kill(self, plots):
        """Kill one thing, and put up what a person would put up again."""
        fault = self.chance.choice(("worker", "job", "caller", "power", "computer"))
        pids = [pid for plot in plots if (pid := driving(plot))]
        match fault:
            case "caller":
                words = [sys.executable, "-m", "drawscape", "editions", *self.command()]
                with subprocess.Popen(words, stdout=subprocess.DEVNULL) as caller:
                    time.sleep(self.chance.uniform(0.3, 1.2))
                    caller.kill()
            case "power":
                self.desks[self.chance.choice([*self.desks])].power_cycle()
            case "job" if pids:
                with suppress(ProcessLookupError):
                    os.kill(self.chance.choice(pids), signal.SIGKILL)
            case "worker" | "computer":
                for pid in [self.worker.pid, *(pids if fault == "computer" else [])]:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                wait_until(lambda: not any(plot.alive for plot in plots))
                self.worker = start_worker(3)
        return fault

    def close(self):
        if self.worker.alive:
            self.worker.stop()
        for desk in self.all_desks.values():
            desk.emulator.close()


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("size", "kills"), SIZES)
def test_each_number_is_good_exactly_once(home, request, size, kills):
    chance = random.Random(request.node.name)
    (home / "sketches").mkdir()
    (home / "sketches" / "ticks.py").write_text(SKETCH)
    words = ("--sketch", "ticks", "--paper", "60x60", "--year", "0")
    assert run("editions", "new", "gravel", *words, "--seeds", f"1-{size}").code == 0
    studio, told = Studio(home, chance), []
    to_spoil, gone_at = chance.sample(range(1, size + 1), 2), chance.randint(0, size // 2)
    deadline = time.monotonic() + 60 * size
    try:
        while True:
            numbers = find_edition("gravel").numbers
            states = Counter(one.state for one in numbers)
            if states["good"] == size:
                break
            assert time.monotonic() < deadline, (states, told)
            if states["good"] >= gone_at and "attic" in studio.desks:
                studio.desks.pop("attic").emulator.close()
                told.append("attic gone")
            judge(studio, numbers, to_spoil, told)
            run("editions", *studio.command())
            if kills and chance.random() < 0.5:
                kills -= 1
                plots = [p for one in numbers for p in made(one.sheets[-1:])]
                told.append(studio.kill(plots))
            time.sleep(chance.uniform(0, 0.5))
    finally:
        studio.close()
    check_ledger_and_ink(studio, find_edition("gravel"), told)


def made(sheets):
    """The plots of sheets that exist by now."""
    folders = [plots_folder() / plot for sheet in sheets for plot, *_ in sheet.plots]
    return [Plot(folder) for folder in folders if (folder / "journal.jsonl").exists()]


def judge(studio, numbers, to_spoil, told):
    """Do what a person does who looks at the machines: verdicts, healing, and a resume of what broke off."""
    for one in numbers:
        plots = made(one.sheets[-1:])
        if one.state == "plotted" and one.number in to_spoil:
            to_spoil.remove(one.number)
            judge_sheet("gravel", one.number, "spoiled")
            told.append(f"{one.number} spoiled")
        elif one.state == "plotted" and is_to_heal(one, plots, told):
            plan = plots[0].plan.stretched([(0, 0.5, 1.5)], plots[0].device.machine)
            enqueue_plot(plots[0].healing(plan), **ANSWERED)
            told.append(f"{one.number} healed")
        elif one.state == "plotted":
            judge_sheet("gravel", one.number, "good")
            told.append(f"{one.number} good")
        for plot in plots:
            is_cut_off = one.state == "interrupted" or (plot.record.heals and one.state == "queued")
            if is_cut_off and is_over(plot) and plot.state.state != "done":
                if plot.record.machine in studio.desks:
                    resume_plot(plot, **ANSWERED)
                else:
                    judge_sheet("gravel", one.number, "spoiled")
                    told.append(f"{one.number} on {plot.record.machine} lost")


def is_to_heal(number, plots, told):
    """Whether this is the first sheet that can be healed: its machine stays to the end."""
    was_healed = any(word.endswith("healed") for word in told)
    return not was_healed and number.number > 2 and plots[0].record.machine != "attic"


def check_ledger_and_ink(studio, edition, told):
    """All plots of a number have the same strokes, so its ink is counted once on each machine.

    A plot that heals draws a stretch alone, and does not count.
    """
    healed = []
    for one in edition.numbers:
        assert [sheet.verdict for sheet in one.sheets].count("good") == 1, (one, told)
        drawn_again(one.provenance)  # an EditionError when it is not the same to the byte
        plots = [plot for plot in made(one.sheets) if not plot.record.heals]
        good = next(sheet for sheet in one.sheets if sheet.verdict == "good")
        healed += [plot for plot in made([good]) if plot.record.heals]
        done = sum(plot.state.state == "done" for plot in plots)
        lines = plots[0].plan.lines
        drawn = np.zeros(int((lines.starts[:, 1] < DRAWN_MM).sum()))
        for plot in {plot.record.machine: plot for plot in plots}.values():
            ink = studio.all_desks[plot.record.machine].emulator.carriage.strokes
            starts = np.array([stroke[0] for stroke in ink]).reshape(-1, 2)
            at = plot.plan.placed(lines.starts, plot.device.machine)
            own = at[lines.starts[:, 1] < DRAWN_MM]
            far = np.hypot(*(own[:, None] - starts).transpose(2, 0, 1))
            drawn += (far < 0.1).sum(axis=1)
        assert done <= drawn.min() <= len(plots), (one, drawn, told)
    assert [plot.state.state for plot in healed] == ["done"], told
