"""Where the tasks of this package put what they draw."""

from pathlib import Path

from drawscape import settings
from drawscape.svg_builder import SVGBuilder


def save_svg(svg: SVGBuilder, filename: str) -> str:
    """Return the absolute path of `filename` inside `output/`, written whole; `.svg` is added."""
    return str(svg.save(svg_path(filename)))


def svg_path(filename: str) -> Path:
    """Return the absolute path of `filename` inside `output/`; `.svg` is added. Raises ForbiddenPathError."""
    named = filename if filename.lower().endswith(".svg") else f"{filename}.svg"
    return settings.output_path(named)
