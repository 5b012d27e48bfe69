"""One drawing as several files: by layer or by length of ink; and the pen-up moves shown."""

from collections.abc import Iterator

import click

from drawscape.drawing.document import Document


def split_parts(
    name: str, document: Document, split: str | None, *, travel: bool
) -> Iterator[tuple[str, Document]]:
    """Yield the parts of one sheet, each with the end of its file's name."""
    parts = _parts(document, split)
    for number, part in enumerate(parts, start=1):
        shown = _with_travel(part) if travel else part
        yield name + (_numbered(number, part) if len(parts) > 1 else ""), shown


def _with_travel(document: Document) -> Document:
    from drawscape.plot.pages import with_travel

    return with_travel(document)


def _parts(document: Document, split: str | None) -> tuple[Document, ...]:
    from drawscape.plot.pages import split_ink, split_layers

    if split is None:
        return (document,)
    if split == "layers":
        return split_layers(document)
    try:
        metres = float(split)
    except ValueError:
        raise click.BadParameter(
            f"{split!r} is neither 'layers' nor a length in metres", param_hint="--split"
        ) from None
    return split_ink(document, metres=metres)


def _numbered(number: int, part: Document) -> str:
    name = "".join(c if c.isalnum() or c in "-_" else "_" for c in part.layers[0].name)[:40]
    return f"-{number}-{name}"
