"""What a form draws: a sketch, a function from a cell, or a task, seen as one kind of job."""

import contextlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from drawscape.errors import NotSerializableError, ParameterError, SignatureError
from drawscape.jobs import check_serializable, load_task, portable
from drawscape.notebook.form_checks import checked_parameters
from drawscape.notebook.text import label_of, size_words
from drawscape.parameters import Parameter, read_parameters
from drawscape.sketches import SKETCHES, Sketch, as_sketch
from drawscape.sketches.model import is_sketch
from drawscape.sketches.recipe import note_origin
from drawscape.sketches.streams import streams_of

PATTERN_TASK = "workers.svg_tasks.generate_complex_svg"
FUNCTION_TASK = "workers.svg_tasks.draw_function_svg"

PAGE = frozenset({"width", "height"})
REMEMBERED = frozenset({"fresh", "draft", "sheet", "parents"})
"""What a drawing task is given beside the drawing itself, for the catalogue."""

HANDED = (
    PAGE | REMEMBERED | {"seed", "streams", "margin", "pattern_type", "function", "output_filename"}
)
"""Names that the drawing tasks keep for themselves: no sketch's parameter can have them."""

LARGEST_CARRIED = 32_000_000
"""Bytes; what a cell's function touches is stored with each of its jobs, for a month."""

Drawable = str | Sketch | Callable[..., Any]


