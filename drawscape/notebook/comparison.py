"""Two to six drawings beside each other: the views move together, a table has what differs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any
from uuid import uuid4

import ipywidgets as widgets

from drawscape.drawing.document import Document
from drawscape.errors import ParameterError
from drawscape.notebook.saved_picture import LARGEST_IMAGE
from drawscape.notebook.style import LiveBox, line, write_html
from drawscape.notebook.thumbnail import thumbnail_of
from drawscape.notebook.viewable import Viewable, document_of, settings_of
from drawscape.notebook.viewer import Viewer

FEWEST, MOST = 2, 6

OVERLAY_INKS = ("#d1495b", "#00798c", "#edae49", "#6a4c93", "#2e7d32", "#5d4037")
"""Colours that stay apart on white and where they cross."""

MODES = ("side by side", "overlay", "blink")


def compare(*drawings: Viewable) -> "Comparison":
    """Return two to six drawings beside each other: canvases, jobs, documents or paths of SVG files.

    Raises ParameterError for fewer, more, or what is no drawing.

    >>> compare(draw("spiral", 100, 100, seed=1), draw("spiral", 100, 100, seed=2))
    <Comparison: 2 drawings compared>
    """
    if not FEWEST <= len(drawings) <= MOST:
        raise ParameterError("drawings", len(drawings), f"compare {FEWEST} to {MOST} of them")
    found = [document_of(drawing) for drawing in drawings]
    names = [name for _, name in found]
    documents = [
        (document, f"{name} {number}" if names.count(name) > 1 else name)
        for number, (document, name) in enumerate(found, 1)
    ]
    return Comparison(documents, [settings_of(drawing) for drawing in drawings])


class Comparison(LiveBox):
    """Drawings side by side, laid over each other, or in turn."""

    def __init__(
        self, documents: Sequence[tuple[Document, str]], settings: Sequence[Mapping[str, Any]]
    ) -> None:
        self._documents = documents
        group = uuid4().hex
        self.viewers = [Viewer(document, title=name, group=group) for document, name in documents]
        self._mode = widgets.ToggleButtons(
            options=MODES, tooltips=["", "each in one colour", "in turn"]
        ).add_class("drawscape-orientation")
        self._mode.observe(lambda _change: self._arrange(), names="value")
        self._place = widgets.HBox().add_class("drawscape-comparison")
        table = line("", "drawscape-figures")
        write_html(table, differences_html([name for _, name in documents], settings))
        super().__init__(f"{len(documents)} drawings compared", [self._mode, self._place, table])
        self._arrange()
        self._save()

    @property
    def mode(self) -> str:
        """'side by side', 'overlay' or 'blink'; may be set."""
        return str(self._mode.value)

    @mode.setter
    def mode(self, mode: str) -> None:
        if mode not in MODES:
            raise ParameterError("mode", mode, f"must be one of {', '.join(MODES)}")
        self._mode.value = mode

    def _arrange(self) -> None:
        if self.mode == "side by side":
            self._place.children = [
                widgets.VBox([line(name, "drawscape-caption"), viewer])
                for (_, name), viewer in zip(self._documents, self.viewers, strict=True)
            ]
            return
        blink = self.mode == "blink"
        viewer = Viewer(overlay(self._documents, own_inks=blink), title=self.mode, blink=blink)
        self._place.children = [viewer]

    def _save(self) -> None:
        most = LARGEST_IMAGE // len(self._documents)
        made = [(thumbnail_of(document, most), name) for document, name in self._documents]
        self.saved.show([(t, name) for t, name in made if t is not None], columns=len(made))


def overlay(documents: Sequence[tuple[Document, str]], *, own_inks: bool = False) -> Document:
    """Return all drawings on one page, a layer each, in colours that set them apart or in their own."""
    layers = []
    for number, (document, name) in enumerate(documents):
        for layer in document.layers:
            color = layer.color if own_inks else OVERLAY_INKS[number]
            layers.append(replace(layer, name=f"{number + 1} {name}", color=color))
    width = max(document.width_mm for document, _ in documents)
    height = max(document.height_mm for document, _ in documents)
    return Document(width, height, tuple(layers))


def differences_html(names: Sequence[str], settings: Sequence[Mapping[str, Any]]) -> str:
    """Return a table of the settings that are not the same in all drawings."""
    keys = list(dict.fromkeys(key for one in settings for key in one))
    differ = [key for key in keys if len({repr(one.get(key)) for one in settings}) > 1]
    if not differ:
        return "<p>no difference in their settings</p>"
    heads = "".join(f"<th>{escape(name)}</th>" for name in ("", *names))
    rows = [_difference_row(key, settings) for key in differ]
    return f"<table><tr>{heads}</tr>{''.join(rows)}</table>"


def _difference_row(key: str, settings: Sequence[Mapping[str, Any]]) -> str:
    cells = [escape(str(one[key])) if key in one else "" for one in settings]
    body = "".join(f"<td>{cell}</td>" for cell in cells)
    return f"<tr><th>{escape(key.replace('_', ' '))}</th>{body}</tr>"
