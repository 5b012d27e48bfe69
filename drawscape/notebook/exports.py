"""The files that a form writes beside its drawing, for plotters and other programs."""

from pathlib import Path
from typing import Any

from drawscape.drawing.document import Document
from drawscape.plot import optimize, read_machine, save, split_layers
from drawscape.plot.formats import FormatName


def export_beside(
    path: Path, document: Document, format: FormatName, *, per_pen: bool, plotter: str
) -> list[Path]:
    """Return the files written beside the drawing at `path`, the lines of `document` in order.

    `per_pen` writes a file for each layer. `plotter` names a known plotter, '' none in particular.
    Raises PlotError for a drawing that the format cannot hold, MissingExtraError for a missing package.
    """
    options: dict[str, Any] = {}
    if plotter:
        machine = read_machine(plotter)
        options = {"profile": machine.profile, "device": machine.device}
    ordered = optimize(document)
    parts = dict(enumerate(split_layers(ordered), 1)) if per_pen else {"plot": ordered}
    return [
        save(part, path.with_name(f"{path.stem}-{name}.{format}"), format=format, **options)
        for name, part in parts.items()
    ]
