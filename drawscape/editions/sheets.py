"""The sheets of an edition as lines: a number's drawing from its frozen recipe, with its marks."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from drawscape import settings
from drawscape.atomic import write_atomic
from drawscape.catalogue import Drawing, find
from drawscape.catalogue.database import stored_path
from drawscape.catalogue.index import index_file, provenance_of
from drawscape.catalogue.redraw import file_content_of, reasons_between, sketch_for
from drawscape.drawing.document import Document, pen_numbers, plain_name
from drawscape.editions.ledger import Claim, Edition, Number
from drawscape.editions.marks import Terms, back_of, marked
from drawscape.errors import EditionError
from drawscape.plot.formats import save
from drawscape.plot.pipeline import optimize
from drawscape.recipe import Provenance
from drawscape.sketches.registry import redraw
from drawscape.svg.canvas_file import body_digest
from drawscape.svg.read import read_svg


def new_edition(name: str, drawings: Sequence[Drawing], terms: Terms) -> Edition:
    """Freeze the recipes of drawings as numbers 1 to n of an edition, and return it.

    Raises EditionError for a name that is taken or unusable, a drawing that cannot be drawn again or
    marked, and pages of several sizes. Raises DrawingNotFoundError for a file that is gone.
    """
    if not drawings:
        raise EditionError(f"edition {name!r} has no drawings; choose one or more")
    pages = sorted({f"{one.width:g} x {one.height:g} mm" for one in drawings})
    if len(pages) > 1:
        raise EditionError(f"the drawings have pages of several sizes: {', '.join(pages)}")
    frozen, recipes = [], []
    for number, drawing in enumerate(drawings, 1):
        provenance = provenance_of(drawing.file)
        if drawing.edited or not provenance.body:
            raise EditionError(
                f"{drawing.path.name} was edited by hand: its recipe does not draw it again"
            )
        label = f"{number}/{len(drawings)}"
        try:
            front, _ = _sides(drawing.document, terms, label, provenance.recipe)
        except EditionError as error:
            raise EditionError(f"number {label}, {drawing.path.name}: {error}") from None
        pens = len({*pen_numbers(front.layers)})
        recipes.append(provenance.recipe)
        frozen.append((json.dumps(provenance.as_dict()), stored_path(drawing.path), pens))
    if twice := {one for one in recipes if recipes.count(one) > 1}:
        raise EditionError(f"drawing {min(twice)[:8]} is listed twice; each number is unique")
    return Edition.create(name, frozen, terms)


def content_of(number: Number, *, trust: bool = False) -> bytes:
    """Return the file of a number's drawing, drawn again from its recipe if the file is gone or edited.

    Raises EditionError, with the reason, if it draws something else now. Raises ProvenanceError for a
    notebook's sketch whose source is not trusted.
    """
    if number.file.is_file():
        content = number.file.read_bytes()
        if body_digest(content) == number.provenance.body:
            return content
    return drawn_again(number.provenance, trust=trust)


def drawing_of(number: Number) -> Drawing:
    """Return the drawing of a number; one that was deleted is drawn again. Raises as `content_of` does."""
    if not number.file.is_file():
        write_atomic(number.file, [content_of(number)])
        index_file(number.file)
    return find(number.provenance.recipe)


def drawn_again(frozen: Provenance, *, trust: bool = False) -> bytes:
    """Return the file that a frozen recipe gives now. Raises EditionError for another drawing."""
    svg = redraw(frozen, sketch_for(frozen, trust=trust))
    content = file_content_of(svg, frozen)
    if body_digest(content) != frozen.body:
        why = ", ".join(reasons_between(frozen, Provenance.of(svg.provenance)))
        raise EditionError(
            f"recipe {frozen.recipe[:8]} would be drawn differently now, because of: {why or 'its file'}"
        )
    return content


def label_of(edition: Edition, number: Number) -> str:
    """Return the number as a sheet shows it: '7/30', 'A.P. 1/2'."""
    proofs = {"A.P.": edition.terms.artist_proofs, "P.P.": edition.terms.printer_proofs}
    of = proofs.get(number.kind) or edition.size
    return f"{number.kind} {number.number}/{of}".strip()


def _sides(
    document: Document, terms: Terms, label: str, recipe: str
) -> tuple[Document, Document | None]:
    if terms.side == "front":
        return marked(document, terms, label, recipe), None
    return document, back_of(document, terms, label, recipe)


def parts_of(
    edition: Edition, number: Number, parts: int = 1, *, trust: bool = False
) -> list[Document]:
    """Return the plots of a sheet, `parts` of them: the front, or its pens one by one, and the back."""
    drawing = read_svg(content_of(number, trust=trust))
    label = label_of(edition, number)
    front, back = _sides(drawing, edition.terms, label, number.provenance.recipe)
    by_pen = parts > (1 if back is None else 2)
    fronts = _pen_by_pen(front) if by_pen else [front]
    return [optimize(one) for one in [*fronts, back] if one is not None]


def _pen_by_pen(document: Document) -> list[Document]:
    """Return a document for each pen; its layers keep the number that the pen has among all."""
    pens = pen_numbers(document.layers)
    parts = []
    for pen in dict.fromkeys(pens):
        layers = [
            replace(layer, name=replace(layer.motion, number=pen).named(plain_name(layer.name)))
            for layer, own in zip(document.layers, pens)
            if own == pen
        ]
        parts.append(document.with_layers(layers))
    return parts


def sheet_of(edition: Edition, claim: Claim) -> tuple[Path, Document]:
    """Write the file of a claim's drawing; return both. Raises EditionError."""
    number = next(one for one in edition.rows() if one.id == claim.number)
    document = parts_of(edition, number, claim.parts)[claim.part]
    kind = f"{number.kind.replace('.', '').lower()}-" if number.kind else ""
    part = f"-part-{claim.part + 1}" if claim.part else ""
    name = f"editions/{edition.name}/{edition.name}-{kind}{number.number:02}{part}"
    file = settings.output_path(name, ".svg")
    return save(document, file), document
