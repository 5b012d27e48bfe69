"""What callers of an older SVGBuilder rely on, kept as it was, and forgiving where that was.

Text stands on Hershey's own grid with letters one unit closer; what the font lacks is left out. Boxes
are of SVG files that no XML parser takes, and schematics stand under a sheet's titles.
New code writes with `lettering`, which raises for what it cannot write, places files with `add_svg`, and
reads a drawing's extent from `svg.lines().bounds`.
"""

import re
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from drawscape.drawing.values import PX
from drawscape.errors import CanvasError, GlyphError
from drawscape.geometry.lines import Lines, Points
from drawscape.svg.node import (
    Attrs,
    CanvasNode,
    CanvasWarning,
    Element,
    Group,
    attribute_string,
    escape,
    markup,
    number,
)

if TYPE_CHECKING:
    from drawscape.svg_builder import SVGBuilder

C = TypeVar("C", bound="SVGBuilder")

# Where the classic calls have y = 0: the middle of a capital, as Hershey's own coordinates do.
_BASE_LINE = 9.0
_SPACING = -1.0
_STROKES = {"fill": "none", "stroke": "black", "stroke-width": "1"}
_BOX = {
    "fill": "none",
    "stroke": "red",
    "stroke-width": "0.5",
    "stroke-dasharray": "2,1",
    "opacity": "0.7",
}


def hershey_text(
    svg: C, x: float, y: float, content: str, scale: float = 1.0, attrs: Attrs | None = None
) -> C:
    """Write `content` from `x` on, the middle of its capitals at `y`, 21 `scale` mm high.

    >>> svg.hershey_text(10, 50, "Hello", 0.5)
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    with svg.group(_placed(x, y, scale)):
        svg.title(content)
        _write_strokes(svg, content, scale, attrs)
    return svg


def centered_hershey_text(
    svg: C, x: float, y: float, content: str, scale: float = 1.0, attrs: Attrs | None = None
) -> C:
    """Write `content` with the middle of its bounding box at (`x`, `y`).

    >>> svg.centered_hershey_text(50, 50, "Hello", 0.5)
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    box = svg.get_hershey_text_bounding_box(content)
    middle_x = (box["min_x"] + box["max_x"]) / 2
    middle_y = (box["min_y"] + box["max_y"]) / 2
    return svg.hershey_text(x - middle_x * scale, y - middle_y * scale, content, scale, attrs)


