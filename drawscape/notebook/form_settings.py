"""The settings of a form: page, seed and parameters.

`Settings` is one state of a form and never changes; `UndoHistory` has the states for undo and redo.
"""

import contextlib
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from drawscape.catalogue import Drawing
from drawscape.drawing.document import PAPERS, Orientation, paper_size
from drawscape.errors import DrawscapeError, ParameterError, UnknownNameError
from drawscape.notebook.draw_target import (
    DrawTarget,
    Values,
    is_literal,
    settings_in,
    sketch_of,
    target_of,
)
from drawscape.notebook.field_values import Typed, random_value, read_value, shown_of, start_value
from drawscape.parameters import MISSING, Parameter
from drawscape.recipe import plain

OFFERED = ("a6", "a5", "a4", "a3", "a2", "a1", "b5", "b4", "b3", "letter", "legal", "tabloid")
"""Papers that fit a plotter; any other sheet is a custom one."""

WIDTH, HEIGHT = (
    Parameter(side, "float", low=1.0, high=5000.0, default=100.0, doc=f"{side} in mm")
    for side in ("width", "height")
)
MARGIN = Parameter(
    "margin", "float", low=0, high=5000.0, default=None, optional=True, doc="Kept free, in mm"
)
SEED = Parameter("seed", "int", low=0, high=2**32 - 1, default=0)

DICE_SIDES = 10_000  # the dice give seeds short enough to note down


@dataclass(frozen=True)
class Settings:
    """The settings of a form. `given` has a checked value, or a Typed one, for each of `parameters`."""

    target: DrawTarget
    given: Values = field(default_factory=dict)

    @classmethod
    def of(
        cls, target: DrawTarget, paper: str = "A4", orientation: Orientation | None = None
    ) -> "Settings":
        """Return the settings that a form of `target` opens with. Raises UnknownNameError."""
        empty = cls(target)
        starts = {
            name: Typed(shown_of(one, start_value(one))) if one.required else one.default
            for name, one in empty.parameters.items()
        }
        found = empty._with(starts)
        return found._with(found._page(paper, orientation))

    @classmethod
    def of_drawing(
        cls,
        drawing: Drawing,
        paper: str | None,
        orientation: Orientation | None,
        *,
        trust: bool = False,
    ) -> "Settings":
        """Return the settings of `drawing`, on another `paper` or turned; the margin is scaled.

        Without an orientation it keeps its own. Raises UnknownNameError for a paper, ProvenanceError.
        """
        found = cls.of(target_of(sketch_of(drawing, trust=trust))).restored(settings_in(drawing))
        if not (paper or orientation):
            return found
        sides = (drawing.width, drawing.height)
        turned: Orientation = "landscape" if sides[0] > sides[1] else "portrait"
        size = paper_size(paper or "{:g}x{:g}".format(*sides), orientation or turned)
        margin = round(drawing.margin * min(size) / min(sides), 6)
        return found.changed({"width": size[0], "height": size[1], "margin": margin})

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """All that the form asks for, by name: page, seed, the target's own parameters."""
        seed = [SEED] if self.target.sketch.is_random else []
        return {one.name: one for one in (WIDTH, HEIGHT, MARGIN, *seed, *self.target.parameters)}

    @cached_property
    def _checked(self) -> Values:
        """The value of each parameter, or its ParameterError."""
        return {name: read_value(one, self.given[name]) for name, one in self.parameters.items()}

    @cached_property
    def inputs(self) -> Values:
        """The content of each field by name."""
        return {
            name: one.shown if isinstance(one, Typed) else shown_of(self.parameters[name], one)
            for name, one in self.given.items()
        }

    @property
    def values(self) -> Values:
        """All values, checked: page, seed and parameters. Raises ParameterError."""
        for value in self._checked.values():
            if isinstance(value, ParameterError):
                raise value
        return self._gathered

    @cached_property
    def kept(self) -> Values:
        """The arguments for `changed` that give these settings, as JSON, without wrong fields."""
        shown = self.target.shown({"margin": None, **self._gathered})
        return {name: plain(value) for name, value in shown.items()}

    @property
    def arguments(self) -> Values:
        """The keyword arguments of the job. Raises ParameterError."""
        return self.target.arguments(self.values)

    @property
    def errors(self) -> dict[str, str]:
        """The rule that each wrong field breaks; an empty field is unfinished, not wrong."""
        return {
            name: one.rule
            for name, one in self._checked.items()
            if isinstance(one, ParameterError) and self.inputs[name]
        }

    @property
    def page_size(self) -> tuple[float, float] | None:
        """The width and height of the sheet in mm; None while a side is wrong."""
        right = self._gathered
        return (right["width"], right["height"]) if right.keys() >= {"width", "height"} else None

    @property
    def _gathered(self) -> Values:
        """The valid values as a caller gave them: without a margin that was not given."""
        return {
            name: value
            for name, value in self._checked.items()
            if not isinstance(value, ParameterError) and (name, value) != ("margin", None)
        }

    def changed(self, values: Values) -> "Settings":
        """Return these settings with `values`, all of them or none.

        Raises UnknownNameError or ParameterError.
        """
        rest, known = dict(values), self.parameters
        words = {"paper", "orientation"} - known.keys()
        rest = {**self._page(**{name: rest.pop(name, None) for name in words}), **rest}
        for name in rest.keys() - known.keys():
            if name == "seed":
                rule = "uses no randomness, so every seed gives the same drawing; vary a parameter"
                raise ParameterError("seed", "given", f"{self.target.title} {rule}")
            raise UnknownNameError("parameter", name, known)
        return self._with({name: known[name].check(value) for name, value in rest.items()})

    def typed(self, name: str, shown: Any) -> "Settings":
        """Return these settings with what somebody typed or chose for one name, right or wrong."""
        return self if self.inputs.get(name) == shown else self._with({name: Typed(shown)})

    def restored(self, kept: Values) -> "Settings":
        """Return these settings with those of `kept` that the target still has and allows."""
        found = self
        for name, value in kept.items():
            with contextlib.suppress(DrawscapeError):
                found = found.changed({name: value})
        return found

    def shuffled(self, locked: Collection[str]) -> "Settings":
        """Return other values for the seed and all unlocked parameters with bounds or choices."""
        drawn = {}
        rng = np.random.default_rng()
        for parameter in self.target.parameters:
            empty = parameter.optional and self.inputs[parameter.name] is None
            if parameter.name not in locked and (not empty or parameter.kind == "choice"):
                drawn[parameter.name] = random_value(parameter, rng)
        if self.target.sketch.is_random and "seed" not in locked:
            drawn["seed"] = int(rng.integers(DICE_SIDES))
        return self._with({name: value for name, value in drawn.items() if value is not MISSING})

    def _with(self, values: Values) -> "Settings":
        return replace(self, given={**self.given, **values})

    def _page(
        self, paper: str | None = None, orientation: Orientation | None = None
    ) -> dict[str, float]:
        """Return width and height of a paper, or of the page as it is, turned."""
        if not (paper or orientation):
            return {}
        size = self.page_size or (WIDTH.default, HEIGHT.default)
        sides = paper_size(paper or "x".join(map(str, size)), orientation)
        return dict(zip(("width", "height"), sides))

    @property
    def schema(self) -> dict[str, Any]:
        """What form.js needs to draw the fields, as JSON; see there."""
        target, own = self.target, set(self.target.names)
        return {
            "title": target.title,
            "summary": target.sketch.summary,
            "papers": {name: PAPERS[name] for name in OFFERED},
            "sheet": {n: one.json_schema() for n, one in self.parameters.items() if n not in own},
            "parameters": {"properties": {one.name: _property(one) for one in target.parameters}},
        }


