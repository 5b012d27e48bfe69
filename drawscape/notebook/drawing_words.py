"""Drawings in words: under their tiles, beside their enlarged pictures, in messages."""

from drawscape.catalogue import REJECTED, Drawing
from drawscape.catalogue.captions import short
from drawscape.catalogue.marks import Marks
from drawscape.notebook.text import label_of


def marked(caption: str, marks: Marks, drawing: Drawing) -> str:
    """Return the words under a drawing, which say what is unusual with it."""
    words = f"{caption} · rejected" if REJECTED in marks.tags else caption
    return f"{words} · deleted" if drawing.deleted else words


def figures_words(drawing: Drawing) -> str:
    """Return a drawing's name, figures and settings in a line."""
    figures = drawing.figures
    counts = (
        f"{drawing.name or drawing.sketch} · {figures.ink_mm / 1000:.1f} m of ink · "
        f"{figures.minutes:.0f} min · {figures.lifts} lifts"
    )
    return f"{counts} · {settings_words(drawing)}"


def settings_words(drawing: Drawing) -> str:
    """Return page, seed and parameters of a drawing in a line."""
    values = [f"{label_of(name)} {short(value)}" for name, value in drawing.parameters.items()]
    page = f"{drawing.width:g} x {drawing.height:g} mm, margin {drawing.margin:g}"
    return ", ".join([page, f"seed {drawing.seed}", *values])


def drawings_words(number: int) -> str:
    """Return '1 drawing', '2 drawings'."""
    return f"{number} drawing{'' if number == 1 else 's'}"
