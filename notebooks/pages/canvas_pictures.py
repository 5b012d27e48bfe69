"""Pictures that the site's own code draws when it is built.

Beside each method of the canvas is what the example in its docstring draws; below each recipe of the cookbook is
what the recipe draws.
"""

from __future__ import annotations

import contextlib
import doctest
import inspect
import io
import os
import re
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from drawscape.sketches import draw
from drawscape.svg.attributes import CanvasWarning
from drawscape.svg_builder import SVGBuilder
from gallery_pages import webp

FOLDER = Path(__file__).parent / "_canvas"
COOKBOOK = Path(__file__).parent / "guides" / "cookbook.md"
SIDE_MM, SIDE_PX = 100, 240
"""Shown at 120."""


def drawn_by(method: Any) -> SVGBuilder | None:
    """Return what the example of a method draws; None without an example, or when it draws nothing."""
    examples = doctest.DocTestParser().get_examples(inspect.getdoc(method) or "")
    svg = SVGBuilder(SIDE_MM, SIDE_MM)
    names = {"np": np, "SVGBuilder": SVGBuilder, "svg": svg}
    with contextlib.redirect_stdout(io.StringIO()):  # an example may print
        for example in examples:
            exec(compile(example.source, "<example>", "exec"), names)  # noqa: S102
    canvas = names["svg"]
    warnings.simplefilter("ignore", CanvasWarning)  # the example of `text` has no lines
    return canvas if isinstance(canvas, SVGBuilder) and len(canvas.lines()) else None


def write_pictures() -> None:
    """Draw the example of each public method of the canvas into `_canvas`."""
    FOLDER.mkdir(exist_ok=True)
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # an example may save a file
        try:
            for name, method in inspect.getmembers(SVGBuilder, inspect.isfunction):
                svg = drawn_by(method) if name[0] != "_" else None
                if svg is not None:
                    (FOLDER / f"{name}.webp").write_bytes(webp(svg, SIDE_PX))
        finally:
            os.chdir(here)


def beside_the_example(
    _app: Any, _what: str, name: str, _obj: Any, _options: Any, lines: list[str]
) -> None:
    """Put a method's picture after its docstring."""
    method = name.removeprefix("drawscape.svg_builder.SVGBuilder.")
    if (FOLDER / f"{method}.webp").exists():
        lines += [f".. image:: /pages/_canvas/{method}.webp", f"   :alt: what the example of {method} draws"]
        lines += ["   :class: drawing", "   :width: 120px", ""]


def write_recipes() -> None:
    """Draw each recipe of the cookbook into `_canvas`."""
    names: dict[str, Any] = {}
    for code in re.findall(r"```python\n(.*?)```", COOKBOOK.read_text(), re.DOTALL):
        exec(compile(code, "<cookbook>", "exec"), names)  # noqa: S102
        if found := re.match(r"def (\w+)", code):
            svg = draw(names[found[1]], SIDE_MM, SIDE_MM, seed=1, margin=5)
            (FOLDER / f"recipe-{found[1]}.webp").write_bytes(webp(svg, SIDE_PX))


def below_the_recipe(_app: Any, name: str, source: list[str]) -> None:
    """Put the picture of each recipe below its code."""
    if name.endswith("guides/cookbook"):
        figure = r"\1\n```{image} /pages/_canvas/recipe-\2.webp\n:alt: what \2 draws\n:class: drawing\n:width: 240px\n```\n"
        source[0] = re.sub(r"(```python\ndef (\w+).*?\n```\n)", figure, source[0], flags=re.DOTALL)