class UndoHistory:
    """The settings that a form shows now, and those that it went through."""

    def __init__(self, first: Settings) -> None:
        self._row, self._place = [first], 0
        self._gesture: Any = None

    @property
    def now(self) -> Settings:
        """The settings that are shown."""
        return self._row[self._place]

    @property
    def ways(self) -> dict[str, bool]:
        """Whether there are settings before these, `undo`, and after them, `redo`."""
        return {"undo": self._place > 0, "redo": self._place < len(self._row) - 1}

    def add(self, settings: Settings, gesture: Any = None) -> bool:
        """Show these, and return whether they differ; one `gesture`, such as a drag, is one step."""
        if (settings.inputs, settings.kept) == (self.now.inputs, self.now.kept):
            return False
        same = gesture is not None and gesture == self._gesture and self._place > 0
        kept = self._place if same else self._place + 1
        self._row = [*self._row[:kept], settings]
        self._place, self._gesture = kept, gesture
        return True

    def retarget(self, target: DrawTarget) -> None:
        """Use a target with the same parameters for all settings."""
        self._row = [replace(one, target=target) for one in self._row]

    def step(self, by: int) -> None:
        """Go back (-1) or forward (1)."""
        self._place = min(max(self._place + by, 0), len(self._row) - 1)
        self._gesture = None


def _property(parameter: Parameter) -> dict[str, Any]:
    """Return the JSON Schema of a parameter, with its default as the page shows it."""
    schema = parameter.json_schema()
    start = start_value(parameter)
    schema["default"] = shown_of(parameter, start)
    if parameter.kind == "any" and not is_literal(start):
        schema["readOnly"] = True
    return schema
