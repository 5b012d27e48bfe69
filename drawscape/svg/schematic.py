"""The schematic of an older SVGBuilder, kept as it was: a foreign SVG's markup under a sheet's titles.

It takes text that no XML parser takes. New code places files with `add_svg`, and reads a drawing's extent
from `svg.lines().bounds`.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from drawscape.drawing.values import PX
from drawscape.errors import CanvasError
from drawscape.svg.attributes import Attrs, attribute_string, escape
from drawscape.svg.elements import CanvasNode, Group, markup
from drawscape.svg.hershey import bounding_box, placed

if TYPE_CHECKING:
    from drawscape.svg_builder import SVGBuilder

C = TypeVar("C", bound="SVGBuilder")

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
        return bounding_box(0.0, 0.0, 0.0, 0.0)
    root = parse_leniently(svg_content[start:])
    x, y, width, height = view_box(root.attributes.get("viewBox")) or (0.0, 0.0, 0.0, 0.0)
    for name in ("width", "height", "viewBox", "preserveAspectRatio"):
        root.attributes.pop(name, None)
    bounds = read_svg(root).lines.bounds
    if bounds is None:
        return bounding_box(x, y, x + width, y + height)
    return bounding_box(*(value / PX for value in bounds))


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
    drawn = Group({"id": "schematic-content", "fill": "none", **placed(x, y, scale), **prefixes})
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


def format_attrs(svg: "SVGBuilder", attrs: Attrs) -> str:
    """Return ` name="value"`, a blank before each, of the canvas's default styles and `attrs`."""
    return attribute_string({**svg.default_styles, **attrs})


def escape_xml(svg: "SVGBuilder", text: object) -> str:
    """Return `text` as XML has it."""
    del svg
    return escape(text)
