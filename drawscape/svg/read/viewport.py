"""Where things stand: pages, view boxes, what percentages refer to, and the outlines of basic shapes."""

import math
import re
from collections.abc import Mapping
from typing import NamedTuple

from drawscape.drawing.affine import Matrix, translation
from drawscape.drawing.path import outline
from drawscape.drawing.style import Style
from drawscape.drawing.units import NUMBER, PX, css_mm
from drawscape.errors import SvgReadError
from drawscape.svg.read.tree import Node, PlainRun

Box = tuple[float, float, float, float]

# What browsers take for a file that names no size at all.
_DEFAULT_SIZE_PX = (300.0, 150.0)
_VIEW_BOX = re.compile(rf"\s*+({NUMBER})" + rf"(?:\s*+,\s*+|\s++|(?=[-+]))({NUMBER})" * 3 + r"\s*+")
_ASPECT = re.compile(
    r"\s*(?:defer\s+)?(?:none|x(Min|Mid|Max)Y(Min|Mid|Max))(?:\s+(meet|slice))?\s*"
)
_SHARES = {"Min": 0.0, "Mid": 0.5, "Max": 1.0}
_WORDS = {"left": "0%", "top": "0%", "center": "50%", "right": "100%", "bottom": "100%"}
_ALONG, _ACROSS = frozenset(("left", "right")), frozenset(("top", "bottom"))
_NUMBER = re.compile(NUMBER)
_LONGEST = 1000
_LONGEST_POLYGON = 100_000
CURVE_TOLERANCE = 0.05
"""In user units; what is only measured along needs no more."""

_COORDINATES = {
    "line": ("x1", "y1", "x2", "y2"),
    "rect": ("x", "y", "width", "height", "rx", "ry"),
    "circle": ("cx", "cy", "r"),
    "ellipse": ("cx", "cy", "rx", "ry"),
}
_CSS_PATH = re.compile(r"none|path\(\s*[\"'](.*)[\"']\s*\)", re.DOTALL)


class Viewport(NamedTuple):
    """What percentages refer to, in user units."""

    width: float
    height: float

    @property
    def diagonal(self) -> float:
        """The length that a radius in percent refers to."""
        return math.hypot(self.width, self.height) / math.sqrt(2)

    def whole(self, name: str) -> float:
        """Return what a percentage of the coordinate `name` refers to."""
        if name in ("x", "x1", "x2", "cx", "rx", "width", "dx"):
            return self.width
        return (
            self.height if name in ("y", "y1", "y2", "cy", "ry", "height", "dy") else self.diagonal
        )


def view_box(text: str | None) -> Box | None:
    """Return a `viewBox` as (x, y, width, height); None when absent, malformed or empty."""
    match = _VIEW_BOX.fullmatch(text) if text and len(text) < _LONGEST else None
    if match is None:
        return None
    x, y, width, height = map(float, match.groups())
    good = all(map(math.isfinite, (x, y, width, height))) and width > 0 and height > 0
    return (x, y, width, height) if good else None


def fit_view_box(box: Box, width: float, height: float, aspect: str | None) -> Matrix:
    """Return the matrix from the view box to a viewport of `width` x `height` at the origin."""
    x, y, w, h = box
    scale_x, scale_y = width / w, height / h
    given = _ASPECT.fullmatch(aspect or "")
    align_x, align_y, fit = given.groups() if given else ("Mid", "Mid", None)
    if given and align_x is None:
        return Matrix(scale_x, 0.0, 0.0, scale_y, -x * scale_x, -y * scale_y)
    scale = max(scale_x, scale_y) if fit == "slice" else min(scale_x, scale_y)
    shift_x = (width - w * scale) * _SHARES[align_x]
    shift_y = (height - h * scale) * _SHARES[align_y]
    return Matrix(scale, 0.0, 0.0, scale, shift_x - x * scale, shift_y - y * scale)


def about(origin: str | None, transform: Matrix, viewport: Viewport, style: Style) -> Matrix:
    """Return a transform about its `transform-origin`, where a valid one is given."""
    parts = (origin or "").lower().split()
    if not 1 <= len(parts) <= 3:
        return transform
    if parts[0] in _ACROSS or (len(parts) > 1 and parts[1] in _ALONG):
        parts[:2] = [*parts[1:2], parts[0]] if len(parts) > 1 else ["center", parts[0]]
    given = [_WORDS.get(part, part) for part in [*parts, "center"][:2]]
    x, y = (style.px(part, whole) for part, whole in zip(given, viewport, strict=True))
    if x is None or y is None:
        return transform
    return translation(x, y) @ transform @ translation(-x, -y)


def page_mm(given: Mapping[str, str], box: Box | None) -> tuple[float, float]:
    """Return the page in mm, `given` a root's attributes and declarations.

    A size in percent or none at all is the view box's in px.
    """
    px = box[2:] if box is not None else _DEFAULT_SIZE_PX
    whole = (px[0] * PX, px[1] * PX)
    width = css_mm(given.get("width"), whole=whole[0])
    height = css_mm(given.get("height"), whole=whole[1])
    # One side given: the other keeps the view box's proportions.
    if width and not height:
        height = width * whole[1] / whole[0]
    elif height and not width:
        width = height * whole[0] / whole[1]
    width, height = width or whole[0], height or whole[1]
    if width <= 0 or height <= 0:
        raise SvgReadError(f"the page is {width} x {height} mm; both sides must be positive")
    return width, height


def own_length(node: Node, length: float) -> float:
    """Return how long one unit along an outline of that length is: its author may name another."""
    try:
        named = float(node.attributes.get("pathLength", length))
    except ValueError:
        return 1.0
    return length / named if 0 < named < math.inf else 1.0


def path_data(node: Node, viewport: Viewport, own: Mapping[str, str], style: Style) -> str | None:
    """Return an element's outline as path data, '' when it is empty; None for other elements.

    `own` are its declarations: coordinates there go before its attributes.
    """
    given = node.attributes
    if node.tag == "path":
        styled = _CSS_PATH.fullmatch(own["d"]) if "d" in own else None
        return styled[1] or "" if styled else given.get("d", "")
    if node.tag in ("polyline", "polygon"):
        points = given.get("points", "")
        if isinstance(points, PlainRun):
            return points
        if len(points) < _LONGEST_POLYGON and len(places := _NUMBER.findall(points)) % 2:
            points = " ".join(places[:-1])  # an x without its y
        return f"M{points}{'Z' if node.tag == 'polygon' else ''}" if points.strip() else ""
    names = _COORDINATES.get(node.tag)
    if names is None:
        return None
    if own:
        given = {**given, **own}
    n = {
        name: style.px(text, viewport.whole(name) if "%" in text else 0.0)
        for name in names
        if (text := given.get(name)) is not None
    }
    if node.tag in ("rect", "ellipse"):
        # A negative radius is an error, which leaves it to the other one.
        for name in ("rx", "ry"):
            if (n.get(name) or 0.0) < 0:
                n[name] = None
    return outline(node.tag, n)
