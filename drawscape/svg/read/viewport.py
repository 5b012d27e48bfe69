"""View boxes, viewports and pages: the units of a file's lengths and their places."""

import math
import re
from collections.abc import Mapping
from typing import NamedTuple

from drawscape.drawing.affine import Matrix
from drawscape.drawing.values import NUMBER, PX, css_px
from drawscape.errors import SvgReadError

ViewBox = tuple[float, float, float, float]

# The size that browsers use for a file without any.
_DEFAULT_SIZE_PX = (300.0, 150.0)
_VIEW_BOX = re.compile(rf"\s*+({NUMBER})" + rf"(?:\s*+,\s*+|\s++|(?=[-+]))({NUMBER})" * 3 + r"\s*+")
_ASPECT = re.compile(
    r"\s*(?:defer\s+)?(?:none|x(Min|Mid|Max)Y(Min|Mid|Max))(?:\s+(meet|slice))?\s*"
)
_SHARES = {"Min": 0.0, "Mid": 0.5, "Max": 1.0}
_LONGEST = 1000


class Viewport(NamedTuple):
    """What percentages refer to, in user units."""

    width: float
    height: float

    @property
    def diagonal(self) -> float:
        """The length that a radius in percent refers to."""
        return math.hypot(self.width, self.height) / math.sqrt(2)

    def whole(self, name: str) -> float:
        """Return the length that is 100 % of the coordinate `name`."""
        if name in ("x", "x1", "x2", "cx", "rx", "width", "dx"):
            return self.width
        return (
            self.height if name in ("y", "y1", "y2", "cy", "ry", "height", "dy") else self.diagonal
        )


_LEAST_SIDE = 1e-301  # of a view box: the content of a smaller one has no finite size on the page


def view_box(text: str | None) -> ViewBox | None:
    """Return a `viewBox` as (x, y, width, height); None when missing, malformed or almost empty."""
    match = _VIEW_BOX.fullmatch(text) if text and len(text) < _LONGEST else None
    if match is None:
        return None
    x, y, width, height = map(float, match.groups())
    good = all(map(math.isfinite, (x, y, width, height))) and min(width, height) > _LEAST_SIDE
    return (x, y, width, height) if good else None


def fit_view_box(box: ViewBox, width: float, height: float, aspect: str | None) -> Matrix:
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


def page_mm(given: Mapping[str, str], box: ViewBox | None) -> tuple[float, float]:
    """Return the page in mm, `given` a root's attributes and declarations.

    If the size is in percent or missing, it is the view box's in px.
    """
    wide, high = box[2:] if box is not None else _DEFAULT_SIZE_PX
    width, height = css_px(given.get("width"), whole=wide), css_px(given.get("height"), whole=high)
    # One side given: the other keeps the view box's proportions.
    if width and not height:
        height = width * high / wide
    elif height and not width:
        width = height * wide / high
    page = round((width or wide) * PX, 9), round((height or high) * PX, 9)
    if min(page) <= 0:
        raise SvgReadError(f"the page is {page[0]} x {page[1]} mm; both sides must be positive")
    return page
