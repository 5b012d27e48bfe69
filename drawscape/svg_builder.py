"""SVGBuilder, the canvas: in mm, y downward, made for pens."""

from typing import Any, Self

from drawscape.drawing.frame import Frame
from drawscape.drawing.paper import Orientation, margin_mm, paper_size
from drawscape.drawing.pen import Pen
from drawscape.svg.write import (
    compatibility,
    curves,
    grouping,
    helpers,
    hiding,
    output,
    placing,
    polylines,
    schematic,
    shapes,
    solids,
    vertices,
    writing,
)
from drawscape.svg.write.canvas import Canvas
from drawscape.svg.write.compatibility import Group
from drawscape.svg.write.style import Attrs

__all__ = ["Frame", "Group", "Pen", "SVGBuilder"]


class SVGBuilder(Canvas):
    """A page of `width` x `height` mm to draw on; most calls return the canvas, so that they chain.

    `default_styles` are SVG attributes for every element. `margin` mm at each edge are outside of
    `frame`. With a `pen`, whatever is drawn outside of a layer goes into one layer of that pen.
    Raises CanvasError when a size is not finite and positive, UnknownNameError for an unknown font.

    The methods are functions of drawscape.svg.write; what they share is the Canvas.

    >>> svg = SVGBuilder.on_paper("a5", margin="10mm")
    >>> with svg.layer("red", color="red"):
    ...     svg.circle(74, 105, 40)
    <SVGBuilder 148 x 210 mm, 1 element>
    >>> svg.save("circle.svg").name
    'circle.svg'
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

        >>> SVGBuilder.on_paper("a5", "landscape", margin="10mm")
        <SVGBuilder 210 x 148 mm, 0 elements>
        """
        width, height = paper_size(paper, orientation)
        return cls(width, height, margin=margin_mm(margin, width, height), pen=pen)

    # Shapes and lines
    rect, line, circle, ellipse = shapes.rect, shapes.line, shapes.circle, shapes.ellipse
    path, text, title = shapes.path, shapes.text, shapes.title
    polyline, polygon, geometry = polylines.polyline, polylines.polygon, polylines.geometry
    point, triangle = polylines.point, polylines.triangle
    regular_polygon, polylines = polylines.regular_polygon, polylines.polylines
    bezier, curve, arc = curves.bezier, curves.curve, curves.arc
    shape = vertices.shape

    # Groups, layers, regions, foreign drawings
    begin_group, end_group = grouping.begin_group, grouping.end_group
    group, layer = grouping.group, grouping.layer
    hatch, mask, occlude = hiding.hatch, hiding.mask, hiding.occlude
    clip, add_svg = placing.clip, placing.add_svg
    mesh = solids.mesh

    # Text
    lettering, set_hershey_font = writing.lettering, writing.set_hershey_font
    hershey_text = compatibility.hershey_text
    centered_hershey_text = compatibility.centered_hershey_text
    hershey_text_with_bbox = compatibility.hershey_text_with_bbox
    get_hershey_text_bounding_box = compatibility.get_hershey_text_bounding_box
    calculate_bounding_box = compatibility.calculate_bounding_box
    add_schematic = schematic.add_schematic
    extract_svg_contents = schematic.extract_svg_contents
    process_schematic_strokes = schematic.process_schematic_strokes
    hershey_font = property(compatibility.hershey_font)
    _add_element, _format_attrs = compatibility.add_element, compatibility.format_attrs
    _escape_xml = compatibility.escape_xml

    # Numbers
    random_seed, random, random_gauss = helpers.random_seed, helpers.random, helpers.random_gauss
    random_choice, noise = helpers.random_choice, helpers.noise
    lerp, map = helpers.lerp, helpers.map_range

    # What comes off the canvas
    drafted, document, lines, layers = (
        output.drafted, output.drawn_document, output.lines, output.layers
    )  # fmt: skip
    to_bytes, to_string, save = output.to_bytes, output.to_string, output.save

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return output.notebook_bundle(self)

    def __repr__(self) -> str:
        size = f"{self.width:g} x {self.height:g} mm"
        count = len(self.elements)
        return f"<{type(self).__name__} {size}, {count} element{'s' * (count != 1)}>"
