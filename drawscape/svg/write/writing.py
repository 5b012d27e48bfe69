"""Single-line writing on the canvas: `lettering`, and the classic `hershey_text` with its kin.

The fonts are imported where they are used: a canvas without text has no need of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from drawscape.drawing.frame import Pen, box_of
from drawscape.errors import CanvasError
from drawscape.geometry.lines import Lines, Points
from drawscape.svg.write.grouping import Grouping
from drawscape.svg.write.node import Shape
from drawscape.svg.write.polylines import Polylines
from drawscape.svg.write.shapes import Shapes
from drawscape.svg.write.style import Attrs, number

if TYPE_CHECKING:
    from drawscape.lettering import Align, VerticalAlign

# Where the classic calls have y = 0: the middle of a capital, as Hershey's own coordinates do.
_BASE_LINE = 9.0
_STROKES = {"fill": "none", "stroke": "black", "stroke-width": "1"}
_BOX = {
    "fill": "none",
    "stroke": "red",
    "stroke-width": "0.5",
    "stroke-dasharray": "2,1",
    "opacity": "0.7",
}


class Writing(Shapes, Polylines, Grouping):
    """Text that a pen can draw."""

    def set_hershey_font(self, font_name: str) -> Self:
        """Write with `font_name` from now on; raise UnknownNameError when there is no such font."""
        from drawscape.lettering import load_font

        load_font(font_name)
        self.hershey_font_name = font_name
        return self

    def lettering(
        self,
        text: str,
        x: float = 0.0,
        y: float = 0.0,
        *,
        size: float = 5.0,
        font: str | None = None,
        align: Align = "left",
        valign: VerticalAlign = "baseline",
        width: float | None = None,
        line_height: float | None = None,
        spacing: float = 0.0,
        along: ArrayLike | None = None,
        offset: float = 0.0,
        missing: str | None = None,
        **style: Any,
    ) -> Self:
        """Write `text` at (`x`, `y`) with capitals `size` mm high.

        `align` is left, center, right or justify; `valign` says which part of the text is at `y`.
        With a `width` in mm the text wraps into the box that begins at `x`. `line_height` is in cap
        heights (1.9), `spacing` between letters in mm. With `along`, an (N, 2) polyline, the text follows
        that instead, lifted by `offset` mm.
        Raises GlyphError for a character that the font cannot write, unless `missing` replaces it.
        """
        from drawscape.lettering import LINE_HEIGHT, Style, set_along, set_text

        writing = Style(font or self.hershey_font_name, size, spacing, missing)
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
        return self.polylines(lines.with_points(lines.points + np.array((x, y))), **style)

    def hershey_text(
        self, x: float, y: float, content: str, scale: float = 1.0, attrs: Attrs | None = None
    ) -> Self:
        """Write `content` from `x` on, the middle of its capitals at `y`, 21 `scale` mm high."""
        placed = {"transform": f"translate({number(x)},{number(y)}) scale({_factor(scale)})"}
        with self.group(placed):
            self.title(content)
            self._write_strokes(content, scale, attrs)
        return self

    def centered_hershey_text(
        self, x: float, y: float, content: str, scale: float = 1.0, attrs: Attrs | None = None
    ) -> Self:
        """Write `content` with the middle of its bounding box at (`x`, `y`)."""
        box = self.get_hershey_text_bounding_box(content)
        middle_x = (box["min_x"] + box["max_x"]) / 2
        middle_y = (box["min_y"] + box["max_y"]) / 2
        return self.hershey_text(x - middle_x * scale, y - middle_y * scale, content, scale, attrs)

    def hershey_text_with_bbox(
        self,
        x: float,
        y: float,
        content: str,
        scale: float = 1.0,
        text_attrs: Attrs | None = None,
        bbox_attrs: Attrs | None = None,
    ) -> Self:
        """Write as `hershey_text` does, in a dashed box with a dot in its middle."""
        box = self.get_hershey_text_bounding_box(content)
        placed = {"transform": f"translate({number(x)},{number(y)}) scale({_factor(scale)})"}
        with self.group(placed):
            self.rect(
                box["min_x"],
                box["min_y"],
                box["width"],
                box["height"],
                {**_BOX, **(bbox_attrs or {})},
            )
            self.circle(
                (box["min_x"] + box["max_x"]) / 2,
                (box["min_y"] + box["max_y"]) / 2,
                0.5,
                {"fill": "red", "stroke": "none"},
            )
            self.title(f"{content} (with bounding box)")
            self._write_strokes(content, scale, text_attrs)
        return self

    def get_hershey_text_bounding_box(self, text: str) -> dict[str, float]:
        """Return `min_x max_x min_y max_y width height` of `text` at scale 1."""
        return box_of(*(self._hershey_strokes(text).bounds or (0.0, 0.0, 0.0, 0.0)))

    def _write_strokes(self, content: str, scale: float, attrs: Attrs | None) -> None:
        styled = {**self.default_styles, **self._stroke_style(scale), **(attrs or {})}
        for stroke in self._hershey_strokes(content):
            self._add(Shape.of("path", {"d": _path_data(stroke)}, styled))

    def _stroke_style(self, scale: float) -> dict[str, Any]:
        """In a pen's layer the text is drawn by that pen, as wide as the pen is after scaling."""
        pen: Pen | None = self.current_pen
        return dict(_STROKES) if pen is None else {"stroke-width": pen.width / abs(scale)}

    def _hershey_strokes(self, content: str) -> Lines:
        from drawscape.lettering import glyphs_for

        strokes: list[Points] = []
        x = 0.0
        for glyph in glyphs_for(str(content).replace("\n", " "), self.hershey_font_name):
            strokes += glyph.placed(x, _BASE_LINE)
            x += glyph.advance
        return Lines.of(strokes)


def _path_data(stroke: Points) -> str:
    return "M" + " L".join(f"{number(x)},{number(y)}" for x, y in np.round(stroke, 3).tolist())


def _factor(scale: float) -> str:
    if not scale:
        raise CanvasError(f"text scale {scale!r} would flatten the text; use a factor other than 0")
    return number(scale)
