"""What lies outside of the sheet, or out of the machine's reach: cropped, refused or kept."""

from dataclasses import dataclass

import numpy as np

from drawscape.drawing.document import Document, Layer
from drawscape.drawing.paper import OUTSIDE, Outside
from drawscape.errors import PlotError, UnknownNameError
from drawscape.geometry.clip import clip_to_rectangle
from drawscape.geometry.lines import Lines

# So little beyond the edge is rounding, not ink: it is moved onto the edge without a word.
_SLACK_MM = 0.01


@dataclass(frozen=True)
class Reach:
    """The rectangle that a pen may touch, in mm of the page, y down; `what` names it in messages."""

    x0: float
    y0: float
    x1: float
    y1: float
    what: str = "the sheet"

    @classmethod
    def of_page(cls, document: Document) -> "Reach":
        """Return the whole sheet."""
        return cls(0.0, 0.0, document.width_mm, document.height_mm)

    def within(self, other: "Reach") -> "Reach":
        """Return what lies in both; raises PlotError when nothing does."""
        both = Reach(
            max(self.x0, other.x0),
            max(self.y0, other.y0),
            min(self.x1, other.x1),
            min(self.y1, other.y1),
            other.what,
        )
        if not (both.x0 < both.x1 and both.y0 < both.y1):
            raise PlotError(f"{self.what} and {other.what} have nothing in common")
        return both


def confine(
    document: Document, reach: Reach, *, outside: Outside = "crop"
) -> tuple[Document, tuple[str, ...]]:
    """Return the drawing within `reach`, and a sentence for each layer of which something was cropped.

    With `outside='keep'` nothing is changed. Layers of which nothing is left are left out.
    Raises PlotError with `outside='refuse'` when lines lie outside, UnknownNameError for another word.

    >>> inside, notes = confine(document, Reach(0, 0, 50, 100))
    >>> for note in notes:
    ...     print(note)
    layer 'red' leaves the sheet by 40.00 mm (120.0 mm of ink outside); it was cropped
    layer 'blue' leaves the sheet by 30.00 mm (94.2 mm of ink outside); it was cropped
    """
    if outside not in OUTSIDE:
        raise UnknownNameError("choice of what to do with lines outside", str(outside), OUTSIDE)
    if outside == "keep":
        return document, ()
    layers, notes = [], []
    for layer in document.layers:
        inside, note = _confined(layer, reach)
        if note and outside == "refuse":
            raise PlotError(
                f"{note}; crop it (outside='crop'), keep it ('keep'), or fit the drawing"
            )
        if note:
            notes.append(f"{note}; it was cropped")
        if len(inside.lines):
            layers.append(inside)
    return document.with_layers(layers), tuple(notes)


def _confined(layer: Layer, reach: Reach) -> tuple[Layer, str]:
    bounds = layer.lines.bounds
    if bounds is None:
        return layer, ""
    far = max(
        reach.x0 - bounds[0], reach.y0 - bounds[1], bounds[2] - reach.x1, bounds[3] - reach.y1
    )
    if far <= 0:
        return layer, ""
    if far <= _SLACK_MM:
        return layer.with_lines(_clamped(layer.lines, reach)), ""
    inside = clip_to_rectangle(layer.lines, reach.x0, reach.y0, reach.x1, reach.y1)
    inside = _clamped(inside, reach)
    lost = float(layer.lines.lengths_mm.sum() - inside.lengths_mm.sum())
    note = (
        f"layer {layer.name!r} leaves {reach.what} by {far:.2f} mm ({lost:.1f} mm of ink outside)"
    )
    return layer.with_lines(inside), note


def _clamped(lines: Lines, reach: Reach) -> Lines:
    low, high = (reach.x0, reach.y0), (reach.x1, reach.y1)
    return lines.with_points(np.clip(lines.points, low, high))
