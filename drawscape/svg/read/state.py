"""What an element of a file inherits: place, style, clip and group."""

from collections.abc import Mapping
from dataclasses import dataclass

from drawscape.drawing.affine import Matrix, translation
from drawscape.drawing.values import InheritedStyle
from drawscape.svg.read.tree import XmlNode
from drawscape.svg.read.viewport import Viewport


@dataclass(frozen=True, slots=True)
class InheritedState:
    """The state that an element inherits.

    At the top level `group` is None. `clip` is the number of a clip of the scene. `faint` is set inside
    translucent elements.
    """

    matrix: Matrix
    style: InheritedStyle
    viewport: Viewport
    group: int | None = None
    used: bool = False
    clip: int | None = None
    faint: bool = False

    def px(self, text: str | None, name: str) -> float | None:
        """Return a length in user units; percents are of the side that the coordinate `name` refers to."""
        return self.style.px(text, self.viewport.whole(name))

    def lengths(self, given: Mapping[str, str], *names: str) -> list[float]:
        """Return those lengths of `given` in user units, 0 for a missing one."""
        return [self.px(given.get(name), name) or 0.0 for name in names]

    def pen_width(self) -> float | None:
        """Return the stroke's width in mm, None when none is named."""
        return self.style.pen_width(self.matrix.determinant, whole=self.viewport.diagonal)


def use_place(node: XmlNode, own: dict[str, str], state: InheritedState) -> Matrix:
    """Return the shift of the element that a `<use>` shows."""
    return translation(*state.lengths(node.attributes | own, "x", "y"))
