"""The controls for the sheet of paper."""

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from drawscape.drawing.paper import PAPERS, Orientation, paper_size
from drawscape.errors import ParameterError
from drawscape.notebook.controls import number_field
from drawscape.parameters import Parameter

OFFERED = ("a6", "a5", "a4", "a3", "a2", "a1", "b5", "b4", "b3", "letter", "legal", "tabloid")
"""What lies in a plotter's drawer; any other sheet is a custom one."""

CUSTOM = "custom"

SHORTEST_MM, LONGEST_MM = 1.0, 5000.0

WIDTH, HEIGHT = (
    Parameter(side, "float", low=SHORTEST_MM, high=LONGEST_MM, default=100.0, doc=f"{side} in mm")
    for side in ("width", "height")
)
MARGIN = Parameter(
    "margin", "float", low=0, high=LONGEST_MM, default=None, optional=True, doc="Kept free, in mm"
)


class PageControl:
    """Paper, orientation and, for a custom sheet, width and height in mm."""

    def __init__(
        self,
        paper: str = "A4",
        orientation: Orientation | None = None,
        *,
        has_margin: bool = False,
    ) -> None:
        size = paper_size(paper, orientation)  # a wrong word is refused before it meets a widget
        self._paper = self._paper_field()
        self._orientation = widgets.ToggleButtons(
            options=["portrait", "landscape"],
            tooltips=["taller than wide", "wider than tall"],
            layout={"width": "auto"},
        ).add_class("drawscape-orientation")
        self._width, self._height = number_field(WIDTH), number_field(HEIGHT)
        self._margin = number_field(MARGIN) if has_margin else None
        self._sides = widgets.VBox([*self._width.rows(), *self._height.rows()])
        self._sides.add_class("drawscape-sides")
        self._paper.observe(self._paper_changed, names="value")
        choice = widgets.HBox([self._paper, self._orientation]).add_class("drawscape-page")
        self.rows = [choice, self._sides, *(self._margin.rows() if self._margin else [])]
        self.set(dict(zip(("width", "height"), size, strict=True)))
        self._paper_changed({"new": self._paper.value})

    @staticmethod
    def _paper_field() -> Any:
        names = [(name.capitalize() if len(name) == 2 else name, name) for name in OFFERED]
        return widgets.Dropdown(
            options=[*names, (CUSTOM, CUSTOM)],
            value="a4",
            description="paper",
            tooltip="Size of the sheet",
            style={"description_width": "initial"},
            layout={"width": "auto", "flex": "1 1 auto"},
        ).add_class("drawscape-paper")

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in mm. Raises ParameterError for a side that no sheet has."""
        if self._paper.value == CUSTOM:
            return self._width.value, self._height.value
        return paper_size(self._paper.value, self._orientation.value)

    @property
    def values(self) -> dict[str, float]:
        """The size and, where one was given, the margin. Raises ParameterError."""
        page = dict(zip(("width", "height"), self.size, strict=True))
        margin = self._margin.value if self._margin else None
        return page if margin is None else {**page, "margin": margin}

    def set(self, values: Mapping[str, Any]) -> None:
        """Show `width`, `height`, `margin`, `paper` and `orientation`, as far as they are given.

        A sheet is shown by its name where it has one.
        Raises ParameterError for a side that no sheet has, UnknownNameError for a paper.
        """
        if self._margin is not None and "margin" in values:
            self._margin.set(values["margin"])
        if not values.keys() - {"margin"}:
            return
        size = self._size_or_default()
        if values.keys() & {"paper", "orientation"}:
            paper = values.get("paper") or "x".join(map(str, size))
            size = paper_size(paper, values.get("orientation"))
        width = WIDTH.check(values.get("width", size[0]))
        height = HEIGHT.check(values.get("height", size[1]))
        for name in OFFERED:
            if PAPERS[name] == (min(width, height), max(width, height)):
                self._orientation.value = "portrait" if width <= height else "landscape"
                self._paper.value = name
                return
        self._width.set(width)
        self._height.set(height)
        self._paper.value = CUSTOM

    def _size_or_default(self) -> tuple[float, float]:
        try:
            return self.size
        except ParameterError:  # typed, and wrong: what is set now takes its place
            return WIDTH.default, HEIGHT.default

    def observe(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each change."""
        for widget in (self._paper, self._orientation):
            widget.observe(lambda _change: callback(), names="value")
        for control in (self._width, self._height, self._margin):
            if control is not None:
                control.observe(callback)

    def _paper_changed(self, change: Any) -> None:
        """Show the two sides for a custom sheet only, which begins as the sheet before it."""
        custom = change["new"] == CUSTOM
        self._sides.layout.display = "" if custom else "none"
        self._orientation.layout.display = "none" if custom else ""
        if not custom:
            self._remember_size()

    def _remember_size(self) -> None:
        for control, side in zip((self._width, self._height), self.size, strict=True):
            control.set(side)
