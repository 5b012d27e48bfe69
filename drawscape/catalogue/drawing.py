"""One drawing of the catalogue: what it is made of, its figures, its marks, and what can be done with it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drawscape import output_store, settings
from drawscape.catalogue import marks
from drawscape.catalogue.database import full_path, reading, writing
from drawscape.catalogue.figures import Figures, figures_of
from drawscape.catalogue.thumbnail import thumbnail_of
from drawscape.drawing.document import Document
from drawscape.errors import DrawingNotFoundError
from drawscape.image_tag import file_tag, image_tag
from drawscape.plot.export.formats import FORMATS, save
from drawscape.plot.pipeline import optimize
from drawscape.sketches.provenance import Provenance, read_provenance
from drawscape.svg.read import read_svg


@dataclass(frozen=True)
class Drawing:
    """A drawing that was made; `deleted` says that its file is gone, and `redraw` brings it back.

    Marks are read when they are asked for: another notebook may have changed them.
    """

    id: int
    recipe: str
    sketch: str
    parameters: dict[str, Any]
    seed: int
    width: float
    height: float
    margin: float
    path: Path
    digest: str
    size: int
    drawn_at: datetime
    took_s: float | None
    sheet: str | None
    parents: tuple[str, ...]
    volatile: bool
    deleted: bool
    streams: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, row: sqlite3.Row) -> Drawing:
        """Return the drawing that a row of the catalogue describes."""
        parameters = json.loads(row["parameters"])
        streams = parameters.pop("streams", {})
        return cls(
            row["id"],
            row["recipe"],
            row["sketch"],
            parameters,
            row["seed"],
            row["width"],
            row["height"],
            row["margin"],
            full_path(row["path"]),
            row["digest"],
            row["size"],
            datetime.fromtimestamp(row["drawn_at"], UTC),
            row["took_s"],
            row["sheet"],
            tuple(json.loads(row["parents"])),
            bool(row["volatile"]),
            bool(row["deleted"]),
            streams,
        )

    @property
    def stars(self) -> int:
        """0 to 5."""
        return marks.marks_of(self.recipe).stars

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags in alphabetical order."""
        return marks.marks_of(self.recipe).tags

    @property
    def note(self) -> str:
        """What somebody wrote about it."""
        return marks.marks_of(self.recipe).note

    @property
    def name(self) -> str:
        """The name that it was given, '' for none."""
        return marks.marks_of(self.recipe).name

    def star(self, stars: int) -> Drawing:
        """Give it 0 to 5 stars and return it. Raises ParameterError."""
        marks.set_stars(self.recipe, stars)
        return self

    def tag(self, *tags: str) -> Drawing:
        """Add tags, such as 'kept', and return it. Raises ParameterError for an empty one."""
        marks.add_tags(self.recipe, tags)
        return self

    def untag(self, *tags: str) -> Drawing:
        """Take tags away and return it."""
        marks.remove_tags(self.recipe, tags)
        return self

    def annotate(self, note: str) -> Drawing:
        """Write a note on it, '' for none, and return it."""
        marks.set_note(self.recipe, note)
        return self

    def rename(self, name: str) -> Drawing:
        """Give it a name, '' for none, and return it; the file keeps its own."""
        marks.set_name(self.recipe, name)
        return self

    @property
    def provenance(self) -> Provenance:
        """All that its file says of its making. Raises DrawingNotFoundError, ProvenanceError."""
        return read_provenance(self._text())

    @property
    def document(self) -> Document:
        """Its lines, read from the file. Raises DrawingNotFoundError."""
        self._text()
        return read_svg(self.path)

    @property
    def figures(self) -> Figures:
        """Lines, points, ink, lifts, minutes; counted once. Raises DrawingNotFoundError."""
        with reading() as connection:
            row = connection.execute(
                "select lines, points, ink_mm, travel_mm, lifts, seconds, pens from drawing where id = ?",
                (self.id,),
            ).fetchone()
        if row is not None and row["lines"] is not None:
            pens = tuple((name, color, minutes) for name, color, minutes in json.loads(row["pens"]))
            return Figures(**{**dict(row), "pens": pens})
        return self._counted()

    @property
    def thumbnail(self) -> bytes | None:
        """A WebP picture of at most 7.2 kB; None without Pillow, or of a file that went too early."""
        with reading() as connection:
            row = connection.execute(
                "select picture from thumbnail where drawing = ?", (self.id,)
            ).fetchone()
        if row is not None:
            return bytes(row[0])
        if not self.path.is_file():
            return None
        picture = thumbnail_of(self.document)
        if picture is not None:
            with writing() as connection:
                connection.execute(
                    "insert or replace into thumbnail values (?, ?)", (self.id, picture)
                )
        return picture

    def redraw(self, sketch: Callable[..., Any] | None = None, *, trust: bool = False) -> Drawing:
        """Draw it again into its file and return it; `sketch` stands in for one of a notebook.

        With `trust` the source that the drawing carries is run, whatever it says.
        Raises ProvenanceError where the sketch is neither in the library nor given.
        """
        from drawscape.catalogue.redraw import redraw_drawing

        return redraw_drawing(self, sketch, trust=trust)

    def export(
        self, format: str = "gcode", path: str | Path | None = None, *, raw: bool = False
    ) -> Path:
        """Write it as `svg`, `png`, `pdf`, `gcode` or `hpgl`, by default beside its file; return the path.

        Its lines are merged and ordered, unless `raw` or in a picture.
        Raises PlotError for another format, DrawingNotFoundError when its file is gone.
        """
        target = self.path.with_suffix(f".{format}") if path is None else Path(path)
        if target == self.path:
            target = self.path.with_name(f"{self.path.stem}-export.svg")
        known = format if format in FORMATS else None
        document = self.document
        if not (raw or known == "png"):
            document = optimize(document)
        return save(document, target, format=known)

    def delete(self) -> None:
        """Remove the file; the recipe and its marks stay, and `redraw` brings it back."""
        self.path.unlink(missing_ok=True)
        output_store.remove(self.path, settings.output_folder())
        with writing() as connection:
            connection.execute("update drawing set deleted = 1 where id = ?", (self.id,))

    def _text(self) -> str:
        try:
            return self.path.read_text("utf-8", errors="replace")
        except FileNotFoundError:
            raise DrawingNotFoundError(
                f"the file {self.path} is gone; `drawscape drawings redraw {self.recipe[:8]}` draws it again"
            ) from None

    def _counted(self) -> Figures:
        figures = figures_of(self.document)
        with writing() as connection:
            connection.execute(
                f"update drawing set {' = ?, '.join(figures.columns)} = ? where id = ?",
                (*figures.columns.values(), self.id),
            )
        return figures

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Show it as `<img>`, as a job does; one whose file is gone by its thumbnail."""
        small = None if self.path.is_file() else self.thumbnail
        tag = image_tag(small, "webp", self.path.name) if small else file_tag(self.path)
        return {"text/plain": repr(self)} | ({"text/html": tag} if tag else {})

    def __repr__(self) -> str:
        mark = " (deleted)" if self.deleted else ""
        return f"<Drawing {self.recipe[:8]} {self.sketch} seed {self.seed}: {self.path.name}{mark}>"
