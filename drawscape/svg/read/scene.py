"""What a walk through the tree collects: outlines as path data, where they stand, in which layer."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from drawscape.errors import SvgReadError
from drawscape.svg.read.shapes import Viewport
from drawscape.svg.read.styles import Style, stroke_width_px
from drawscape.svg.read.transforms import Matrix
from drawscape.svg.read.units import MM_PER_PX, length_mm
from drawscape.svg.read.xml_tree import Node

# What browsers take for a file that names no size at all.
_DEFAULT_SIZE_PX = (300.0, 150.0)


@dataclass(slots=True)
class LayerDraft:
    """A layer in the making: colour and width come from its group or from the first line in it."""

    name: str
    color: str | None = None
    width_mm: float | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What an element inherits; `layer` is None at the top level, where colours decide."""

    matrix: Matrix
    style: Style
    viewport: Viewport
    layer: int | None
    depth: int
    used: bool = False


@dataclass
class Scene:
    """Outlines as path data; outline `i` stands at `placed[contexts[i]]`: (matrix to mm, layer)."""

    width_mm: float
    height_mm: float
    data: list[str] = field(default_factory=list)
    contexts: list[int] = field(default_factory=list)
    placed: list[tuple[Matrix, int]] = field(default_factory=list)
    layers: list[LayerDraft] = field(default_factory=list)
    unsupported: Counter[str] = field(default_factory=Counter)
    metadata: str | None = None
    sized: bool = True


def page_mm(root: Node, box: tuple[float, float, float, float] | None) -> tuple[float, float]:
    """Return the page in mm; a size in percent or none at all is the view box's in px."""
    px = box[2:] if box is not None else _DEFAULT_SIZE_PX
    whole = (px[0] * MM_PER_PX, px[1] * MM_PER_PX)
    width = length_mm(root.attributes.get("width"), whole=whole[0])
    height = length_mm(root.attributes.get("height"), whole=whole[1])
    # One side given: the other keeps the view box's proportions.
    if width and not height:
        height = width * whole[1] / whole[0]
    elif height and not width:
        width = height * whole[0] / whole[1]
    width, height = width or whole[0], height or whole[1]
    if width <= 0 or height <= 0:
        raise SvgReadError(f"the page is {width} x {height} mm; both sides must be positive")
    return width, height


def pen_width_mm(state: State) -> float | None:
    width = stroke_width_px(state.style, whole=state.viewport.diagonal)
    if width is None:
        return None
    a, b, c, d, _, _ = state.matrix
    return round(width * math.sqrt(abs(a * d - b * c)), 4)
