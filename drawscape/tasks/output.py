"""Where the tasks of this package put what they draw."""

import re
from pathlib import Path

from drawscape import settings
from drawscape.svg_builder import SVGBuilder

_LONGEST = 60  # of four bytes at most: two of them fit into a file's name


def save_svg(svg: SVGBuilder, filename: str) -> str:
    """Return the absolute path of `filename` inside `output/`, written whole; `.svg` is added."""
    return str(svg.save(svg_path(filename)))


def svg_path(filename: str) -> Path:
    """Return the absolute path of `filename` inside `output/`; `.svg` is added. Raises ForbiddenPathError."""
    named = filename if filename.lower().endswith(".svg") else f"{filename}.svg"
    return settings.output_path(named)


def plain_stem(text: str) -> str:
    """Return `text` as a part of a file's name: blanks stay, and what leads to a folder becomes `_`.

    >>> plain_stem("John Doe"), plain_stem("../x")
    ('John Doe', '.._x')
    """
    return re.sub(r"[\x00-\x1f\x7f/\\:]", "_", text)[:_LONGEST]
