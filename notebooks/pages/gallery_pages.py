"""The gallery: a page for each family of sketches, written and drawn when the site is built.

What stands from an earlier build is not drawn again: `_gallery/drawn.json` has the recipes of the pictures.
"""

from __future__ import annotations

import html
import inspect
import io
import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any


from drawscape.catalogue.thumbnail import image_of
from drawscape.parameters import Parameter
from drawscape.plot import optimize, read_machine, statistics
from drawscape.sketches import SKETCHES, draw
from drawscape.recipe import recipe_of
from drawscape.svg.read import read_svg
from drawscape.svg_builder import SVGBuilder

PAGES = Path(__file__).parent
SIDE_MM, SMALL_SIDE_MM = 120.0, 80.0
SIDE_PX, CARD_SIDE_PX, SMALL_SIDE_PX = 640, 300, 180
"""Shown at 420, 240 and 118: some more for fine screens."""
CARDS = PAGES / "_static" / "gallery"
A5_MM = (148.0, 210.0)


@dataclass(frozen=True)
class Variation:
    """A sketch with another seed, or one parameter moved."""

    seed: int = 1
    values: tuple[tuple[str, Any], ...] = ()

    @property
    def caption(self) -> str:
        """What differs from the defaults."""
        return ", ".join([f"{name}={value}" for name, value in self.values] or [f"seed={self.seed}"])

    def picture(self, name: str) -> bytes:
        """Return it as a small picture."""
        side = SMALL_SIDE_MM
        svg = draw(name, side, side, seed=self.seed, margin=4, **dict(self.values))
        return webp(svg, SMALL_SIDE_PX)


def webp(svg: SVGBuilder, side_px: int) -> bytes:
    """Return a drawing as WebP: the SVG files together would take 20 MB."""
    out = io.BytesIO()
    image_of(read_svg(svg.to_bytes()), side_px, levels=15).save(out, "WEBP", quality=50)
    return out.getvalue()


def figures_of(name: str) -> tuple[int, float, int]:
    """Return pens, minutes and lifts of a sketch at its defaults on A5, on an AxiDraw."""
    document = optimize(draw(name, *A5_MM, seed=1, margin=10).document())
    *layers, total = statistics(document, plotter=read_machine("axidraw-v3").plotter)
    return len(layers), total.seconds / 60, total.lifts


def candidates(name: str) -> Iterator[Variation]:
    """Yield variations, the best first: two parameters moved, other seeds, more parameters."""
    moved = [Variation(1, (found,)) for p in SKETCHES[name].parameters for found in _moved(p)]
    yield from moved[:2]
    yield from (Variation(seed) for seed in (2, 3, 4))
    yield from moved[2:]


def _moved(parameter: Parameter) -> Iterator[tuple[str, Any]]:
    """Yield the name and a value that is clearly not the default, if there is one to choose."""
    default = parameter.default
    if parameter.choices:
        others = [key for key, value in parameter.choices.items() if default not in (key, value)]
        yield from ((parameter.name, key) for key in others[:1])
    elif parameter.kind == "bool":
        yield parameter.name, not default
    elif parameter.kind in ("int", "float") and parameter.bounded:
        low, high = float(parameter.low or 0.0), float(parameter.high or 0.0)
        start = low if default is None else default
        # Half of the way to the farther bound: both ends are extremes.
        value = (start + (high if high - start > start - low else low)) / 2
        yield parameter.name, round(value) if parameter.kind == "int" else float(f"{value:.2g}")


def draw_pictures(name: str) -> tuple[list[str], tuple[int, float, int]]:
    """Draw a sketch large, with three seeds, and three times otherwise; return captions and figures."""
    folder = PAGES / "_gallery"
    for seed in (1, 2, 3):
        card = draw(name, SIDE_MM, SIDE_MM, seed=seed, margin=4)
        (CARDS / f"{name}-{seed}.webp").write_bytes(webp(card, CARD_SIDE_PX))
    large = draw(name, SIDE_MM, SIDE_MM, seed=1, margin=4)
    (folder / f"{name}.webp").write_bytes(webp(large, SIDE_PX))
    pictures = {Variation().picture(name): ""}
    for variation in candidates(name):
        if len(pictures) == 4:
            break
        pictures.setdefault(variation.picture(name), variation.caption)  # some change nothing
    for number, picture in enumerate(pictures):
        (folder / f"{name}-{number}.webp").write_bytes(picture)
    return list(pictures.values())[1:], figures_of(name)


