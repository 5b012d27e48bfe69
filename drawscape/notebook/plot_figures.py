"""What a finished drawing costs the plotter, per pen, and what a person should know of it before."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import numpy as np

from drawscape.drawing.document import Document
from drawscape.plot import Statistics, optimize, statistics

MOST_ORDERED_POINTS = 100_000
"""Points of a drawing that is put in order without being asked for: under a second."""


@dataclass(frozen=True)
class PlotFigures:
    """Statistics of each pen and, last, their total: as the file is and, if known, in a better order."""

    colors: tuple[str, ...]
    before: tuple[Statistics, ...]
    after: tuple[Statistics, ...] | None


def figures_of(document: Document, *, ordered: bool | None = None) -> PlotFigures:
    """Return the figures of `document`; `ordered` says whether to look for a better order too."""
    if ordered is None:
        ordered = sum(len(layer.lines.points) for layer in document.layers) <= MOST_ORDERED_POINTS
    after = statistics(optimize(document)) if ordered else None
    colors = tuple(layer.color for layer in document.layers)
    return PlotFigures(colors, statistics(document), after)


def notices(document: Document) -> Iterator[str]:
    """Yield what a picture alone would not say: nothing drawn, all or some of it off the sheet."""
    points = document.lines.points
    if not len(points):
        return
    size = np.array([document.width_mm, document.height_mm])
    inside = ((points >= 0) & (points <= size)).all(axis=1)
    if not inside.any():
        yield "all of it lies off the sheet"
    elif not inside.all():
        yield f"{1 - inside.mean():.1%} of its points lie off the sheet".replace("%", " %")


def figures_html(figures: PlotFigures) -> str:
    """Return a table with a row for each pen: time, ink and lifts, before and after ordering."""
    pens = len(figures.colors)
    rows = [_row(figures, i, figures.colors[i]) for i in range(pens)]
    if pens > 1:
        rows.append(_row(figures, pens, None))
    heads = "".join(f"<th>{name}</th>" for name in ("pen", "time", "ink", "lifts"))
    return f"<table><tr>{heads}</tr>{''.join(rows)}</table>"


def _row(figures: PlotFigures, index: int, color: str | None) -> str:
    before = figures.before[index]
    after = figures.after[index] if figures.after else None
    swatch = f'<span style="background:{escape(color, quote=True)}"></span>' if color else ""
    cells = (
        swatch + escape(before.name or "pen"),
        _change(minutes(before.seconds), minutes(after.seconds) if after else None),
        f"{before.pen_down_mm / 1000:.2f} m",
        _change(f"{before.lifts:,}", f"{after.lifts:,}" if after else None),
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _change(before: str, after: str | None) -> str:
    return before if after in (None, before) else f"{before} → {after}"


def minutes(seconds: float) -> str:
    """Return the time of a plot as people say it: '45 s', '12 min', '2 h 5 min'."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    whole = round(seconds / 60)
    return f"{whole} min" if whole < 60 else f"{whole // 60} h {whole % 60} min"
