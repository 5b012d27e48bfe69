"""The controls for the sheet of paper and for the seed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from drawscape.drawing.paper import PAPERS, Orientation, paper_size
from drawscape.parameters import Parameter

OFFERED = ("a6", "a5", "a4", "a3", "a2", "a1", "b5", "b4", "b3", "letter", "legal", "tabloid")
"""What lies in a plotter's drawer; any other sheet is a custom one."""

CUSTOM = "custom"

HIGHEST_SEED = 2**32 - 1
SHORTEST_MM, LONGEST_MM = 1.0, 5000.0

DICE_SIDES = 10_000
"""The dice throws seeds that a person can read out and note down."""

_WIDTH, _HEIGHT = (
    Parameter(side, "float", low=SHORTEST_MM, high=LONGEST_MM) for side in ("width", "height")
)
_SEED = Parameter("seed", "int", low=0, high=HIGHEST_SEED)


class PageControl:
    """Paper, orientation and, for a custom sheet, width and height in mm."""

    def __init__(self, paper: str = "A4", orientation: Orientation | None = None) -> None:
        size = paper_size(paper, orientation)  # a wrong word is told before it meets a widget
        self._paper = self._paper_field()
        self._orientation = widgets.ToggleButtons(
            options=["portrait", "landscape"],
            tooltips=["taller than wide", "wider than tall"],
            layout={"width": "auto"},
        )
        self._orientation.add_class("drawscape-orientation")
        self._width, self._height = (self._side(name) for name in ("width mm", "height mm"))
        self._sides = widgets.HBox([self._width, self._height])
        self._sides.layout.display = "none"
        self._paper.observe(self._paper_changed, names="value")
        choice = widgets.HBox([self._paper, self._orientation])
        choice.add_class("drawscape-page")
        self.rows = [choice, self._sides]
        self.set(*size)

    @staticmethod
    def _paper_field() -> Any:
        names = [(name.capitalize() if len(name) == 2 else name, name) for name in OFFERED]
        field = widgets.Dropdown(
            options=[*names, (CUSTOM, CUSTOM)],
            value="a4",
            description="paper",
            tooltip="Size of the sheet",
            style={"description_width": "initial"},
            layout={"width": "auto", "flex": "1 1 auto"},
        )
        field.add_class("drawscape-paper")
        return field

    @staticmethod
    def _side(name: str) -> Any:
        return widgets.BoundedFloatText(
            value=200.0,
            min=SHORTEST_MM,
            max=LONGEST_MM,
            description=name,
            continuous_update=False,
            style={"description_width": "initial"},
            layout={"width": "auto", "flex": "1 1 0"},
        )

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in mm."""
        if self._paper.value == CUSTOM:
            return self._width.value, self._height.value
        return paper_size(self._paper.value, self._orientation.value)

    def set(self, width: float, height: float) -> None:
        """Show a sheet of `width` x `height` mm, by its name where it has one.

        Raises ParameterError for a side that no sheet has.
        """
        width, height = _WIDTH.check(width), _HEIGHT.check(height)
        for name in OFFERED:
            if PAPERS[name] == (min(width, height), max(width, height)):
                self._orientation.value = "portrait" if width <= height else "landscape"
                self._paper.value = name
                return
        self._width.value, self._height.value = float(width), float(height)
        self._paper.value = CUSTOM

    def observe(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each change."""
        for widget in (self._paper, self._orientation, self._width, self._height):
            widget.observe(lambda _change: callback(), names="value")

    def _paper_changed(self, change: Any) -> None:
        custom = change["new"] == CUSTOM
        self._sides.layout.display = "" if custom else "none"
        self._orientation.layout.display = "none" if custom else ""


class SeedControl:
    """A seed to type, and a dice for the next one."""

    def __init__(self, seed: int = 0) -> None:
        self._field = widgets.BoundedIntText(
            value=_SEED.check(seed),
            min=0,
            max=HIGHEST_SEED,
            description="seed",
            tooltip="The same seed gives the same drawing",
            continuous_update=False,
            style={"description_width": "initial"},
            layout={"width": "auto", "flex": "1 1 auto"},
        )
        self._dice = widgets.Button(icon="dice", tooltip="Throw another seed")
        self._dice.layout.width = "auto"
        self._dice.on_click(lambda _button: self.throw())
        self._field.add_class("drawscape-seed")
        self._dice.add_class("drawscape-dice")
        self.rows = [widgets.HBox([self._field, self._dice])]

    @property
    def value(self) -> int:
        """The seed. Raises ParameterError when set to anything but a whole number within its bounds."""
        return int(self._field.value)

    @value.setter
    def value(self, seed: int) -> None:
        self._field.value = _SEED.check(seed)

    def throw(self) -> None:
        """Show a seed that nobody chose."""
        self._field.value = secrets.randbelow(DICE_SIDES)

    def observe(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each change."""
        self._field.observe(lambda _change: callback(), names="value")
