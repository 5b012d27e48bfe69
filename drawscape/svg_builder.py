"""SVGBuilder, the canvas: in mm, y downward, made for pens."""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from copy import copy
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from drawscape.atomic import write_atomic
from drawscape.drawing.affine import Matrix, parse_transform, translation
from drawscape.drawing.document import Document, Frame, Orientation, Pen, margin_mm, paper_size
from drawscape.drawing.path import is_sound
from drawscape.drawing.values import checked_length, finite, rgba
from drawscape.errors import CanvasError, SvgReadError
from drawscape.geometry.curves import TOLERANCE_MM
from drawscape.geometry.curves import circle as circle_points
from drawscape.geometry.lines import Drawable, Lines, Points, as_lines, as_points, one_line
from drawscape.geometry.regions import Bounds, polar, rectangle, rings
from drawscape.image_tag import image_tag
from drawscape.settings import StrPath
from drawscape.svg import hershey
from drawscape.svg.attributes import (
    Attrs,
    check_color,
    check_places,
    checked_attrs,
    escape,
    transform_text,
)
from drawscape.svg.canvas_file import file_content, in_layers
from drawscape.svg.canvas_lines import clipping, flatten_layers, hide
from drawscape.svg.elements import (
    STROKED,
    CanvasNode,
    Element,
    Group,
    OcclusionMask,
    StyledLines,
    without_unused_pens,
)
from drawscape.svg.grid import Cell, cells_of
from drawscape.svg.group_stack import GroupStack, LayerBlock
from drawscape.svg.random_numbers import RandomNumbers
from drawscape.svg.shapes import Vertices, moved_shape, pair, spline, unreadable

if TYPE_CHECKING:
    from drawscape.geometry.hatch import HatchStyle
    from drawscape.lettering import Align, VerticalAlign

__all__ = ["Frame", "Group", "Pen", "SVGBuilder"]

_LONGEST_SIDE_MM = 1e6
"""A kilometre: no roll of paper is longer."""

Trait = str | int | float | bool

_SAY_STROKE = "write pen='red' or stroke='red' as an option of what you draw"
_SAY_CURVE = "with svg.shape() as shape: shape.vertex(x, y), or shape.curve_vertex(x, y)"
_SAY_NO_FILL = "a pen draws outlines anyway"
_VERBS_ELSEWHERE = {
    "stroke": _SAY_STROKE,
    "fill": "a pen draws lines; svg.hatch(polygon, spacing=1) fills with them",
    "strokeWeight": "svg.set_pen(name, color, width) chooses a pen's width",
    "penWidth": "svg.set_pen(name, color, width) chooses a pen's width",
    "square": "svg.rect(x, y, size, size)",
    "quad": "svg.polygon([(x1, y1), (x2, y2), (x3, y3), (x4, y4)])",
    "noFill": _SAY_NO_FILL,
    "no_fill": _SAY_NO_FILL,
    "background": "svg.paper_color = '#101014' is the paper's colour",
    "noiseSeed": "svg.random_seed(7) restarts random numbers and noise",
    "randomGaussian": "svg.random_gauss(mean, deviation)",
    "beginShape": _SAY_CURVE,
    "begin_shape": _SAY_CURVE,
    "vertex": _SAY_CURVE,
    "pushMatrix": "with svg.pushed(): keeps the transform",
}
"""Verbs of Processing, p5 and vsketch, and what replaces them here."""


