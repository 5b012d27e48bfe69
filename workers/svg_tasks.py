"""Tasks that draw: patterns, functions from notebooks, postcards, sheets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, get_args

from drawscape import settings
from drawscape.canvas.paper import Orientation
from drawscape.errors import UnknownNameError
from drawscape.job_manager import current_job
from drawscape.plot import Effort, optimize, statistics
from drawscape.plot.export import save
from drawscape.sheets import artboard, postcard_back, postcard_front, safe_name, short_hash
from drawscape.sketches import SKETCHES, as_sketch, draw
from drawscape.svg_builder import SVGBuilder
from drawscape.svg_reader import read_svg

Side = Literal["front", "address", "both"]


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
    told = sorted((svg.provenance or {}).items())
    return _saved(svg, output_filename or f"{safe_name(pattern_type)}-{seed}-{short_hash(told)}")


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
    name = as_sketch(function).name
    told = sorted((svg.provenance or {}).items())
    return _saved(svg, output_filename or f"{safe_name(name)}-{seed}-{short_hash(told)}")


def generate_postcard_svg(
    recipient: str,
    message: str,
    template_name: str,
    *,
    side: Side = "both",
    address: str | Sequence[str] = (),
    postcode: str = "",
    sender: str = "",
    font: str = "scripts",
    address_font: str = "futural",
    greeting: str = "Dear {recipient},",
    missing: str | None = None,
    output_filename: str | None = None,
) -> str:
    """Return the absolute path of a postcard's front; its address side is written beside it.

    Both are A6 across. The front holds the template's design and the message, as large as fits; the
    back recipient, `address` lines, `postcode`, a box for the stamp, and the `sender`. `side` limits
    it to one; with 'address' that one's path is returned. See `drawscape.sheets` for the errors.
    """
    if side not in get_args(Side):
        raise UnknownNameError("side", str(side), get_args(Side))
    cards: dict[str, SVGBuilder] = {}
    if side != "address":
        cards[""] = postcard_front(
            recipient, message, template_name, font=font, greeting=greeting, missing=missing
        )
    if side != "front":
        cards["_address"] = postcard_back(
            recipient,
            address=address,
            postcode=postcode,
            sender=sender,
            font=address_font,
            missing=missing,
        )
    told = [message, address, postcode, sender, font, address_font, greeting, missing]
    named = f"postcard_{safe_name(recipient)}_{safe_name(template_name)}_{short_hash([recipient, *told])}"
    stem = (output_filename or f"postcards/{named}").removesuffix(".svg")
    written = [_saved(card, f"{stem}{suffix}.svg") for suffix, card in cards.items()]
    return written[0]


def render_artboard(
    style: str = "blueprint",
    title: str = "Untitled",
    subtitle: str = "",
    size: str = "a4",
    orientation: Orientation = "landscape",
    legend: Mapping[str, Any] | Sequence[Sequence[Any]] | None = None,
    drawing: str | None = None,
    *,
    missing: str | None = None,
    output_filename: str | None = None,
) -> str:
    """Return the absolute path of a sheet: border, title block, legend and `drawing` placed to fit.

    `style` is `blueprint` or `basic`, `size` a paper's name. `drawing` is the path of an SVG file, a
    pattern's name, or an SVG's text. See `drawscape.sheets.artboard` for the errors.
    """
    source: Any = drawing
    if isinstance(drawing, str) and not drawing.lstrip("\ufeff \t\r\n").startswith("<"):
        source = _sketched(drawing) or settings.readable_path(drawing)
    sheet = artboard(style, title, subtitle, size, orientation, legend, source, missing=missing)
    told = [style, title, subtitle, size, orientation, legend, drawing]
    fallback = f"artboards/{safe_name(title)}_{safe_name(style)}_{short_hash(told)}"
    return _saved(sheet, output_filename or fallback)


def optimize_svg(
    path: str,
    *,
    effort: Effort = "normal",
    tolerance_mm: float = 0.05,
    simplify_mm: float = 0.02,
    drop_shorter_mm: float = 0.0,
    deduplicate: bool = True,
    output_filename: str | None = None,
) -> str:
    """Return the absolute path of an SVG with the lines of the one at `path`, made ready to plot.

    The options are those of `drawscape.plot.optimize`. The figures before and after are in the job's
    log, totals in its `meta`. Raises ForbiddenPathError, FileNotFoundError, SvgReadError, PlotError.
    """
    job = current_job()
    before = read_svg(settings.readable_path(path))
    after = optimize(
        before,
        effort=effort,
        tolerance_mm=tolerance_mm,
        simplify_mm=simplify_mm,
        drop_shorter_mm=drop_shorter_mm,
        deduplicate=deduplicate,
        on_progress=job.progress,
    )
    for when, document in (("before", before), ("after", after)):
        total = statistics(document)[-1]
        job.meta[when] = asdict(total)
        job.log(f"{when}: {total.lines} lines, {total.pen_up_mm / 1000:.2f} m pen-up travel")
    target = settings.output_path(output_filename or f"optimized/{safe_name(Path(path).stem)}.svg")
    return str(save(after, target, format="svg"))


def _sketched(name: str) -> SVGBuilder | None:
    """Return the pattern `name` on a sheet of its own, or None when there is no such pattern."""
    return draw(name, 200, 200, margin=0) if name in SKETCHES else None


def _drawn(
    sketch: str | Callable[..., Any], width: float, height: float, seed: int, params: dict[str, Any]
) -> SVGBuilder:
    """Draw while telling the job how far it is, with a picture of what is there."""
    job = current_job()
    return draw(
        sketch,
        width,
        height,
        seed=seed,
        on_progress=lambda fraction, svg: job.progress(fraction, preview=svg.to_bytes),
        **params,
    )


def _saved(svg: SVGBuilder, filename: str) -> str:
    named = filename if filename.lower().endswith(".svg") else f"{filename}.svg"
    return str(svg.save(settings.output_path(named)))
