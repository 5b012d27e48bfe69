"""The drawing side beside its peers, in one run: `make bench-drawing`.

Peers: vpype 1.15 (`write_svg`, `read_svg`, `linesort`, `linemerge`, `linesimplify`), drawsvg, svgwrite
(`debug=False`). Each figure is the best of a few rounds. On the canvas everyone starts from the same array
and ends with the whole text, two decimals each; ours after one round to warm up.
"""

import argparse
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import bench_plot
import numpy as np
from plot_support import cuboids
from tables import Row, best, report

from drawscape.geometry.clip import occlude
from drawscape.geometry.curves import circle
from drawscape.geometry.hatch import hatch
from drawscape.geometry.hidden import visible_edges
from drawscape.geometry.mesh import Camera
from drawscape.geometry.noise import Noise
from drawscape.geometry.poisson import poisson_disc
from drawscape.geometry.streamlines import streamlines
from drawscape.svg_builder import Pen, SVGBuilder

WIDTH, HEIGHT = 297.0, 210.0
PAGE = (0.0, 0.0, 210.0, 297.0)


def drawscape_text(lines):
    return SVGBuilder(WIDTH, HEIGHT, pen=Pen()).polylines(lines).to_string()


def vpype_text(lines):
    """Return the SVG that vpype writes; it works in CSS pixels."""
    import vpype

    scale = vpype.convert_length("mm")
    collection = vpype.LineCollection([(line[:, 0] + 1j * line[:, 1]) * scale for line in lines])
    document = vpype.Document(collection, page_size=(WIDTH * scale, HEIGHT * scale))
    stream = io.StringIO()
    vpype.write_svg(stream, document)
    return stream.getvalue()


def drawsvg_text(lines):
    import drawsvg

    drawing = drawsvg.Drawing(WIDTH, HEIGHT)
    for line in np.round(lines, 2).reshape(len(lines), -1).tolist():
        drawing.append(drawsvg.Lines(*line, fill="none", stroke="black"))
    return drawing.as_svg()


def svgwrite_text(lines):
    import svgwrite

    drawing = svgwrite.Drawing(size=(WIDTH, HEIGHT), debug=False)
    group = drawing.add(drawing.g(fill="none", stroke="black"))
    for line in np.round(lines, 2).tolist():
        group.add(svgwrite.shapes.Polyline(line, debug=False))
    return drawing.tostring()


PEERS = {"vpype": vpype_text, "drawsvg": drawsvg_text, "svgwrite": svgwrite_text}


def long_lines():
    rng = np.random.default_rng(0)
    starts = rng.uniform((20, 20), (WIDTH - 20, HEIGHT - 20), (10_000, 1, 2))
    walks = rng.normal(0, 0.8, (10_000, 100, 2)).cumsum(axis=1)
    return np.clip(starts + walks, 0, (WIDTH, HEIGHT))


def segments():
    rng = np.random.default_rng(1)
    starts = rng.uniform((5, 5), (WIDTH - 5, HEIGHT - 5), (500_000, 1, 2))
    return starts + rng.uniform(-5, 5, (500_000, 2, 2))


def canvas():
    """Return one row for each case: ours, the peers, and how many times as fast we are."""
    aims = {"vpype": 100, "drawsvg": 15, "svgwrite": 10}
    return [
        _beside("10,000 polylines x 100 points", long_lines(), aims, ["20 M points/s"]),
        _beside("500,000 two-point segments", segments(), {"drawsvg": 30}, []),
    ]


def _beside(name, lines, aims, own_aim):
    points = lines.shape[0] * lines.shape[1]
    drawscape_text(lines)
    seconds, text = best(lambda: drawscape_text(lines), 7)
    peers, ratios = [], []
    for peer in aims:
        peer_s, _ = best(lambda peer=peer: PEERS[peer](lines), 1)
        peers.append(f"{peer} {points / peer_s / 1e6:.2f} M points/s")
        ratios.append(f"{peer_s / seconds:.0f}x")
    size = f"{len(text) / points:.2f} bytes a point"
    ours = f"{points / seconds / 1e6:.1f} M points/s ({seconds * 1000:.1f} ms, {size})"
    wanted = [*own_aim, *(f"{aim}x" for aim in aims.values())]
    return Row(f"serialise {name}", ours, "; ".join(peers), "; ".join(ratios), "; ".join(wanted))


