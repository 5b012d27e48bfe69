"""A page of drawings to share: a folder that any browser shows, without a server or a network.

`publish` writes `index.html`, which holds its style, its script and viewer.js. For each drawing there are
two files in `drawings/`: a picture, and its packed lines. The page shows the lines and makes the SVG file
for download from them. A page from the disk may load scripts but fetch no file, so the lines are a script,
`NAME.js`.
"""

import base64
import json
import re
import shlex
import zlib
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from drawscape.atomic import scratch_folder, write_atomic
from drawscape.catalogue import Drawing
from drawscape.catalogue.drawing import short
from drawscape.catalogue.listing import captions
from drawscape.drawing.document import WARM_WHITE
from drawscape.errors import ForbiddenPathError, ParameterError
from drawscape.image_tag import kind_of
from drawscape.plot.svg_export import to_svg
from drawscape.sketches import SKETCHES
from drawscape.viewer.assets import script, style
from drawscape.viewer.drawing_data import drawing_data

_POLYLINES = re.compile(rb'(?:<polyline points="[^"]*" />\n)+')
"""The lines of one layer in a file of `to_svg`."""

_MARK = '<meta name="generator" content="Drawscape">'


def publish(
    drawings: Iterable[Drawing],
    folder: str | Path,
    *,
    title: str = "Drawings",
    words: Sequence[str] = (),
    with_svg: bool = True,
) -> Path:
    """Write a page of drawings into `folder` and return the path of its `index.html`.

    `words` stand under the drawings, in place of sketch and settings. With `with_svg` a visitor can
    download each drawing as the SVG file that `to_svg` makes of it.
    The folder is created if necessary; a page that was published there before is replaced, other files stay.
    Even after an interruption, a page that was there can be opened.
    Marks and notes are not published. Raises ParameterError without drawings, DrawingNotFoundError when a
    file is gone, ForbiddenPathError for a folder whose `index.html` or `drawings` somebody else made.

        >>> from drawscape.viewer.publish import publish
        >>> publish(drawings('harmonograph'), 'page', title='Swings')
        PosixPath('page/index.html')
    """
    chosen, folder = list(drawings), Path(folder)
    if not chosen:
        raise ParameterError("drawings", "none", "choose at least one that is drawn")
    index, target = folder / "index.html", folder / "drawings"
    is_ours = index.is_file() and _MARK in index.read_text("utf-8", errors="replace")
    if not is_ours and (index.exists() or target.exists()):
        raise ForbiddenPathError(
            f"{folder} holds another page (index.html or drawings); choose an empty folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    tiles = []
    shown = []
    with scratch_folder(folder) as scratch:
        said = words or captions(chosen)
        for one, name, caption in zip(chosen, _names(chosen), said):
            picture = _write_files(one, scratch / name, caption, with_svg=with_svg)
            size = f'width="{one.width:g}" height="{one.height:g}"'
            image = f'<img src="drawings/{quote(name)}.{picture}" {size} alt="" loading="lazy">'
            link = f'<a href="#{quote(name)}">{image}<span>{escape(caption)}</span></a>'
            tiles.append(f"<li>{link}</li>")
            shown.append({"name": name, "caption": caption, **_facts(one, name, with_svg=with_svg)})
        # One file at a time, deletions last: an interruption never breaks a link of the page.
        if not is_ours:
            write_atomic(index, [_MARK.encode()])
        target.mkdir(exist_ok=True)
        fresh = [file.replace(target / file.name) for file in scratch.iterdir()]
    write_atomic(index, [_page(tiles, shown, title).encode()])
    for file in {*filter(Path.is_file, target.iterdir())} - {*fresh}:
        file.unlink()
    return index


def _names(chosen: Iterable[Drawing]) -> list[str]:
    """Return a name for each drawing, that of its file; a second file of that name gets a number."""
    names: list[str] = []
    for one in chosen:
        name, number = one.path.stem, 2
        while name.lower() in (each.lower() for each in names):
            name, number = f"{one.path.stem}-{number}", number + 1
        names.append(name)
    return names


def _write_files(one: Drawing, base: Path, caption: str, *, with_svg: bool) -> str:
    """Write a drawing's files and return the ending of its picture, which is an SVG without Pillow."""
    document, picture = one.document, one.thumbnail
    data = drawing_data(document, title=caption, paper=document.paper_color or WARM_WHITE)
    if with_svg:
        # Its polylines are the lines of the data, with the same two decimals.
        pieces = [piece.decode() for piece in _POLYLINES.split(to_svg(document))]
        data.header["svg"] = pieces
    packed = base64.b64encode(zlib.compress(data.packed(), 9)).decode()
    call = f"drawscapeLines({json.dumps(base.name)}, {json.dumps(packed)});\n"
    base.with_name(f"{base.name}.js").write_text(call, "utf-8")
    if picture is None:
        base.with_name(f"{base.name}.svg").write_bytes(one.path.read_bytes())
        return "svg"
    kind = kind_of(picture)
    base.with_name(f"{base.name}.{kind}").write_bytes(picture)
    return kind


def _facts(one: Drawing, name: str, *, with_svg: bool) -> dict[str, Any]:
    """Return the settings, figures and commands that the page lists beside a drawing."""
    settings = {
        "sketch": one.sketch,
        "page": f"{one.width:g} x {one.height:g} mm, margin {one.margin:g} mm",
        "seed": one.seed,
        **one.parameters,
    }
    figures = one.figures
    counts = {
        "ink": f"{figures.ink_mm / 1000:.1f} m",
        "lines": f"{figures.lines:,}",
        "pen lifts": f"{figures.lifts:,}",
        "time": f"{figures.minutes:.0f} min",
        **{pen: f"{color}, {minutes:.0f} min" for pen, color, minutes in figures.pens},
    }
    again = f"drawscape redraw {shlex.quote(f'{name}.svg')}" if with_svg else ""
    if one.sketch in SKETCHES and not (one.source or one.edited):
        values = {"seed": one.seed, "margin": one.margin, **one.parameters}
        arguments = ", ".join(f"{key}={value!r}" for key, value in values.items())
        again += "\n\n# or in Python\n" if with_svg else ""
        again += (
            "from drawscape.sketches import draw\n\n"
            f"draw({one.sketch!r}, {one.width:g}, {one.height:g}, {arguments})"
        )
    return {
        "settings": [[key.replace("_", " "), short(value)] for key, value in settings.items()],
        "figures": [[key, value] for key, value in counts.items()],
        "again": again,
    }


def _page(tiles: list[str], shown: list[dict[str, Any]], title: str) -> str:
    parts = {
        "title": escape(title),
        "count": f"{len(shown)} drawing{'' if len(shown) == 1 else 's'}",
        "tiles": "\n".join(tiles),
        "drawings": json.dumps(shown).replace("<", "\\u003c"),
        "viewer.css": style("viewer.css"),
        "viewer.js": script("viewer.js"),
    }
    template = (files("drawscape.viewer") / "publish.html").read_text("utf-8")
    return re.sub("@@([a-z.]+)@@", lambda found: parts[found[1]], template)
