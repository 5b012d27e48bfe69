"""What holds where an element stands, and how outlines are drawn there."""

from dataclasses import dataclass

from drawscape.drawing.affine import Matrix
from drawscape.drawing.style import Style
from drawscape.drawing.units import css_px
from drawscape.svg.read.scene import Context
from drawscape.svg.read.viewport import Viewport


@dataclass(frozen=True, slots=True)
class State:
    """What an element inherits; `group` is None at the top level, `clip` numbers a scene's clip."""

    matrix: Matrix
    style: Style
    viewport: Viewport
    group: int | None = None
    depth: int = 0
    used: bool = False
    clip: int | None = None

    def context(self, *, on_dark: bool) -> Context:
        """Return how an outline is drawn here; `on_dark` is whether the paper is."""
        style = self.style
        numbers = (style.get("stroke-dasharray", "none"), style.get("stroke-dashoffset", "0"))
        dashes: tuple[float, ...] = ()
        if numbers[0] != "none" and style.paint("stroke"):
            lengths = [
                css_px(part, whole=self.viewport.diagonal, em=style.font_size)
                for part in numbers[0].replace(",", " ").split()
            ]
            dashes = tuple(length for length in lengths if length is not None)
        whole = self.viewport.diagonal
        offset = css_px(numbers[1], whole=whole, em=style.font_size, default=0.0) or 0.0
        return Context(
            self.matrix,
            self.group,
            style.paint("stroke"),
            style.paint("fill"),
            style.pen_width(self.matrix, whole=whole),
            dashes,
            offset if dashes else 0.0,
            self.clip,
            style.get("fill-rule") == "evenodd",
            on_dark,
        )
