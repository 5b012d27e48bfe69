"""Where things stand: pages, view boxes, what percentages refer to, and the outlines of basic shapes."""

import math
import re
from collections.abc import Mapping
from typing import NamedTuple

from drawscape.drawing.affine import Matrix, translation
from drawscape.drawing.outline import outline
from drawscape.drawing.units import NUMBER, PX, css_mm, css_px
from drawscape.errors import SvgReadError
from drawscape.svg.read.tree import Node, PlainRun

Box = tuple[float, float, float, float]

# What browsers take for a file that names no size at all.
_DEFAULT_SIZE_PX = (300.0, 150.0)
_NUMBER = re.compile(NUMBER)
_LONGEST = 1000
_LONGEST_POLYGON = 100_000
_COORDINATES = {
    "line": ("x1", "y1", "x2", "y2"),
    "rect": ("x", "y", "width", "height", "rx", "ry"),
    "circle": ("cx", "cy", "r"),
    "ellipse": ("cx", "cy", "rx", "ry"),
}
_CSS_PATH = re.compile(r"path\(\s*[\"'](.*)[\"']\s*\)", re.DOTALL)


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
    if not text or len(text) > _LONGEST:
        return None
    values = [float(n) for n in _NUMBER.findall(text)]
    if len(values) != 4 or not all(map(math.isfinite, values)) or min(values[2:]) <= 0:
        return None
    return (values[0], values[1], values[2], values[3])


def fit_view_box(box: Box, width: float, height: float, aspect: str | None) -> Matrix:
    """Return the matrix from the view box to a viewport of `width` x `height` at the origin."""
    x, y, w, h = box
    scale_x, scale_y = width / w, height / h
    words = (aspect or "").replace("defer", "").split()
    align = words[0] if words else "xMidYMid"
    if align == "none":
        return Matrix(scale_x, 0.0, 0.0, scale_y, -x * scale_x, -y * scale_y)
    scale = max(scale_x, scale_y) if "slice" in words else min(scale_x, scale_y)
    shift_x = (width - w * scale) * _share(align[:4])
    shift_y = (height - h * scale) * _share(align[4:])
    return Matrix(scale, 0.0, 0.0, scale, shift_x - x * scale, shift_y - y * scale)


def _share(align: str) -> float:
    return {"min": 0.0, "mid": 0.5, "max": 1.0}.get(align[1:].lower(), 0.5)


def about(origin: str | None, transform: Matrix, viewport: Viewport, font_size: float) -> Matrix:
    """Return a transform about its `transform-origin`, where one is given."""
    parts = (origin or "").split()
    if not parts:
        return transform
    words = {"left": "0%", "top": "0%", "center": "50%", "right": "100%", "bottom": "100%"}
    if parts[0] in ("top", "bottom") or (len(parts) > 1 and parts[1] in ("left", "right")):
        parts[:2] = [*parts[1:2], parts[0]] if len(parts) > 1 else ["center", parts[0]]
    given = [words.get(part, part) for part in [*parts, "center"][:2]]
    x, y = (
        css_px(part, whole=whole, em=font_size, default=0.0) or 0.0
        for part, whole in zip(given, viewport, strict=True)
    )
    return translation(x, y) @ transform @ translation(-x, -y)


def page_mm(root: Node, box: Box | None) -> tuple[float, float]:
    """Return the page in mm; a size in percent or none at all is the view box's in px."""
    px = box[2:] if box is not None else _DEFAULT_SIZE_PX
    whole = (px[0] * PX, px[1] * PX)
    width = css_mm(root.attributes.get("width"), whole=whole[0])
    height = css_mm(root.attributes.get("height"), whole=whole[1])
    # One side given: the other keeps the view box's proportions.
    if width and not height:
        height = width * whole[1] / whole[0]
    elif height and not width:
        width = height * whole[0] / whole[1]
    width, height = width or whole[0], height or whole[1]
    if width <= 0 or height <= 0:
        raise SvgReadError(f"the page is {width} x {height} mm; both sides must be positive")
    return width, height


def path_data(
    node: Node, viewport: Viewport, own: Mapping[str, str], *, em: float = 16.0
) -> str | None:
    """Return an element's outline as path data, '' when it is empty; None for other elements.

    `own` are its declarations: coordinates there go before its attributes.
    """
    given = node.attributes
    if node.tag == "path":
        styled = _CSS_PATH.fullmatch(own["d"]) if "d" in own else None
        return styled[1] if styled else given.get("d", "")
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
        name: css_px(text, whole=viewport.whole(name) if "%" in text else 0.0, em=em)
        for name in names
        if (text := given.get(name)) is not None
    }
    if node.tag in ("rect", "ellipse"):
        # A negative radius is an error, which leaves it to the other one.
        for name in ("rx", "ry"):
            if (n.get(name) or 0.0) < 0:
                n[name] = None
    return outline(node.tag, n)
