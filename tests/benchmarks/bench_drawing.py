"""The drawing side beside its peers, in one run: `make bench-drawing`.

Peers: vpype 1.15 (`write_svg`, `read_svg`, `linesort`, `linemerge`, `linesimplify`), drawsvg, svgwrite
(`debug=False`).
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bench_canvas
import bench_geometry
import bench_plot
from tables import Row, report


def whole_process(*options):
    """Return the best of seven runs of `drawscape draw spiral`, start of Python included."""
    program = Path(sys.executable).with_name("drawscape")
    # As installed: modules are compiled once, by the first run.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        command = [str(program), "draw", "spiral", *options, "-o", str(Path(folder, "spiral.svg"))]
        times = []
        for _ in range(7):
            began = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=kept)
            times.append(time.perf_counter() - began)
    name = " ".join(("drawscape draw spiral", *options))
    return Row(f"`{name}`, a whole process", f"{min(times):.2f} s", target="0.5 s")


def rows(scale):
    """Return every figure of the drawing side; `scale` shrinks the drawings that are plotted."""
    # Version 0.2 put no lines in order: what it did is --raw.
    processes = [whole_process(), whole_process("--raw")]
    return [*bench_canvas.run(), *bench_plot.run(scale), *bench_geometry.run(), *processes]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--write", action="store_true")
    report("bench-drawing", rows(parser.parse_args().scale))
