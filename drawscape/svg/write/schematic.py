"""Schematics of other programs, placed under a sheet's titles: kept for callers of the older SVGBuilder."""

import re
from collections.abc import Sequence

from drawscape.errors import CanvasError
from drawscape.svg.write import node
from drawscape.svg.write.canvas import C, Canvas
from drawscape.svg.write.compatibility import Group, calculate_bounding_box
from drawscape.svg.write.node import markup
from drawscape.svg.write.style import escape, number

_BORDER_MM = 10.0
_ROOT = re.compile(r"<svg\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
# In an attribute or a declaration; not stroke-width and its like.
_HAS_STROKE = re.compile(r"(?<![\w-])stroke\s*[=:]")
_TAG = re.compile(r"<(/?)([\w:.-]+)((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
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
    """Place a foreign SVG, its strokes in `color`, as large as fits on the sheet, centred.

    10 mm at each edge stay free, and so does what is above the lower end of the groups with the ids
    `titles` and `legend`. Raises CanvasError when no room is left.

    >>> svg.add_schematic(SVGBuilder(20, 20).circle(10, 10, 8).to_string(), color="navy")
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    titles = calculate_bounding_box(
        svg, f"<svg>{''.join(map(markup, _titles(svg.elements)))}</svg>"
    )
    top = max(titles["max_y"], _BORDER_MM)
    width, height = svg.width - 2 * _BORDER_MM, svg.height - top - _BORDER_MM
    if width <= 0 or height <= 0:
        raise CanvasError(f"no room for a schematic on {svg.width:g} x {svg.height:g} mm")
    box = calculate_bounding_box(svg, svg_content)
    sides = ((width, box["width"]), (height, box["height"]))
    scale = min((room / side for room, side in sides if side > 0), default=1.0)
    x = _BORDER_MM + (width - box["width"] * scale) / 2 - box["min_x"] * scale
    y = top + (height - box["height"] * scale) / 2 - box["min_y"] * scale
    placed = f"translate({number(x)},{number(y)}) scale({number(scale)})"
    attributes, content = extract_svg_contents(svg, svg_content)
    # The prefixes of the file's names, such as xlink, mean something in it alone.
    prefixes = dict(re.findall(r"(xmlns:[\w.-]+)\s*=\s*[\"']([^\"']*)[\"']", attributes))
    drawn = Group({"id": "schematic-content", "fill": "none", "transform": placed, **prefixes})
    drawn.add_raw_svg(process_schematic_strokes(svg, content, color))
    return svg.add(drawn)


def _titles(nodes: Sequence[node.Node]) -> list[node.Node]:
    """Return the groups `titles` and `legend`, each in copies of the groups around it."""
    found: list[node.Node] = []
    for one in nodes:
        if _id_of(one) in ("titles", "legend"):
            found.append(one)
        elif isinstance(one, node.Group) and (inner := _titles(one.elements)):
            found.append(node.Group(one.attrs, inner))
    return found


def _id_of(element: node.Node) -> str:
    if isinstance(element, node.Group):
        return str(element.attrs.get("id", ""))
    found = re.match(r"<g\b[^>]*\bid=[\"']([^\"']*)", element) if isinstance(element, str) else None
    return found[1] if found else ""


def extract_svg_contents(svg: Canvas, svg_content: str) -> tuple[str, str]:
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


def process_schematic_strokes(svg: Canvas, svg_content: str, stroke_color: str) -> str:
    """Return an SVG's text with all strokes but `none` in `stroke_color`.

    Shapes that nothing gives a stroke, neither they themselves nor a group around them, get one.

    >>> svg.process_schematic_strokes('<path stroke="black"/><path d="M0 0"/>', "red")
    '<path stroke="red"/><path stroke="red" d="M0 0"/>'
    """
    del svg
    color = escape(stroke_color)
    given = [False]

    def stroked(tag: re.Match[str]) -> str:
        end, name, attributes = tag.groups()
        has_stroke = given[-1] or _HAS_STROKE.search(attributes) is not None
        if name in ("g", "a", "svg") and not attributes.endswith("/"):
            if end and len(given) > 1:
                given.pop()
            elif not end:
                given.append(has_stroke)
        bare = name in _SHAPES and not end and not has_stroke
        return f'<{name} stroke="{color}"{attributes}>' if bare else tag[0]

    recolored = _STROKE.sub(lambda match: f"{match[1]}{color}", svg_content)
    return _TAG.sub(stroked, recolored)
