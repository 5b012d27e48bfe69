"""What a form holds: page, seed and parameters, as a page shows them and as a sketch wants them.

Numbers travel to the page as texts: they stay exact to the last bit, and what was typed wrong stays as it is.
`Settings` is one state of a form and never changes; `UndoHistory` are the states that it went through.
"""

import ast
import contextlib
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from drawscape.catalogue import Drawing
from drawscape.drawing.document import PAPERS, Orientation, paper_size
from drawscape.errors import DrawscapeError, ParameterError, UnknownNameError
from drawscape.notebook.target import Target, Values, is_literal, settings_in, sketch_of, target_of
from drawscape.notebook.text import number_text
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

DICE_SIDES = 10_000  # the dice give seeds that a person can read out and note down


@dataclass(frozen=True)
class Typed:
    """What a page shows in a field, right or wrong: nobody has checked it."""

    shown: Any


@dataclass(frozen=True)
class Settings:
    """The settings of a form. `given` has a checked value, or what was Typed, by name of `parameters`."""

    target: Target
    given: Values = field(default_factory=dict)

    @classmethod
    def of(
        cls, target: Target, paper: str = "A4", orientation: Orientation | None = None
    ) -> "Settings":
        """Return the settings that a form of `target` opens with. Raises UnknownNameError."""
        empty = cls(target)
        starts = {
            name: Typed(shown_of(one, _start(one))) if one.required else one.default
            for name, one in empty.parameters.items()
        }
        found = empty._with(starts)
        return found._with(found._page(paper, orientation)) if target.has_page else found

    @classmethod
    def of_drawing(
        cls,
        drawing: Drawing,
        paper: str | None = None,
        orientation: Orientation | None = None,
        *,
        trust: bool = False,
    ) -> "Settings":
        """Return those that drew `drawing`, on another `paper` or turned: the margin in proportion.

        Without an orientation it lies as it does now. Raises UnknownNameError for a paper, ProvenanceError.
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
        target = self.target
        page = [WIDTH, HEIGHT] if target.has_page else []
        page += [MARGIN] if target.takes_margin else []
        page += [SEED] if target.has_seed else []
        return {one.name: one for one in (*page, *target.parameters)}

    @cached_property
    def _checked(self) -> Values:
        """The value of each parameter, or the error that says what is wrong with it."""
        return {name: _read(one, self.given[name]) for name, one in self.parameters.items()}

    @cached_property
    def inputs(self) -> Values:
        """What the page shows for each name, with the pattern where there is one to choose."""
        shown = {
            name: one.shown if isinstance(one, Typed) else shown_of(self.parameters[name], one)
            for name, one in self.given.items()
        }
        return {**self.pattern, **shown}

    @property
    def values(self) -> Values:
        """All values, checked: pattern, page, seed and parameters. Raises ParameterError."""
        for value in self._checked.values():
            if isinstance(value, ParameterError):
                raise value
        return self._gathered

    @cached_property
    def kept(self) -> Values:
        """What `changed` and `restored` need to show the same again, as JSON; wrong fields are left out."""
        empty: dict[str, Any] = {"margin": None} if self.target.takes_margin else {}
        shown = self.target.shown({**empty, **self._gathered})
        return {name: plain(value) for name, value in shown.items()}

    @property
    def arguments(self) -> Values:
        """The keyword arguments of the job. Raises ParameterError."""
        return self.target.arguments(self.values)

    @property
    def errors(self) -> dict[str, str]:
        """The rule that each wrong field breaks; one that is empty is unfinished, not wrong."""
        return {
            name: one.rule
            for name, one in self._checked.items()
            if isinstance(one, ParameterError) and self.inputs[name]
        }

    @property
    def page_size(self) -> tuple[float, float] | None:
        """The sheet's width and height in mm, None where there is none, or one side is wrong."""
        right = self._gathered if self.target.has_page else {}
        return (right["width"], right["height"]) if right.keys() >= {"width", "height"} else None

    @property
    def _gathered(self) -> Values:
        """The right values as a caller knows them: no margin where none was given."""
        gathered = dict(self.pattern)
        for name, value in self._checked.items():
            if isinstance(value, ParameterError):
                continue
            if (name, value) != ("margin", None) or not self.target.takes_margin:
                gathered[name] = value
        return gathered

    def changed(self, values: Values) -> "Settings":
        """Return these settings with `values`, all of them or none.

        Raises UnknownNameError or ParameterError.
        """
        rest, found = dict(values), self
        if self.target.patterns and "pattern_type" in rest:
            found = found._with_pattern(rest.pop("pattern_type"))
        if found.target.has_page:
            words = {"paper", "orientation"} - {one.name for one in found.target.parameters}
            rest = {**found._page(**{name: rest.pop(name, None) for name in words}), **rest}
        for name in rest.keys() - found.parameters.keys():
            if name == "seed":
                rule = "uses no randomness, so every seed gives the same drawing; vary a parameter"
                raise ParameterError("seed", "given", f"{found.target.title} {rule}")
            raise UnknownNameError("parameter", name, found.parameters)
        return found._with({n: found.parameters[n].check(value) for n, value in rest.items()})

    def typed(self, name: str, shown: Any) -> "Settings":
        """Return these settings with what somebody typed or chose for one name, right or wrong."""
        if self.inputs.get(name) == shown:
            return self
        is_pattern = name == "pattern_type"
        return self._with_pattern(shown) if is_pattern else self._with({name: Typed(shown)})

    def restored(self, kept: Values) -> "Settings":
        """Return these settings with what was kept that the target still has and allows."""
        found = self
        for name in sorted(kept, key=lambda name: name != "pattern_type"):  # the pattern first
            with contextlib.suppress(DrawscapeError):
                found = found.changed({name: kept[name]})
        return found

    def retargeted(self, target: Target) -> "Settings":
        """Return the settings for another target: what has the same name and fits keeps its value."""
        fitting = {n: value for n, value in self.kept.items() if n != "pattern_type"}
        return Settings.of(target).restored(fitting)

    def shuffled(self, locked: Collection[str]) -> "Settings":
        """Return other values for all that has bounds or choices and is not locked, and the seed."""
        drawn: dict[str, Any] = {}
        rng = np.random.default_rng()
        for parameter in self.target.parameters:
            empty = parameter.optional and self.inputs[parameter.name] is None
            if parameter.name not in locked and (not empty or parameter.kind == "choice"):
                drawn[parameter.name] = random_value(parameter, rng)
        if self.target.has_seed and "seed" not in locked:
            drawn["seed"] = int(rng.integers(DICE_SIDES))
        return self._with({name: value for name, value in drawn.items() if value is not MISSING})

    def _with(self, values: Values) -> "Settings":
        return replace(self, given={**self.given, **values})

    def _with_pattern(self, name: str) -> "Settings":
        if name not in self.target.patterns:
            raise UnknownNameError("pattern", name, self.target.patterns)
        return self.retargeted(self.target.with_pattern(name))

    def _page(
        self, paper: str | None = None, orientation: Orientation | None = None
    ) -> dict[str, float]:
        """Return width and height of a paper, or of the page as it is, turned."""
        if not (paper or orientation):
            return {}
        size = self.page_size or (WIDTH.default, HEIGHT.default)
        sides = paper_size(paper or "x".join(map(str, size)), orientation)
        return dict(zip(("width", "height"), sides, strict=True))

    @property
    def schema(self) -> dict[str, Any]:
        """What form.js needs to draw the fields, as JSON; see there."""
        target = self.target
        names = set(self.parameters) - {one.name for one in target.parameters}
        papers = {name: PAPERS[name] for name in OFFERED} if target.has_page else {}
        return {
            "title": target.title,
            "summary": target.summary,
            "patterns": list(target.patterns),
            "papers": papers,
            "sheet": {n: one.json_schema() for n, one in self.parameters.items() if n in names},
            "parameters": {"properties": {one.name: _property(one) for one in target.parameters}},
        }

    @property
    def pattern(self) -> Values:
        """The pattern by the name of its argument, where there is one to choose."""
        fixed = self.target.fixed if self.target.patterns else {}
        return {name: fixed[name] for name in ("pattern_type",) if name in fixed}