def hershey_text_with_bbox(
    svg: C,
    x: float,
    y: float,
    content: str,
    scale: float = 1.0,
    text_attrs: Attrs | None = None,
    bbox_attrs: Attrs | None = None,
) -> C:
    """Write as `hershey_text` does, in a dashed box with a dot in its middle.

    >>> svg.hershey_text_with_bbox(10, 50, "Hello", 0.5)
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    box = svg.get_hershey_text_bounding_box(content)
    corner, size = (box["min_x"], box["min_y"]), (box["width"], box["height"])
    middle = (box["min_x"] + box["max_x"]) / 2, (box["min_y"] + box["max_y"]) / 2
    with svg.group(_placed(x, y, scale)):
        svg.rect(*corner, *size, {**_BOX, **(bbox_attrs or {})})
        svg.circle(*middle, 0.5, {"fill": "red", "stroke": "none"})
        svg.title(f"{content} (with bounding box)")
        _write_strokes(svg, content, scale, text_attrs)
    return svg


def get_hershey_text_bounding_box(svg: "SVGBuilder", text: str) -> dict[str, float]:
    """Return `min_x max_x min_y max_y width height` of `text` at scale 1.

    >>> round(svg.get_hershey_text_bounding_box("Hello World")["width"])
    156
    """
    return _box(*(_hershey_strokes(svg, text).bounds or (0.0, 0.0, 0.0, 0.0)))


def _write_strokes(svg: "SVGBuilder", content: str, scale: float, attrs: Attrs | None) -> None:
    pen = svg.current_pen  # in a layer the text is as wide as its pen, after scaling
    stroked = _STROKES if pen is None else {"stroke-width": pen.width / abs(scale)}
    styled = {**svg.default_styles, **stroked, **(attrs or {})}
    for stroke in _hershey_strokes(svg, content):
        points = (f"{number(x)},{number(y)}" for x, y in np.round(stroke, 3).tolist())
        svg.add(Element.of("path", {"d": f"M{' L'.join(points)}"}, styled))


def _hershey_strokes(svg: "SVGBuilder", content: str) -> Lines:
    from drawscape.lettering import glyphs_for
    from drawscape.lettering.typeface import clusters

    strokes: list[Points] = []
    x = 0.0
    for cluster in clusters(str(content).replace("\n", " ")):
        try:
            glyphs = glyphs_for(cluster, svg.hershey_font_name, as_digitised=True)
        except GlyphError as error:
            warnings.warn(f"{error}; it is left out", CanvasWarning, stacklevel=5)
            continue
        for glyph in glyphs:
            strokes += glyph.placed(x, _BASE_LINE)
            x += glyph.advance + _SPACING
    return Lines.of(strokes)


def _placed(x: float, y: float, scale: float) -> Attrs:
    if not scale:
        raise CanvasError(f"text scale {scale!r} would flatten the text; use a factor other than 0")
    return {"transform": f"translate({number(x)},{number(y)}) scale({number(scale)})"}


def calculate_bounding_box(svg: "SVGBuilder", svg_content: str) -> dict[str, float]:
    """Return `min_x max_x min_y max_y width height` of the drawing in an SVG's text.

    In the file's own units, whatever its width, height and viewBox; without any lines the box
    of its viewBox, or zeros. Raises SvgReadError for text that is no SVG.

    >>> foreign = SVGBuilder(20, 20).line(2, 3, 12, 3).to_string()
    >>> svg.calculate_bounding_box(foreign)["width"]
    10.0
    """
    from drawscape.svg.read.reader import read_svg
    from drawscape.svg.read.tree import parse_leniently, view_box

    del svg
    start = svg_content.find("<svg")
    if start < 0:
        return _box(0.0, 0.0, 0.0, 0.0)
    root = parse_leniently(svg_content[start:])
    x, y, width, height = view_box(root.attributes.get("viewBox")) or (0.0, 0.0, 0.0, 0.0)
    for name in ("width", "height", "viewBox", "preserveAspectRatio"):
        root.attributes.pop(name, None)
    bounds = read_svg(root).lines.bounds
    if bounds is None:
        return _box(x, y, x + width, y + height)
    return _box(*(value / PX for value in bounds))


def format_attrs(svg: "SVGBuilder", attrs: Attrs) -> str:
    """Return ` name="value"`, a blank before each, of the canvas's default styles and `attrs`."""
    return attribute_string(svg._styled(attrs, {}))


def escape_xml(svg: "SVGBuilder", text: object) -> str:
    """Return `text` as XML has it."""
    del svg
    return escape(text)


def hershey_font(svg: "SVGBuilder") -> Any:
    """Return the `HersheyFonts` object of the font in use, its letters one unit closer."""
    from HersheyFonts import HersheyFonts

    font = HersheyFonts()
    font.load_default_font(svg.hershey_font_name)
    font.render_options["spacing"] = _SPACING
    return font


def _box(min_x: float, min_y: float, max_x: float, max_y: float) -> dict[str, float]:
    size = {"width": max_x - min_x, "height": max_y - min_y}
    return {"min_x": min_x, "max_x": max_x, "min_y": min_y, "max_y": max_y, **size}


_BORDER_MM = 10.0
_FILLED = 0.85
"""Of the room, as the older service has it: its sheets keep their look."""

