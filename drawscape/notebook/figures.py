"""The figures of a drawing under its form: time, ink, pen lifts, and points off the sheet."""

from drawscape.drawing.document import Document
from drawscape.durations import span_words
from drawscape.plot import optimize, statistics

MOST_ORDERED_POINTS = 100_000
"""Most points of a drawing whose lines are ordered first, which takes under a second."""


def figure_rows(document: Document) -> list[dict[str, str]]:
    """Return a row of words for each pen: time, ink and lifts. Several pens also have a row for the total.

    Times are those of a plotter of average speed, which draws the lines in a good order.
    """
    if len(document.lines.points) <= MOST_ORDERED_POINTS:
        document = optimize(document)
    colors = [*(layer.color for layer in document.layers), ""]
    rows = [
        {
            "pen": one.name or "pen",
            "color": color,
            "time": span_words(one.seconds),
            "ink": f"{one.pen_down_mm / 1000:.2f} m",
            "lifts": f"{one.lifts:,}",
        }
        for one, color in zip(statistics(document), colors)
    ]
    return rows if len(rows) > 2 else rows[:-1]


def notice_of(document: Document) -> str:
    """Return a warning when some or all of the drawing is off the sheet, else ''."""
    points = document.lines.points
    outside = ((points < 0) | (points > (document.width_mm, document.height_mm))).any(axis=1)
    if not outside.any():
        return ""
    if outside.all():
        return "all of it lies off the sheet, and nothing is plotted"
    return f"{100 * outside.mean():.1f} % of its points lie off the sheet, and are not plotted"
