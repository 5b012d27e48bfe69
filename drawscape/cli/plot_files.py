"""From a drawing to files for a pen: ordered, kept on the sheet, written. For `draw` and `plot`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drawscape.cli.text import progress_bar
from drawscape.drawing.document import Document
from drawscape.drawing.paper import Outside
from drawscape.plot.order import Effort
from drawscape.plot.pipeline import optimize

if TYPE_CHECKING:  # an SVG is ordered and written without them
    from drawscape.plot.export.formats import Format
    from drawscape.plot.machine import Machine
    from drawscape.plot.pages import Reach


@dataclass(frozen=True, kw_only=True)
class Ordering:
    """How lines are made ready for a pen; the lengths are in mm."""

    effort: Effort = "normal"
    tolerance: float = 0.05
    simplify: float = 0.02
    drop_shorter: float = 0.0
    keep_duplicates: bool = False

    def of(self, document: Document) -> Document:
        """Return the drawing merged, simplified and ordered, with a bar on a terminal."""
        with progress_bar("optimize") as show:
            return optimize(
                document,
                tolerance_mm=self.tolerance,
                simplify_mm=self.simplify,
                drop_shorter_mm=self.drop_shorter,
                deduplicate=not self.keep_duplicates,
                effort=self.effort,
                on_progress=lambda fraction, _step: show(fraction),
            )


@dataclass(frozen=True, kw_only=True)
class Output:
    """How files are written; the machine's profile and device count where it has any."""

    profile: str = "servo"
    dpi: float = 150.0
    device: str = "hp7475a"
    machine: Machine | None = None
    outside: Outside = "crop"

    def write(self, document: Document, target: Path, form: Format) -> None:
        """Write one file and print its name; what had to be cropped is noted on stderr."""
        from drawscape.plot.export.formats import save

        document, options = self._ready(document, form)
        try:
            path = save(document, target, format=form, **options)
        except OSError as error:
            raise click.ClickException(
                f"cannot write {target}: {error.strerror or error}"
            ) from error
        click.echo(str(target if not target.is_absolute() else path))

    def write_to_stdout(self, document: Document, form: Format) -> None:
        """Write one file's content to standard output."""
        from drawscape.plot.export.formats import encode

        document, options = self._ready(document, form)
        sys.stdout.buffer.write(encode(document, form, **options))
        sys.stdout.buffer.flush()

    def _ready(self, document: Document, form: Format) -> tuple[Document, dict[str, Any]]:
        """Return the drawing within reach, and the options of the format's writer."""
        from drawscape.plot.pages import crop

        options = self._options(form)
        reach = self._reach(document, form, options)
        document, notes = crop(document, reach, outside=self.outside)
        if form == "hpgl":
            from drawscape.plot.export.hpgl import left_out

            notes = (*notes, *left_out(document))
        for note in notes:
            click.echo(f"note: {note}", err=True)
        # What may lie outside now was asked for.
        return document, {**options, "outside": "keep"}

    def _options(self, form: Format) -> dict[str, Any]:
        if form == "gcode":
            from drawscape.plot.export.gcode import read_profile

            own = self.machine.profile if self.machine else None
            return {"profile": own or read_profile(self.profile)}
        own_device = self.machine and self.machine.format == "hpgl"
        device = self.machine.device if self.machine and own_device else self.device
        return {"dpi": self.dpi, "device": device}

    def _reach(self, document: Document, form: Format, options: dict[str, Any]) -> Reach:
        if form == "gcode":
            from drawscape.plot.export.gcode import reach_of

            return reach_of(document, options["profile"])
        if form == "hpgl":
            from drawscape.plot.export.hpgl import reach_of as hpgl_reach

            return hpgl_reach(document, options["device"])
        from drawscape.plot.pages import Reach

        return self.machine.reach(document) if self.machine else Reach.of_page(document)