def geometry():
    return [_noise(), _flow_field(), _points(), _hatch(), _occlusion(), _hidden_lines()]


def _noise():
    x, y = np.random.default_rng(0).uniform(0, 200, (2, 4_000_000))
    seconds, _ = best(lambda: Noise(0).perlin(x, y), 5)
    rate = f"{len(x) / seconds / 1e6:.1f} M samples/s"
    return Row("noise, Perlin, 4,000,000 samples in 2-D", rate, target="10 M samples/s")


def _flow_field():
    noise = Noise(3)

    def field(x, y):
        return noise.perlin(x / 60, y / 60) * 2 * np.pi

    seconds, lines = best(lambda: streamlines(field, PAGE, 1.0, step_mm=1.0), 7)
    return Row(f"flow field, {len(lines.points):,} points, evenly spaced", f"{seconds:.2f} s")


def _points():
    seconds, points = best(lambda: poisson_disc(np.random.default_rng(0), PAGE, 1.45), 3)
    return Row(f"Poisson discs, {len(points):,} points", f"{seconds:.2f} s")


def _hatch():
    turns = np.linspace(0.0, 2.0 * np.pi, 1000, endpoint=False)
    reach = 90.0 * (1.0 + 0.1 * np.sin(40.0 * turns))
    blot = 100.0 + np.column_stack((reach * np.cos(turns), reach * np.sin(turns)))
    seconds, lines = best(lambda: hatch(blot, 0.02), 3)
    return Row(f"hatch, 1,000 edges, {len(lines):,} lines", f"{seconds:.2f} s")


def _occlusion():
    rng = np.random.default_rng(0)
    discs = [circle(*rng.uniform(0, 200, 2), rng.uniform(2, 6)) for _ in range(2000)]
    seconds, shown = best(lambda: occlude(discs), 3)
    return Row(f"occlusion, 2,000 circles, {sum(map(len, shown)):,} lines left", f"{seconds:.2f} s")


def _hidden_lines():
    x, y = (axis.ravel() for axis in np.mgrid[0:20, 0:20])
    low = np.column_stack((x * 1.2, y * 1.2, 0.0 * x))
    tall = np.random.default_rng(0).uniform(0.5, 6.0, len(x))
    city = cuboids(low, low + np.column_stack((0 * x + 1.0, 0 * x + 1.0, tall)))
    camera = Camera.parallel(-42, 22)
    seconds, lines = best(lambda: visible_edges(city, camera), 3)
    what = f"hidden lines, {len(city.faces):,} triangles, {len(lines):,} lines"
    return Row(what, f"{seconds:.2f} s")


def whole_process(*options):
    """Return the best of seven runs of `drawscape draw spiral`, start of Python included."""
    program = Path(sys.executable).with_name("drawscape")
    # As installed: modules are compiled once, by the first run.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        command = [str(program), "draw", "spiral", *options, "-o", str(Path(folder, "spiral.svg"))]
        to = {"check": True, "stdout": subprocess.DEVNULL, "env": kept}
        seconds, _ = best(lambda: subprocess.run(command, **to), 7)
    name = " ".join(("drawscape draw spiral", *options))
    return Row(f"`{name}`, a whole process", f"{seconds:.2f} s", target="0.5 s")


def rows(scale):
    """Return every figure of the drawing side; `scale` shrinks the drawings that are plotted."""
    # Version 0.2 put no lines in order: what it did is --raw.
    processes = [whole_process(), whole_process("--raw")]
    return [*canvas(), *bench_plot.run(scale), *geometry(), *processes]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--write", action="store_true")
    report("bench-drawing", rows(parser.parse_args().scale))
