"""What a walk through the tree collects: outlines as path data, where they stand, in which layer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from drawscape.drawing.affine import Matrix
from drawscape.drawing.style import Style
from drawscape.svg.read.viewport import Viewport


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

    @property
    def width_mm(self) -> float | None:
        """The width of a stroke; None when none is named."""
        return self.style.pen_width(self.matrix, whole=self.viewport.diagonal)


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
