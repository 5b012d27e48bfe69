"""One drawing of the catalogue: its recipe, figures, marks and file; mark, export and redraw it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drawscape.catalogue.database import full_path, read_rows, stored_path, write
from drawscape.catalogue.marks import (
    STARS,
    Marks,
    add_tags,
    checked_words,
    marks_of_each,
    remove_tags,
    set_mark,
)
from drawscape.catalogue.thumbnail import thumbnail_of
from drawscape.drawing.document import Document
from drawscape.errors import DrawingNotFoundError, SvgReadError
from drawscape.image_tag import file_tag, image_tag
from drawscape.pens import with_pens
from drawscape.plot.formats import FORMATS, save
from drawscape.plot.pipeline import optimize
from drawscape.plot.statistics import statistics
from drawscape.recipe import Provenance, SketchFunction, read_provenance
from drawscape.svg.read import read_svg


@dataclass(frozen=True)
class Figures:
    """Lines, points, ink and travel in mm, lifts, seconds; `pens` are (name, colour, minutes) each."""

    lines: int
    points: int
    ink_mm: float
    travel_mm: float
    lifts: int
    seconds: float
    pens: tuple[tuple[str, str, float], ...]

    @property
    def minutes(self) -> float:
        """How long a plotter takes to draw it with all pens."""
        return self.seconds / 60

    @classmethod
    def of(cls, document: Document) -> Figures:
        """Return the figures of a drawing."""
        *layers, total = statistics(document)
        pens = tuple(
            (one.name, layer.color, round(one.seconds / 60, 2))
            for one, layer in zip(layers, document.layers)
        )
        down, up = round(total.pen_down_mm, 1), round(total.pen_up_mm, 1)
        return cls(total.lines, total.points, down, up, total.lifts, round(total.seconds, 1), pens)


_READ: dict[str, Callable[[Any], Any]] = {
    "bool": bool,
    "Path": full_path,
    "datetime": lambda stamp: datetime.fromtimestamp(stamp, UTC),
    "dict[str, Any]": json.loads,
    "tuple[str, ...]": lambda text: tuple(json.loads(text)),
}
"""How a column is read, by the type of its field."""


def stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as they are stored in the columns of their names."""

    def column(value: Any) -> Any:
        if isinstance(value, (dict, tuple, list)):
            return json.dumps(value)
        if isinstance(value, Path):
            return stored_path(value)
        return value.timestamp() if isinstance(value, datetime) else value

    return {name: column(value) for name, value in values.items()}


