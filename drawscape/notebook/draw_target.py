"""A draw target: the sketch, the function of a cell, or the task that a form or a sheet draws, as a job.

`target_of` reads it, `existing_drawing` finds its drawing, `enqueue_drawing` queues a job. `sketch_of` and
`settings_in` lead back, from a drawing to its sketch and settings.
"""

import ast
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from numbers import Real
from pathlib import Path
from typing import Any, TypeGuard

from drawscape.catalogue import Drawing, find_existing
from drawscape.catalogue.database import reading
from drawscape.errors import (
    CatalogueError,
    NotSerializableError,
    ParameterError,
    ProvenanceError,
    SignatureError,
)
from drawscape.jobs import Job, check_serializable, enqueue_background_job, load_task, portable
from drawscape.notebook.labels import label_of, size_words, value_text
from drawscape.parameters import Parameter, read_parameters
from drawscape.recipe import (
    Recipe,
    cached_hashes,
    is_sketch,
    margin_for,
    note_origin,
    recipe_of,
)
from drawscape.sketches import SKETCHES, Sketch, as_sketch
from drawscape.sketches.registry import chosen

PATTERN_TASK = "drawscape.tasks.drawing.generate_complex_svg"
FUNCTION_TASK = "drawscape.tasks.drawing.draw_function_svg"

PAGE = frozenset({"width", "height"})
REMEMBERED = frozenset({"fresh", "draft", "sheet", "parents"})
"""Arguments of a drawing task that the catalogue needs and the drawing does not."""

HANDED = PAGE | REMEMBERED | {"seed", "margin", "pattern_type", "function", "output_filename"}
"""Arguments of the drawing tasks: a parameter of a sketch cannot have these names."""

LONGEST_LINE = 88  # characters of a call in `Form.code`

FORM_PRIORITY, SHEET_PRIORITY = 10, -10
"""Forms run before contact sheets; a worker with several slots keeps one free of jobs below 0."""

LARGEST_CARRIED = 32_000_000
"""Bytes; the data that a cell's function uses is stored with each of its jobs, for a month."""

Values = Mapping[str, Any]
"""Values by the names of parameters."""

SketchLike = str | Sketch | Callable[..., Any]


@dataclass(frozen=True)
class DrawTarget:
    """A job that a form can enqueue.

    `parameters` are its own; page and seed come with them where `has_page` and `has_seed` say so. `fixed`
    arguments go with every job. `patterns` are names to choose from.
    """

    title: str
    summary: str
    task: str | Callable[..., Any]
    parameters: tuple[Parameter, ...]
    fixed: Values = field(default_factory=dict)
    has_page: bool = False
    has_seed: bool = False
    patterns: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """The names of `parameters`."""
        return [parameter.name for parameter in self.parameters]

    @property
    def verb(self) -> str:
        """The word for a job that runs: 'drawing' or 'working'."""
        return "drawing" if self.has_page else "working"

    @property
    def takes_margin(self) -> bool:
        """Whether the job keeps a margin free that one may set."""
        return isinstance(self.task, str) and _draws(self.task)

    @cached_property
    def sketch(self) -> Sketch | None:
        """The sketch of a function from a cell or a module, None for a pattern; it is read once."""
        function = self.fixed.get("function")
        return None if function is None else as_sketch(function)

    def with_pattern(self, name: str) -> "DrawTarget":
        """Return this target with the parameters of the pattern `name`."""
        own = tuple(p for p in self.parameters if p.name == "output_filename")
        pattern = _sketch_target(SKETCHES[name])
        parameters = (*pattern.parameters, *own)
        return replace(pattern, task=self.task, parameters=parameters, patterns=self.patterns)

    def arguments(self, values: Values) -> Values:
        """Return the keyword arguments of the job; a sketch's choices travel by their names.

        A function of a file beside the notebook travels whole, as one of a cell does: no worker could
        import that file.
        """
        function = self.fixed.get("function")
        carried = {"function": portable(function)} if function else {}
        return {**self.fixed, **carried, **self.shown(values)}

    def shown(self, values: Values) -> Values:
        """Return `values` as they travel and are written down: a sketch's choices by their names."""
        known = {p.name: p for p in self.parameters if self.takes_margin}
        return {
            name: known[name].shown(value) if name in known else value
            for name, value in values.items()
        }


