"""Benchmarks of the geometry: noise, an evenly spaced flow field, points, hatches, hidden lines.

Run it alone on a quiet machine: `python tests/benchmarks/bench_geometry.py`. Each figure is the best
of a few rounds.
"""

import numpy as np
from tables import Row, best, report

from drawscape.geometry.clip import occlude
from drawscape.geometry.curves import circle
from drawscape.geometry.hatch import hatch
from drawscape.geometry.hidden import visible_edges
from drawscape.geometry.mesh import Camera
from drawscape.geometry.noise import Noise
from drawscape.geometry.poisson import poisson_disc
from drawscape.geometry.solids import boxes
from drawscape.geometry.streamlines import streamlines

PAGE = (0.0, 0.0, 210.0, 297.0)


def run():
    return [*_noise(), _flow_field(), _points(), _hatch(), _occlusion(), _hidden_lines()]


def _noise():
    x, y = np.random.default_rng(0).uniform(0, 200, (2, 4_000_000))
    for name, call in (("Perlin", Noise(0).perlin), ("simplex", Noise(0).simplex)):
        seconds, _ = best(lambda call=call: call(x, y), 5)
        rate = f"{len(x) / seconds / 1e6:.1f} M samples/s"
        yield Row(f"noise, {name}, 4,000,000 samples in 2-D", rate, target="10 M samples/s")


def _flow_field():
    noise = Noise(3)

    def field(x, y):
        return noise.perlin(x / 60, y / 60) * 2 * np.pi

    seconds, lines = best(lambda: streamlines(field, PAGE, 1.0, step_mm=1.0), 7)
    return _row(f"flow field, {len(lines.points):,} points, evenly spaced", seconds)


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


if __name__ == "__main__":
    report("geometry", run())
