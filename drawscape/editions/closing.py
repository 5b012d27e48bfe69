"""The files of a closed edition: its ledger as JSON and CSV, and certificates."""

import csv
import io
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from drawscape.atomic import write_atomic
from drawscape.catalogue.drawing import short
from drawscape.drawing.document import Document, Layer
from drawscape.durations import span_words
from drawscape.editions.ledger import Edition, Number
from drawscape.editions.marks import is_dark, moved, signature_lines
from drawscape.editions.sheets import content_of, label_of
from drawscape.geometry.lines import Lines
from drawscape.geometry.regions import rectangle
from drawscape.lettering import TextStyle, set_text
from drawscape.machine.plot import Plot, plots_folder
from drawscape.plot.formats import save
from drawscape.svg.read import read_svg

_PAGE_MM = (210.0, 148.0)
_PICTURE = (14.0, 14.0, 96.0, 134.0)  # mm: left, top, right, bottom
_TEXT_X, _VALUE_X = 108.0, 126.0  # mm: of names and of values
_SIGNATURE_MM = (3.2, 50.0)  # cap height and largest width
_PICTURE_PEN_MM = 0.12  # so that a small picture is not black
_PEN_MM = 0.25


def facts_of(edition: Edition, number: Number) -> dict[str, Any]:
    """Return the facts of a number and its newest sheet: pens, metres, hours and dates."""
    recipe = number.provenance
    newest = number.sheets[-1:]
    plots = [Plot(plots_folder() / plot) for sheet in newest for plot, *_ in sheet.plots]
    metres: Counter[str] = Counter()
    for plot in plots:
        metres.update(plot.plan.metres_of(plot.state.drawn))
    ink_m, took_s = metres.total(), sum(plot.state.seconds for plot in plots)
    judged = [moment for sheet in newest for _, moment in sheet.verdicts]
    parameters = [
        f"{name} {short(value)}" for name, value in recipe.parameters.items() if value is not None
    ]
    traits = [f"{name} {short(value)}" for name, value in recipe.traits.items()]
    return {
        "number": label_of(edition, number),
        "state": number.state,
        "sketch": f"{recipe.sketch}, seed {recipe.seed}",
        "settings": ", ".join(parameters),
        "traits": ", ".join(traits),
        "recipe": recipe.recipe,
        "versions": f"Drawscape {recipe.version}, numpy {recipe.versions.get('numpy', '')}",
        "paper": f"{recipe.width:g} x {recipe.height:g} mm",
        "pens": ", ".join(metres),
        "ink": f"{ink_m:.2f} m" if ink_m else "",
        "time": span_words(took_s) if took_s else "",
        "machine": ", ".join(dict.fromkeys(plot.record.machine for plot in plots)),
        "plotted": _day(max((plot.state.changed for plot in plots), default=None)),
        "judged": _day(max(judged, default=None)),
    }


def _day(moment: float | None) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(moment)) if moment else ""


def close(edition: Edition, folder: Path) -> Edition:
    """Close an edition whose numbers are all good, and write its ledger and certificates into `folder`.

    These are ledger.json, ledger.csv, and a PDF and an SVG file for each number in `certificates`. Raises
    EditionError before all are good.
    """
    closed = edition.close()
    rows = [facts_of(closed, number) for number in closed.numbers]
    (folder / "certificates").mkdir(parents=True, exist_ok=True)
    proofs = [facts_of(closed, number) for number in closed.rows() if number.kind]
    ledger = {**closed.as_dict(), "title": closed.terms.title, "year": closed.terms.year}
    ledger |= {"closed": _day(closed.closed_at), "facts": rows, "proofs": proofs}
    write_atomic(folder / "ledger.json", [json.dumps(ledger, indent=1).encode()])
    table = io.StringIO()
    writer = csv.DictWriter(table, list(rows[0]))
    writer.writeheader()
    writer.writerows([*rows, *proofs])
    write_atomic(folder / "ledger.csv", [table.getvalue().encode()])
    for number, facts in zip(closed.numbers, rows):
        document = certificate(closed, number, facts)
        for ending in ("pdf", "svg"):
            save(document, folder / "certificates" / f"{closed.name}-{number.number:02}.{ending}")
    return closed


def certificate(
    edition: Edition, number: Number, facts: dict[str, Any], *, trust: bool = False
) -> Document:
    """Return a page of A5 with the picture of a number and its facts, in strokes that a plotter draws."""
    drawing = read_svg(content_of(number, trust=trust))
    x0, y0, x1, y1 = _PICTURE
    scale = min((x1 - x0) / drawing.width_mm, (y1 - y0) / drawing.height_mm)
    size = np.array([drawing.width_mm, drawing.height_mm]) * scale
    corner = np.array([x0 + x1, y0 + y1]) / 2 - size / 2
    layers = [
        replace(
            layer,
            width_mm=_PICTURE_PEN_MM,
            lines=layer.lines.with_points(layer.lines.points * scale + corner),
        )
        for layer in drawing.layers
    ]
    frame = Lines.of([rectangle((*corner, *(corner + size)))]).closed_up()
    words = Lines.join([frame, *_words(edition, facts)])
    return Document(
        *_PAGE_MM,
        (*layers, Layer("text", "white" if is_dark(drawing) else "black", _PEN_MM, words)),
        metadata=drawing.metadata,
        paper_color=drawing.paper_color,
    )


def _words(edition: Edition, facts: dict[str, Any]) -> Iterator[Lines]:
    """Yield the lines of writing beside the picture: title and number large, then a row for each fact."""
    y = _PICTURE[1]
    terms = edition.terms
    large = [(terms.words or edition.name, 4.0), (facts["number"], 5.5)]
    small = [
        (name, value) for name, value in facts.items() if value and name not in ("number", "state")
    ]
    for text, size in large:
        block = set_text(text, TextStyle(size=size), valign="top", width=_PAGE_MM[0] - 14 - _TEXT_X)
        yield moved(block.lines, _TEXT_X, y)
        y += block.height + size
    y += 3.0
    for name, text in small:
        style = TextStyle(size=1.7)
        block = set_text(text, style, valign="top", width=_PAGE_MM[0] - 14 - _VALUE_X)
        yield moved(set_text(name, style, valign="top").lines, _TEXT_X, y)
        yield moved(block.lines, _VALUE_X, y)
        y += block.height + 2.4
    signature = signature_lines(terms.signature, *_SIGNATURE_MM)
    if (box := signature.bounds) is not None:
        yield moved(signature, _PAGE_MM[0] - 14 - box[2], _PICTURE[3] - box[3])