class UndoHistory:
    """The settings that a form shows now, and those that it went through."""

    LONGEST = 500

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
        """Show these, and return whether they differ; what one `gesture` changes, as a drag, is one step."""
        if (settings.inputs, settings.kept) == (self.now.inputs, self.now.kept):
            return False
        same = gesture is not None and gesture == self._gesture and self._place > 0
        kept = self._place if same else self._place + 1
        self._row = [*self._row[:kept], settings][-self.LONGEST :]
        self._place, self._gesture = len(self._row) - 1, gesture
        return True

    def step(self, by: int) -> None:
        """Go back (-1) or forward (1)."""
        self._place = min(max(self._place + by, 0), len(self._row) - 1)
        self._gesture = None


def shown_of(parameter: Parameter, value: Any) -> Any:
    """Return what a page shows for a value: text for numbers, names of choices, lists of such."""
    if value is None or value is MISSING:
        return None
    if parameter.kind in ("int", "float"):
        return number_text(value)
    if parameter.kind == "list":
        return [shown_of(*pair) for pair in zip(_items(parameter, value), value, strict=True)]
    if parameter.kind == "any":
        return repr(value)
    return parameter.shown(value)


def _value_of(parameter: Parameter, shown: Any) -> Any:
    """Return what a page's input means, before it is checked."""
    if parameter.kind == "list" and shown is not None:
        return [_value_of(*pair) for pair in zip(_items(parameter, shown), shown, strict=True)]
    text = shown.strip() if isinstance(shown, str) and parameter.kind != "text" else shown
    if text == "" and (parameter.kind == "any" or parameter.optional or parameter.default is None):
        return None
    if parameter.kind == "any" and isinstance(text, str):
        with contextlib.suppress(ValueError, SyntaxError):
            return ast.literal_eval(text)
    return text


