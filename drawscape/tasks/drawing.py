"""Tasks that draw: a pattern of the library, or a sketch that is a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from drawscape.jobs import current_job
from drawscape.sheets import safe_name, short_hash
from drawscape.sketches import as_sketch, draw
from drawscape.svg_builder import SVGBuilder
from drawscape.tasks.output import save_svg

# A hint to the allocator of the process that draws job after job: glibc returns memory to the system
# whenever an array of more than 128 kB is freed, and pays for fresh pages at the next one, until it has
# seen a large block come and go. It does so here, untouched: noise on small arrays runs three times as fast.
np.empty(3_900_000)


def generate_complex_svg(
    width: float,
    height: float,
    pattern_type: str = "spiral",
    output_filename: str | None = None,
    seed: int = 0,
    **params: Any,
) -> str:
    """Return the absolute path of the SVG with the pattern drawn on a page of mm.

    `pattern_type` is a sketch's name and `params` its parameters (`margin`, too). The file lies in
    `output/`; without `output_filename` its name is pattern, seed and a hash of the rest, the same
    for the same drawing. Raises UnknownNameError, ParameterError, CanvasError, ForbiddenPathError.
    """
    svg = _drawn(pattern_type, width, height, seed, params)
    return save_svg(svg, output_filename or _file_name(svg, pattern_type, seed))


def draw_function_svg(
    function: Callable[..., Any],
    width: float,
    height: float,
    output_filename: str | None = None,
    seed: int = 0,
    **params: Any,
) -> str:
    """Return the absolute path of the SVG that `function(svg, rng, *, ...)`, a sketch, has drawn.

    The function may come from a notebook's cell. Otherwise as `generate_complex_svg`.
    """
    svg = _drawn(function, width, height, seed, params)
    return save_svg(svg, output_filename or _file_name(svg, as_sketch(function).name, seed))


def _file_name(svg: SVGBuilder, name: str, seed: int) -> str:
    return f"{safe_name(name)}-{seed}-{short_hash(sorted((svg.provenance or {}).items()))}"


def _drawn(
    sketch: str | Callable[..., Any], width: float, height: float, seed: int, params: dict[str, Any]
) -> SVGBuilder:
    """Draw, and report to the job the progress and a picture of what is there."""
    job = current_job()
    return draw(
        sketch,
        width,
        height,
        seed=seed,
        on_progress=lambda fraction, svg: job.progress(fraction, preview=svg.to_bytes),
        **params,
    )
