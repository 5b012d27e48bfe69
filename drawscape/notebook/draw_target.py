"""A draw target: a sketch as a form or a sheet draws it, by jobs.

`target_of` reads it, `existing_drawing` finds its drawing, `enqueue_drawing` queues a job. `sketch_of` and
`settings_in` lead back, from a drawing to its sketch and settings.
"""

import ast
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
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
from drawscape.jobs import Job, check_serializable, enqueue_background_job, portable
from drawscape.notebook.labels import label_of, size_words, value_text
from drawscape.parameters import Parameter
from drawscape.recipe import (
    Recipe,
    cached_hashes,
    is_sketch,
    margin_for,
    note_origin,
    recipe_of,
)
from drawscape.sketches import SKETCHES, Sketch, as_sketch

PATTERN_TASK = "drawscape.tasks.drawing.generate_complex_svg"
FUNCTION_TASK = "drawscape.tasks.drawing.draw_function_svg"

PAGE = ("width", "height", "seed", "margin")
HANDED = {
    *PAGE, "fresh", "draft", "sheet", "parents", "pattern_type", "function", "output_filename"
}  # fmt: skip
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
    """A sketch that jobs draw. A worker finds it `by_name`, or gets its function with each job."""

    sketch: Sketch
    by_name: bool

    @property
    def title(self) -> str:
        """The name of the sketch as a person reads it."""
        return label_of(self.sketch.name)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of the sketch, without page and seed."""
        return self.sketch.parameters

    @property
    def names(self) -> list[str]:
        """The names of `parameters`."""
        return [parameter.name for parameter in self.parameters]

    @property
    def task(self) -> str:
        """The path of the task that draws it."""
        return PATTERN_TASK if self.by_name else FUNCTION_TASK

    def arguments(self, values: Values) -> Values:
        """Return the keyword arguments of the job; choices travel by their names.

        A function of a file beside the notebook travels whole, as one of a cell does: no worker could
        import that file.
        """
        if self.by_name:
            return {"pattern_type": self.sketch.name, **self.shown(values)}
        return {"function": portable(self.sketch.function), **self.shown(values)}

    def shown(self, values: Values) -> Values:
        """Return `values` as they travel and are written down: choices by their names."""
        known = {p.name: p for p in self.parameters}
        return {
            name: known[name].shown(value) if name in known else value
            for name, value in values.items()
        }


def target_of(drawable: SketchLike) -> DrawTarget:
    """Return the target of a pattern's name, a Sketch, or a function that draws on a canvas.

    Raises UnknownNameError for another name. Raises SignatureError for an object that is not a sketch, and
    for parameters that no form can show. Raises NotSerializableError for a function that cannot be sent
    to a worker.
    """
    if isinstance(drawable, str):
        drawable = SKETCHES[drawable]
    is_function = inspect.isroutine(inspect.unwrap(drawable))  # type: ignore[arg-type]
    if not isinstance(drawable, Sketch) and not (is_function and is_sketch(drawable)):
        raise SignatureError(
            f"{drawable!r} is no pattern's name or sketch; a sketch is a function that takes the canvas "
            "first: def rings(svg, rng, *, count=30)"
        )
    sketch = as_sketch(drawable)
    owner, by_name = f"sketch {sketch.name!r}", SKETCHES.finds(sketch)
    if not by_name:
        _check_carried(owner, sketch.function)
        note_origin(sketch.function)
    for parameter in sketch.parameters:
        _check_parameter(owner, parameter)
    return DrawTarget(sketch, by_name)


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


def call_text(target: DrawTarget, values: Values) -> str:
    """Return the call, on one line or with one argument a line.

        draw('spiral', width=148, height=210, seed=3, turns=24)

    Values that Python cannot read back, such as arrays, are written as their repr.
    """
    name = target.sketch.name
    arguments = [repr(name) if target.by_name else _name_of(target.sketch.function)]
    arguments += [f"{key}={value_text(value)}" for key, value in target.shown(values).items()]
    line = f"draw({', '.join(arguments)})"
    if len(line) <= LONGEST_LINE:
        return line
    return "draw(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")"


def _name_of(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", "sketch"))


def _check_parameter(owner: str, parameter: Parameter) -> None:
    """Raise SignatureError, which names `owner`, for a parameter that no form can ask for."""
    name = parameter.name
    if name in HANDED:
        raise SignatureError(
            f"{owner} has a parameter {name!r}, which the job needs for itself; "
            f"call it something like {f'line_{name}'!r}"
        )
    if fault := _fault(parameter):
        raise SignatureError(f"{owner}: parameter {name!r} {fault}")


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
    """Within the block, read sketches, home and catalogue once for many drawings."""
    with ExitStack() as blocks:
        blocks.enter_context(cached_hashes())
        with suppress(CatalogueError):  # then no drawing is known
            blocks.enter_context(reading())
        yield


def recipe_for(target: DrawTarget, arguments: Values) -> Recipe:
    """Return the recipe of a job of `target` with `arguments`."""
    sketch = SKETCHES[target.sketch.name] if target.by_name else target.sketch
    values = {name: value for name, value in arguments.items() if name not in HANDED}
    given = {name: arguments[name] for name in PAGE if name in arguments}
    return recipe_of(sketch, **given, values=values)


def existing_drawing(recipe: Recipe) -> Drawing | None:
    """Return the drawing of that recipe, or None if there is no such drawing or no readable catalogue."""
    with suppress(CatalogueError):
        return find_existing(recipe)
    return None


def enqueue_drawing(
    target: DrawTarget,
    arguments: Values,
    *,
    fresh: bool = False,
    draft: bool,
    job_timeout: Any,
) -> Job:
    """Return a job for a drawing, enqueued.

    A `draft` goes to a folder that is emptied, and the catalogue does not know of it.
    """
    seed = f", seed {arguments['seed']}" if target.sketch.is_random else ""
    return enqueue_background_job(
        target.task,
        job_description=f"{target.title}{seed}",
        job_timeout=job_timeout,
        job_priority=FORM_PRIORITY,
        fresh=fresh,
        draft=draft,
        **arguments,
    )


def settings_in(drawing: Drawing) -> Values:
    """Return the settings that a drawing was made with. A page's default margin is given as None."""
    page = {"width": drawing.width, "height": drawing.height}
    margin = None if drawing.margin == margin_for(*page.values()) else drawing.margin
    return {**page, "margin": margin, "seed": drawing.seed, **drawing.parameters}


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

    None if it is the same function, or if its parameters differ: then the user decides.
    """
    if target.by_name:
        return None
    former = target.sketch.function
    here = notebook_sketch(_name_of(former))
    now = as_sketch(here) if here else None
    if now is None or now.function is former or now.parameters != target.parameters:
        return None
    return target_of(now)


def newer_target(target: DrawTarget) -> DrawTarget | None:
    """Return the target of the sketch as it is now, if its parameters differ from `target`; else None."""
    name, function = target.sketch.name, target.sketch.function
    if not target.by_name:
        now = as_sketch(notebook_sketch(_name_of(function)) or function)
    elif name in SKETCHES:
        now = SKETCHES[name]
    else:
        return None
    return None if now.parameters == target.parameters else target_of(now)
