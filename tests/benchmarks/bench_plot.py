"""Ordering, merging, simplifying and reading, side by side with vpype in one process.

A part of bench_drawing.py, whose `--scale 0.1` shrinks these drawings for a quick look. Times are the best
of three for ours and of one for vpype, which is given the smaller errors of its luck: its runs take seconds.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import elkai
import numpy as np
import vpype
import vpype_cli

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.tables import Row, best
from plot_support import mesh, page, segments, travel

from drawscape.geometry.lines import Lines
from drawscape.plot import merge, order, simplify
from drawscape.plot.svg_export import to_svg
from drawscape.sketches import draw
from drawscape.svg.read import read_svg


def as_vpype(lines):
    return vpype.LineCollection([line[:, 0] + 1j * line[:, 1] for line in lines])


def from_vpype(collection):
    return Lines.of([np.stack((line.real, line.imag), axis=1) for line in collection])


def linesort(collection):
    """What vpype's command `linesort` does, without its command line around it."""
    index = vpype.LineIndex(collection[1:], reverse=True)
    ordered = vpype.LineCollection([collection[0]])
    while len(index) > 0:
        found, backward = index.find_nearest(ordered[-1][-1])
        line = index.pop(found)
        ordered.append(line[::-1] if backward else line)
    return ordered


def ordering(scale):
    """100,000 random segments on A4."""
    lines = segments(round(100_000 * scale), seed=1)
    given = as_vpype(lines)
    theirs_s, sorted_by_vpype = best(lambda: linesort(given), rounds=1)
    theirs_m = travel(from_vpype(sorted_by_vpype)) / 1000
    ours_s, ordered = best(lambda: order(lines))
    ours_m = travel(ordered) / 1000
    yield Row(
        f"order {len(lines):,} random segments",
        f"{ours_s:.2f} s, {ours_m:.1f} m pen-up",
        f"vpype linesort {theirs_s:.2f} s, {theirs_m:.1f} m",
        f"{theirs_s / ours_s:.1f} x, {1 - ours_m / theirs_m:.0%} shorter",
        "15 % shorter, no slower",
    )


