"""Every sketch on one sheet, small, with its name below."""

from collections.abc import Callable, Iterable

import numpy as np

from drawscape.geometry.lines import Lines
from drawscape.geometry.simplify import simplify
from drawscape.sketches.registry import SKETCHES, draw
from drawscape.svg_builder import SVGBuilder

PAGE = (210.0, 297.0)
"""Each sketch is drawn as on A4, then made small, its pens too: so it looks as it will look."""

BOLDER = 1.5
"""Times their true width, so that single lines do not fade in a picture of the sheet."""

GUTTER = 5.0
LABEL = 11.0


def contact_sheet(
    names: Iterable[str] | None = None,
    *,
    columns: int = 7,
    cell_width: float = 48.0,
    on_sketch: Callable[[str], object] | None = None,
) -> SVGBuilder:
    """Return a sheet with the sketches `names`, by default all, family by family, at their
    defaults.

    `cell_width` is in mm. `on_sketch(name)` is called after each. Raises UnknownNameError when a
    name is not known.
    """
    chosen = [n for family in SKETCHES.families().values() for n in family]
    if names is not None:
        chosen = [SKETCHES[name].name for name in names]
    columns = max(1, min(columns, len(chosen)))
    scale = cell_width / PAGE[0]
    step = np.array([cell_width + GUTTER, PAGE[1] * scale + LABEL + GUTTER])
    rows = -(-len(chosen) // columns)
    sheet = SVGBuilder(*(np.array([columns, max(rows, 1)]) * step + GUTTER).tolist())
    inked: dict[tuple[str, float], list[Lines]] = {}
    for index, name in enumerate(chosen):
        corner = np.array([index % columns, index // columns]) * step + GUTTER
        for pen, lines in draw(name, *PAGE).layers():
            small = simplify(lines.with_points(lines.points * scale + corner), 0.02)
            inked.setdefault((pen.color, round(pen.width * scale * BOLDER, 3)), []).append(small)
        if on_sketch is not None:
            on_sketch(name)
    for (color, width), drawn in inked.items():
        with sheet.layer(f"{color} {width:g}", color=color, width=width):
            sheet.polylines(Lines.join(drawn))
    _label(sheet, chosen, columns, step, cell_width)
    return sheet


def _label(
    sheet: SVGBuilder, names: list[str], columns: int, step: np.ndarray, cell_width: float
) -> None:
    """Write below each picture its name and, in grey, its family."""
    with sheet.layer("names", color="#1b1b1b", width=0.25):
        for index, name in enumerate(names):
            x, y = np.array([index % columns, index // columns]) * step + (cell_width / 2, step[1])
            sheet.lettering(name, x + GUTTER, y - 7.0, size=2.4, align="center")
    with sheet.layer("families", color="#8a8a8a", width=0.2):
        for index, name in enumerate(names):
            x, y = np.array([index % columns, index // columns]) * step + (cell_width / 2, step[1])
            family = SKETCHES.family_of(name)
            sheet.lettering(family, x + GUTTER, y - 2.6, size=1.7, align="center")