class SVGBuilder(GroupStack, RandomNumbers):
    """A page of `width` x `height` mm to draw on; most calls return the canvas, so that they chain.

    `default_styles` are SVG attributes for every element. `margin` mm at each edge are outside
    `frame`. With a `pen`, everything drawn outside a layer goes into one layer of that pen.
    Every method that draws has `pen=`: the name of a layer, or a Pen, in which it draws.
    Raises CanvasError when a size is not finite and positive, UnknownNameError for an unknown font.

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
        self.width = checked_length("width", width, most=_LONGEST_SIDE_MM)
        self.height = checked_length("height", height, most=_LONGEST_SIDE_MM)
        self.margin = margin_mm(margin, self.width, self.height)
        self.default_styles = checked_attrs(default_styles)
        if not (pen is None or isinstance(pen, Pen)):
            raise CanvasError(f"pen={pen!r}: give a Pen, such as Pen('red', 'red', 0.5)")
        GroupStack.__init__(self, pen)
        RandomNumbers.__init__(self)
        self.provenance: Mapping[str, Any] | None = None
        self.draft: Callable[[Any], object] | None = None
        """The function that shows an unfinished drawing: it draws on a copy of the canvas."""
        self._paper_color: str | None = None
        self.traits: dict[str, Trait] = {}
        """The drawing's traits by name; see `trait`."""
        self.hershey_font_name = "futural"
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

    @cached_property
    def frame(self) -> Frame:
        """The page inside its margin, in mm."""
        return Frame(0, 0, self.width, self.height).inset(self.margin)

    @property
    def paper_color(self) -> str | None:
        """The paper behind the drawing, such as `'#101014'` for white ink; no pen draws it.

        Setting it raises CanvasError for a colour that is not known.
        """
        return self._paper_color

    @paper_color.setter
    def paper_color(self, color: str | None) -> None:
        if color is not None and rgba(str(color)) is None:
            raise CanvasError(f"paper_color={color!r} is not a colour; give one such as '#101014'")
        self._paper_color = color

    def copied(self, elements: list[CanvasNode]) -> Self:
        """Return a canvas with the same settings and `elements`, without open groups or a draft."""
        page = copy(self)
        page.elements, page.draft = elements, None
        page._open, page._matrices = [], [Matrix()]
        return page

    # Shapes and lines

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        attrs: Attrs | None = None,
        *,
        center: bool = False,
        **style: Any,
    ) -> Self:
        """Draw a rectangle from its upper left corner, or about its centre with `center`.

        >>> svg.rect(10, 10, 80, 30, stroke="red").rect(50, 70, 80, 40, center=True, pen="blue")
        <SVGBuilder 100 x 100 mm, 2 elements>
        """
        if center:
            x = finite("x", x) - finite("width", width) / 2
            y = finite("y", y) - finite("height", height) / 2
        places = {"x": x, "y": y, "width": width, "height": height}
        return self._shape("rect", places, attrs, style)

    def line(
        self, x1: float, y1: float, x2: float, y2: float, attrs: Attrs | None = None, **style: Any
    ) -> Self:
        """Draw a straight line.

        >>> svg.line(10, 10, 90, 90)
        <SVGBuilder 100 x 100 mm, 1 element>
        """
        return self._shape("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2}, attrs, style)

    def circle(
        self, cx: float, cy: float, r: float, attrs: Attrs | None = None, **style: Any
    ) -> Self:
        """Draw a circle about its centre.

        >>> svg.circle(50, 50, 20).lines().lengths_mm.round(1)
        array([125.6])
        """
        return self._shape("circle", {"cx": cx, "cy": cy, "r": r}, attrs, style)

    def ellipse(
        self, cx: float, cy: float, rx: float, ry: float, attrs: Attrs | None = None, **style: Any
    ) -> Self:
        """Draw an ellipse about its centre, its axes along x and y.

        >>> svg.ellipse(50, 50, 40, 20)
        <SVGBuilder 100 x 100 mm, 1 element>
        """
        return self._shape("ellipse", {"cx": cx, "cy": cy, "rx": rx, "ry": ry}, attrs, style)

    def path(self, d: str, attrs: Attrs | None = None, **style: Any) -> Self:
        """Draw SVG path data, such as `'M10,10 C20,0 30,0 40,10'`; curves stay curves.

        >>> svg.path("M10,50 C30,10 70,90 90,50")
        <SVGBuilder 100 x 100 mm, 1 element>
        """
        if not isinstance(d, str) or not is_sound(d):
            raise unreadable(d)
        return self._shape("path", {"d": d}, attrs, style)

    def text(
        self, x: Any, y: Any, content: object, attrs: Attrs | None = None, **style: Any
    ) -> Self:
        """Write text in the viewer's font; a plotter needs `hershey_text` or `lettering`.

        The text may come first, as in `lettering`.

        >>> svg.text("for the screen", 10, 20).text(10, 30, "too")
        <SVGBuilder 100 x 100 mm, 2 elements>
        """
        if isinstance(x, str) and not isinstance(content, str):
            content, x, y = x, y, content
        return self._shape("text", {"x": x, "y": y}, attrs, style, escape(content))

    def title(self, content: object, attrs: Attrs | None = None) -> Self:
        """Name the group or page that is open, for tooltips and screen readers.

        >>> svg.title("Gravel, after Nees").to_string().count("<title>")
        1
        """
        return self.add(Element.of("title", {}, checked_attrs(attrs), escape(content)))

    def _shape(
        self,
        tag: str,
        places: dict[str, Any],
        attrs: Attrs | None,
        style: dict[str, Any],
        content: str | None = None,
    ) -> Self:
        with self._in_pen(style):
            return self.add(self._placed(tag, places, self._styled(attrs, style), content))

    def _placed(
        self, tag: str, places: dict[str, Any], styled: dict[str, Any], content: str | None
    ) -> CanvasNode:
        """Return a shape moved by the current transform."""
        if tag != "path":
            check_places(tag, places)
        if self.matrix.is_identity:
            return Element.of(tag, places, styled, content)
        matrix = self.matrix @ parse_transform(styled.pop("transform", ""))
        if tag == "text":
            styled["transform"] = transform_text(matrix)
            return Element.of(tag, places, styled, content)
        return moved_shape(tag, places, styled, matrix)

    def polyline(
        self, points: Drawable, ys: Any = None, *, closed: bool = False, **style: Any
    ) -> Self:
        """Draw one line through the (N, 2) `points`, back to its start if `closed`.

        `points` may also be complex numbers, a shapely line, or the xs for `ys`.

        >>> svg.polyline([(10, 10), (50, 90), (90, 10)], closed=True).lines().closed
        array([ True])
        >>> x = np.linspace(10, 90, 50)
        >>> svg.polyline(x, 50 + 10 * np.sin(x / 5))
        <SVGBuilder 100 x 100 mm, 2 elements>
        """
        line = one_line(points, ys)
        if closed and (len(line) == 2 or (line[:1] != line[-1:]).any()):
            line = np.concatenate((line, line[:1]))
        return self.polylines(Lines.single(line), **style)

    def polygon(self, points: Drawable, ys: Any = None, **style: Any) -> Self:
        """Draw the closed line through the (N, 2) `points`, or each ring of a shapely polygon.

        >>> svg.polygon([(10, 90), (50, 10), (90, 90)]).lines().lengths_mm.round(1)
        array([258.9])
        """
        if ys is None and hasattr(points, "geom_type"):
            return self.polylines(points, closed=True, **style)
        return self.polyline(points, ys, closed=True, **style)

    def polylines(self, lines: Drawable, *, closed: bool = False, **style: Any) -> Self:
        """Draw many lines at once: Lines, an (M, K, 2) array, or an iterable of (N, 2) arrays.

        Complex arrays, generators and another canvas are accepted, too. So is any shapely geometry: its
        lines, the rings of its areas, and its points as dots.
        This is the fast way: a million points cost a few hundredths of a second in the file.
        Raises GeometryError for arrays of another shape and for points that are not finite.

        >>> angles = np.linspace(0, 2 * np.pi, 180)
        >>> circles = np.exp(1j * angles) * np.arange(1, 40)[:, None] + (50 + 50j)
        >>> len(svg.polylines(circles).lines())
        39
        """
        drawn = as_lines(lines)
        if closed:
            drawn = drawn.closed_up()
        drawn = self.matrix.apply(drawn)
        if not np.isfinite(drawn.points).all():
            raise CanvasError("lines hold a point that is not finite")
        with self._in_pen(style):
            return self.add(StyledLines(drawn, self._styled(self._line_style(style), style)))

    def point(self, x: float, y: float, **style: Any) -> Self:
        """Draw a dot as wide as the pen.

        >>> svg.point(50, 50)
        <SVGBuilder 100 x 100 mm, 1 element>
        """
        if self.current_pen is None and style.get("pen") is None:
            style = {"stroke_linecap": "round", **style}  # otherwise a screen shows no dot
        return self.polylines([((x, y), (x, y))], **style)

    def triangle(
        self, x1: float, y1: float, x2: float, y2: float, x3: float, y3: float, **style: Any
    ) -> Self:
        """Draw the triangle through three corners.

        >>> svg.triangle(10, 90, 50, 10, 90, 90)
        <SVGBuilder 100 x 100 mm, 1 element>
        """
        return self.polygon([(x1, y1), (x2, y2), (x3, y3)], **style)

    def regular_polygon(
        self,
        cx: float,
        cy: float,
        radius: float,
        sides: int,
        *,
        rotation: float = 0.0,
        **style: Any,
    ) -> Self:
        """Draw a polygon of equal sides about (`cx`, `cy`), its first corner on top, turned by degrees.

        `radius` reaches to the corners. Raises CanvasError for fewer than three sides.

        >>> svg.regular_polygon(50, 50, 30, 6).lines().lengths_mm.round(1)
        array([180.])
        """
        if finite("sides", sides) < 3 or sides % 1:
            raise CanvasError(f"a polygon of {sides!r} sides; give a whole number, 3 at least")
        cx, cy, radius = finite("cx", cx), finite("cy", cy), finite("radius", radius)
        if radius < 0:
            raise CanvasError(f"radius={radius!r} is negative; give 0 or more, in mm")
        turn = np.radians(finite("rotation", rotation) - 90.0)
        angles = turn + np.linspace(0.0, 2 * np.pi, int(sides), endpoint=False)
        return self.polygon(np.add(polar(radius, angles), (cx, cy)), **style)

    def bezier(
        self,
        x1: float,
        y1: float,
        cx1: float,
        cy1: float,
        cx2: float,
        cy2: float,
        x2: float,
        y2: float,
        **style: Any,
    ) -> Self:
        """Draw a cubic Bézier from (x1, y1) to (x2, y2), pulled by the two points between.

        >>> svg.bezier(10, 50, 30, 10, 70, 90, 90, 50)
        <SVGBuilder 100 x 100 mm, 1 element>
        """
        points = self.matrix.apply(one_line([(x1, y1), (cx1, cy1), (cx2, cy2), (x2, y2)]))
        return self._curve_path(f"M{pair(points[0])} C{' '.join(map(pair, points[1:]))}", style)

    def curve(self, points: Drawable, *, closed: bool = False, **style: Any) -> Self:
        """Draw a smooth curve through the (N, 2) `points`: a Catmull-Rom spline (1974) as Béziers.

        >>> svg.curve([(10, 50), (30, 20), (70, 80), (90, 50)])
        <SVGBuilder 100 x 100 mm, 1 element>
        """
        through = one_line(points)
        if len(through) < 2:
            raise CanvasError("a curve needs two points at least")
        # An affine map of a spline is the spline of the mapped points.
        through = self.matrix.apply(through)
        d = f"M{pair(through[0])} {spline(through, closed=closed)}"
        return self._curve_path(d + " Z" if closed else d, style)

    def arc(
        self,
        cx: float,
        cy: float,
        rx: float,
        ry: float | None = None,
        *,
        start: float,
        stop: float,
        **style: Any,
    ) -> Self:
        """Draw part of an ellipse about (cx, cy), from `start` to `stop` degrees.

        0 is at the right and degrees run clockwise on the page; a full turn or more is an ellipse.

        >>> svg.arc(50, 50, 30, start=0, stop=90).lines().lengths_mm.round(1)
        array([47.1])
        """
        cx, cy, rx, ry = map(
            finite, ("cx", "cy", "rx", "ry"), (cx, cy, rx, rx if ry is None else ry)
        )
        start, stop = finite("start", start), finite("stop", stop)
        check_places("arc", {"rx": rx, "ry": ry})
        if abs(stop - start) >= 360:
            return self.ellipse(cx, cy, rx, ry, self._line_style(style), **style)
        angles = np.radians([start, stop])
        begin, end = np.column_stack([cx + rx * np.cos(angles), cy + ry * np.sin(angles)])
        arc = f"A{pair(np.array((rx, ry)))} 0 {abs(stop - start) > 180:d} {stop > start:d}"
        return self.path(f"M{pair(begin)} {arc} {pair(end)}", self._line_style(style), **style)

    def _curve_path(self, d: str, style: dict[str, Any]) -> Self:
        """Draw path data whose points already have the current transform."""
        with self._untransformed():
            return self._shape("path", {"d": d}, self._line_style(style), style)

    @contextmanager
    def shape(self, *, closed: bool = False, **style: Any) -> Iterator[Vertices]:
        """Return a block that collects vertices, and draw them as one line at its end.

        The line turns sharply at a `vertex` and smoothly at a `curve_vertex`. Unlike in Processing, it also
        passes through its first and last curve vertex.
        The transform at the block's end applies.
        Raises CanvasError for fewer than two vertices; a block that raises draws nothing.

        >>> with svg.shape(closed=True) as drop:
        ...     _ = drop.vertex(50, 10)
        ...     _ = drop.curve_vertex(65, 40).curve_vertex(50, 55).curve_vertex(35, 40)
        >>> svg.lines().closed
        array([ True])
        """
        vertices = Vertices()
        yield vertices
        self._curve_path(vertices.path_data(self.matrix, closed=closed), style)

    # Transforms, groups, layers

    def grid(
        self, columns: int, rows: int | None = None, *, area: Frame | None = None
    ) -> Iterator[Cell]:
        """Return the cells of a grid over the frame, or over `area`, row by row.

        Without `rows`, the cells are squares: as many rows as fit, in the middle of the area. In the
        block of a cell, the origin is its centre. Raises CanvasError for a count below 1.

        >>> for cell in svg.grid(4):
        ...     with cell:
        ...         _ = svg.rotate(30 * cell.u).rect(0, 0, 15, 15, center=True)
        >>> len(svg.lines())
        16
        """
        return cells_of(self, self.frame if area is None else area, columns, rows)

    def _line_style(self, style: Attrs) -> dict[str, Any]:
        """Return the attributes that make lines visible, if no pen, group or default has them."""
        if self.current_pen is not None or style.get("pen") is not None:
            return {}
        given = {name for group, _ in self._open for name in group.attrs}
        return {k: v for k, v in STROKED.items() if k not in given and k not in self.default_styles}

    def _styled(self, attrs: Attrs | None, style: Attrs) -> dict[str, Any]:
        """Return the attributes of one element: defaults, then `attrs`, then keywords."""
        own = checked_attrs(attrs, style)
        if "color" in style:
            check_color(own)
        return {**self.default_styles, **own}

    # Regions, foreign drawings

    def hatch(
        self,
        polygon: Any,
        spacing: float = 1.0,
        *,
        angle: float = 45.0,
        pattern: "HatchStyle" = "lines",
        shift: float = 0.0,
        outline: bool = False,
        **style: Any,
    ) -> Self:
        """Fill `polygon` with lines `spacing` mm apart, drawing its outline too if `outline`.

        `polygon` is a ring as (N, 2), or several: a ring in a ring is a hole. `pattern` is lines at
        `angle` degrees, cross or concentric. The current transform moves the region, but does not
        change the spacing. Raises GeometryError for a spacing that is not positive.

        >>> svg.hatch([(10, 10), (90, 10), (50, 90)], spacing=2, angle=30, outline=True)
        <SVGBuilder 100 x 100 mm, 2 elements>
        """
        from drawscape.geometry.hatch import hatch

        region = self._region(polygon)
        filling = hatch(region, spacing, angle=angle, style=pattern, shift=shift)
        with self._untransformed():
            if outline:
                self.polylines(region, **style)
            return self.polylines(filling, **style)

    def _region(self, polygon: Any) -> Lines:
        return self.matrix.apply(rings(polygon))

    def mask(self, polygon: Any) -> Self:
        """Hide earlier lines inside `polygon` once `occlude` is called; draw nothing.

        >>> _ = svg.line(0, 50, 100, 50).mask([(40, 40), (60, 40), (60, 60), (40, 60)]).occlude()
        >>> svg.lines().lengths_mm
        array([40., 40.])
        """
        return self.add(OcclusionMask(self._region(polygon)))

    def occlude(self) -> Self:
        """Remove hidden lines: each closed line hides all earlier lines inside it.

        It applies to the open group, or to the whole canvas across its layers. Open lines hide nothing;
        the rings of one path are one region, whose holes hide nothing.

        >>> _ = svg.line(0, 50, 100, 50).circle(50, 50, 20).occlude()
        >>> len(svg.lines())
        3
        """
        hide(self.elements if self.current_group is None else self.current_group.elements)
        return self

    @contextmanager
    def clip(
        self,
        polygon: Any = None,
        *,
        rect: tuple[float, float, float, float] | None = None,
        circle: tuple[float, float, float] | None = None,
        outside: bool = False,
    ) -> Iterator[Self]:
        """Return a block whose lines are kept only within a region, or `outside` of it.

        The region is a `polygon`, a `rect` (x, y, width, height) or a `circle` (cx, cy, r), under the
        present transform. A polygon is a ring as (N, 2), or several: a ring in a ring is a hole.
        It may also be a Frame: `with svg.clip(svg.frame):` keeps lines out of the margin.
        Raises CanvasError unless exactly one region is given.

        >>> with svg.clip(circle=(50, 50, 20)):
        ...     _ = svg.line(0, 50, 100, 50)
        >>> svg.lines().lengths_mm.round(2)
        array([39.98])
        """
        if sum(region is not None for region in (polygon, rect, circle)) != 1:
            raise CanvasError(
                "clip to one region: a polygon, rect=(x, y, w, h) or circle=(cx, cy, r)"
            )
        from drawscape.geometry.clip import pieces_in

        if rect is not None:
            x, y, w, h = as_points([rect], 4)[0]
            if w <= 0 or h <= 0:
                raise CanvasError(f"rect={rect!r}: give (x, y, width, height), both sizes above 0")
            polygon = rectangle((x, y, x + w, y + h))
        elif circle is not None:
            cx, cy, radius = as_points([circle], 3)[0]
            if radius <= 0:
                raise CanvasError(f"circle={circle!r}: give (cx, cy, r), the radius above 0")
            polygon = circle_points(cx, cy, radius)
        region = self._region(rectangle(polygon) if isinstance(polygon, Frame) else polygon)
        cut = partial(pieces_in, polygon=region, outside=outside)
        with clipping(self.elements, self.current_group, cut):
            yield self

    def add_svg(
        self,
        source: StrPath | bytes,
        x: float = 0.0,
        y: float = 0.0,
        width: float | None = None,
        height: float | None = None,
        *,
        keep_layers: bool = False,
        **style: Any,
    ) -> Self:
        """Draw a foreign SVG as lines, scaled to fit the box at (`x`, `y`) and centred in it.

        `source` is a path or the file's content. Its drawing, not its page, fills the box. With one of
        `width` and `height` the other follows; without both it keeps its size. It is drawn
        with the current pen, or in its own layers with `keep_layers`.
        Raises SvgReadError for a file that cannot be read or holds no lines, CanvasError for an empty box.

        >>> badge = SVGBuilder(20, 20).circle(10, 10, 8).to_bytes()
        >>> svg.add_svg(badge, 10, 10, width=40).lines().bounds
        (10.0, 10.0, 50.0, 50.0)
        """
        from drawscape.svg.read import read_svg

        document = read_svg(source, enlarged=lambda bounds: _fit(bounds, x, y, width, height)[0])
        bounds = document.lines.bounds
        if bounds is None:
            left_out = f": {'; '.join(document.unsupported)}" if document.unsupported else ""
            raise SvgReadError(f"the SVG to be added holds no lines{left_out}")
        scale, shift = _fit(bounds, x, y, width, height)
        for layer in document.layers:
            placed = layer.lines.with_points(layer.lines.points * scale + shift)
            pen = layer.name, layer.color, layer.width_mm
            with LayerBlock(self, *pen) if keep_layers else nullcontext():
                self.polylines(placed, **style)
        return self

    # Text

    def set_hershey_font(self, font_name: str) -> Self:
        """Write with `font_name` from now on; raise UnknownNameError for an unknown font.

        >>> svg.set_hershey_font("scripts").hershey_text(10, 50, "Dear Ada")
        <SVGBuilder 100 x 100 mm, 1 element>
        """
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
        align: "Align" = "left",
        valign: "VerticalAlign" = "baseline",
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
        With a `width` in mm, the text wraps in a box that begins at `x`. `line_height` is in cap
        heights (1.9), `spacing` between letters in mm. With `along`, an (N, 2) polyline, the text follows
        it instead, lifted by `offset` mm.
        Raises GlyphError for a character that the font cannot write, unless `missing` replaces it.

        >>> svg.lettering("Grüße", 50, 50, size=8, align="center")
        <SVGBuilder 100 x 100 mm, 1 element>
        """
        from drawscape.lettering import LINE_HEIGHT, TextStyle, set_along, set_text

        if text is None:
            raise CanvasError("lettering(None): give the text to write")
        writing = TextStyle(font or self.hershey_font_name, size, spacing, missing)
        if along is not None:
            lines = set_along(text, writing, along, align=align, offset=offset)
        else:
            high = LINE_HEIGHT if line_height is None else line_height
            lines = set_text(
                text, writing, align=align, valign=valign, width=width, line_height=high
            ).lines
        return self.polylines(translation(x, y).apply(lines), **style)

    # Output

    def drafted(self) -> Self:
        """Return the canvas itself or, while it has a draft, a copy with the draft drawn.

        All output includes the draft; the canvas itself does not change.

        >>> svg.circle(50, 50, 20).drafted() is svg
        True
        """
        if self.draft is None:
            return self
        # Groups are filled later; the copy needs its own.
        page = self.copied(
            [
                Group(node.attrs, elements=[*node.elements], pen=node.pen)
                if isinstance(node, Group)
                else node
                for node in self.elements
            ]
        )
        self.draft(page)
        return page

    def document(self, tolerance: float = TOLERANCE_MM) -> Document:
        """Return the drawing as a page with its layers, in drawing order.

        Lines outside all layers belong to the canvas's own pen. Without one, there is a pen for each
        stroke colour. Curves deviate by at most `tolerance` mm.

        >>> document = svg.circle(50, 50, 20).document()
        >>> document.width_mm, [layer.color for layer in document.layers]
        (100, ['black'])
        """
        layers = tuple(flatten_layers(self._root(), checked_length("tolerance", tolerance)))
        return Document(self.width, self.height, layers, paper_color=self.paper_color)

    def lines(self, tolerance: float = TOLERANCE_MM) -> Lines:
        """Return everything drawn as polylines in mm; curves deviate by at most `tolerance` mm.

        >>> svg.line(10, 10, 90, 10).lines().points
        array([[10., 10.],
               [90., 10.]])
        """
        return self.document(tolerance).lines

    def trait(self, name: str, value: Trait) -> Self:
        """Note a trait of this seed's drawing, and return the canvas; it draws nothing.

        The file and the catalogue keep it: `drawings(where={'density': 'high'})` finds the drawing, and
        `sheet.trait_counts()` counts the values over seeds. A value is text, a number, or true or false.
        Raises CanvasError for an empty name and for another value.

        >>> svg.trait("density", "high").traits
        {'density': 'high'}
        """
        plain = value.item() if isinstance(value, np.generic) else value
        known = isinstance(plain, (str, int)) or (isinstance(plain, float) and math.isfinite(plain))
        if not isinstance(name, str) or not name.strip() or not known:
            raise CanvasError(
                f"trait({name!r}, {value!r}): give a name, and a text, number or bool"
            )
        self.traits[name] = plain
        return self

    def layers(self, tolerance: float = TOLERANCE_MM) -> list[tuple[Pen, Lines]]:
        """Return the layers of `document` as (pen, lines) pairs.

        >>> [pen.name for pen, lines in svg.line(10, 10, 90, 10).layers()]
        ['pen 1']
        """
        return [(layer.pen, layer.lines) for layer in self.document(tolerance).layers]

    def to_bytes(self) -> bytes:
        """Return the SVG file's bytes, UTF-8.

        >>> svg.circle(50, 50, 20).to_bytes()[:5]
        b'<?xml'
        """
        return b"".join(self._pieces())

    def to_string(self) -> str:
        """Return the SVG file as text.

        >>> print(svg.circle(50, 50, 20).to_string())
        <?xml version="1.0" encoding="UTF-8" standalone="no"?>
        <svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="100mm" viewBox="0 0 100 100">
        <g fill="none" stroke="black" stroke-width="0.3">
        <circle cx="50" cy="50" r="20" />
        </g>
        </svg>
        """
        return self.to_bytes().decode()

    def save(self, path: StrPath) -> Path:
        """Write the SVG file and return its absolute path; the file is complete or missing.

        The folder must exist.

        >>> svg.circle(50, 50, 20).save("circle.svg").name
        'circle.svg'
        """
        target = Path(path).absolute()
        write_atomic(target, self._pieces())
        return target

    def _pieces(self) -> Iterator[bytes]:
        return file_content(
            self.width,
            self.height,
            self._root(),
            provenance=self.provenance,
            paper_color=self.paper_color,
        )

    def _root(self) -> list[CanvasNode]:
        return in_layers(self.drafted().elements, self.pen)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        """Return the drawing for a notebook: an `<img>` shows everywhere and runs no script.

        It is only the picture, without the recipe, which changes with the library's code.
        """
        plain = self.copied(self.elements)
        plain.provenance = None
        return {
            "text/html": image_tag(plain.to_bytes(), str(self), height_px=640),
            "text/plain": str(self),
        }

    def __repr__(self) -> str:
        size = f"{self.width:g} x {self.height:g} mm"
        count = len(without_unused_pens(self.elements))
        return f"<{type(self).__name__} {size}, {count} element{'s' * (count != 1)}>"

    if not TYPE_CHECKING:  # otherwise a type checker would accept any attribute

        def __getattr__(self, name: str) -> Any:
            """Raise AttributeError; for a verb of Processing or vsketch, with what replaces it here."""
            remedy = f": {_VERBS_ELSEWHERE[name]}" if name in _VERBS_ELSEWHERE else ""
            raise AttributeError(f"the canvas has no {name!r}{remedy}", name=name, obj=self)

    # What an older service calls
    hershey_text = hershey.hershey_text
    centered_hershey_text = hershey.centered_hershey_text
    get_hershey_text_bounding_box = hershey.get_hershey_text_bounding_box


def _fit(
    bounds: Bounds,
    x: float,
    y: float,
    width: float | None,
    height: float | None,
) -> tuple[float, Points]:
    """Return the scale and shift that place `bounds` in the box, centred."""
    corner, extents = bounds[:2], (bounds[2] - bounds[0], bounds[3] - bounds[1])
    wanted = [
        None if size is None else checked_length(f"the box's {name}", size)
        for name, size in (("width", width), ("height", height))
    ]
    sides = [*zip(wanted, extents)]
    scale = min((room / extent for room, extent in sides if room and extent > 0), default=1.0)
    inset = [(room - extent * scale) / 2 if room else 0.0 for room, extent in sides]
    return scale, np.array((finite("x", x), finite("y", y))) + inset - np.array(corner) * scale
