"""What a photograph tells of plotted sheets, for many drawings in many lights: tables of figures.

    python tests/benchmarks/bench_photo.py [--papers a5,a4,a3] [--inks] [NAME ...]

Drawings are the library's sketches, or SVG files by their paths. 2 % of the strokes are missing and 2 % in
part. `found` are gaps longer than 3 mm, of which more than half is told; `false` are strokes without a
gap that are called missing.
"""

import argparse
import resource
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))
from photographs import Scene, inked, photograph, remove

from drawscape import draw
from drawscape.drawing.document import PAPERS
from drawscape.drawing.values import rgb
from drawscape.errors import DrawscapeError
from drawscape.geometry.lines import Lines
from drawscape.photo.heal import examine
from drawscape.photo.sheet import Sheet
from drawscape.plot.pages import fit
from drawscape.sketches.registry import SKETCHES
from drawscape.svg.read import read_svg

INKS = {
    "black paper, white ink": ([(250, 250, 250)], (28, 28, 30)),
    "four inks": ([(20, 20, 20), (190, 40, 40), (30, 80, 160), (30, 120, 60)], (247, 244, 236)),
    "pale yellow": ([(250, 230, 90)], (250, 249, 245)),
}


def sheet_of(name, size, seed):
    """Return a drawing on a page: a sketch by its name, or an SVG file."""
    if name.endswith(".svg"):
        document = fit(read_svg(name), *size, margin_mm=12)
        layers = [(layer.pen, layer.lines) for layer in document.layers if len(layer.lines)]
    else:
        layers = draw(name, *size, seed=seed).layers()
    lines = [lines.take(lines.counts > 0).drawable() for _, lines in layers]
    pens = np.repeat(np.arange(len(lines)), [len(one) for one in lines])
    widths = np.array([pen.width for pen, _ in layers])
    colors = np.array([rgb(pen.color) for pen, _ in layers]) / 255
    return Sheet(Lines.join(lines), pens, widths, colors, *map(float, size))


def scene_of(seed, px_per_mm):
    """Return a scene in which all is varied."""
    rng = np.random.default_rng(seed)
    return Scene(
        px_per_mm=px_per_mm or rng.uniform(8, 14), turn=rng.choice([0, 90, 180, 270]) + rng.normal(0, 6),
        tilt=rng.uniform(0, 0.2), lens=(rng.uniform(-0.06, 0.04), rng.uniform(-0.01, 0.02)),
        curl_mm=rng.uniform(0, 2), fold_mm=rng.choice([0, 0.6]), light=rng.uniform(0.05, 0.5),
        shadow=rng.choice([0, 0.25, 0.45]), grain=rng.uniform(0.005, 0.025),
        noise=rng.uniform(0.005, 0.02), blur_px=rng.uniform(0.5, 1.3), jpeg=int(rng.integers(75, 96)),
        table=str(rng.choice(["wood", "white", "black", "cloth", "none"])),
        opacity=rng.uniform(0.75, 0.98), width_varies=rng.uniform(0, 0.25), seed=seed,
    )  # fmt: skip


def told_of(gap, found):
    """Return how many mm of a gap are among the intervals found."""
    stroke, begin, end = gap
    own = found.strokes == stroke
    shared = np.minimum(found.end_mm[own], end) - np.maximum(found.begin_mm[own], begin)
    return float(np.maximum(shared, 0).sum())


def row_of(sheet, seed, scene, inks=None):
    """Photograph a sheet that lacks some ink, and return the figures of what is told of it."""
    gone = remove(sheet.lines, np.random.default_rng(seed))
    kept, strokes = inked(sheet.lines, gone)
    inks = inks or [
        (tuple((255 * color).astype(int)), width)
        for color, width in zip(sheet.colors, sheet.widths_mm, strict=True)
    ]
    taken = photograph(kept, sheet.pens[strokes], tuple(sheet.page), inks, scene)
    begun = time.perf_counter()
    found = examine(sheet, taken.picture)
    seconds = time.perf_counter() - begun
    places = found.placement.pixels(sheet.lines.points)
    off = np.hypot(*(places - taken.place(sheet.lines.points)).T) / found.placement.px_per_mm
    long = [gap for gap in gone if gap[2] - gap[1] > 3]
    told = sum(told_of(gap, found.missing) > 0.5 * (gap[2] - gap[1]) for gap in long)
    intact = len(sheet.lines) - len({gap[0] for gap in gone})
    false = len(set(found.missing.strokes.tolist()) - {gap[0] for gap in gone})
    return {
        "found": told, "of": len(long), "false": false, "intact": intact,
        "unsure": len(found.unsure), "off": float(np.percentile(off, 99)), "s": seconds,
        "megapixels": taken.picture.size / 3e6,
    }  # fmt: skip


def show(name, row):
    share = 100 * row["found"] / row["of"] if row["of"] else 100
    print(
        f"{name:34} found {row['found']:4}/{row['of']:<4} {share:5.1f} %  false {row['false']:3} of "
        f"{row['intact']:6}  unsure {row['unsure']:5}  off {row['off']:.3f} mm  {row['s']:5.1f} s",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=[*SKETCHES])
    parser.add_argument("--papers", default="a5")
    parser.add_argument("--inks", action="store_true")
    parser.add_argument("--px-per-mm", type=float)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    rows = []
    for paper in given.papers.split(","):
        for index, name in enumerate(given.names):
            seed = given.seed + 1000 * index
            sheet = sheet_of(name, PAPERS[paper], seed)
            scene = scene_of(seed, given.px_per_mm)
            for words, (colors, ground) in INKS.items() if given.inks else [("", ([], None))]:
                inks = [(color, 0.4) for color in colors * len(sheet.widths_mm)][
                    : len(sheet.widths_mm)
                ]
                if inks:
                    scene = Scene(**{**vars(scene), "paper": ground})
                try:
                    row = row_of(sheet, seed, scene, inks or None)
                except DrawscapeError as error:
                    print(f"{Path(name).stem} {paper} {words}: {error}", flush=True)
                    continue
                show(f"{Path(name).stem} {paper} {words}", row)
                rows.append(row)
    total = {
        key: sum(row[key] for row in rows) for key in ("found", "of", "false", "intact", "unsure")
    }
    show(
        f"all {len(rows)}",
        {**total, "off": max(r["off"] for r in rows), "s": max(r["s"] for r in rows)},
    )
    print(f"at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
