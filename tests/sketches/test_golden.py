"""Every sketch against a golden SVG in `tests/golden`, at its defaults and with another seed.

A golden file is a small SVG of the same drawing: up to 60 lines of each layer, up to 40 points of
each line, and in its metadata what the whole drawing counts. It is compared in numbers, not in
bytes, so that another processor's last digit is no failure. After a change that is meant:

pytest tests/sketches/test_golden.py --regenerate-golden -m "slow or not slow"

and look at what changed: each file opens in a browser after `gunzip`.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drawscape.geometry.lines import Lines
from drawscape.sketches import SKETCHES, draw
from drawscape.svg_builder import Pen, SVGBuilder

FOLDER = Path(__file__).parents[1] / "golden"
SIZE_MM = 60.0
LINES, POINTS = 60, 40
NEAR_MM = 0.02
"""Two decimals in the file, and a last digit that may round the other way."""

HEAVY = {
    "differential_growth",
    "dla",
    "implicit",
    "reaction_diffusion",
    "space_colonization",
    "stippling",
    "tsp_picture",
}
"""About a second each: they run with the slow tests."""

CHAOTIC = {
    "attractor",
    "curl_noise",
    "differential_growth",
    "dla",
    "flow_field",
    "reaction_diffusion",
    "stippling",
    "tsp_picture",
}
"""A last digit grows to another drawing here; only what the whole looks like is compared."""


@dataclass(frozen=True)
class Layer:
    """A layer's pen, what the whole of it counts, and a sample of its lines."""

    name: str
    color: str
    width: float
    counts: dict[str, Any]
    sample: Lines


def layers_of(svg: SVGBuilder) -> list[Layer]:
    return [
        Layer(pen.name, pen.color, pen.width, _counts(lines), _sampled(lines))
        for pen, lines in svg.layers()
    ]


def _counts(lines: Lines) -> dict[str, Any]:
    middle = lines.points.mean(axis=0) if len(lines.points) else np.zeros(2)
    return {
        "lines": len(lines),
        "points": len(lines.points),
        "length": round(float(lines.lengths_mm.sum()), 2),
        "middle": np.round(middle, 3).tolist(),
    }


def _sampled(lines: Lines) -> Lines:
    chosen = lines.take(_spread(len(lines), LINES))
    return Lines.of([line[_spread(len(line), POINTS)] for line in chosen])


