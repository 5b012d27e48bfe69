"""SVGBuilder, the canvas: in mm, y downward, made for pens."""

from __future__ import annotations

from typing import Self

from drawscape.drawing.frame import Frame, Pen
from drawscape.drawing.paper import Orientation, margin_mm, paper_size
from drawscape.svg.write.curves import Curves
from drawscape.svg.write.hiding import Hiding
from drawscape.svg.write.output import Output
from drawscape.svg.write.placing import Placing
from drawscape.svg.write.style import Attrs
from drawscape.svg.write.transforms import Transforms
from drawscape.svg.write.writing import Writing

__all__ = ["Frame", "Pen", "SVGBuilder"]


class SVGBuilder(Writing, Curves, Placing, Hiding, Transforms, Output):
    """A page of `width` x `height` mm to draw on; most calls return the canvas, so that they chain.

    `default_styles` are SVG attributes for every element. `margin` mm at each edge are outside of
    `frame`. With a `pen`, whatever is drawn outside of a layer goes into one layer of that pen.
    Raises CanvasError when a size is not finite and positive, UnknownNameError for an unknown font.
    """

    def __init__(
        self,
        width: float,
        height: float,
        default_styles: Attrs | None = None,
        hershey_font_name: str = "futural",
        *,
        margin: float = 0.0,
        pen: Pen | None = None,
    ) -> None:
        super().__init__(width, height, default_styles, margin=margin, pen=pen)
        if hershey_font_name != self.hershey_font_name:
            self.set_hershey_font(hershey_font_name)

    @classmethod
    def on_paper(
        cls,
        paper: str = "a4",
        orientation: Orientation | None = None,
        *,
        margin: str | float = 0.0,
        pen: Pen | None = None,
    ) -> Self:
        """Return a canvas as large as a sheet: `'a4'`, `'letter'`, `'210x297'`, `'8.5x11in'`.

        `margin` is mm, a length such as `'1cm'`, or `'5%'` of the shorter side.
        Raises UnknownNameError for an unknown paper or orientation, CanvasError for the margin.
        """
        width, height = paper_size(paper, orientation)
        return cls(width, height, margin=margin_mm(margin, width, height), pen=pen)
