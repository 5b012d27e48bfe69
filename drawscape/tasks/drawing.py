"""Tasks that draw: a pattern of the library, or a sketch that is a function."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from drawscape import settings
from drawscape.atomic import write_atomic
from drawscape.catalogue import Drawing, draft_for, find_existing, keep_draft, record
from drawscape.catalogue.drafts import clear_drafts, drafts_folder
from drawscape.catalogue.existing import file_name, free_path
from drawscape.catalogue.index import provenance_of
from drawscape.catalogue.sources import keep_source
from drawscape.errors import CatalogueError, DrawingNotFoundError
from drawscape.jobs import current_job
from drawscape.recipe import Provenance, Recipe, draw_recipe, recipe_of
from drawscape.sketches.registry import chosen
from drawscape.svg_builder import SVGBuilder


def generate_complex_svg(
    width: float,
    height: float,
    pattern_type: str = "spiral",
    output_filename: str | None = None,
    seed: int = 0,
    *,
    fresh: bool = False,
    draft: bool = False,
    sheet: str | None = None,
    parents: Sequence[str] = (),
    **params: Any,
) -> str:
    """Return the absolute path of the SVG with the pattern drawn on a page of mm.

    `pattern_type` is a sketch's name and `params` its parameters (`margin`, too). The file
    lies in `output/`; without `output_filename` its name is pattern, seed and a hash of the recipe, the
    same for the same drawing. An existing drawing is not drawn again unless `fresh` is true. The
    catalogue remembers it, with the `sheet` that it belongs to and the recipes of its `parents`.
    A `draft` is a frame of a drag: a file in `output/.drafts/`, which the catalogue does not know.
    Raises UnknownNameError, ParameterError, CanvasError, ForbiddenPathError.

    >>> Path(generate_complex_svg(60, 60, "harmonograph", seed=7)).name
    'harmonograph-7-....svg'
    """
    margin = params.pop("margin", None)
    sketch = pattern_type  # or a function: draw_function_svg's
    recipe = recipe_of(chosen(sketch), width, height, seed=seed, margin=margin, values=params)
    if draft:
        return str(_draft(recipe, parents))
    return str(_drawn(recipe, output_filename, fresh=fresh, sheet=sheet, parents=parents))


def draw_function_svg(
    function: Callable[..., Any],
    width: float,
    height: float,
    output_filename: str | None = None,
    seed: int = 0,
    **more: Any,
) -> str:
    """Return the absolute path of the SVG that `function(svg, rng, *, ...)`, a sketch, has drawn.

    The function may come from a notebook's cell. Otherwise as `generate_complex_svg`.

    >>> def rings(svg, rng, *, count=5):
    ...     for radius in range(1, count + 1):
    ...         svg.circle(svg.frame.cx, svg.frame.cy, 3 * radius)
    >>> Path(draw_function_svg(rings, 60, 60, "rings.svg", count=8)).name
    'rings.svg'
    """
    drawing: Any = function
    return generate_complex_svg(width, height, drawing, output_filename, seed, **more)


def _words(given: Mapping[str, Any]) -> str:
    """Return the description of a job for lists: the sketch and the seed in its arguments."""
    sketch = given.get("function", given.get("pattern_type", "spiral"))
    name = getattr(sketch, "__name__", str(sketch))
    return f"{name.replace('_', ' ')}, seed {given.get('seed', 0)}"


generate_complex_svg.describe = _words  # type: ignore[attr-defined]  # the queue asks for it
draw_function_svg.describe = _words  # type: ignore[attr-defined]


def _drawn(
    recipe: Recipe, filename: str | None, *, fresh: bool, sheet: str | None, parents: Sequence[str]
) -> Path:
    """Return the file of the existing drawing, else of a new one that the catalogue records."""
    target = None if filename is None else settings.output_path(filename, ".svg")
    known = None if fresh else _known(recipe, sheet)
    if known is not None:
        if target is None or target == known.path:
            return known.path
        write_atomic(target, [known.path.read_bytes()])
        return target  # a copy with another name: the next scan of the folder finds it
    began = time.perf_counter()
    svg = _canvas(recipe, parents)
    address = Provenance.of(svg.provenance).recipe
    path = svg.save(target or free_path(settings.output_path(file_name(recipe, address))))
    _remember(path, svg, recipe, time.perf_counter() - began, sheet)
    return path


def _draft(recipe: Recipe, parents: Sequence[str]) -> Path:
    """Return the file of the existing drawing, else of a draft, which is drawn if necessary."""
    known = _existing(recipe)
    if known is not None:
        return known.path
    draft = draft_for(recipe)
    if draft is not None:
        return draft
    svg = _canvas(recipe, parents)
    folder = drafts_folder()
    folder.mkdir(parents=True, exist_ok=True)
    clear_drafts()
    keep_source(recipe.origin.source)
    return svg.save(folder / file_name(recipe))


def _canvas(recipe: Recipe, parents: Sequence[str]) -> SVGBuilder:
    job = current_job()
    return draw_recipe(
        recipe,
        on_progress=lambda fraction, page: job.progress(fraction, preview=page.to_bytes),
        parents=parents,
    )


def _known(recipe: Recipe, sheet: str | None) -> Drawing | None:
    """Return the existing drawing, or its draft, which becomes a drawing."""
    known = _existing(recipe)
    if known is not None:
        return known
    draft = draft_for(recipe)
    if draft is None:
        return None
    try:
        return keep_draft(draft, sheet=sheet)
    except (CatalogueError, DrawingNotFoundError):
        return None


def _existing(recipe: Recipe) -> Drawing | None:
    try:
        return find_existing(recipe)
    except CatalogueError as error:
        current_job().log(f"drawn without checking the catalogue: {error}")
        return None


def _remember(
    path: Path, svg: SVGBuilder, recipe: Recipe, took_s: float, sheet: str | None
) -> None:
    """Write the catalogue's row. Without it the file still exists, and `rebuild` finds it."""
    try:
        keep_source(recipe.origin.source)
        document = svg.document()
        record(path, provenance_of(path), document=document, took_s=took_s, sheet=sheet)
    except CatalogueError as error:
        current_job().log(f"the drawing is not in the catalogue: {error}")
