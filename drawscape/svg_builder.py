"""SVGBuilder, the canvas: in mm, y downward, made for pens."""

from __future__ import annotations

from drawscape.canvas.grouping import Grouping
from drawscape.canvas.output import Output
from drawscape.canvas.page import Frame, Pen
from drawscape.canvas.polylines import Polylines
from drawscape.canvas.shapes import Shapes
from drawscape.canvas.style import Attrs
from drawscape.canvas.transforms import Transforms

__all__ = ["Frame", "Pen", "SVGBuilder"]


class SVGBuilder(Shapes, Polylines, Grouping, Transforms, Output):
    """A page of `width` x `height` mm to draw on; most calls return the canvas, so that they chain.

    `default_styles` are SVG attributes for every element. `margin` mm at each edge are outside of
    `frame`. With a `pen`, whatever is drawn outside of a layer goes into one layer of that pen.
    Raises CanvasError when a size is not finite and positive.
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
        self.hershey_font_name = hershey_font_name
