"""A finished drawing as a plotter sees it: time, ink and lifts of each pen, notices, exports."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from drawscape.drawing.document import Document
from drawscape.errors import DrawscapeError
from drawscape.notebook.kernel import Debounce
from drawscape.notebook.text import span_words
from drawscape.plot import (
    Plotter,
    Statistics,
    machine_names,
    optimize,
    read_machine,
    save,
    split_layers,
    statistics,
)
from drawscape.plot.formats import Format
from drawscape.svg.read import read_svg

REST_S = 0.4
"""A drawing that is replaced sooner, as in a live form, is not read."""

MOST_ORDERED_POINTS = 100_000
"""Points of a drawing that is put in order without being asked for: under a second."""

ANY_PLOTTER = "any plotter"


class DrawnFile:
    """The drawing that a form shows, read in the thread for slow work.

    `say(**changes)` shows what there is to know of it, `on_document(path, document)` is called once it is
    read. `plotter` is the name of a machine; times and exports are for it.
    """

    def __init__(
        self, say: Callable[..., object], on_document: Callable[[Path, Document], object]
    ) -> None:
        self._say, self._on_document = say, on_document
        self.plotter = ""
        self.path: Path | None = None
        self.document: Document | None = None
        self._reading = Debounce(REST_S, self._read, from_last=True, slow=True)

    def show(self, path: Path | None) -> None:
        """Read the SVG at `path`, soon; nothing else is read."""
        self.path = path if path is not None and path.suffix == ".svg" else None
        self.document = None
        if self.path is not None:
            self._say(notice="")
            self._reading.request()
        else:
            self._reading.drop()
            self._say(notice="", figures=[], readable=False)

    def choose_plotter(self, name: str) -> None:
        """Give times and exports for a plotter, '' for none in particular. Raises UnknownNameError."""
        if name:
            read_machine(name)
        self.plotter = name
        self._say(plotter=name)
        self._reading.request()

    def export(self, format: Format, *, per_pen: bool = False) -> Iterator[Path]:
        """Write files of `format` beside the drawing, its lines in order, and yield the path of each.

        Raises PlotError or MissingExtraError for what the format cannot hold or needs.
        """
        path = self.path
        if path is None:
            return
        document = self.document or read_svg(path.read_bytes())  # it may not be read yet
        options: dict[str, Any] = {}
        if self.plotter:
            machine = read_machine(self.plotter)
            options = {"profile": machine.profile, "device": machine.device}
        ordered = optimize(document)
        for number, part in enumerate(split_layers(ordered) if per_pen else (ordered,), 1):
            name = f"{path.stem}-{number}" if per_pen else f"{path.stem}-plot"
            yield save(part, path.with_name(f"{name}.{format}"), format=format, **options)

    def _read(self) -> None:
        path, document = self.path, self.document
        if path is None:
            return
        if document is None:
            try:
                document = read_svg(path.read_bytes())
            except (DrawscapeError, OSError) as error:
                self._say(notice=f"{path.name} cannot be read: {error}")
                return
            if path != self.path:
                return
            self.document = document
            self._say(notice="; ".join(notices(document)), readable=True)
            self._on_document(path, document)
        rows = figure_rows(document, read_machine(self.plotter).plotter if self.plotter else None)
        if path == self.path:
            self._say(figures=rows)


@cache
def plotter_choices() -> list[tuple[str, str]]:
    """Return names and titles of the plotters to choose from, first none in particular."""
    return [("", ANY_PLOTTER), *((name, read_machine(name).title) for name in machine_names())]


def figure_rows(document: Document, plotter: Plotter | None) -> list[dict[str, str]]:
    """Return a row for each pen and, of several, one for their total: time, ink and lifts as words.

    They say what a better order of the lines would give, too, unless that would take long.
    """
    is_small = len(document.lines.points) <= MOST_ORDERED_POINTS
    before = statistics(document, plotter=plotter)
    after = statistics(optimize(document), plotter=plotter) if is_small else before
    colors = [layer.color for layer in document.layers]
    shown = [*range(len(colors)), *([len(colors)] if len(colors) > 1 else [])]
    return [_row(before[i], after[i], colors[i] if i < len(colors) else "") for i in shown]


def notices(document: Document) -> Iterator[str]:
    """Yield what a picture alone would not say: all or some of it off the sheet."""
    points = document.lines.points
    if not len(points):
        return
    size = np.array([document.width_mm, document.height_mm])
    inside = ((points >= 0) & (points <= size)).all(axis=1)
    if not inside.any():
        yield "all of it lies off the sheet"
    elif not inside.all():
        yield f"{1 - inside.mean():.1%} of its points lie off the sheet".replace("%", " %")


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
