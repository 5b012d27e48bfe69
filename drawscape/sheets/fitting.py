"""Text that fits its box: as large as may be, then smaller, then refused."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from drawscape.drawing.document import Frame
from drawscape.errors import GlyphError, SheetError
from drawscape.lettering import Align, Block, TextStyle, rows_of, set_text

# Wrapping costs time for each word; nothing that fits a sheet of A3 is longer.
_LONGEST = 4000


def fit_text(
    text: str,
    box: Frame,
    *,
    what: str = "text",
    font: str = "futural",
    largest: float = 7.0,
    smallest: float = 2.2,
    align: Align = "center",
    valign: str = "middle",
    line_height: float = 1.9,
    missing: str | None = None,
) -> Block:
    """Return `text` set in `box`, wrapped, with capitals as high as fit: `largest` to `smallest` mm.

    Its strokes lie where they are on the page.

    Raises SheetError when even the smallest letters do not fit, GlyphError for
    a character that the font cannot write. `what` names the text in the error.
    """
    if len(text) > _LONGEST:
        raise SheetError(f"{what} has {len(text)} characters; {_LONGEST} at most can be set")
    sizes = np.geomspace(largest, smallest, 25).round(3).tolist()
    style: dict[str, Any] = {"font": font, "missing": missing}
    setting: dict[str, Any] = {"align": align, "width": box.width, "line_height": line_height}
    TextStyle(**style).glyphs(text.replace("\n", " "))
    for size in sizes:
        letters = TextStyle(size=size, **style)
        # Words are broken only at the smallest size.
        if size > sizes[-1] and any(letters.width(word) > box.width for word in text.split()):
            continue
        with suppress(GlyphError):  # not even one letter is as narrow as the box
            rows = len(rows_of(text, letters, box.width))
            # Descenders of the last row need room below its base line.
            if size * (1.35 + line_height * (rows - 1)) <= box.height:
                return _placed(set_text(text, letters, **setting), box, size, valign)
    raise SheetError(
        f"{what} of {len(text)} characters does not fit {box.width:.4g} x {box.height:.4g} mm even "
        f"with capitals of {smallest:g} mm; shorten it"
    )


def _placed(block: Block, box: Frame, size: float, valign: str) -> Block:
    full = block.height + 0.35 * size
    top = {"top": box.y0, "bottom": box.y1 - full}.get(valign, box.cy - full / 2)
    points = block.lines.points + np.array((box.x0, top + size))
    return replace(block, lines=block.lines.with_points(points))
