"""The figures of a drawing under its form: time, ink, pen lifts, and points off the sheet."""

from functools import cache

from drawscape.drawing.document import Document
from drawscape.durations import span_words
from drawscape.plot import machine_names, optimize, read_machine, statistics

MOST_ORDERED_POINTS = 100_000
"""Points of a drawing whose better order is computed at once: it takes under a second."""


@cache
def plotter_choices() -> list[tuple[str, str]]:
    """Return names and titles of the plotters to choose from, first none in particular."""
    return [("", "any plotter"), *((name, read_machine(name).title) for name in machine_names())]


def figure_rows(document: Document, plotter: str) -> list[dict[str, str]]:
    """Return a row of words for each pen: time, ink and lifts. Several pens also have a row for the total.

    Times are those of the machine called `plotter`; '' is a machine of average speed. Unless it takes long,
    the words also show the gain from a better order of the lines.
    """
    is_small = len(document.lines.points) <= MOST_ORDERED_POINTS
    machine = read_machine(plotter).plotter if plotter else None
    before = statistics(document, plotter=machine)
    after = statistics(optimize(document), plotter=machine) if is_small else before
    colors = [*(layer.color for layer in document.layers), ""]
    rows = [
        {
            "pen": now.name or "pen",
            "color": color,
            "time": _change(span_words(now.seconds), span_words(then.seconds)),
            "ink": f"{now.pen_down_mm / 1000:.2f} m",
            "lifts": _change(f"{now.lifts:,}", f"{then.lifts:,}"),
        }
        for now, then, color in zip(before, after, colors, strict=True)
    ]
    return rows if len(rows) > 2 else rows[:-1]


def notice_of(document: Document) -> str:
    """Return a warning when some or all of the drawing is off the sheet, else ''."""
    points = document.lines.points
    outside = ((points < 0) | (points > (document.width_mm, document.height_mm))).any(axis=1)
    if len(points) and outside.all():
        return "all of it lies off the sheet"
    return f"{100 * outside.mean():.1f} % of its points lie off the sheet" if outside.any() else ""


def _change(before: str, after: str) -> str:
    return before if after == before else f"{before} → {after}"
