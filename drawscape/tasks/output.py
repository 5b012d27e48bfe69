"""Where the tasks of this package put what they draw."""

from __future__ import annotations

from drawscape import settings
from drawscape.svg_builder import SVGBuilder


def save_svg(svg: SVGBuilder, filename: str) -> str:
    """Return the absolute path of `filename` inside `output/`, written whole; `.svg` is added."""
    named = filename if filename.lower().endswith(".svg") else f"{filename}.svg"
    return str(svg.save(settings.output_path(named)))