def target_of(drawable: SketchLike) -> DrawTarget:
    """Return the job for a pattern's name, a Sketch, a function, a task or its dotted path.

    Raises UnknownNameError, and for a path that leads to no task TaskNotFoundError or TaskNotAllowedError.
    Raises SignatureError for parameters that no form can ask for, NotSerializableError for a function that no
    worker can be handed.
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


def _sketch_target(sketch: Sketch) -> DrawTarget:
    owner, by_name = f"sketch {sketch.name!r}", SKETCHES.finds(sketch)
    if not by_name:
        _check_carried(owner, sketch.function)
        note_origin(sketch.function)
    for name in [p.name for p in sketch.parameters if p.name in HANDED]:
        raise SignatureError(
            f"{owner} has a parameter {name!r}, which the job needs for itself; "
            f"call it something like {f'line_{name}'!r}"
        )
    return DrawTarget(
        title=label_of(sketch.name),
        summary=sketch.summary,
        task=PATTERN_TASK if by_name else FUNCTION_TASK,
        parameters=checked_parameters(owner, sketch.parameters),
        fixed={"pattern_type": sketch.name} if by_name else {"function": sketch.function},
        has_page=True,
        has_seed=sketch.is_random,
    )


def _task_target(task: str | Callable[..., Any], function: Callable[..., Any]) -> DrawTarget:
    owner = f"task {_name_of(function)!r}"
    is_ours = isinstance(task, str) and _draws(task)
    read = read_parameters(function, skip=REMEMBERED if is_ours else ())
    parameters = checked_parameters(owner, read)
    if callable(task):
        _check_carried(owner, function)
    defaults = {p.name: p.default for p in parameters}
    has_page, has_patterns = defaults.keys() >= PAGE, is_ours and "pattern_type" in defaults
    own = {*(PAGE if has_page else ()), "seed"}
    target = DrawTarget(
        title=label_of(_name_of(function)),
        summary=(inspect.getdoc(function) or "").partition("\n")[0],
        task=task,
        parameters=tuple(p for p in parameters if p.name not in own),
        has_page=has_page,
        has_seed="seed" in defaults,
        patterns=tuple(SKETCHES) if has_patterns else (),
    )
    return target.with_pattern(defaults["pattern_type"]) if has_patterns else target


def _draws(task: str) -> bool:
    """Return whether the task at that path is one of the library's that draw a sketch."""
    return task.rpartition(".")[2] in ("generate_complex_svg", "draw_function_svg")


def _check_carried(owner: str, function: Callable[..., Any]) -> None:
    """Raise NotSerializableError, before the first Draw, for values that cannot be sent to a worker."""
    try:
        size = check_serializable(portable(function))
    except Exception as error:  # a pickler may raise anything for unknown types
        reason = str(error) if isinstance(error, NotSerializableError) else repr(error)
        raise NotSerializableError(
            f"{owner} cannot be carried to the worker ({reason}); let it make inside what it uses"
        ) from error
    if size > LARGEST_CARRIED:
        raise NotSerializableError(
            f"{owner} carries {size_words(size)} to the worker with each drawing; "
            f"{size_words(LARGEST_CARRIED)} is the most. Save the data in a file of the home (numpy.save) "
            "and let the sketch load it"
        )


def _name_of(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", "task"))


def call_text(target: DrawTarget, values: Values) -> str:
    """Return the call, on one line or with one argument a line.

        draw('spiral', width=148, height=210, seed=3, turns=24)

    Values that Python cannot read back, such as arrays, are written as they show themselves.
    """
    function, task = target.fixed.get("function"), target.task
    if function:
        name, first = "draw", _name_of(function)
    elif "pattern_type" in target.fixed and not target.patterns:
        name, first = "draw", repr(target.fixed["pattern_type"])
    else:
        name = "enqueue_background_job"
        first = repr(task) if isinstance(task, str) else _name_of(task)
    arguments = [
        first,
        *(f"{key}={value_text(value)}" for key, value in target.shown(values).items()),
    ]
    line = f"{name}({', '.join(arguments)})"
    if len(line) <= LONGEST_LINE:
        return line
    return f"{name}(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")"


