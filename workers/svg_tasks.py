"""Drawings as jobs: check the input, draw, write the file under `output/`, return its path."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any

from annotated_types import Interval, doc

from drawscape.job_manager import current_job
from drawscape.settings import output_path
from drawscape.sketches import SKETCHES, Sketch, as_sketch
from drawscape.sketches import draw as draw_sketch
from drawscape.svg_builder import SVGBuilder

Side = Annotated[float, Interval(ge=10, le=2000), doc("in mm")]
Seed = Annotated[int, Interval(ge=0, le=2**32 - 1), doc("another seed, another picture")]


def generate_complex_svg(
    width: Side,
    height: Side,
    pattern_type: str = "spiral",
    output_filename: str | None = None,
    seed: Seed = 0,
    **params: Any,
) -> str:
    """Return the absolute path of an SVG of `width` x `height` mm with the pattern drawn on it.

    `pattern_type` names a sketch, `params` are its parameters. The file lies under `output/`, by default
    under a name that the pattern, seed and parameters give. Raises UnknownNameError for an unknown
    pattern or parameter, ParameterError for a value out of bounds, ForbiddenPathError for a file name that
    leads out of `output/`.
    """
    return _draw(SKETCHES[pattern_type], width, height, output_filename, seed, params)


def draw_function_svg(
    function: Callable[..., Any],
    width: Side,
    height: Side,
    output_filename: str | None = None,
    seed: Seed = 0,
    **params: Any,
) -> str:
    """Return the absolute path of an SVG that `function`, a sketch of one's own, has drawn.

    It may be defined in a notebook's cell: then it travels to the worker with the job.
    """
    return _draw(as_sketch(function), width, height, output_filename, seed, params)


def _draw(
    sketch: Sketch,
    width: float,
    height: float,
    output_filename: str | None,
    seed: int,
    params: dict[str, Any],
) -> str:
    path = output_path(output_filename or _name(sketch, width, height, seed, params))
    svg = draw_sketch(sketch, width, height, seed=seed, on_progress=_report, **params)
    svg.save(path)
    return str(path)


def _report(fraction: float, svg: SVGBuilder) -> None:
    """Report progress; the preview is serialised only when one is due."""
    current_job().progress(fraction, preview=svg.to_bytes)


def _name(sketch: Sketch, width: float, height: float, seed: int, params: dict[str, Any]) -> str:
    """Return a name that the same drawing always gets."""
    told = json.dumps([width, height, params], sort_keys=True, default=str)
    return f"{sketch.name}-{seed}-{hashlib.sha256(told.encode()).hexdigest()[:8]}.svg"