@dataclass(frozen=True)
class Target:
    """A job that a form can enqueue.

    `parameters` are those with a control of their own; page and seed have theirs where `has_page`
    and `has_seed` say so, and `streams` are those of its random numbers that have a name. `fixed`
    arguments go with every job. `patterns` are names to choose from.
    """

    title: str
    summary: str
    task: str | Callable[..., Any]
    parameters: tuple[Parameter, ...]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    has_page: bool = False
    has_seed: bool = False
    patterns: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()

    @property
    def verb(self) -> str:
        """What the worker does meanwhile."""
        return "drawing" if self.has_page else "working"

    @property
    def may_have_seed(self) -> bool:
        """Whether this target, or one of its patterns, uses randomness."""
        return self.has_seed or bool(self.patterns)

    @property
    def takes_margin(self) -> bool:
        """Whether the job keeps a margin free that one may set."""
        return isinstance(self.task, str) and _draws(self.task)

    @cached_property
    def sketch(self) -> Sketch | None:
        """What the function of a cell or a module is as a sketch: read once, however many drawings."""
        function = self.fixed.get("function")
        return None if function is None else as_sketch(function)

    def check_seed(self) -> None:
        """Raise ParameterError where a seed would change nothing."""
        if not self.has_seed:
            raise ParameterError(
                "seed",
                "given",
                f"{self.title} uses no randomness, so every seed gives the same drawing; "
                "vary one of its parameters",
            )

    def with_pattern(self, name: str) -> "Target":
        """Return this target with the parameters of the pattern `name`."""
        chosen = SKETCHES[name]
        own = tuple(p for p in self.parameters if p.name == "output_filename")
        return replace(
            self,
            title=label_of(name),
            summary=chosen.summary,
            parameters=(*_checked(chosen), *own),
            fixed={**self.fixed, "pattern_type": name},
            has_seed=chosen.takes_rng,
            streams=streams_of(chosen),
        )

    def arguments(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the keyword arguments of the job; a sketch's choices travel by their names.

        A function of a file beside the notebook travels whole, as one of a cell does: no worker could
        import that file.
        """
        function = self.fixed.get("function")
        carried = {} if function is None else {"function": portable(function)}
        return {**self.fixed, **carried, **self.shown(values)}

    def shown(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return `values` as they travel and are written down: a sketch's choices by their names."""
        if "pattern_type" not in self.fixed and "function" not in self.fixed:
            return dict(values)
        known = {p.name: p for p in self.parameters}
        return {
            name: known[name].shown(value) if name in known else value
            for name, value in values.items()
        }


def target_of(drawable: Drawable) -> Target:
    """Return the job for a pattern's name, a Sketch, a function, a task or its dotted path.

    Raises UnknownNameError for a name that no pattern has, TaskNotFoundError or TaskNotAllowedError
    for a path that leads to no task, SignatureError for parameters that cannot be read or asked for,
    NotSerializableError for a function that no worker can be handed.
    """
    if isinstance(drawable, str):
        if "." not in drawable:
            return _sketch_target(SKETCHES[drawable])
        return _task_target(drawable, load_task(drawable))
    if not isinstance(drawable, Sketch) and not inspect.isroutine(inspect.unwrap(drawable)):
        raise SignatureError(
            f"{drawable!r} is no pattern's name, sketch, function or path of a task; try form('spiral')"
        )
    if isinstance(drawable, Sketch) or is_sketch(drawable):
        return _sketch_target(as_sketch(drawable))
    return _task_target(drawable, drawable)


def _sketch_target(sketch: Sketch) -> Target:
    by_name = SKETCHES.finds(sketch)
    if not by_name:
        _check_carried(f"sketch {sketch.name!r}", sketch.function)
        note_origin(sketch.function)
    return Target(
        title=label_of(sketch.name),
        summary=sketch.summary,
        task=PATTERN_TASK if by_name else FUNCTION_TASK,
        parameters=_checked(sketch),
        fixed={"pattern_type": sketch.name} if by_name else {"function": sketch.function},
        has_page=True,
        has_seed=sketch.takes_rng,
        streams=streams_of(sketch),
    )


def _task_target(task: str | Callable[..., Any], function: Callable[..., Any]) -> Target:
    kept = REMEMBERED if isinstance(task, str) and _draws(task) else ()
    parameters = checked_parameters(
        f"task {_name_of(function)!r}", read_parameters(function, skip=tuple(kept))
    )
    if callable(task):
        _check_carried(f"task {_name_of(function)!r}", function)
    signature = inspect.signature(function)
    names = {p.name for p in parameters}
    open_ended = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
    has_page = names >= PAGE
    has_patterns = "pattern_type" in names and open_ended
    own = {*(PAGE if has_page else ()), "seed", *(("pattern_type",) if has_patterns else ())}
    target = Target(
        title=label_of(_name_of(function)),
        summary=(inspect.getdoc(function) or "").partition("\n")[0],
        task=task,
        parameters=tuple(p for p in parameters if p.name not in own),
        has_page=has_page,
        has_seed="seed" in names,
        patterns=tuple(SKETCHES) if has_patterns else (),
    )
    if not has_patterns:
        return target
    default = next(p.default for p in parameters if p.name == "pattern_type")
    return target.with_pattern(default if default in SKETCHES else target.patterns[0])


def _draws(task: str) -> bool:
    """Return whether the task at that path is one of the library's that draw a sketch."""
    return task.rpartition(".")[2] in ("generate_complex_svg", "draw_function_svg")


def _checked(sketch: Sketch) -> tuple[Parameter, ...]:
    for parameter in sketch.parameters:
        if parameter.name in HANDED:
            raise SignatureError(
                f"sketch {sketch.name!r} has a parameter {parameter.name!r}, which the job needs "
                f"for itself; call it something like {f'line_{parameter.name}'!r}"
            )
    return checked_parameters(f"sketch {sketch.name!r}", sketch.parameters)


def _check_carried(owner: str, function: Callable[..., Any]) -> None:
    """Raise NotSerializableError, now and not at the first Draw, for what no worker can be handed."""
    try:
        size = check_serializable(portable(function))
    except Exception as error:  # whatever a pickler may raise for what it does not know
        reason = str(error) if isinstance(error, NotSerializableError) else repr(error)
        raise NotSerializableError(
            f"{owner} cannot be carried to the worker ({reason}); let it make inside what it uses"
        ) from error
    if size > LARGEST_CARRIED:
        raise NotSerializableError(
            f"{owner} carries {size_words(size)} to the worker with each drawing"
            f"{_largest_global(function)}; {size_words(LARGEST_CARRIED)} is the most. Save the data "
            "in a file of the home (numpy.save) and let the sketch load it"
        )


def _largest_global(function: Callable[..., Any]) -> str:
    """Return which name of the cell's is to blame, ready for a sentence."""
    scope = inspect.getclosurevars(inspect.unwrap(function))
    sizes = {}
    for name, value in {**scope.globals, **scope.nonlocals}.items():
        with contextlib.suppress(Exception):  # one that cannot be measured is not the one
            sizes[name] = check_serializable(portable(value) if callable(value) else value)
    if not sizes:
        return ""
    largest = max(sizes, key=lambda name: sizes[name])
    return f", most of it in {largest!r} ({size_words(sizes[largest])})"


def _name_of(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", "task"))
