"""The inks that a sketch draws with: sets of real inks by name, or your own pens in order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import cycle, islice
from typing import Annotated

import numpy as np
from annotated_types import MaxLen
from numpy.typing import ArrayLike

from drawscape.drawing.document import WARM_WHITE
from drawscape.drawing.values import luminance, rgba
from drawscape.errors import ParameterError
from drawscape.geometry import Lines
from drawscape.parameters import Suggestions
from drawscape.svg_builder import SVGBuilder

AS_DESIGNED = "as designed"

INK = ("#1b1b1b", "#c8402a", "#1f5f9e", "#d0a020", "#4f7f5b")
TIDE = ("#12343b", "#e0723c", "#1f7a8c", "#c99a2e", "#7c9a92")
PLUM = ("#35204a", "#a8326e", "#d98324", "#5b6fa8", "#2f7f74")
MOSS = ("#22382b", "#c8862b", "#5d7f36", "#2f6f78", "#9a4a35")
KILN = ("#33251f", "#b5522c", "#d39b4a", "#66745a", "#3f6078")
"""The inks of the library's sketches: a dark main ink, an accent, and three more."""

PALETTES: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "black": (None, ("#1b1b1b",)),
    "ink": (None, INK),
    "tide": (None, TIDE),
    "plum": (None, PLUM),
    "moss": (None, MOSS),
    "kiln": (None, KILN),
    "earth": ("#f4ead6", ("#4a3526", "#a4452c", "#c08a3e", "#5f6b4a")),
    "process": (None, ("#1b1b1b", "#d3147a", "#0090cf", "#f2d500")),
    "riso": (None, ("#0078bf", "#ff48b0", "#00a95c", "#ffb511")),
    "gel on black": ("#141416", ("#f2f1ec", "#d9b14a", "#b9c0c8", "#d98a6a")),
    "chalk on blue": ("#1d2f4f", ("#f2efe6", "#f0c75e", "#e58f8f", "#9fd3c7")),
}
"""Of each set its paper, None for white, and its inks as they dry on it, by eye."""

Palette = Annotated[
    str,
    MaxLen(200),
    Suggestions((AS_DESIGNED, *PALETTES)),
    "Inks: a set by name, or the colors of your own pens in order: navy, #c8402a",
]


def inks(svg: SVGBuilder, palette: str, designed: Sequence[str]) -> list[str]:
    """Return as many colors as there are `designed` ones, in the order in which a sketch uses them.

    `palette` is `'as designed'`, a set of PALETTES, whose paper `svg` gets, or comma-separated
    colors. If there are too few, they repeat.
    Raises ParameterError for anything but a set or colors.

    >>> from drawscape.svg_builder import SVGBuilder
    >>> inks(SVGBuilder(100, 100), "navy, #c8402a", ["#1b1b1b", "#b3402a", "#c9922e"])
    ['navy', '#c8402a', 'navy']
    """
    if palette == AS_DESIGNED:
        return list(designed)
    paper, chosen = PALETTES.get(palette, (None, ()))
    if paper is not None:
        svg.paper_color = paper
    if not chosen:
        chosen = tuple(color.strip() for color in palette.split(","))
    for color in chosen:
        if rgba(color) is None:
            sets = ", ".join((AS_DESIGNED, *PALETTES))
            raise ParameterError(
                "palette", palette, f"{color!r} is no color; give one of {sets}, or colors"
            )
    return list(islice(cycle(chosen), len(designed)))


def is_light(svg: SVGBuilder, palette: str) -> bool:
    """Return whether the first ink of `palette` is lighter than its paper: then it draws the highlights.

    >>> from drawscape.svg_builder import SVGBuilder
    >>> svg = SVGBuilder(100, 100)
    >>> is_light(svg, "as designed"), is_light(svg, "white"), is_light(svg, "gel on black")
    (False, True, True)
    """
    (first,) = inks(svg, palette, INK[:1])
    return luminance(first) > luminance(svg.paper_color or WARM_WHITE)


def set_pens(
    svg: SVGBuilder,
    palette: str,
    designed: Mapping[str, str] | Sequence[str],
    *,
    width: float | Sequence[float] = 0.3,
) -> list[str]:
    """Set the pens of the canvas and return their names: `svg.circle(50, 50, 9, pen=names[1])`.

    `designed` are the layers and the colors that the sketch is designed with. For a list of colors, these
    are `pen 1`, `pen 2`, ... . `palette` may give other inks, and raises errors, as in `inks`. `width` is
    the width of all pens in mm, or of each.

    >>> from drawscape.svg_builder import SVGBuilder
    >>> svg = SVGBuilder(100, 100)
    >>> rows, dots = set_pens(svg, "as designed", {"rows": "navy", "dots": "red"})
    >>> svg.line(10, 10, 90, 10, pen=rows).layers()[0][0].color
    'navy'
    """
    if not isinstance(designed, Mapping):
        designed = {f"pen {number}": color for number, color in enumerate(designed, 1)}
    widths = np.broadcast_to(width, len(designed)).tolist()
    colors = inks(svg, palette, list(designed.values()))
    for name, color, wide in zip(designed, colors, widths):
        svg.set_pen(name, color, wide)
    return list(designed)


def in_pens(
    svg: SVGBuilder,
    palette: str,
    pens: Mapping[str, str] | Sequence[str],
    parts: Iterable[Lines | ArrayLike | Sequence[ArrayLike] | Callable[[], Lines]],
    *,
    width: float | Sequence[float] = 0.3,
) -> None:
    """Draw each of `parts` with its pen: lines in mm, or a function that returns them.

    The pens are those of `set_pens`; there may be more of them than parts. A part without lines
    has no layer.

    >>> from drawscape.svg_builder import SVGBuilder
    >>> svg = SVGBuilder(100, 100)
    >>> in_pens(svg, "as designed", {"rows": "navy", "dots": "red"}, [[[(10, 10), (90, 10)]], []])
    >>> [(pen.name, pen.color) for pen, _ in svg.layers()]
    [('rows', 'navy')]
    """
    names = set_pens(svg, palette, pens, width=width)
    for name, part in zip(names, parts):
        lines = Lines.of(part() if callable(part) else part)
        if len(lines):
            svg.polylines(lines, pen=name)
