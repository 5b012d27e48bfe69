"""Single-line writing: Hershey's fonts with accents, alignment, wrapping, curves."""

from drawscape.lettering.fonts import font_names, load_font
from drawscape.lettering.layout import (
    LINE_HEIGHT,
    Align,
    Block,
    TextStyle,
    VerticalAlign,
    rows_of,
    set_along,
    set_labels,
    set_text,
)
from drawscape.lettering.typeface import glyphs_for

__all__ = [
    "LINE_HEIGHT", "Align", "Block", "TextStyle", "VerticalAlign", "font_names", "glyphs_for",
    "load_font", "rows_of", "set_along", "set_labels", "set_text",
]  # fmt: skip