def checked_parameters(owner: str, parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
    """Return `parameters`; raise SignatureError, which names `owner`, for the first that is at fault."""
    for parameter in parameters:
        fault = _fault(parameter)
        if fault:
            raise SignatureError(f"{owner}: parameter {parameter.name!r} {fault}")
    return tuple(parameters)


def is_literal(value: Any) -> bool:
    """Return whether `ast.literal_eval` gives `value` back from its `repr`."""
    try:
        return bool(ast.literal_eval(repr(value)) == value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False


def _fault(parameter: Parameter) -> str | None:
    low, high, step = parameter.low, parameter.high, parameter.step
    for number in (low, high, step):
        if number is not None and not isinstance(number, Real):
            return f"has the bound or step {number!r}, which is not a number"
    if low is not None and high is not None and low > high:
        return f"can have no value: it must be at least {low:g} and at most {high:g}"
    if step is not None and step <= 0:
        return f"has the step {step:g}; give one above 0"
    if parameter.choices is not None and not parameter.choices:
        return "has no choices"
    if parameter.required:
        return None
    try:
        parameter.check(parameter.default)
    except ParameterError as error:
        return f"has the default {parameter.default!r}, which its annotation refuses: {error.rule}"
    return None


@contextmanager
def at_one_moment() -> Iterator[None]:
    """Within the block, read sketches, home and catalogue once: it is for many drawings."""
    with ExitStack() as blocks:
        blocks.enter_context(cached_hashes())
        with suppress(CatalogueError):  # it knows of none then
            blocks.enter_context(reading())
        yield


def recipe_for(target: DrawTarget, arguments: Values) -> Recipe | None:
    """Return the recipe of a job of `target` with `arguments`; None for a task, or with `output_filename`."""
    if not target.takes_margin or arguments.get("output_filename"):
        return None
    sketch = target.sketch or chosen(arguments["pattern_type"])
    values = {name: value for name, value in arguments.items() if name not in HANDED}
    names = ("width", "height", "seed", "margin")
    given = {name: arguments[name] for name in names if name in arguments}
    return recipe_of(sketch, **given, values=values)


def existing_drawing(recipe: Recipe | None) -> Drawing | None:
    """Return the drawing of that recipe, or None if there is no such drawing or no readable catalogue."""
    with suppress(CatalogueError):
        return None if recipe is None else find_existing(recipe)
    return None


def enqueue_drawing(
    target: DrawTarget,
    arguments: Values,
    recipe: Recipe | None,
    *,
    fresh: bool = False,
    draft: bool = False,
    job_timeout: Any = None,
    title: str = "",
) -> Job:
    """Return a job for a drawing, called `title`, enqueued.

    A `draft` goes to a folder that is emptied, and the catalogue does not know of it.
    """
    how = {name: True for name, on in (("fresh", fresh), ("draft", draft)) if on and recipe}
    seed = f", seed {arguments['seed']}" if target.has_seed and "seed" in arguments else ""
    return enqueue_background_job(
        target.task,
        job_description=f"{title or target.title}{seed}",
        job_timeout=job_timeout,
        job_priority=FORM_PRIORITY,
        **arguments,
        **how,
    )


def settings_in(drawing: Drawing) -> Values:
    """Return the settings that a drawing was made with. A page's default margin is given as None."""
    page = {"width": drawing.width, "height": drawing.height}
    margin = None if drawing.margin == margin_for(*page.values()) else drawing.margin
    sheet = {"pattern_type": drawing.sketch, **page, "margin": margin, "seed": drawing.seed}
    return {**sheet, **drawing.parameters}


def is_drawing(target: object) -> TypeGuard[Drawing | Path | str]:
    """Return whether `target` names a drawing: one of the catalogue, or an SVG file."""
    named = isinstance(target, (str, os.PathLike)) and os.fspath(target).endswith(".svg")
    return named or isinstance(target, Drawing)


def notebook_sketch(name: str) -> Callable[..., Any] | None:
    """Return the sketch that this notebook defines under that name, None for none."""
    here = vars(sys.modules["__main__"]).get(name)
    return here if callable(here) and is_sketch(here) else None


def sketch_of(drawing: Drawing, *, trust: bool = False) -> SketchLike:
    """Return the sketch of a drawing. Raises ProvenanceError for a notebook's that is not defined here."""
    here = notebook_sketch(drawing.sketch)
    if here:
        return here
    from drawscape.catalogue.redraw import known_provenance, sketch_for

    provenance = known_provenance(drawing)
    if not provenance.source and drawing.sketch in SKETCHES:
        return drawing.sketch
    try:
        return sketch_for(provenance, trust=trust)
    except ProvenanceError:
        raise ProvenanceError(
            f"the sketch {drawing.sketch!r} is not defined in this notebook; run its cell first, or let the "
            "source that the drawing carries run: trust=True"
        ) from None


def redefined_target(target: DrawTarget) -> DrawTarget | None:
    """Return the target with the notebook's function of that name, if a cell has defined it again.

    None when it is the same function, or has other parameters: then a person decides.
    """
    if not target.sketch:
        return None
    former = target.sketch.function
    here = notebook_sketch(_name_of(former))
    now = as_sketch(here) if here else None
    if now is None or now.function is former or now.parameters != target.parameters:
        return None
    return target_of(now)


def newer_target(target: DrawTarget) -> DrawTarget | None:
    """Return the target of the sketch as it is now, if its parameters differ from `target`; else None."""
    if target.patterns or not target.takes_margin:
        return None
    if not target.sketch:
        name = target.fixed["pattern_type"]
        now = SKETCHES[name] if name in SKETCHES else None  # noqa: SIM401 - it raises no KeyError
    else:
        function = target.sketch.function
        now = as_sketch(notebook_sketch(_name_of(function)) or function)
    return None if not now or now.parameters == target.parameters else target_of(now)
