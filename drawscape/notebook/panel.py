"""The left half of a form: pattern, paper, seed and one control per parameter."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import ipywidgets as widgets

from drawscape.drawing.paper import Orientation
from drawscape.errors import DrawscapeError, ParameterError, UnknownNameError
from drawscape.notebook.control import Control
from drawscape.notebook.controls import control_for
from drawscape.notebook.page import PageControl
from drawscape.notebook.parameter_rows import ParameterRows
from drawscape.notebook.seed_control import SeedControl, StreamControls
from drawscape.notebook.style import close_tree, line, write
from drawscape.notebook.target import Target
from drawscape.notebook.text import label_of
from drawscape.parameters import MISSING

PAGE_NAMES = frozenset({"paper", "orientation", "width", "height", "margin"})


class Panel:
    """The controls of one target; choosing another pattern exchanges them."""

    def __init__(
        self, target: Target, paper: str = "A4", orientation: Orientation | None = None
    ) -> None:
        self.target = target
        has_margin = target.takes_margin
        self._page = (
            PageControl(paper, orientation, has_margin=has_margin) if target.has_page else None
        )
        self._on_die: list[Callable[[], None]] = []
        self._seed = SeedControl(self._die_thrown) if target.may_have_seed else None
        self._streams = StreamControls((), self._die_thrown)
        self._seed_box = widgets.VBox()
        self._pattern = self._pattern_control() if target.patterns else None
        self._title = line(target.title, "drawscape-title")
        self._summary = line(target.summary, "drawscape-summary")
        self._rows = ParameterRows()
        self._controls: dict[str, Control] = {}
        self._listeners: list[Callable[[], None]] = []
        self._held = False
        self._fill({})
        self._last_shown = self._shown()
        for part in (self._page, self._seed):
            if part is not None:
                part.observe(self._changed)
        self.parts = [self._title, self._summary, *self._upper_rows()]

    @property
    def controls(self) -> Mapping[str, Control]:
        """The control of each parameter, by its name."""
        return self._controls

    @property
    def values(self) -> dict[str, Any]:
        """What the controls show, checked: page, seed, pattern and parameters.

        Raises ParameterError for the first that is wrong.
        """
        page = self._page.values if self._page else {}
        seed = self._seed_values
        pattern = {"pattern_type": self._pattern.value} if self._pattern else {}
        own = {name: control.value for name, control in self._controls.items()}
        return {**pattern, **page, **seed, **own}

    @property
    def snapshot(self) -> dict[str, Any]:
        """What `set` needs to show the same again; a field that is wrong is left out."""
        found: dict[str, Any] = {"margin": None} if self._page and self.target.takes_margin else {}
        if self._pattern:
            found["pattern_type"] = self._pattern.value
        with contextlib.suppress(ParameterError):
            found |= self._page.values if self._page else {}
        with contextlib.suppress(ParameterError):
            found |= {**({"streams": {}} if self.target.streams else {}), **self._seed_values}
        for name, control in self._controls.items():
            with contextlib.suppress(ParameterError):
                found[name] = control.value
        return found

    @property
    def _seed_values(self) -> dict[str, Any]:
        if self._seed is None or not self.target.has_seed:
            return {}
        streams = self._streams.values
        return {"seed": self._seed.value, **({"streams": streams} if streams else {})}

    @property
    def arguments(self) -> dict[str, Any]:
        """The keyword arguments of the job. Raises ParameterError."""
        return self.target.arguments(self.values)

    @property
    def page_size(self) -> tuple[float, float] | None:
        """The sheet's width and height in mm, where there is one that can be."""
        try:
            return self._page.size if self._page else None
        except ParameterError:
            return None

    def set(self, values: Mapping[str, Any]) -> None:
        """Show `values`, the pattern first; listeners are called once.

        Raises UnknownNameError or ParameterError.
        """
        rest = dict(values)
        with self._one_change():
            if self._pattern is not None and "pattern_type" in rest:
                self._choose(rest.pop("pattern_type"))
            page = {name: rest.pop(name) for name in self._page_names() & rest.keys()}
            if self._page is not None and page:
                self._page.set(page)
            if "seed" in rest:
                self.target.check_seed()
                if self._seed is not None:
                    self._seed.value = rest.pop("seed")
            if "streams" in rest and "streams" not in self._controls:
                self._streams.set(rest.pop("streams"))
            for name, value in rest.items():
                self._control(name).set(value)

    def show_kept(self, values: Mapping[str, Any]) -> None:
        """Show of `values`, which were kept, what the target still has and allows."""
        kept = dict(values)
        with self._one_change():
            if "pattern_type" in kept:
                self._set_if_allowed({"pattern_type": kept.pop("pattern_type")})
            if isinstance(kept.get("streams"), Mapping):
                streams = kept["streams"].items()
                kept["streams"] = {n: s for n, s in streams if n in self.target.streams}
            page = {name: kept.pop(name) for name in self._page_names() & kept.keys()}
            self._set_if_allowed(page)
            for name, value in kept.items():
                self._set_if_allowed({name: value})

    def shuffle(self) -> None:
        """Throw the dice for every parameter with bounds or choices that is not locked, and the seed."""
        with self._one_change():
            for control in self._controls.values():
                if control.shuffle is not None and not control.locked:
                    control.shuffle()
            if self._seed is not None and self.target.has_seed and not self._seed.locked:
                self._seed.throw()

    def reset(self, values: Mapping[str, Any]) -> None:
        """Show the defaults of all parameters, and of those in `values` what is there."""
        defaults = {
            name: control.parameter.default
            for name, control in self._controls.items()
            if control.parameter.default is not MISSING
        }
        self.set({**defaults, **values})

    def observe(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each change, by hand or by program."""
        self._listeners.append(callback)

    def on_die(self, callback: Callable[[], None]) -> None:
        """Call `callback` after a click on a die, which has given another seed."""
        self._on_die.append(callback)

    def _die_thrown(self) -> None:
        for callback in self._on_die:
            callback()

    def _page_names(self) -> frozenset[str]:
        names = PAGE_NAMES if self._page else frozenset[str]()
        return names - {"margin"} if not self.target.takes_margin else names

    def _control(self, name: str) -> Control:
        if name not in self._controls:
            raise UnknownNameError("parameter", name, self._controls)
        return self._controls[name]

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
            tooltip="What is drawn",
            style={"description_width": "initial"},
            layout={"width": "auto"},
        ).add_class("drawscape-pattern")
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
        """Show the target's parameters; those of `kept` that fit keep their values."""
        self._controls = {p.name: control_for(p) for p in self.target.parameters}
        for name in self._controls.keys() & kept.keys():
            try:
                self._controls[name].set(kept[name])
            except ParameterError:
                continue  # the same name with other bounds: its own default stands
        self._rows.show(list(self._controls.values()))
        for control in self._controls.values():
            control.observe(self._changed)
        self._fill_seeds()

    def _fill_seeds(self) -> None:
        """Show the seed, where there is one, and those of the target's streams."""
        former = self._streams.rows
        self._streams = StreamControls(self.target.streams, self._die_thrown)
        self._streams.observe(self._changed)
        seed = self._seed.rows if self._seed and self.target.has_seed else []
        self._seed_box.children = [*seed, *self._streams.rows]
        for row in former:
            close_tree(row)

    @contextlib.contextmanager
    def _one_change(self) -> Iterator[None]:
        """What changes in the block is one change to the listeners; such blocks may lie in each other."""
        outer, self._held = self._held, True
        try:
            yield
        finally:
            self._held = outer
            self._changed()

    def _set_if_allowed(self, values: Mapping[str, Any]) -> None:
        with contextlib.suppress(DrawscapeError):
            self.set(values)

    def _changed(self) -> None:
        """Call the listeners, unless the values are the same: a browser echoes what it was sent."""
        if self._held:
            return
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
        seed = [self._seed_box] if self._seed else []
        rule = [line(" ", "drawscape-rule")] if page or seed else []
        return [*pattern, *page, *seed, *rule, *self._rows.parts]
