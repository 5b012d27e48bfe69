"""Drawings that stand already, shown instead of being drawn again; and what form a drawing opens in."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeGuard

from drawscape.catalogue import Drawing, find, standing
from drawscape.catalogue.database import reading
from drawscape.drawing.paper import Orientation, paper_size
from drawscape.errors import CatalogueError, ProvenanceError
from drawscape.jobs import Job, enqueue_background_job
from drawscape.notebook.reader import JobState
from drawscape.notebook.target import REMEMBERED, Drawable, Target
from drawscape.sketches import SKETCHES
from drawscape.sketches.drawing import chosen
from drawscape.sketches.model import is_sketch
from drawscape.sketches.recipe import Recipe, one_look, recipe_of

FORM_PRIORITY, SHEET_PRIORITY = 10, -10
"""A hand on a slider does not wait behind a sheet: of several slots one is kept free of what is below 0."""

_NOT_PARAMETERS = REMEMBERED | {
    "pattern_type",
    "function",
    "width",
    "height",
    "seed",
    "margin",
    "streams",
}


class DrawnBefore:
    """What a form has instead of a job when its drawing stands: it has finished already."""

    id = ""
    status = "finished"

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing

    @property
    def result(self) -> str:
        """The path of the drawing's file."""
        return str(self.drawing.path)

    def wait(self, timeout: Any = None) -> str:
        """Return the path at once."""
        return self.result

    def cancel(self, grace: Any = 0.0) -> bool:
        """Return False: there is nothing to cancel."""
        return False

    @property
    def state(self) -> JobState:
        """What a display shows of it."""
        return JobState(self.id, "finished", result=self.result, drawn_before=self.words)

    @property
    def words(self) -> str:
        """That it was drawn before, and when."""
        moment = self.drawing.drawn_at.astimezone()
        today = moment.date() == datetime.now().astimezone().date()
        return (
            f"drawn before, {'at' if today else 'on ' + moment.strftime('%d %b at')} {moment:%H:%M}"
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Show the drawing, as a job that has finished does."""
        return {**self.drawing._repr_mimebundle_(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<DrawnBefore {self.drawing.path.name}>"


@contextmanager
def at_one_moment() -> Iterator[None]:
    """Look at sketches, home and catalogue once in the block, which asks for many drawings."""
    with ExitStack() as blocks:
        blocks.enter_context(one_look())
        with suppress(CatalogueError):  # it knows of none then
            blocks.enter_context(reading())
        yield


def recipe_for(target: Target, arguments: Mapping[str, Any]) -> Recipe | None:
    """Return the recipe that a job of `target` with `arguments` has; None for a job that is no sketch's.

    One that goes to a file of a given name is left to the worker.
    """
    if not target.takes_margin or arguments.get("output_filename"):
        return None
    sketch = target.sketch or chosen(arguments["pattern_type"])
    values = {name: value for name, value in arguments.items() if name not in _NOT_PARAMETERS}
    values.pop("output_filename", None)
    page = (arguments["width"], arguments["height"])
    seed, margin = arguments.get("seed", 0), arguments.get("margin")
    streams = arguments.get("streams")
    return recipe_of(sketch, *page, seed=seed, margin=margin, streams=streams, values=values)


def standing_drawing(recipe: Recipe | None) -> Drawing | None:
    """Return the drawing of that recipe if it stands. A catalogue that cannot be read knows of none."""
    try:
        return None if recipe is None else standing(recipe)
    except CatalogueError:
        return None


def enqueue_drawing(
    target: Target, arguments: Mapping[str, Any], *, fresh: bool = False, job_timeout: Any = None
) -> Job | Drawing:
    """Return the drawing if it stands and is not to be `fresh`, else a job for it, enqueued."""
    recipe = recipe_for(target, arguments)
    known = None if fresh else standing_drawing(recipe)
    if known is not None:
        return known
    again = {"fresh": True} if fresh and recipe is not None else {}
    noted = {} if recipe is None else {"job_meta": {"recipe": recipe.request}}
    seed = f", seed {arguments['seed']}" if target.has_seed and "seed" in arguments else ""
    return enqueue_background_job(
        target.task,
        job_description=f"{target.title}{seed}",
        job_timeout=job_timeout,
        job_priority=FORM_PRIORITY,
        **noted,
        **arguments,
        **again,
    )


def opened(
    drawing: Drawing | str | Path, *, trust: bool = False
) -> tuple[Drawable, dict[str, Any], Drawing]:
    """Return the target, the settings and the drawing that a form opens for a drawing or its file.

    Raises ProvenanceError where its sketch is one of a notebook that is not defined here.
    """
    found = drawing if isinstance(drawing, Drawing) else find(drawing)
    given = {"width": found.width, "height": found.height, "margin": found.margin}
    sketch = _sketch_of(found, trust=trust)
    seed = {"seed": found.seed, "streams": found.streams} if chosen(sketch).takes_rng else {}
    known = {parameter.name for parameter in chosen(sketch).parameters}
    values = {name: value for name, value in found.parameters.items() if name in known}
    return sketch, {**given, **seed, **values}, found


def page_for(
    drawing: Drawing, paper: str | None = None, orientation: Orientation | None = None
) -> dict[str, float]:
    """Return the page for a drawing on another `paper`, or turned, the margin in proportion.

    Without an orientation it lies as it does now. Raises UnknownNameError for a paper.
    """
    turned: Orientation = "landscape" if drawing.width > drawing.height else "portrait"
    size = paper_size(paper or f"{drawing.width:g}x{drawing.height:g}", orientation or turned)
    factor = min(size) / min(drawing.width, drawing.height)
    return {"width": size[0], "height": size[1], "margin": round(drawing.margin * factor, 6)}


def is_drawing(target: object) -> TypeGuard[Drawing | Path | str]:
    """Return whether `target` names a drawing: one of the catalogue, or an SVG file."""
    named = isinstance(target, (str, os.PathLike)) and os.fspath(target).endswith(".svg")
    return named or isinstance(target, Drawing)


def notebook_sketch(name: str) -> Callable[..., Any] | None:
    """Return the sketch that this notebook defines under that name, None for none."""
    here = vars(sys.modules["__main__"]).get(name)
    return here if callable(here) and is_sketch(here) else None


def _sketch_of(drawing: Drawing, *, trust: bool) -> Drawable:
    here = notebook_sketch(drawing.sketch)
    if here is not None:
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
