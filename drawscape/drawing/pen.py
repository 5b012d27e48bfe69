"""The pens of a plotter."""

from __future__ import annotations

from dataclasses import dataclass

from drawscape.drawing.checks import check_text, checked_length
from drawscape.errors import CanvasError


@dataclass(frozen=True)
class Pen:
    """One pen of the plotter: its layer's name, its ink's colour for SVG, its width in mm."""

    name: str = "pen 1"
    color: str = "black"
    width: float = 0.3

    def __post_init__(self) -> None:
        if not str(self.name).strip():
            raise CanvasError(f"pen name {self.name!r} is empty; name the pen, such as 'pen 1'")
        check_text(self.name)
        check_text(self.color)
        checked_length("pen width", self.width)