@dataclass(frozen=True)
class Drawing:
    """A drawing that was made; if `deleted`, its file is gone, and `redraw` brings it back.

    If `edited`, the file was changed by hand: it is kept, but does not count as its recipe's drawing.
    `mark_key` stands for sketch, parameters, seed and page: drawings that share these share their marks.
    Marks are read on each access, because another notebook may change them. Each field is the column of
    that name.
    """

    id: int
    recipe: str
    request: str
    mark_key: str
    sketch: str
    parameters: dict[str, Any]
    seed: int
    width: float
    height: float
    margin: float
    reads: dict[str, Any]
    path: Path
    digest: str
    size: int
    modified_ns: int = field(compare=False)
    drawn_at: datetime
    took_s: float | None
    sheet: str | None
    parents: tuple[str, ...]
    source: str | None
    body: str
    edited: bool
    deleted: bool
    traits: dict[str, Any]

    @classmethod
    def of(cls, row: sqlite3.Row) -> Drawing:
        """Return the drawing that a row of the catalogue describes."""
        values = {
            one.name: _READ.get(str(one.type), lambda value: value)(row[one.name])
            for one in fields(cls)
        }
        return cls(**values)

    @property
    def marks(self) -> Marks:
        """Its stars, tags, note and name, as they are now."""
        return marks_of_each([self.mark_key])[self.mark_key]

    @property
    def stars(self) -> int:
        """0 to 5."""
        return self.marks.stars

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags in alphabetical order."""
        return self.marks.tags

    @property
    def note(self) -> str:
        """The note on it, '' for none."""
        return self.marks.note

    @property
    def name(self) -> str:
        """Its name, '' for none."""
        return self.marks.name

    def star(self, stars: int) -> Drawing:
        """Give it 0 to 5 stars and return it. Raises ParameterError."""
        set_mark(self.mark_key, stars=STARS.check(stars))
        return self

    def tag(self, *tags: str) -> Drawing:
        """Add tags, such as 'kept', and return it. Raises ParameterError for an empty one."""
        add_tags(self.mark_key, tags)
        return self

    def untag(self, *tags: str) -> Drawing:
        """Remove tags and return it; missing tags are ignored."""
        remove_tags(self.mark_key, tags)
        return self

    def annotate(self, note: str) -> Drawing:
        """Write a note on it, '' for none, and return it. Raises ParameterError."""
        set_mark(self.mark_key, note=checked_words("note", note))
        return self

    def rename(self, name: str) -> Drawing:
        """Give it a name, '' for none, and return it; the file keeps its own. Raises ParameterError."""
        set_mark(self.mark_key, name=checked_words("name", name))
        return self

    @property
    def provenance(self) -> Provenance:
        """Its file's metadata: how it was made. Raises DrawingNotFoundError, ProvenanceError."""
        return read_provenance(self._text())

    @property
    def document(self) -> Document:
        """Its lines, read from the file. Raises DrawingNotFoundError."""
        self._text()
        return read_svg(self.path)

    @property
    def figures(self) -> Figures:
        """Lines, points, ink, lifts, minutes; counted once. Raises DrawingNotFoundError."""
        names = ", ".join(one.name for one in fields(Figures))
        query = f"select {names} from drawing where id = ? and lines is not null"
        if rows := read_rows(query, (self.id,)):
            pens = tuple(map(tuple, json.loads(rows[0]["pens"])))
            return Figures(**{**dict(rows[0]), "pens": pens})
        figures = Figures.of(self.document)
        columns = stored(asdict(figures))
        changes = ", ".join(f"{name} = :{name}" for name in columns)
        write(f"update drawing set {changes} where id = :id", {**columns, "id": self.id})
        return figures

    @property
    def thumbnail(self) -> bytes | None:
        """A small PNG; None without Pillow, or if the file is gone or damaged."""
        rows = read_rows("select picture from thumbnail where drawing = ?", (self.id,))
        if rows:
            return bytes(rows[0][0])
        try:
            picture = thumbnail_of(self.document)
        except (DrawingNotFoundError, SvgReadError):
            return None
        if picture is not None:
            write("insert or replace into thumbnail values (?, ?)", (self.id, picture))
        return picture

    def redraw(self, sketch: SketchFunction | None = None, *, trust: bool = False) -> Drawing:
        """Draw it again into its file and return it; `sketch` replaces one from a notebook.

        With `trust` the source in the drawing is run, without a check of its contents.
        Raises ProvenanceError if the sketch is neither in the library nor given.
        """
        from drawscape.catalogue.redraw import redraw_drawing

        return redraw_drawing(self, sketch, trust=trust)

    def export(
        self,
        format: str = "gcode",
        path: str | Path | None = None,
        *,
        raw: bool = False,
        pens: Mapping[int, str] | None = None,
    ) -> Path:
        """Write it as `svg`, `png`, `pdf`, `gcode` or `hpgl`, by default beside its file; return the path.

        Its lines are merged and ordered, unless `raw` or in a picture. `pens` are pens of the home, by the
        number of a layer's pen. The drawing's own file is never overwritten: an export of that name gets
        `-export` at the end.
        Raises PlotError for another format, DrawingNotFoundError when its file is gone.
        """
        target = self.path.with_suffix(f".{format}") if path is None else Path(path)
        if target.exists() and self.path.exists() and target.samefile(self.path):
            target = target.with_name(f"{target.stem}-export.svg")
        known = format if format in FORMATS else None
        document = with_pens(self.document, pens) if pens else self.document
        if not (raw or known == "png"):
            document = optimize(document)
        return save(document, target, format=known)

    def delete(self) -> None:
        """Remove the file; the recipe and its marks stay, and `redraw` brings it back."""
        self.path.unlink(missing_ok=True)
        write("update drawing set deleted = 1 where id = ?", (self.id,))

    @property
    def file(self) -> Path:
        """Its path. Raises DrawingNotFoundError when the file is gone."""
        if not self.path.is_file():
            raise DrawingNotFoundError(
                f"the file {self.path} is gone; `drawscape redraw {self.recipe[:8]}` draws it again"
            )
        return self.path

    def _text(self) -> str:
        return self.file.read_text("utf-8", errors="replace")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Show it as `<img>`, as a job does, or by its thumbnail if the file is gone."""
        small = None if self.path.is_file() else self.thumbnail
        tag = image_tag(small, self.path.name) if small else file_tag(self.path)
        return {"text/plain": repr(self)} | ({"text/html": tag} if tag else {})

    def __repr__(self) -> str:
        mark = " (edited by hand)" if self.edited else ""
        if self.deleted:
            mark = " (deleted)"
        return f"<Drawing {self.recipe[:8]} {self.sketch} seed {self.seed}: {self.path.name}{mark}>"


def short(value: Any) -> str:
    """Return a parameter's value in a few characters.

    >>> short(1 / 3)
    '0.3333'
    """
    return f"{value:.4g}" if isinstance(value, float) else str(value)
