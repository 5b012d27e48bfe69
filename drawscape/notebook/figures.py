"""A finished drawing as a plotter sees it: time, ink and lifts of each pen, notices, exports."""

from functools import cache
from pathlib import Path
from typing import Any

from drawscape.drawing.document import Document
from drawscape.notebook.text import span_words
from drawscape.plot import (
    Statistics,
    machine_names,
    optimize,
    read_machine,
    save,
    split_layers,
    statistics,
)
from drawscape.plot.formats import Format

MOST_ORDERED_POINTS = 100_000
"""Points of a drawing that is put in order without being asked for: under a second."""

ANY_PLOTTER = "any plotter"


def exported(
    document: Document, path: Path, format: Format, *, per_pen: bool, plotter: str
) -> list[Path]:
    """Write files of `format` beside the drawing at `path`, its lines in order, and return their paths.

    They are for the machine called `plotter`, '' for none in particular. Raises PlotError or
    MissingExtraError for what the format cannot hold or needs.
    """
    options: dict[str, Any] = {}
    if plotter:
        machine = read_machine(plotter)
        options = {"profile": machine.profile, "device": machine.device}
    ordered = optimize(document)
    parts = dict(enumerate(split_layers(ordered), 1)) if per_pen else {"plot": ordered}
    return [
        save(part, path.with_name(f"{path.stem}-{name}.{format}"), format=format, **options)
        for name, part in parts.items()
    ]


@cache
def plotter_choices() -> list[tuple[str, str]]:
    """Return names and titles of the plotters to choose from, first none in particular."""
    return [("", ANY_PLOTTER), *((name, read_machine(name).title) for name in machine_names())]


def figure_rows(document: Document, plotter: str) -> list[dict[str, str]]:
    """Return a row for each pen and, of several, one for their total: time, ink and lifts as words.

    Times are those of the machine called `plotter`, '' for none in particular. The words say what a better
    order of the lines would give, too, unless that would take long.
    """
    is_small = len(document.lines.points) <= MOST_ORDERED_POINTS
    machine = read_machine(plotter).plotter if plotter else None
    before = statistics(document, plotter=machine)
    after = statistics(optimize(document), plotter=machine) if is_small else before
    colors = [layer.color for layer in document.layers]
    shown = [*range(len(colors)), *([len(colors)] if len(colors) > 1 else [])]
    return [_row(before[i], after[i], colors[i] if i < len(colors) else "") for i in shown]


def notice_of(document: Document) -> str:
    """Return what a picture alone would not say: that some or all of it is off the sheet."""
    points = document.lines.points
    outside = ((points < 0) | (points > (document.width_mm, document.height_mm))).any(axis=1)
    if len(points) and outside.all():
        return "all of it lies off the sheet"
    return f"{100 * outside.mean():.1f} % of its points lie off the sheet" if outside.any() else ""


def _row(before: Statistics, after: Statistics, color: str) -> dict[str, str]:
    return {
        "pen": before.name or "pen",
        "color": color,
        "time": _change(span_words(before.seconds), span_words(after.seconds)),
        "ink": f"{before.pen_down_mm / 1000:.2f} m",
        "lifts": _change(f"{before.lifts:,}", f"{after.lifts:,}"),
    }


def _change(before: str, after: str) -> str:
    return before if after == before else f"{before} → {after}"
