"""The pens of a plotter."""

from dataclasses import dataclass, replace
from typing import Any

from drawscape.drawing.motion import Motion, plain_name
from drawscape.drawing.units import check_text, checked_length
from drawscape.errors import CanvasError


@dataclass(frozen=True)
class Pen:
    """One pen of the plotter: its layer's name, its ink's colour for SVG, its width in mm."""

    name: str = "pen 1"
    color: str = "black"
    width: float = 0.3

    def __post_init__(self) -> None:
        if not str(self.name).strip():
            raise CanvasError(f"pen name {self.name!r} is empty; give a name such as 'pen 1'")
        check_text(self.name)
        check_text(self.color)
        checked_length("pen width", self.width)

    @property
    def motion(self) -> Motion:
        """How the pen moves: speed, height, passes, delay, as its name says (see motion.py)."""
        return Motion.of(self.name)

    def moving(self, **motion: Any) -> "Pen":
        """Return the pen with a name that asks for another motion; other settings stay.

        >>> from drawscape.drawing.pen import Pen
        >>> Pen("red").moving(speed=30, passes=2).name
        '+S30+P2 red'
        """
        return replace(self, name=replace(self.motion, **motion).named(plain_name(self.name)))
