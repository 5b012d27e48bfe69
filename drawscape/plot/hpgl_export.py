"""HPGL for pen plotters of the eighties; their papers, origins and limits are data (hpgl.toml)."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from drawscape.drawing.affine import Matrix
from drawscape.drawing.document import Document, Outside, pen_numbers
from drawscape.errors import PlotError, UnknownNameError
from drawscape.geometry.lines import Points
from drawscape.plot.pages import Reach, crop

# Papers are cut within a millimetre or two of their names.
_PAPER_SLACK_MM = 2.0


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A sheet in a plotter: `origin_mm` from its upper left corner, limits `x` and `y` in units."""

    name: str
    size_mm: Sequence[float]
    origin_mm: Sequence[float]
    x: Sequence[int]
    y: Sequence[int]
    turned: bool = False
    ps: int | None = None
    park: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class HpglPlotter:
    """A plotter: `unit_mm` a unit of its coordinates, `top_speed` in cm/s."""

    name: str
    unit_mm: float
    pens: int
    top_speed: float
    papers: tuple[Paper, ...]


@cache
def devices() -> dict[str, HpglPlotter]:
    """Return the plotters that are known, by name."""
    text = Path(__file__).with_name("hpgl.toml").read_text(encoding="utf-8")
    return {
        name: HpglPlotter(
            name=name, papers=tuple(Paper(**p) for p in values.pop("paper")), **values
        )
        for name, values in tomllib.loads(text).items()
    }


def to_hpgl(document: Document, *, device: str = "hp7475a", outside: Outside = "refuse") -> str:
    """Return the drawing as HPGL for `device`; a layer without a pen number gets a free pen.

    A layer's name may ask for speed (written as VS) and passes, and for not being plotted. Delays,
    pauses and heights are left out, because these plotters share no command for them; `left_out` names
    them. `outside` is what happens to lines in the margin that the pens cannot reach: 'refuse', 'crop',
    or 'keep' (then the plotter clips them).
    Raises UnknownNameError for an unknown device, PlotError when it has no paper of the drawing's size,
    or for lines outside that are refused.
    """
    placing = placed(document, device)
    plotter, paper = placing.plotter, placing.paper
    reach = Reach.of_page(document).within(placing.limits)
    document, _ = crop(document.plotted(), reach, outside=outside)
    parts = ["IN;DF;"] + ([] if paper.ps is None else [f"PS{paper.ps};"])
    has_speeds = any(layer.motion.speed is not None for layer in document.layers)
    pens = pen_numbers(document.layers, most=plotter.pens)
    for number, layer in enumerate(document.layers):
        pen = (pens[number] - 1) % plotter.pens + 1
        parts.append(f"{'PU;' if number else ''}SP{pen};")
        if has_speeds:  # in whole cm/s for all pens; VS alone restores the plotter's own speed
            speed = plotter.top_speed * (layer.motion.speed or 0) / 100
            parts.append(f"VS{max(round(speed), 1)};" if layer.motion.speed else "VS;")
        parts += [placing.stroke(line) for line in layer.lines if len(line)] * layer.motion.passes
    parts.append(f"PU{paper.park[0]},{paper.park[1]};SP0;IN;\n")
    return "".join(parts)


def left_out(document: Document) -> list[str]:
    """Return a sentence for each setting of a layer's pen that HPGL has no command for.

    >>> from drawscape.svg_builder import SVGBuilder
    >>> svg = SVGBuilder(50, 50)
    >>> with svg.layer("!sea"):
    ...     _ = svg.line(0, 0, 50, 50)
    >>> left_out(svg.document())
    ["HPGL has no command for a pause (!); left out of layer '!sea'"]
    """
    wishes = {"delay_ms": "a delay (+D)", "height": "a pen's height (+H)", "pause": "a pause (!)"}
    found = []
    for field, wish in wishes.items():
        layers = document.plotted().layers
        names = [repr(layer.name) for layer in layers if getattr(layer.motion, field)]
        if names:
            found.append(f"HPGL has no command for {wish}; left out of layer {', '.join(names)}")
    return found


def placed(document: Document, device: str) -> "Placing":
    """Return how the sheet lies in the plotter; raises what `to_hpgl` raises."""
    if device not in devices():
        raise UnknownNameError("HPGL device", device, devices())
    plotter = devices()[device]
    size = np.array([document.width_mm, document.height_mm])
    places = [(paper, upright) for upright in (True, False) for paper in plotter.papers]
    for paper, upright in places:
        away = np.abs((size if upright else size[::-1]) - paper.size_mm)
        if away.max() <= _PAPER_SLACK_MM:
            break
    else:
        raise PlotError(
            f"{plotter.name} has no paper of {document.width_mm:g} x {document.height_mm:g} mm; "
            f"fit the drawing to one of {', '.join(paper.name for paper in plotter.papers)}"
        )
    width, height = paper.size_mm
    # A quarter turn, a half turn; then mm from the upper left corner to units, y up.
    across = Matrix() if upright else Matrix(0.0, -1.0, 1.0, 0.0, 0.0, height)
    turn = Matrix(-1.0, 0.0, 0.0, -1.0, width, height) if paper.turned else Matrix()
    left, top = paper.origin_mm
    unit = 1 / plotter.unit_mm
    matrix = Matrix(unit, 0.0, 0.0, -unit, -left * unit, top * unit) @ turn @ across
    return Placing(plotter, paper, matrix)


@dataclass(frozen=True)
class Placing:
    """A sheet in a plotter; `matrix` converts mm of the page to units, y up."""

    plotter: HpglPlotter
    paper: Paper
    matrix: Matrix

    def units(self, points: Points) -> list[tuple[int, int]]:
        """Return x and y of (N, 2) points of the page in whole units."""
        return [(x, y) for x, y in np.rint(self.matrix.apply(points)).astype(int).tolist()]

    @property
    def limits(self) -> Reach:
        """The rectangle that the pens reach, in mm of the page."""
        corners = self.matrix.inverse().apply(np.array([self.paper.x, self.paper.y], float).T)
        (x0, y0), (x1, y1) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
        return Reach(x0, y0, x1, y1, f"what the pens reach of {self.paper.name}")

    def stroke(self, line: Points) -> str:
        points = [f"{x},{y}" for x, y in self.units(line)]
        return f"PU{points[0]};PD{','.join(points[1:])};" + "PU;" * (len(points) == 1)
