"""The styles that sheets come in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from drawscape.svg_builder import Pen


@dataclass(frozen=True)
class Look:
    """How one style of sheet is drawn: pens, and the height of its title block."""

    frame: Pen
    text: Pen
    drawing: Pen
    font: str
    block_mm: float
    marks: bool

    def in_color(self, color: str) -> "Look":
        """Return the look with all its pens in `color`."""
        frame, text, drawing = (
            replace(pen, color=color) for pen in (self.frame, self.text, self.drawing)
        )
        return replace(self, frame=frame, text=text, drawing=drawing)


STYLES: Mapping[str, Look] = {
    "blueprint": Look(
        Pen("frame", "#16437e", 0.5),
        Pen("lettering", "#16437e", 0.35),
        Pen("drawing", "#0b2545", 0.35),
        font="rowmans",
        block_mm=26.0,
        marks=True,
    ),
    "basic": Look(
        Pen("frame", "black", 0.4),
        Pen("lettering", "black", 0.35),
        Pen("drawing", "black", 0.3),
        font="futural",
        block_mm=20.0,
        marks=False,
    ),
    "airport": Look(
        Pen("frame", "#1c1c1c", 0.7),
        Pen("lettering", "#1c1c1c", 0.5),
        Pen("drawing", "#b8860b", 0.35),
        font="futuram",
        block_mm=30.0,
        marks=False,
    ),
}
"""The styles of sheets by name."""