def write_gallery() -> None:
    """Draw what does not stand, and write the pages."""
    folder = PAGES / "_gallery"
    folder.mkdir(exist_ok=True)
    CARDS.mkdir(exist_ok=True)
    note = folder / "drawn.json"
    stands = json.loads(note.read_text()) if note.exists() else {}
    recipes = {name: f"webp 640, 300 {recipe_of(SKETCHES[name], SIDE_MM, SIDE_MM, seed=1).request}" for name in SKETCHES}
    missing = [name for name in recipes if stands.get(name, [""])[0] != recipes[name]]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        drawn = dict(zip(missing, pool.map(draw_pictures, missing), strict=True))
    known = {name: drawn.get(name) or stands[name][1] for name in recipes}
    note.write_text(json.dumps({name: (recipes[name], known[name]) for name in recipes}, indent=0))
    captions = {name: known[name][0] for name in recipes}
    _write(PAGES / "gallery.md", "\n".join(_overview({name: known[name][1] for name in recipes})))
    for family, names in SKETCHES.families().items():
        _write(folder / f"{family}.md", "\n".join(_family_page(family, names, captions)))


def _write(file: Path, text: str) -> None:
    if not file.exists() or file.read_text() != text:  # an unchanged page is not built again
        file.write_text(text)


_FILTERS = {
    "pens": {"any pens": "", "one pen": 1, "two pens": 2},
    "minutes": {"any time": "", "under 15 minutes": 15, "under 30 minutes": 30},
    "lifts": {"any lifts": "", "under 500 lifts": 500, "under 2,000 lifts": 2000},
}


def _overview(figures: dict[str, tuple[int, float, int]]) -> Iterator[str]:
    yield "# Gallery\n"
    yield f"The {len(SKETCHES)} sketches of the library. Rest the pointer on one to see three seeds. Times are for A5 on an AxiDraw.\n"
    yield '```{raw} html\n<div class="gallery-filters">'
    for name, choices in _FILTERS.items():
        options = "".join(f'<option value="{value}">{words}</option>' for words, value in choices.items())
        yield f'<select name="{name}" aria-label="{name}">{options}</select>'
    yield '<output></output></div>\n<div class="sketches">'
    families = SKETCHES.families()
    for family, names in families.items():
        yield from (_card(family, name, *figures[name]) for name in names)
    yield "</div>\n```\n\n```{toctree}\n:hidden:"
    yield from (f"_gallery/{family}" for family in families)
    yield "```"


def _card(family: str, name: str, pens: int, minutes: float, lifts: int) -> str:
    goal = f"_gallery/{family}.html#{name.replace('_', '-')}"
    code = html.escape(f"form({name!r}, paper='A5', seed=1)")
    pen_words = "1 pen" if pens == 1 else f"{pens} pens"
    return (
        f'<div class="card-of-sketch" data-pens="{pens}" data-minutes="{minutes:.1f}" data-lifts="{lifts}">'
        f'<a href="{goal}"><img src="../_static/gallery/{name}-1.webp" alt="{name}" loading="lazy"></a>'
        f'<p><a href="{goal}">{name}</a><span>{pen_words}, {minutes:.0f} min, {lifts:,} lifts</span>'
        f'<button type="button" data-code="{code}">Copy code</button></p></div>'
    )


def _family_page(family: str, names: list[str], captions: dict[str, list[str]]) -> Iterator[str]:
    yield f"# {family.capitalize()}\n"
    for name in names:
        sketch = SKETCHES[name]
        yield f"## {name}\n"
        yield f"```{{image}} {name}.webp\n:alt: {name} at its defaults, seed 1\n:class: drawing\n:width: 420px\n```\n"
        yield f"{html.escape(inspect.cleandoc(sketch.doc), quote=False)}\n"
        yield "| parameter | what it does | values | default |\n|---|---|---|---|"
        yield from map(_row, sketch.parameters)
        yield '\n<div class="gallery">\n'
        for number, caption in enumerate(captions[name], start=1):
            yield f"```{{figure}} {name}-{number}.webp\n:alt: {name} with {caption}\n:width: 118px\n\n`{caption}`\n```\n"
        yield "</div>\n"
        source = Path(inspect.getfile(inspect.unwrap(sketch.function)))
        yield f"<details><summary>The source of {name}</summary>\n"
        yield f"```{{literalinclude}} {os.path.relpath(source, PAGES / '_gallery')}\n:language: python\n```\n"
        yield "</details>\n"


def _row(parameter: Parameter) -> str:
    values = "on or off" if parameter.kind == "bool" else parameter.kind
    if parameter.choices:
        values = ", ".join(f"`{key}`" for key in parameter.choices)
    elif parameter.bounded:
        values = f"{parameter.low:g} to {parameter.high:g}"
    doc = html.escape(parameter.doc or "", quote=False).replace("|", r"\|")
    default = parameter.shown(parameter.default)
    shown = "none" if default == "" else f"`{default}`"
    return f"| `{parameter.name}` | {doc} | {values} | {shown} |"
