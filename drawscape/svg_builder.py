"""SVGBuilder, the canvas: in mm, y downward, made for pens."""

from __future__ import annotations

from drawscape.canvas.curves import Curves
from drawscape.canvas.hiding import Hiding
from drawscape.canvas.output import Output
from drawscape.canvas.page import Frame, Pen
from drawscape.canvas.placing import Placing
from drawscape.canvas.style import Attrs
from drawscape.canvas.transforms import Transforms
from drawscape.canvas.writing import Writing

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
