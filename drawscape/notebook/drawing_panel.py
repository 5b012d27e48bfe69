"""What stands under a finished picture: the plot's figures, a closer look, files for other programs."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from drawscape.drawing.document import Document
from drawscape.errors import DrawscapeError
from drawscape.notebook.picture import place_words
from drawscape.notebook.plot_figures import figures_html, figures_of, notices
from drawscape.notebook.reader import Debounce
from drawscape.notebook.style import HAS_ANYWIDGET, line, write, write_html
from drawscape.notebook.text import size_words
from drawscape.notebook.viewable import margin_of, settings_of
from drawscape.plot import optimize, save, split_layers
from drawscape.svg.read import read_svg

REST_S = 0.4
"""A drawing that is replaced sooner, as in a live form, is not read."""

LATER_S = 2.0
"""Reading and ordering take the kernel a third of a second, which a drawing under way would be late by."""

EXPORTS = {
    "SVG, ordered": ("svg", "image/svg+xml"),
    "PNG": ("png", "image/png"),
    "PDF": ("pdf", "application/pdf"),
    "G-code": ("gcode", "text/plain"),
    "HPGL": ("hpgl", "text/plain"),
}

OnDocument = Callable[[Path, Document], None]
OnFile = Callable[[str, str, bytes], None]


class DrawingPanel:
    """Widgets for one drawing at a time.

    `on_document(path, document)` is called in a thread once a drawing was read, `on_file(name,
    mime_type, data)` with each file that was asked for, `show_picture(False)` when a viewer takes its
    place.
    """

    def __init__(
        self,
        on_document: OnDocument,
        on_file: OnFile,
        show_picture: Callable[[bool], None] = lambda shown: None,
    ) -> None:
        self._on_document, self._on_file, self._show_picture = on_document, on_file, show_picture
        self._path: Path | None = None
        self._document: Document | None = None
        self._lock = threading.Lock()
        self._figures = line("", "drawscape-figures")
        self._notice = line("", "drawscape-notice")
        self._format = widgets.Dropdown(
            options=list(EXPORTS), tooltip="File format", layout={"width": "auto"}
        ).add_class("drawscape-format")
        self._per_pen = widgets.Checkbox(
            description="one per pen", indent=False, layout={"width": "auto"}
        )
        self._export = widgets.Button(
            description="Export", tooltip="Put the lines in order and write the file"
        ).add_class("drawscape-export")
        self._export.on_click(lambda _button: self._start_export())
        self._viewer: Any = None
        self._look = widgets.ToggleButton(
            description="Look closely",
            tooltip="Zoom, layers, the pen's way",
            layout={"width": "auto"},
        ).add_class("drawscape-look")
        self._look.observe(lambda _change: self._look_changed(), names="value")
        self._place = widgets.VBox()
        look = [self._look] if HAS_ANYWIDGET else []
        self._row = widgets.HBox([*look, self._format, self._per_pen, self._export])
        self._row.add_class("drawscape-buttons")
        self._row.layout.display = "none"
        self._reading = Debounce(REST_S, self._read, from_last=True, slow=True)
        self._later = Debounce(LATER_S, self._read, from_last=True, slow=True)
        self._busy_until = 0.0
        self._is_read = False
        self.parts = [self._place, self._notice, self._row, self._figures]

    def show(self, path: Path | None) -> None:
        """Show what there is to know of the SVG at `path`, soon; of anything else nothing."""
        with self._lock:
            self._path, self._document, self._is_read = path, None, False
        self._busy_until = 0.0
        self._later.drop()
        write(self._notice, "")
        if path is not None and path.suffix == ".svg":
            self._reading.request()
        else:
            self._reading.drop()
            write(self._figures, "")
            self._row.layout.display = "none"

    def postpone(self) -> None:
        """Leave what is not read yet for later: another drawing is wanted now."""
        self._busy_until = time.monotonic() + LATER_S
        self._reading.drop()
        if self._path is not None and not self._is_read:
            self._later.request()

    def export(self, format_name: str, *, per_pen: bool = False) -> list[Path]:
        """Return the files written beside the drawing: its lines in order, in that format of EXPORTS.

        Raises PlotError or MissingExtraError for what the format cannot hold or needs.
        """
        with self._lock:
            path, document = self._path, self._document
        if path is None or document is None:
            return []
        suffix, mime_type = EXPORTS[format_name]
        ordered = optimize(document)
        parts = split_layers(ordered) if per_pen else (ordered,)
        files = []
        for number, part in enumerate(parts, 1):
            name = f"{path.stem}-{number}" if per_pen else f"{path.stem}-plot"
            file = save(part, path.with_name(f"{name}.{suffix}"))
            self._on_file(file.name, mime_type, file.read_bytes())
            files.append(file)
        return files

    def _look_changed(self) -> None:
        """Put the viewer in the picture's place, or take it away; it is made when first asked for."""
        shown = bool(self._look.value) and self._document is not None
        if shown and self._viewer is None:
            from drawscape.notebook.viewer import Viewer

            self._viewer = Viewer(self._document or Document(1, 1, ()))
        if shown and self._document is not None and self._path is not None:
            margin_mm = margin_of(settings_of(self._path))
            self._viewer.show(self._document, title=self._path.name, margin_mm=margin_mm)
        self._place.children = [self._viewer] if shown else []
        self._show_picture(not shown)

    def _read(self) -> None:
        with self._lock:
            path, document = self._path, self._document
        if path is None or (document is None and (document := self._read_lines(path)) is None):
            return
        if time.monotonic() < self._busy_until:
            self._later.request()
            return
        figures = figures_of(document)
        if path == self._path:
            self._is_read = True
            write_html(self._figures, figures_html(figures))

    def _read_lines(self, path: Path) -> Document | None:
        try:
            document = read_svg(path.read_bytes())
        except (DrawscapeError, OSError) as error:
            write(self._notice, f"{path.name} cannot be read: {error}")
            return None
        with self._lock:
            if path != self._path:
                return None
            self._document = document
        write(self._notice, "; ".join(notices(document)))
        self._row.layout.display = ""
        write_html(self._figures, figures_html(figures_of(document, ordered=False)))
        self._on_document(path, document)
        if self._look.value:
            self._look_changed()
        return document

    def _start_export(self) -> None:
        self._export.disabled = True
        write(self._notice, "putting the lines in order")
        threading.Thread(target=self._export_chosen, daemon=True).start()

    def _export_chosen(self) -> None:
        try:
            files = self.export(self._format.value, per_pen=bool(self._per_pen.value))
            sizes = (f"{place_words(f)} ({size_words(f.stat().st_size)})" for f in files)
            write(self._notice, f"wrote {', '.join(sizes)}")
        except Exception as error:  # noqa: BLE001 - shown here, for it would reach no cell
            write(self._notice, str(error))
        finally:
            self._export.disabled = False