def _read(parameter: Parameter, given: Any) -> Any:
    """Return the value that is given or was typed, or the ParameterError that says what is wrong."""
    if not isinstance(given, Typed):
        return given
    value = _value_of(parameter, given.shown)
    if value is None and parameter.required and not parameter.optional:
        return ParameterError(parameter.name, None, "a value is required")
    try:
        return parameter.check(value)
    except ParameterError as error:
        return error


def _items(parameter: Parameter, values: Sequence[Any]) -> tuple[Parameter, ...]:
    return parameter.items * len(values) if parameter.open_ended else parameter.items


def _start(parameter: Parameter) -> Any:
    """Return where a parameter begins: at its default, or at what stands nearest to one."""
    if parameter.default is not MISSING:
        return parameter.default
    if parameter.optional:
        return None
    if parameter.kind == "list":
        return [] if parameter.open_ended else [_start(item) for item in parameter.items]
    if parameter.kind == "choice":
        return next(iter((parameter.choices or {}).values()))
    low = parameter.low or 0
    return {"bool": False, "text": "", "int": low, "float": low}.get(parameter.kind)


def _property(parameter: Parameter) -> dict[str, Any]:
    """Return the JSON Schema of a parameter, with its default as the page shows it."""
    schema = parameter.json_schema()
    start = _start(parameter)
    schema["default"] = shown_of(parameter, start)
    if parameter.kind == "any" and not is_literal(start):
        schema["readOnly"] = True
    return schema


def random_value(parameter: Parameter, rng: np.random.Generator) -> Any:
    """Return a value anywhere within a parameter's choices or slider; MISSING where it has neither."""
    if parameter.kind == "bool":
        return bool(rng.integers(2))
    if parameter.choices:
        choices = [*parameter.choices.values(), *([None] if parameter.optional else [])]
        return choices[rng.integers(len(choices))]
    low, high, start = parameter.low, parameter.high, parameter.default
    if parameter.kind in ("int", "float") and start not in (MISSING, None):
        far = round(3 * abs(start), 12) or (10 if parameter.kind == "int" else 1)  # as in form.js
        low = low if low is not None else (-far if start < 0 else 0)
        high = high if high is not None else max(low, 0) + far
    if low is None or high is None or low >= high:
        return MISSING
    # A range has 100 to 1000 stops, which a person can read out.
    digits = 2 - math.floor(math.log10(high - low))
    stop = 10.0**-digits
    number = rng.uniform(low + stop * parameter.low_open, high - stop * parameter.high_open)
    return within(parameter, round(float(number), digits), low, high)


def within(parameter: Parameter, number: float, low: float, high: float) -> Any:
    """Return `number` reflected into the bounds, whole or a multiple where it has to be one."""
    step = parameter.step or (1 if parameter.kind == "int" else 0)
    inside = step or (high - low) * 1e-6
    low, high = low + inside * parameter.low_open, high - inside * parameter.high_open
    number = max(number, 2 * low - number)
    number = max(min(number, 2 * high - number), low)
    if step:
        first, last = -(-low // step), high // step
        number = min(max(round(number / step), first), last) * step
    return parameter.check(int(number) if parameter.kind == "int" else float(number))
