"""Tasks that draw: a pattern of the library, or a sketch that is a function."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from drawscape import settings
from drawscape.atomic import write_atomic
from drawscape.catalogue import Drawing, record, standing
from drawscape.catalogue.lookup import file_name
from drawscape.catalogue.record import digest_of, entry_of, keep_source
from drawscape.errors import CatalogueError
from drawscape.jobs import current_job
from drawscape.queue.worker.failpoints import failpoint
from drawscape.sketches.drawing import AnySketch, chosen, draw_recipe
from drawscape.sketches.provenance import Provenance, address_of
from drawscape.sketches.recipe import Recipe, recipe_of
from drawscape.svg_builder import SVGBuilder
from drawscape.tasks.output import svg_path


def generate_complex_svg(
    width: float,
    height: float,
    pattern_type: str = "spiral",
    output_filename: str | None = None,
    seed: int = 0,
    *,
    fresh: bool = False,
    sheet: str | None = None,
    parents: Sequence[str] = (),
    **params: Any,
) -> str:
    """Return the absolute path of the SVG with the pattern drawn on a page of mm.

    `pattern_type` is a sketch's name and `params` its parameters (`margin` and `streams`, too). The file
    lies in `output/`; without `output_filename` its name is pattern, seed and a hash of the recipe, the
    same for the same drawing. A drawing that stands is not drawn again unless `fresh` is true. The
    catalogue remembers it, with the `sheet` that it belongs to and the recipes of its `parents`.
    Raises UnknownNameError, ParameterError, CanvasError, ForbiddenPathError.

    >>> Path(generate_complex_svg(60, 60, "lissajous", seed=7)).name
    'lissajous-7-....svg'
    """
    recipe = _recipe(pattern_type, width, height, seed, params)
    return str(_drawn(recipe, output_filename, fresh=fresh, sheet=sheet, parents=parents))


def draw_function_svg(
    function: Callable[..., Any],
    width: float,
    height: float,
    output_filename: str | None = None,
    seed: int = 0,
    *,
    fresh: bool = False,
    sheet: str | None = None,
    parents: Sequence[str] = (),
    **params: Any,
) -> str:
    """Return the absolute path of the SVG that `function(svg, rng, *, ...)`, a sketch, has drawn.

    The function may come from a notebook's cell. Otherwise as `generate_complex_svg`.

    >>> def rings(svg, rng, *, count=5):
    ...     for radius in range(1, count + 1):
    ...         svg.circle(svg.frame.cx, svg.frame.cy, 3 * radius)
    >>> Path(draw_function_svg(rings, 60, 60, "rings.svg", count=8)).name
    'rings.svg'
    """
    recipe = _recipe(function, width, height, seed, params)
    return str(_drawn(recipe, output_filename, fresh=fresh, sheet=sheet, parents=parents))


def _recipe(
    sketch: AnySketch, width: float, height: float, seed: int, params: dict[str, Any]
) -> Recipe:
    more = {name: params.pop(name, None) for name in ("margin", "streams")}
    return recipe_of(chosen(sketch), width, height, seed=seed, values=params, **more)


def _drawn(
    recipe: Recipe,
    filename: str | None,
    *,
    fresh: bool,
    sheet: str | None,
    parents: Sequence[str],
) -> Path:
    """Return the file of the drawing: the one that stands, else drawn and written into the catalogue."""
    target = None if filename is None else svg_path(filename)
    known = None if fresh else _standing(recipe)
    if known is not None and target in (None, known.path):
        return known.path
    began = time.perf_counter()
    if known is not None and target is not None:
        write_atomic(target, [known.path.read_bytes()])
        return target  # a copy under another name: the next look into the folder finds it
    job = current_job()
    svg = draw_recipe(
        recipe,
        on_progress=lambda fraction, page: job.progress(fraction, preview=page.to_bytes),
        parents=parents,
    )
    provenance = Provenance.of(svg.provenance)
    path = svg.save(target or settings.output_path(file_name(recipe, _address(svg, provenance))))
    failpoint("drawing.file_written")
    _remember(path, svg, provenance, recipe, time.perf_counter() - began, sheet)
    return path


def _standing(recipe: Recipe) -> Drawing | None:
    try:
        return standing(recipe)
    except CatalogueError as error:
        current_job().log(f"drawn without a look into the catalogue: {error}")
        return None


def _remember(
    path: Path,
    svg: SVGBuilder,
    provenance: Provenance,
    recipe: Recipe,
    took_s: float,
    sheet: str | None,
) -> None:
    """Write the row; without it the drawing stands all the same, and `rebuild` finds it."""
    try:
        keep_source(recipe.origin.source)
        entry = entry_of(svg, provenance, recipe.request, took_s=took_s, sheet=sheet)
        failpoint("drawing.thumbnail_made")
        record(path, entry, digest=digest_of(path))
        failpoint("drawing.row_written")
    except CatalogueError as error:
        current_job().log(f"the drawing is not in the catalogue: {error}")


def _address(svg: SVGBuilder, provenance: Provenance) -> str:
    """Return the address in the file's name; what comes out otherwise each time has a name for each."""
    if not provenance.volatile:
        return provenance.recipe
    return address_of({"recipe": provenance.recipe, "lines": svg.to_string()})
