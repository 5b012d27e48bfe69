"""What driving a plotter costs: processor, journal, memory, and the start of a plot of a million segments.

python tests/benchmarks/bench_plotter.py [--strokes 8000]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from machine_bench import Bench
from machine_emulators import GrblEmulator

from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines
from drawscape.plotter.plot import Journal, Plot

RUN = """import sys, resource
from drawscape.plotter.plot import find_plot
from drawscape.plotter.run import run_plot
plot, seen = find_plot(sys.argv[1]), []
def look(share, message):
    seen.append(int(open("/proc/self/statm").read().split()[1]) * 4096 / 1e6)
print(run_plot(plot, "run-1", yes=True, on_progress=look))
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, seen[len(seen) // 10], seen[-1])"""


def dashes(strokes):
    """Short strokes side by side, as stippling has them."""
    at = np.arange(strokes)
    starts = np.stack((2 + at % 100 * 2.0, 2 + at // 100 * 2.0), axis=1)
    lines = Lines.of(list(np.stack((starts, starts + 1.2), axis=1)))
    return Document(220, 200, (Layer("1 pen", "black", None, lines),))


def cost_of_a_plot(home, strokes):
    desk = Bench(home, "grbl", GrblEmulator, None, {"scale": 30.0})
    plot = desk.plot(dashes(strokes))
    takes_s = plot.plan.seconds.sum()
    done = subprocess.run(
        [sys.executable, "-c", RUN, plot.id], capture_output=True, text=True, check=True
    )
    state, figures = done.stdout.strip().splitlines()
    cpu_s, early, late = map(float, figures.split())
    desk.emulator.close()
    print(f"{strokes} strokes, {state}; {takes_s / 60:.0f} min on a real machine")
    print(f"processor {cpu_s:.1f} s, {100 * cpu_s / takes_s:.2f} % of that time")
    print(f"memory {early:.1f} MB after a tenth, {late:.1f} MB at the end")


def cost_of_the_journal(home, strokes):
    journal = Journal(home / "journal.jsonl")
    begun, used = time.perf_counter(), time.process_time()
    for stroke in range(1, strokes + 1):
        journal.append("stroke", soon=True, k=stroke, x=1.0, y=2.0)
    took_s, used = time.perf_counter() - begun, time.process_time() - used
    print(
        f"journal {1e6 * took_s / strokes:.0f} us a stroke, {1e6 * used / strokes:.0f} us of it processor"
    )


def start_of_a_large_plot(home, segments):
    rng = np.random.default_rng(1)
    lines = Lines.of(list(np.clip(rng.normal(100, 30, (segments // 500, 501, 2)), 0, 200)))
    document = Document(200, 200, (Layer("1 pen", "black", None, lines),))
    desk = Bench(home, "grbl", GrblEmulator, None, {}, "large")
    begun, used = time.perf_counter(), time.process_time()
    plot = Plot.create(document, "large")
    used = time.process_time() - used
    run = subprocess.Popen([sys.executable, "-c", RUN, plot.id], stdout=subprocess.DEVNULL)
    home_at = desk.emulator.carriage.at
    while desk.emulator.carriage.at == home_at:
        time.sleep(0.002)
    took_s = time.perf_counter() - begun
    stat = Path(f"/proc/{run.pid}/stat").read_text().split()
    run_s = (int(stat[13]) + int(stat[14])) / os.sysconf("SC_CLK_TCK")
    print(
        f"{segments} segments: the carriage moves after {took_s:.2f} s; processor: planning {used:.2f} s, "
        f"run {run_s:.2f} s"
    )
    run.kill()
    run.wait()
    desk.emulator.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strokes", type=int, default=8000)
    strokes = parser.parse_args().strokes
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / ".drawscape").mkdir()
        os.environ["DRAWSCAPE_HOME"] = folder
        cost_of_the_journal(home, strokes)
        start_of_a_large_plot(home, 1_000_000)
        cost_of_a_plot(home, strokes)


if __name__ == "__main__":
    main()
