"""CSS as lines need it: which ink a pen draws with, how wide, and whether it draws at all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from drawscape.drawing.affine import Matrix
from drawscape.drawing.units import css_px


@dataclass(frozen=True)
class Style:
    """What a line inherits. `width` is in the units of the element that it was set on."""

    stroke: str = "none"
    fill: str = "black"
    color: str = "black"
    width: str | None = None
    hidden: bool = False

    @property
    def paints(self) -> bool:
        """Whether anything is seen of an outline: a stroke, a fill, or both."""
        return not (self.hidden or self.stroke == self.fill == "none")

    @property
    def ink(self) -> str:
        """The colour to draw with: the stroke's, else the fill's, else black."""
        for paint in (self.stroke, self.fill):
            paint = self.color if paint.lower() == "currentcolor" else paint
            if paint and paint != "none" and not paint.startswith("url("):
                return paint
        return "black"

    def with_(self, own: Mapping[str, str]) -> Style:
        """Return the style of a child with declarations of its own."""
        own = {name: value for name, value in own.items() if value not in ("inherit", "unset", "")}
        if not own:
            return self
        return replace(
            self,
            stroke=own.get("stroke", self.stroke),
            fill=own.get("fill", self.fill),
            color=own.get("color", self.color),
            width=own.get("stroke-width", self.width),
            hidden=own["visibility"] in ("hidden", "collapse")
            if "visibility" in own
            else self.hidden,
        )

    def pen_width(self, matrix: Matrix, *, whole: float = 0.0) -> float | None:
        """Return the stroke's width under `matrix`; None when none is named, `whole` is for percents."""
        width = css_px(self.width, whole=whole)
        return None if width is None else round(width * math.sqrt(abs(matrix.determinant)), 4)


def parse_declarations(text: str) -> dict[str, str]:
    """Return `stroke: red; fill: none` as a dictionary."""
    parts = (part.partition(":") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, colon, value in parts if colon}