_ROOT = re.compile(r"<svg\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
# In an attribute or a declaration; not stroke-width and its like.
_HAS_STROKE = re.compile(r"(?<![\w-])stroke\s*[=:]")
_SHAPES = frozenset(("path", "rect", "circle", "ellipse", "line", "polyline", "polygon"))
# What Inkscape and its like keep in a file for themselves.
_EDITORS_OWN = re.compile(
    r"<(metadata|sodipodi:namedview)\b[^>]*?(?:/>|>.*?</\1\s*>)|<defs\b[^>]*/>", re.DOTALL
)
_EDITORS_NAMES = re.compile(
    r"\s(?:xmlns:(?:inkscape|sodipodi)|(?:inkscape|sodipodi):[\w.-]+)\s*=\s*"
    r"(?:\"[^\"]*\"|'[^']*')"
)
_STROKE = re.compile(r"((?<![\w-])stroke\s*[=:]\s*[\"']?\s*)(?!none\b|\s)[^\"';}]+")


def add_schematic(svg: C, svg_content: str, color: str = "black") -> C:
    """Place a foreign SVG, its strokes in `color`, centred, at 85 % of the size that fits.

    The room is the sheet without 10 mm at each edge, below the groups with the ids `titles` and `legend`.
    Raises CanvasError when no room is left.

    >>> svg.add_schematic(SVGBuilder(20, 20).circle(10, 10, 8).to_string(), color="navy")
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    titles = svg.calculate_bounding_box(f"<svg>{''.join(map(markup, _titles(svg.elements)))}</svg>")
    top = max(titles["max_y"], _BORDER_MM)
    width, height = svg.width - 2 * _BORDER_MM, svg.height - top - _BORDER_MM
    if width <= 0 or height <= 0:
        raise CanvasError(f"no room for a schematic on {svg.width:g} x {svg.height:g} mm")
    box = svg.calculate_bounding_box(svg_content)
    sides = ((width, box["width"]), (height, box["height"]))
    scale = _FILLED * min((room / side for room, side in sides if side > 0), default=1.0 / _FILLED)
    x = _BORDER_MM + (width - box["width"] * scale) / 2 - box["min_x"] * scale
    y = top + (height - box["height"] * scale) / 2 - box["min_y"] * scale
    attributes, content = svg.extract_svg_contents(svg_content)
    # The prefixes of the file's names, such as xlink, mean something in it alone.
    prefixes = dict(re.findall(r"(xmlns:[\w.-]+)\s*=\s*[\"']([^\"']*)[\"']", attributes))
    drawn = Group({"id": "schematic-content", "fill": "none", **_placed(x, y, scale), **prefixes})
    drawn.add_raw_svg(svg.process_schematic_strokes(content, color))
    return svg.add(drawn)


def _titles(nodes: Sequence[CanvasNode]) -> list[CanvasNode]:
    """Return the groups `titles` and `legend`, each in copies of the groups around it."""
    found: list[CanvasNode] = []
    for one in nodes:
        if isinstance(one, Group):
            name = str(one.attrs.get("id", ""))
        else:
            tag = re.match(r"<g\b[^>]*\bid=[\"']([^\"']*)", one) if isinstance(one, str) else None
            name = tag[1] if tag else ""
        if name in ("titles", "legend"):
            found.append(one)
        elif isinstance(one, Group) and (inner := _titles(one.elements)):
            found.append(Group(one.attrs, elements=inner))
    return found


def extract_svg_contents(svg: "SVGBuilder", svg_content: str) -> tuple[str, str]:
    """Return the text of the root's attributes, and that inside it; two empty texts without a root.

    What only Inkscape reads, and metadata, is left out.

    >>> svg.extract_svg_contents('<svg width="5"><path d="M0 0"/></svg>')
    (' width="5"', '<path d="M0 0"/>')
    """
    del svg
    root = _ROOT.search(svg_content)
    if root is None:
        return "", ""
    end = svg_content.rfind("</svg")
    content = svg_content[root.end() : end if end > root.end() else None]
    return _EDITORS_NAMES.sub("", root[1]), _EDITORS_NAMES.sub("", _EDITORS_OWN.sub("", content))


def process_schematic_strokes(svg: "SVGBuilder", svg_content: str, stroke_color: str) -> str:
    """Return an SVG's text with all strokes but `none` in `stroke_color`.

    Shapes that nothing gives a stroke, neither they themselves nor a group around them, get one.

    >>> svg.process_schematic_strokes('<path stroke="black"/><path d="M0 0"/>', "red")
    '<path stroke="red"/><path stroke="red" d="M0 0"/>'
    """
    from drawscape.svg.read.tree import TAG

    del svg
    color = escape(stroke_color)
    given = [False]

    def stroked(tag: re.Match[str]) -> str:
        end, name, attributes, text = tag.groups()
        has_stroke = given[-1] or _HAS_STROKE.search(attributes) is not None
        if name in ("g", "a", "svg") and not attributes.endswith("/"):
            if end and len(given) > 1:
                given.pop()
            elif not end:
                given.append(has_stroke)
        bare = name in _SHAPES and not end and not has_stroke
        return f'<{name} stroke="{color}"{attributes}>{text}' if bare else tag[0]

    recolored = _STROKE.sub(lambda match: f"{match[1]}{color}", svg_content)
    return TAG.sub(stroked, recolored)