def lkh_travel_mm(lines, start=(0.0, 0.0), runs=10):
    """Return the pen-up travel of the best tour that LKH finds through strokes of two ends.

    Drawing in both directions is allowed, which makes this a generalised problem. It becomes a plain
    symmetric one: each end of a stroke is a city, and so are the start and a place called nowhere. A
    stroke joins its two ends for nothing, as a path joins nowhere and the start. Every other way costs
    its length and 10 m on top, to nowhere 10 m alone, so that no best tour leaves out a joined pair.
    """
    ends = np.stack((lines.starts, lines.ends), axis=1).reshape(-1, 2)
    count, penalty_mm = len(ends), 10_000.0
    begin, nowhere = count, count + 1
    places = np.concatenate((ends, [start]))
    costs = np.full((count + 2, count + 2), penalty_mm)
    costs[:nowhere, :nowhere] += np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    first = np.arange(0, count, 2)
    costs[first, first + 1] = costs[first + 1, first] = 0.0
    costs[begin, nowhere] = costs[nowhere, begin] = 0.0
    np.fill_diagonal(costs, 0.0)
    whole = (
        np.rint(costs * 100).astype(int).tolist()
    )  # LKH counts in whole numbers: hundredths of a mm
    tour = np.array(elkai.DistanceMatrix(whole).solve_tsp(runs=runs)[:-1])
    tour = np.roll(tour, -int(np.flatnonzero(tour == begin)[0]))
    if tour[1] == nowhere:
        tour = np.append(tour[:1], tour[:0:-1])
    entered, left = tour[1:-1:2], tour[2:-1:2]
    assert tour[-1] == nowhere
    assert (entered // 2 == left // 2).all()
    moves = ends[entered] - np.concatenate(([start], ends[left[:-1]]))
    return float(np.hypot(*moves.T).sum())


def touring(scale):
    """500 random strokes, beside the best tours known."""
    for length_mm in (5.0, 50.0):
        rng = np.random.default_rng(4)
        ends = rng.uniform(0, 200, (500, 1, 2)) + rng.uniform(-1, 1, (500, 2, 2)) * length_mm
        lines = Lines.of(ends)
        theirs_s, best_mm = best(lambda lines=lines: lkh_travel_mm(lines), rounds=1)
        ours_s, ordered = best(lambda lines=lines: order(lines))
        ours_mm = travel(ordered)
        yield Row(
            f"order 500 strokes of up to {2 * length_mm:g} mm",
            f"{ours_s:.3f} s, {ours_mm / 1000:.2f} m pen-up",
            f"LKH {theirs_s:.0f} s, {best_mm / 1000:.2f} m",
            f"{ours_mm / best_mm - 1:.1%} longer",
            "10 % longer at most",
        )


def sorting_files(scale):
    """Three sketches, beside `vpype linesort --two-opt`: travel from the sheet's corner on."""
    for name in ("circle_packing", "truchet", "copied_line"):
        lines = draw(name, 210, 297, seed=1).document().lines
        given = as_vpype(lines)
        theirs_s, sorted_by_vpype = best(
            lambda given=given: vpype_cli.execute("linesort --two-opt", vpype.Document(given)),
            rounds=1,
        )
        ours_s, ordered = best(lambda lines=lines: order(lines))
        ours_mm, theirs_mm = travel(ordered), travel(from_vpype(sorted_by_vpype.layers[1]))
        yield Row(
            f"order {len(lines):,} strokes of {name}",
            f"{ours_s:.3f} s, {ours_mm / 1000:.2f} m pen-up",
            f"vpype --two-opt {theirs_s:.1f} s, {theirs_mm / 1000:.2f} m",
            f"{1 - ours_mm / theirs_mm:.0%} shorter",
            "no longer",
        )


def merging(scale):
    """The shuffled edges of a mesh of triangles."""
    lines = mesh(round(184 * scale**0.5))
    joined = as_vpype(lines)
    theirs_s, _ = best(lambda: joined.merge(tolerance=0.05), rounds=1)
    ours_s, merged = best(lambda: merge(lines, tolerance_mm=0.05))
    return Row(
        f"merge {len(lines):,} segments of a mesh",
        f"{ours_s:.3f} s, {len(merged)} lines left",
        f"vpype linemerge {theirs_s:.2f} s, {len(joined)} lines",
        f"{theirs_s / ours_s:.0f} x",
        "20 x, no more lines",
    )


def simplifying(scale):
    """Wavy lines of 100 points, as vpype's `linesimplify` does it line by line."""
    from shapely import LineString

    count = round(10_000 * scale)
    x = np.tile(np.linspace(0, 200, 100), (count, 1))
    y = np.sin(x / 7) * np.linspace(1, 9, count)[:, None] + np.linspace(0, 290, count)[:, None]
    lines = Lines.of(np.stack((x, y), axis=2))
    given = as_vpype(lines)
    theirs_s, _ = best(lambda: [LineString(vpype.as_vector(v)).simplify(0.05) for v in given])
    ours_s, simple = best(lambda: simplify(lines, tolerance_mm=0.05))
    return Row(
        f"simplify {len(lines.points):,} points",
        f"{ours_s:.3f} s, {len(simple.points):,} left",
        f"vpype linesimplify {theirs_s:.2f} s",
        f"{theirs_s / ours_s:.1f} x",
        "2 x",
    )


def reading(scale):
    """1,000,000 points: as lines of 100, and as segments."""
    for count, each in ((10_000, 100), (100_000, 2)):
        count = round(count * scale)
        points = np.random.default_rng(1).uniform(0, 200, (count, each, 2))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.svg"
            path.write_bytes(to_svg(page(Lines.of(points))))
            theirs_s, _ = best(lambda path=path: vpype.read_svg(str(path), 0.1)[0], rounds=1)
            ours_s, _ = best(lambda path=path: read_svg(path))
        yield Row(
            f"read back {count:,} lines x {each} points",
            f"{ours_s:.2f} s",
            f"vpype read_svg {theirs_s:.2f} s",
            f"{theirs_s / ours_s:.0f} x",
            "faster",
        )


_PEAK = """
import sys, time
from pathlib import Path
import numpy as np, scipy.sparse.csgraph, scipy.spatial, shapely

def peak_mib():  # not ru_maxrss: on Linux that starts with the peak of who started this process
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
"""

_MILLION = """
from drawscape.drawing.document import Document, Layer
from drawscape.geometry.curves import circle
from drawscape.geometry.lines import Lines
from drawscape.plot import optimize

count = int(sys.argv[1])
rng = np.random.default_rng(0)
middle, half = rng.uniform(0, 1, (count, 1, 2)) * [210, 297], rng.uniform(-0.41, 0.41, (count, 1, 2))
lines = Lines.of(np.concatenate((middle - half, middle + half), axis=1))
del middle, half
begin = time.perf_counter()
after = optimize(Document(210, 297, (Layer("a", "black", 0.3, lines),)))
print(time.perf_counter() - begin, peak_mib(), len(after.lines))
"""

_LARGE_FILE = """
file, peer = Path(sys.argv[1]), sys.argv[2] == "vpype"
if peer:
    import vpype
    read = lambda path: vpype.read_svg(str(path), 0.1)[0]
else:
    from drawscape.svg.read import read_svg as read
read(file.with_name("small.svg"))
before, begin = peak_mib(), time.perf_counter()
found = read(file)
points = len(found.lines.points) if not peer else sum(len(line) for line in found)
print(time.perf_counter() - begin, peak_mib() - before - points * 16 / 2**20)
"""


def alone(script, *arguments):
    """Return the numbers that a script prints, in a process of its own for its peak memory."""
    command = [sys.executable, "-c", _PEAK + script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return map(float, done.stdout.split())


def a_million(scale):
    count = round(1_000_000 * scale)
    seconds, mebibytes, left = alone(_MILLION, count)
    return Row(
        f"optimize {count:,} segments",
        f"{seconds:.1f} s, {mebibytes:.0f} MiB at most, {left:,.0f} lines left",
        "version 0.2: 48 s, 766 MB",
        f"{48 * scale / seconds:.1f} x",
        "15 s, 500 MB",
    )


def a_large_file(scale):
    """A file as matplotlib writes it, of 43 MB: time, and peak memory beyond the points themselves."""
    count = round(17_200 * scale)
    path = np.cumsum(np.random.default_rng(0).normal(0, 1, (100, 2)), axis=0) + 100
    rows = []
    for index in range(count):
        data = " ".join(f"L {x:.6f} {y:.6f}" for x, y in (path + index % 90).tolist())
        rows.append(f'<path d="M{data[1:]}" clip-path="none" style="fill:none;stroke:#1f77b4"/>')
    head = '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400"><g id="figure">'
    with tempfile.TemporaryDirectory() as folder:
        for name, some in (("large.svg", rows), ("small.svg", rows[:1])):
            Path(folder, name).write_text(f"{head}{chr(10).join(some)}</g></svg>")
        large = Path(folder, "large.svg")
        size = large.stat().st_size / 2**20
        ours_s, ours_mib = alone(_LARGE_FILE, large, "drawscape")
        theirs_s, theirs_mib = alone(_LARGE_FILE, large, "vpype")
    return Row(
        f"read a file of {size:.0f} MiB, {100 * count:,} points",
        f"{ours_s:.1f} s, {ours_mib / size:.1f} x the file beyond the points",
        f"vpype read_svg {theirs_s:.1f} s, {theirs_mib / size:.1f} x",
        f"{theirs_s / ours_s:.0f} x faster, {theirs_mib / max(ours_mib, 1):.1f} x less memory",
        "2 x the file",
    )


def run(scale=1.0):
    """Return all rows; `scale` shrinks the drawings."""
    # The first call of each imports scipy and GEOS, which is no part of the work.
    warm = segments(100)
    merge(order(simplify(warm)))
    few = [merging(scale), simplifying(scale), a_million(scale)]
    tours = [*touring(scale), *sorting_files(scale)]
    return [*ordering(scale), *tours, *few, *reading(scale), a_large_file(scale)]
