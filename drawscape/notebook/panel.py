"""The left half of a form: pattern, paper, seed and one control per parameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from drawscape.drawing.paper import Orientation
from drawscape.errors import ParameterError, UnknownNameError
from drawscape.notebook.control_set import Controls
from drawscape.notebook.page import PageControl, SeedControl
from drawscape.notebook.style import close_tree, line, write
from drawscape.notebook.target import Target
from drawscape.notebook.text import label_of


class Panel:
    """The controls of one target; choosing another pattern exchanges them."""

    def __init__(
        self, target: Target, paper: str, orientation: Orientation | None, seed: int
    ) -> None:
        self.target = target
        self._page = PageControl(paper, orientation) if target.has_page else None
        self._seed = SeedControl(seed) if target.has_seed else None
        self._pattern = self._pattern_control() if target.patterns else None
        self._title = line(target.title, "drawscape-title")
        self._summary = line(target.summary, "drawscape-summary")
        self._rows = widgets.VBox()
        self._listeners: list[Callable[[], None]] = []
        self._fill({})
        self._last_shown = self._shown()
        for part in (self._page, self._seed):
            if part is not None:
                part.observe(self._changed)
        self.parts = [self._title, self._summary, *self._upper_rows()]

    @property
    def values(self) -> dict[str, Any]:
        """Everything that the controls say, checked: page, seed, pattern and parameters."""
        page = dict(zip(("width", "height"), self._page.size, strict=True)) if self._page else {}
        seed = {"seed": self._seed.value} if self._seed else {}
        pattern = {"pattern_type": self._pattern.value} if self._pattern else {}
        return {**pattern, **page, **seed, **self._controls.values}

    @property
    def arguments(self) -> dict[str, Any]:
        """The keyword arguments of the job. Raises ParameterError."""
        return self.target.arguments(self.values)

    @property
    def page_size(self) -> tuple[float, float] | None:
        """The sheet's width and height in mm, where there is one."""
        return self._page.size if self._page else None

    def set(self, values: Mapping[str, Any]) -> None:
        """Show `values`, the pattern first. Raises UnknownNameError or ParameterError."""
        rest = dict(values)
        if self._pattern is not None and "pattern_type" in rest:
            self._choose(rest.pop("pattern_type"))
        if self._page is not None and rest.keys() & {"width", "height"}:
            width, height = self._page.size
            self._page.set(rest.pop("width", width), rest.pop("height", height))
        if self._seed is not None and "seed" in rest:
            self._seed.value = rest.pop("seed")
        self._controls.set(rest)

    def shuffle(self) -> None:
        """Throw the dice for every parameter that has bounds or choices, and for the seed."""
        self._controls.shuffle()
        if self._seed is not None:
            self._seed.throw()

    def reset(self) -> None:
        """Show the defaults of all parameters; paper and seed stay."""
        self._controls.reset()

    def observe(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each change, by hand or by program."""
        self._listeners.append(callback)

    def _choose(self, name: str) -> None:
        if name not in self.target.patterns:
            raise UnknownNameError("pattern", name, self.target.patterns)
        if self._pattern is not None:
            self._pattern.value = name

    def _pattern_control(self) -> Any:
        options = [(label_of(name), name) for name in self.target.patterns]
        dropdown = widgets.Dropdown(
            options=options,
            value=self.target.fixed["pattern_type"],
            description="pattern",
            style={"description_width": "initial"},
            layout={"width": "auto"},
        )
        dropdown.add_class("drawscape-pattern")
        dropdown.observe(self._pattern_changed, names="value")
        return dropdown

    def _pattern_changed(self, change: Any) -> None:
        kept = {name: control.read() for name, control in self._controls.items()}
        self.target = self.target.with_pattern(change["new"])
        write(self._title, self.target.title)
        write(self._summary, self.target.summary)
        self._fill(kept)
        self._changed()

    def _fill(self, kept: Mapping[str, Any]) -> None:
        self._controls = Controls(self.target.parameters)
        self._controls.keep(kept)
        self._controls.observe(self._changed)
        former = self._rows.children
        self._rows.children = self._controls.rows
        for row in former:
            close_tree(row)

    def _changed(self) -> None:
        """Tell of a change, unless the values are the same: a browser echoes what it was sent."""
        shown = self._shown()
        if shown != self._last_shown:
            self._last_shown = shown
            for listener in self._listeners:
                listener()

    def _shown(self) -> str:
        try:
            return repr(self.values)  # arrays among them would not compare
        except ParameterError as error:
            return str(error)

    def _upper_rows(self) -> list[Any]:
        pattern = [self._pattern] if self._pattern else []
        page = self._page.rows if self._page else []
        seed = self._seed.rows if self._seed else []
        rule = [line(" ", "drawscape-rule")] if page or seed else []
        return [*pattern, *page, *seed, *rule, self._rows]
