"""The inks that a sketch draws with: sets of real inks by name, or your own pens in order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import cycle, islice
from typing import Annotated, Final

import numpy as np
from annotated_types import MaxLen
from numpy.typing import ArrayLike

from drawscape.drawing.values import rgba
from drawscape.errors import ParameterError
from drawscape.geometry import Lines
from drawscape.parameters import Suggestions
from drawscape.svg_builder import SVGBuilder

AS_DESIGNED: Final = "as designed"

PALETTES: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "black": (None, ("#1b1b1b",)),
    "fineliners": (None, ("#1b1b1b", "#d0312d", "#1f5fae", "#2e8b57", "#e08a1e")),
    "fountain pen": (None, ("#22345c", "#7a1f3d", "#1f6b66", "#a5641f")),
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

    `palette` is `'as designed'`, a set of PALETTES, whose paper `svg` gets, or colors with commas
    between them. Fewer colors than are needed come round again.
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


def in_pens(
    svg: SVGBuilder,
    palette: str,
    pens: Mapping[str, str] | Sequence[str],
    parts: Iterable[Lines | ArrayLike | Sequence[ArrayLike] | Callable[[], Lines]],
    *,
    width: float | Sequence[float] = 0.3,
) -> None:
    """Draw each of `parts` in a layer with its pen: lines in mm, or a function that returns them.

    `pens` are the layers and the colors that the sketch is designed with. Colors alone are the layers
    `pen 1`, `pen 2`, ... . `palette` may give other inks, and raises errors, as in `inks`.
    A part without lines has no layer. `width` is the width of all pens in mm, or of each.

    >>> from drawscape.svg_builder import SVGBuilder
    >>> svg = SVGBuilder(100, 100)
    >>> in_pens(svg, "as designed", {"rows": "navy", "dots": "red"}, [[[(10, 10), (90, 10)]], []])
    >>> [(pen.name, pen.color) for pen, _ in svg.layers()]
    [('rows', 'navy')]
    """
    if not isinstance(pens, Mapping):
        pens = {f"pen {number}": color for number, color in enumerate(pens, 1)}
    colors = inks(svg, palette, list(pens.values()))
    widths = np.broadcast_to(width, len(pens)).tolist()
    for name, color, wide, part in zip(pens, colors, widths, parts, strict=False):
        lines = Lines.of(part() if callable(part) else part)
        if len(lines):
            with svg.layer(name, color=color, width=wide):
                svg.polylines(lines)