def _spread(count: int, most: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.unique(np.linspace(0, max(count - 1, 0), min(count, most)).astype(np.int64))


def write_golden(file: Path, svg: SVGBuilder) -> None:
    small = SVGBuilder(svg.width, svg.height)
    layers = layers_of(svg)
    for layer in layers:
        with small.layer(layer.name, color=layer.color, width=layer.width):
            small.polylines(layer.sample)
    small.provenance = {"counts": {layer.name: layer.counts for layer in layers}}
    file.write_bytes(gzip.compress(small.to_bytes(), mtime=0))


def read_golden(file: Path) -> list[Layer]:
    root = ET.fromstring(gzip.decompress(file.read_bytes()))
    space = {"s": "http://www.w3.org/2000/svg"}
    counts = json.loads(root.findtext("s:metadata", namespaces=space) or "")["counts"]
    layers = []
    for group in root.findall("s:g", space):
        name = group.get("{http://www.inkscape.org/namespaces/inkscape}label") or ""
        lines = [
            np.array(line.get("points", "").replace(",", " ").split(), dtype=float).reshape(-1, 2)
            for line in group.findall("s:polyline", space)
        ]
        width = float(group.get("stroke-width") or 0)
        layers.append(Layer(name, group.get("stroke") or "", width, counts[name], Lines.of(lines)))
    return layers


def differences(golden: list[Layer], drawn: list[Layer], *, loosely: bool = False) -> list[str]:
    """Return in words what differs; nothing when the drawings are the same."""
    pens = [[(layer.name, layer.color, layer.width) for layer in side] for side in (golden, drawn)]
    if pens[0] != pens[1]:
        return [f"layers: {pens[0]} in the golden file, {pens[1]} drawn"]
    compare = _loosely if loosely else _closely
    return [
        f"layer {old.name!r}: {text}"
        for old, new in zip(golden, drawn, strict=True)
        for text in compare(old, new)
    ]


def _closely(old: Layer, new: Layer) -> list[str]:
    for what in ("lines", "points"):
        if old.counts[what] != new.counts[what]:
            return [f"{old.counts[what]} {what} in the golden file, {new.counts[what]} drawn"]
    found = []
    if abs(old.counts["length"] - new.counts["length"]) > NEAR_MM + 1e-4 * old.counts["length"]:
        found.append(f"{old.counts['length']} mm in the golden file, {new.counts['length']} drawn")
    if np.abs(np.subtract(old.counts["middle"], new.counts["middle"])).max() > NEAR_MM:
        found.append(f"middle {old.counts['middle']} and {new.counts['middle']}")
    if old.sample.counts.tolist() != new.sample.counts.tolist():
        return [*found, "the lines have other numbers of points"]
    if len(old.sample.points):
        off = np.abs(old.sample.points - new.sample.points).max(axis=1)
        if off.max() > NEAR_MM:
            found.append(f"a point is {off.max():.3f} mm off: {new.sample.points[off.argmax()]}")
    return found


def _loosely(old: Layer, new: Layer) -> list[str]:
    found = []
    for what, share in (("lines", 0.3), ("points", 0.3), ("length", 0.2)):
        if abs(old.counts[what] - new.counts[what]) > 2 + share * old.counts[what]:
            found.append(f"{old.counts[what]} {what} in the golden file, {new.counts[what]} drawn")
    if np.abs(np.subtract(old.counts["middle"], new.counts["middle"])).max() > SIZE_MM / 12:
        found.append(f"middle {old.counts['middle']} and {new.counts['middle']}")
    return found


CASES = [
    pytest.param(name, seed, marks=[pytest.mark.slow] if name in HEAVY else [])
    for name in SKETCHES
    for seed in (0, 1)
]


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_a_sketch_draws_what_its_golden_file_shows(
    name: str, seed: int, request: pytest.FixtureRequest
) -> None:
    svg = draw(name, SIZE_MM, SIZE_MM, seed=seed)
    file = FOLDER / f"{name}-{seed}.svg.gz"
    if request.config.getoption("--regenerate-golden", default=False):
        write_golden(file, svg)
    assert file.is_file(), f"no golden file {file.name}: see this module's docstring"
    assert not differences(read_golden(file), layers_of(svg), loosely=name in CHAOTIC)


def test_there_is_no_golden_file_of_a_sketch_that_is_gone() -> None:
    names = {file.name.rpartition("-")[0] for file in FOLDER.glob("*.svg.gz")}
    assert names == set(SKETCHES)


@pytest.mark.parametrize("loosely", [False, True])
def test_the_comparison_can_fail(loosely: bool) -> None:
    golden = read_golden(FOLDER / "maze-0.svg.gz")
    assert not differences(golden, layers_of(draw("maze", SIZE_MM, SIZE_MM)), loosely=loosely)
    others = [
        draw("maze", SIZE_MM, SIZE_MM, solution=False),
        draw("maze", SIZE_MM, SIZE_MM, corridors=12),
        draw("schotter", SIZE_MM, SIZE_MM),
        *([] if loosely else [draw("maze", SIZE_MM, SIZE_MM, seed=1)]),
    ]
    for other in others:
        assert differences(golden, layers_of(other), loosely=loosely)


def test_the_comparison_sees_a_moved_point_a_lost_line_and_another_pen() -> None:
    svg = draw("schotter", SIZE_MM, SIZE_MM)
    (pen, lines), golden = svg.layers()[0], layers_of(svg)
    one = lines.points.copy()
    one[0] += (0, 0.03)
    for changed_pen, changed in (
        (pen, lines.with_points(one)),
        (pen, lines.take(np.arange(len(lines) - 1))),
        (Pen(pen.name, "red", pen.width), lines),
        (Pen(pen.name, pen.color, 0.5), lines),
    ):
        other = SVGBuilder(SIZE_MM, SIZE_MM)
        with other.layer(changed_pen.name, color=changed_pen.color, width=changed_pen.width):
            other.polylines(changed)
        assert len(differences(golden, layers_of(other))) == 1
    almost = SVGBuilder(SIZE_MM, SIZE_MM)
    with almost.layer(pen.name, color=pen.color, width=pen.width):
        almost.polylines(lines.with_points(lines.points + 1e-9))
    assert not differences(golden, layers_of(almost))


@pytest.mark.parametrize(
    "names", [[*SKETCHES][::6], pytest.param([*SKETCHES], marks=pytest.mark.slow)]
)
def test_the_same_seed_gives_the_same_bytes_in_another_process(
    names: list[str],
    run_python,  # type: ignore[no-untyped-def]
) -> None:
    code = (
        "import hashlib, sys\n"
        "from drawscape.sketches import draw\n"
        "for name in sys.argv[1:]:\n"
        "    print(hashlib.sha256(draw(name, 50, 60, seed=3).to_bytes()).hexdigest())"
    )
    there = run_python("-c", code, *names, hash_seed=1).stdout.decode().split()
    here = [hashlib.sha256(draw(name, 50, 60, seed=3).to_bytes()).hexdigest() for name in names]
    assert dict(zip(names, there, strict=True)) == dict(zip(names, here, strict=True))
