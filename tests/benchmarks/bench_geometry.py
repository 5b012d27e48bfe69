"""Benchmarks of the geometry: noise, an evenly spaced flow field, points, hatches, hidden lines.

Run it alone on a quiet machine: `python tests/benchmarks/bench_geometry.py`. Each figure is the best
of a few rounds; beside it is the same algorithm as a plain Python loop where there is one.
"""

import numpy as np
from plain_streamlines import plain_streamlines
from tables import Row, best, report

from drawscape.geometry.clip import occlude
from drawscape.geometry.curves import circle
from drawscape.geometry.hatch import hatch
from drawscape.geometry.hidden import visible_edges
from drawscape.geometry.lines import Lines
from drawscape.geometry.mesh import Camera
from drawscape.geometry.nearest import Nearest
from drawscape.geometry.noise import Noise
from drawscape.geometry.poisson import poisson_disc
from drawscape.geometry.solids import boxes
from drawscape.geometry.streamlines import streamlines

PAGE = (0.0, 0.0, 210.0, 297.0)
SPACING = 1.0


def run():
    """Return one `tables.Row` for each figure."""
    return [*_noise(), *_flow_field(), _points(), _hatch(), _occlusion(), _hidden_lines()]


def _noise():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 200, (2, 4_000_000))
    noise = Noise(0)
    few = 100_000
    plain_s, plain = best(lambda: _plain_perlin(noise, x[:few].tolist(), y[:few].tolist()), 2)
    plain_rate = few / plain_s / 1e6
    rows = []
    for name, call in (("Perlin", noise.perlin), ("simplex", noise.simplex)):
        seconds, values = best(lambda call=call: call(x, y), 5)
        rate = len(x) / seconds / 1e6
        if name == "Perlin" and np.abs(values[:few] - plain).max() > 1e-12:
            raise SystemExit("the plain loop makes other noise: the comparison means nothing")
        rows.append(
            Row(
                f"noise, {name}, 4,000,000 samples in 2-D",
                f"{rate:.1f} M samples/s",
                f"plain Python Perlin {plain_rate:.2f} M",
                f"{rate / plain_rate:.0f} x",
                "10 M samples/s",
            )
        )
    return rows


def _flow_field():
    noise = Noise(3)

    def field(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return noise.perlin(x / 60.0, y / 60.0) * 2.0 * np.pi

    # One point a stride in both, so that they make the same number of points.
    seconds, lines = best(lambda: streamlines(field, PAGE, SPACING, step_mm=SPACING), 7)
    plain_s, plain = best(lambda: plain_streamlines(field, PAGE, SPACING), 3)
    others = Lines.of([np.array(line) for line in plain if len(line) > 1])
    ratio = (plain_s / len(others.points)) / (seconds / len(lines.points))
    return [
        Row(
            f"flow field, {len(lines.points):,} points, evenly spaced",
            f"{seconds:.2f} s",
            f"same algorithm, plain Python loop {plain_s:.2f} s",
            f"{ratio:.1f} x",
            "10 x",
        ),
        Row("its evenness", _evenness(lines), f"plain: {_evenness(others)}"),
    ]


def _evenness(lines):
    distances, near = Nearest(lines.points).query(lines.points, 14)
    other = lines.ids[near] != lines.ids[:, None]
    closest = np.where(other, distances, np.inf).min() / SPACING
    places = np.random.default_rng(0).uniform(PAGE[:2], PAGE[2:], (50_000, 2))
    gaps = Nearest(lines.points).distances(places) / SPACING
    return (
        f"least distance {closest:.2f}, mean gap {gaps.mean():.3f}, 99 % gap "
        f"{np.quantile(gaps, 0.99):.2f}, mean line {lines.lengths_mm.mean():.1f} mm"
    )


def _points():
    seconds, points = best(lambda: poisson_disc(np.random.default_rng(0), PAGE, 1.45), 3)
    return _row(f"Poisson discs, {len(points):,} points", seconds)


def _hatch():
    turns = np.linspace(0.0, 2.0 * np.pi, 1000, endpoint=False)
    reach = 90.0 * (1.0 + 0.1 * np.sin(40.0 * turns))
    blot = 100.0 + np.column_stack((reach * np.cos(turns), reach * np.sin(turns)))
    seconds, lines = best(lambda: hatch(blot, 0.02), 3)
    return _row(f"hatch, 1,000 edges, {len(lines):,} lines", seconds)


def _occlusion():
    rng = np.random.default_rng(0)
    discs = [circle(*rng.uniform(0, 200, 2), rng.uniform(2, 6)) for _ in range(2000)]
    seconds, shown = best(lambda: occlude(discs), 3)
    return _row(f"occlusion, 2,000 circles, {sum(map(len, shown)):,} lines left", seconds)


def _hidden_lines():
    x, y = (axis.ravel() for axis in np.mgrid[0:20, 0:20])
    low = np.column_stack((x * 1.2, y * 1.2, 0.0 * x))
    tall = np.random.default_rng(0).uniform(0.5, 6.0, len(x))
    city = boxes(low, low + np.column_stack((0 * x + 1.0, 0 * x + 1.0, tall)))
    camera = Camera.looking((-8, -10, 12), (12, 12, 0))
    seconds, lines = best(lambda: visible_edges(city, camera), 3)
    return _row(f"hidden lines, {len(city.faces):,} triangles, {len(lines):,} lines", seconds)


def _row(what, seconds):
    return Row(what, f"{seconds:.2f} s")


def _plain_perlin(noise, xs, ys):
    """Return the same Perlin noise, sample by sample."""
    lattice = noise._lattice
    table = lattice.shuffled.tolist()
    gx, gy = (axis.tolist() for axis in lattice.flat)
    scale = 2.0**0.5
    values = []
    for x, y in zip(xs, ys, strict=True):
        i, j = int(x // 1), int(y // 1)
        x, y = x - i, y - j
        i, j = i & 255, j & 255
        a, b = table[i] + j, table[i + 1] + j
        u = x * x * x * (x * (x * 6.0 - 15.0) + 10.0)
        v = y * y * y * (y * (y * 6.0 - 15.0) + 10.0)
        n00 = gx[a] * x + gy[a] * y
        n10 = gx[b] * (x - 1.0) + gy[b] * y
        n01 = gx[a + 1] * x + gy[a + 1] * (y - 1.0)
        n11 = gx[b + 1] * (x - 1.0) + gy[b + 1] * (y - 1.0)
        low = n00 + u * (n10 - n00)
        values.append((low + v * (n01 + u * (n11 - n01) - low)) * scale)
    return values


def main():
    report("geometry", run())


if __name__ == "__main__":
    main()
