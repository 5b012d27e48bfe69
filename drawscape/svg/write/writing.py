"""Single-line writing on the canvas.

The fonts are imported where they are used: a canvas without text has no need of them.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from drawscape.svg.write.canvas import C
from drawscape.svg.write.polylines import polylines

if TYPE_CHECKING:
    from drawscape.lettering import Align, VerticalAlign


def set_hershey_font(svg: C, font_name: str) -> C:
    """Write with `font_name` from now on; raise UnknownNameError when there is no such font.

    >>> svg.set_hershey_font("scripts").hershey_text(10, 50, "Dear Ada")
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    from drawscape.lettering import load_font

    load_font(font_name)
    svg.hershey_font_name = font_name
    return svg


def lettering(
    svg: C,
    text: str,
    x: float = 0.0,
    y: float = 0.0,
    *,
    size: float = 5.0,
    font: str | None = None,
    align: "Align" = "left",
    valign: "VerticalAlign" = "baseline",
    width: float | None = None,
    line_height: float | None = None,
    spacing: float = 0.0,
    along: ArrayLike | None = None,
    offset: float = 0.0,
    missing: str | None = None,
    **style: Any,
) -> C:
    """Write `text` at (`x`, `y`) with capitals `size` mm high.

    `align` is left, center, right or justify; `valign` says which part of the text is at `y`.
    With a `width` in mm the text wraps into the box that begins at `x`. `line_height` is in cap
    heights (1.9), `spacing` between letters in mm. With `along`, an (N, 2) polyline, the text follows
    that instead, lifted by `offset` mm.
    Raises GlyphError for a character that the font cannot write, unless `missing` replaces it.

    >>> svg.lettering("Grüße", 50, 50, size=8, align="center")
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    from drawscape.lettering import LINE_HEIGHT, Style, set_along, set_text

    writing = Style(font or svg.hershey_font_name, size, spacing, missing)
    if along is not None:
        lines = set_along(text, writing, along, align=align, offset=offset)
    else:
        lines = set_text(
            text,
            writing,
            align=align,
            valign=valign,
            width=width,
            line_height=LINE_HEIGHT if line_height is None else line_height,
        ).lines
    return polylines(svg, lines.with_points(lines.points + np.array((x, y))), **style)
