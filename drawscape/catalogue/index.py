"""The index of the files: rows written, looked up and made again; drawings that stand, and drafts.

A drawing is a file whose body is the one that its metadata name. An export is none, and a file that was
edited by hand is kept and said to be edited. New files are found, moved ones known by their content.
"""

import hashlib
import json
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from drawscape import settings
from drawscape.atomic import write_atomic
from drawscape.catalogue.database import full_path, reading, salvage, stored_path, writing
from drawscape.catalogue.drawing import Drawing, Figures, stored
from drawscape.catalogue.thumbnail import thumbnail_of
from drawscape.drawing.document import Document
from drawscape.errors import CatalogueError, DrawingNotFoundError, DrawscapeError, ProvenanceError
from drawscape.output_store import fetch_all, remove
from drawscape.recipe import Provenance, Recipe, SourceText, is_library, read_provenance
from drawscape.recipe.provenance import digest_of
from drawscape.settings import safe_name
from drawscape.svg.node import body_digest
from drawscape.svg.read import read_svg

_HEAD = 65_536
"""Bytes at a file's begin that hold its metadata: at most 4 kB of source and the parameters."""

_MOST_DRAFTS = 100
_GIVEN = re.compile(r"-[0-9a-f]{8}\.svg$")

SAME_SINCE_0_3 = {
    "cubic_disarray", "flow_field", "hitomezashi", "isolines", "moire", "rose", "schotter", "skyline",
    "ten_print", "terrain", "tree_rings", "truchet", "voronoi",
}  # fmt: skip
"""Sketches of the library that draw the lines of 0.3; drawings of others stand for no recipe of today."""


def record(
    path: Path,
    provenance: Provenance,
    *,
    document: Document | None = None,
    took_s: float | None = None,
    sheet: str | None = None,
    edited: bool | None = None,
) -> Drawing:
    """Write the row of the drawing in the file `path`, which is complete, and return it.

    With its `document` the figures and the thumbnail are kept, too; else they are made when somebody asks.
    A drawing of another recipe that lay there is deleted. Raises CatalogueError, FileNotFoundError.
    """
    content, found = path.read_bytes(), path.stat()
    address = provenance.address
    shared = {one.name for one in fields(Drawing)} & {one.name for one in fields(Provenance)}
    reference = provenance.source
    drawn_at = found.st_mtime if took_s is None else time.time()
    values: dict[str, Any] = {
        **{name: getattr(provenance, name) for name in shared},
        "recipe": address,
        "request": address if provenance.ordered else provenance.request or address,
        # In the order of the file, from which the row may be written again.
        "parameters": dict(sorted(provenance.parameters.items())),
        "path": path,
        "digest": _digest(content),
        "size": found.st_size,
        "modified_ns": found.st_mtime_ns,
        "drawn_at": datetime.fromtimestamp(drawn_at, UTC),
        "source": _digest(reference.encode())[:24] if reference else None,
        "edited": _is_edited(content, provenance) if edited is None else edited,
        "deleted": False,
        "volatile": bool(provenance.volatile),
        **({} if document is None else asdict(Figures.of(document))),
        **({} if took_s is None else {"took_s": took_s}),
        **({} if sheet is None else {"sheet": sheet}),
    }
    thumbnail = None if document is None else thumbnail_of(document)
    with writing() as connection:
        drawing = _upsert(connection, stored(values))
        if reference:
            source = (values["source"], reference)
            connection.execute("insert or ignore into source values (?, ?)", source)
        connection.execute(
            "update drawing set deleted = 1 where path = ? and id <> ?",
            (stored_path(path), drawing),
        )
        if thumbnail is not None:
            row = (drawing, thumbnail)
            connection.execute("insert or replace into thumbnail values (?, ?)", row)
        return Drawing.of(
            connection.execute("select * from drawing where id = ?", (drawing,)).fetchone()
        )


def _upsert(connection: sqlite3.Connection, values: dict[str, Any]) -> int:
    """Return the id of the row of `values`, written: a new one, the same again, or that of a moved file."""
    same = connection.execute(
        "select id, path, drawn_at from drawing where recipe = :recipe and digest = :digest", values
    ).fetchall()
    moved = [one["id"] for one in same if not full_path(one["path"]).exists()]
    here = [one for one in same if one["path"] == values["path"]]
    if moved and not here:
        connection.execute(
            "update or replace drawing set path = :path, modified_ns = :modified_ns, deleted = 0 "
            "where id = :id",
            {**values, "id": moved[0]},
        )
        return int(moved[0])
    if here:  # to write it again is not to draw it again
        values["drawn_at"] = here[0]["drawn_at"]
    else:  # what was counted was another content's
        values = {**dict.fromkeys(one.name for one in fields(Figures)), **values}
    names = ", ".join(values)
    holes = ", ".join(f":{name}" for name in values)
    changed = ", ".join(f"{name} = excluded.{name}" for name in values)
    (drawing,) = connection.execute(
        f"insert into drawing ({names}) values ({holes}) "
        f"on conflict (recipe, path) do update set {changed} returning id",
        values,
    ).fetchone()
    if not here:
        connection.execute("delete from thumbnail where drawing = ?", (drawing,))
    return int(drawing)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _is_edited(content: bytes, provenance: Provenance) -> bool:
    """Return whether a file is another than its metadata say, or cut short."""
    if provenance.body:
        return body_digest(content) != provenance.body
    return not content.rstrip().endswith(b"</svg>")


def _edited_before_0_4(path: Path, content: bytes, provenance: Provenance) -> bool | None:
    """Return whether a file of 0.2 or 0.3 was edited; None for an export, which is no drawing.

    They hold no digest, and exports of those versions have the metadata of the drawing. What a worker has
    drawn is known by its row. Without one the drawing is the file that is found first (`_index_folder`).
    """
    digest, place = _digest(content), stored_path(path)
    query = "select * from drawing where recipe = ?"
    with reading() as connection:
        rows = connection.execute(query, (provenance.address,)).fetchall()
    if drawn := [row for row in rows if row["took_s"] is not None]:
        if any(row["digest"] == digest and not row["edited"] for row in drawn):
            return False
        return True if any(row["path"] == place for row in drawn) else None
    others = (row for row in rows if row["path"] != place and row["digest"] != digest)
    return None if any(map(stands, others)) else _is_edited(content, provenance)


def stands(row: sqlite3.Row) -> bool:
    """Return whether the file of a row is the one that was recorded; its content is read only if need be."""
    path = full_path(row["path"])
    try:
        found = os.stat(path if path.exists() else settings.fetched(path))
    except OSError:
        return False
    if (found.st_size, found.st_mtime_ns) == (row["size"], row["modified_ns"]):
        return True
    if found.st_size != row["size"] or _digest(path.read_bytes()) != row["digest"]:
        return False
    with writing() as connection:
        stamp = (found.st_mtime_ns, row["id"])
        connection.execute("update drawing set modified_ns = ? where id = ?", stamp)
    return True


def keep_source(source: SourceText | None) -> None:
    """Keep a source that is too long for a file's metadata by its address in the home."""
    if source is not None and source.reference == source.address:
        file = source_file(source.reference)
        if not file.is_file():
            file.parent.mkdir(exist_ok=True)
            write_atomic(file, [source.json.encode()])


def source_file(address: str) -> Path:
    """Return where the source of that address lies in the home."""
    return settings.state_folder() / "sources" / f"{address.partition(':')[2][:64]}.json"


def source_in(provenance: Provenance) -> SourceText | None:
    """Return the source that a drawing carries, or names by its address in the home; None for none.

    Nothing of it is run. Raises ProvenanceError when it is damaged, or is not in this home.

    >>> from drawscape.sketches import draw, read_provenance
    >>> source_in(read_provenance(draw("spiral", 50, 50).to_string())) is None
    True
    """
    if not provenance.source:
        return None
    if not provenance.source.startswith("sha256:"):
        return SourceText.of_reference(provenance.source)
    file = source_file(provenance.source)
    if not file.is_file():
        raise ProvenanceError(
            f"the source of {provenance.sketch!r} is too long for the file and is in another home"
        )
    source = SourceText.of_json(file.read_text("utf-8"))
    if source.address != provenance.source:
        raise ProvenanceError(
            f"the source of {provenance.sketch!r} in {file} is not the one that drew it"
        )
    return source


def file_name(recipe: Recipe, address: str | None = None) -> str:
    """Return the name of the file of a drawing: sketch, seed, and eight digits of its address."""
    return f"{safe_name(recipe.sketch.name)}-{recipe.seed}-{(address or recipe.request)[:8]}.svg"


def free_path(path: Path) -> Path:
    """Return `path`, or one beside it where a file of that name was edited by hand."""
    number, free = 2, path
    while (found := index_file(free)) is not None and found.edited:
        free = path.with_name(f"{path.stem}-{number}.svg")
        number += 1
    return free


def find_existing(recipe: Recipe) -> Drawing | None:
    """Return the drawing of `recipe` if its file stands and what it read is unchanged, else None.

    A file that was moved inside the home is found by its content; one that was edited does not count.
    Raises CatalogueError.
    """
    while there := [
        row for row in _asked_for(recipe.request)
        if not row["deleted"] and _reads_the_same(json.loads(row["reads"]))
    ]:  # fmt: skip
        if (found := next(filter(stands, there), None)) is not None:
            return Drawing.of(found)
        _find_lost([row["path"] for row in there])  # what is nowhere is deleted then
    return _unrecorded(recipe) or _drawn_by_0_3(recipe)


def latest_for(request: str) -> Drawing | None:
    """Return the newest drawing of what was asked for, whatever it read: one that stands, else a deleted one.

    >>> latest_for("nothing that was asked for") is None
    True
    """
    rows = _asked_for(request)
    known = (row for row in rows if not row["deleted"] and stands(row))
    row = next(known, max(rows, key=lambda row: row["drawn_at"], default=None))
    return None if row is None else replace(Drawing.of(row), deleted=not stands(row))


def _asked_for(request: str) -> list[sqlite3.Row]:
    with reading() as connection:
        return connection.execute(
            "select * from drawing where request = ? and not edited order by deleted, drawn_at desc",
            (request,),
        ).fetchall()


def _reads_the_same(reads: Mapping[str, str]) -> bool:
    with suppress(OSError, ValueError):
        return all(_digest_now(name) == digest for name, digest in reads.items())
    return False


def _digest_now(name: str) -> str:
    path = settings.readable_path(name)
    found = path.stat()
    return _digest_at(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=256)
def _digest_at(path: Path, _modified_ns: int, _size: int) -> str:
    return digest_of(path.read_bytes())


def _unrecorded(recipe: Recipe) -> Drawing | None:
    """Return the drawing whose writer was killed before it wrote the row: the file has its name from it."""
    path = settings.fetched(settings.output_folder() / file_name(recipe))
    found = index_file(path)
    same = found is not None and found.recipe == recipe.request and not found.edited
    return found if same else None


def _drawn_by_0_3(recipe: Recipe) -> Drawing | None:
    """Return the drawing that version 0.3 made of the same: its addresses were of another kind."""
    is_ours = is_library(recipe.sketch.function.__module__ or "")
    if not (recipe.sketch.name in SAME_SINCE_0_3 if is_ours else recipe.origin.source):
        return None
    seed = "and seed = :seed" if recipe.sketch.is_random else ""
    with reading() as connection:
        rows = connection.execute(
            "select * from drawing where body = '' and sketch = :sketch and not deleted and not edited and "
            f"not volatile and width = :width and height = :height and margin = :margin {seed} "
            "order by drawn_at desc",
            {**{n: getattr(recipe, n) for n in ("seed", "width", "height", "margin")},
             "sketch": recipe.sketch.name},
        ).fetchall()  # fmt: skip
    if not rows:
        return None
    from drawscape.recipe.code import statements_of  # nothing else of a draw needs it

    for row in rows:
        found = Drawing.of(row)
        # A parameter that 0.3 did not know has its default.
        parameters = {**dict(recipe.sketch.arguments({})), **found.parameters}
        if parameters == recipe.parameters and _reads_the_same(found.reads) and stands(row):
            with suppress(ProvenanceError, OSError, SyntaxError):
                known = provenance_of(found.path)
                code, now = map(statements_of, (source_in(known), recipe.origin.source))
                # A file of 0.2 knows less of how it was made, and no recipe.
                if known.recipe and {*code} == {*now}:
                    return found
    return None


# Drafts: the frames of a drag


def drafts_folder() -> Path:
    """Return the folder of drafts, in which nobody looks for drawings."""
    return settings.output_folder() / ".drafts"


def is_draft(path: str | os.PathLike[str]) -> bool:
    """Return whether a path is that of a draft.

    >>> is_draft("output/.drafts/spiral-7-0f32ad88.svg"), is_draft("output/spiral.svg")
    (True, False)
    """
    return Path(path).parent.name == ".drafts"


def draft_for(recipe: Recipe) -> Path | None:
    """Return the draft of `recipe`, if it was drawn of late and what it read is unchanged."""
    path = settings.fetched(drafts_folder() / file_name(recipe))
    try:
        provenance = provenance_of(path)
        content = path.read_bytes()
    except (OSError, ProvenanceError):
        return None
    same = (provenance.request or provenance.recipe) == recipe.request
    fits = same and _reads_the_same(provenance.reads) and not _is_edited(content, provenance)
    return path if fits else None


def clear_drafts(most: int = _MOST_DRAFTS) -> None:
    """Remove all drafts but the newest `most`."""
    with suppress(OSError):
        files = [(one.stat().st_mtime_ns, one) for one in drafts_folder().glob("*.svg")]
        for _, old in sorted(files)[: max(len(files) - most, 0)]:
            old.unlink(missing_ok=True)
            remove(old, settings.output_folder())


def keep_draft(path: str | os.PathLike[str], *, sheet: str | None = None) -> Drawing:
    """Return the drawing that a draft becomes: the file moves into `output/`, and has its row.

    One that is kept already, by the same name, is returned as it is. Raises DrawingNotFoundError where the
    draft is gone.

    >>> from drawscape.tasks.drawing import generate_complex_svg
    >>> keep_draft(generate_complex_svg(60, 60, "harmonograph", seed=9, draft=True)).seed
    9
    """
    draft = Path(path)
    target = free_path(settings.output_folder() / draft.name)
    try:
        content, provenance = draft.read_bytes(), provenance_of(draft)
    except OSError:
        kept = index_file(target)
        if kept is None:
            raise DrawingNotFoundError(f"the draft {draft} is gone; draw it again") from None
        return kept
    write_atomic(target, [content])
    draft.unlink(missing_ok=True)
    remove(draft, settings.output_folder())
    return record(target, provenance, document=read_svg(target), sheet=sheet)


def rebuild(on_file: Callable[[Path], None] | None = None) -> int:
    """Make the rows of all drawings again, figures and thumbnails included; return how many there are.

    Those are the drawings in `output/`, and those elsewhere that the catalogue knows of. Marks,
    sheets and the settings of forms stay as they are. A damaged catalogue is moved away, and what can be read
    of it is kept. `on_file(path)` is called for each file.

    >>> rebuild() >= 1
    True
    """
    salvage()
    with writing() as connection:
        connection.execute("update folder set modified_ns = 0")
    refresh(on_file, fully=True)
    for place in _outside_output():
        index_file(full_path(place), fully=True)
    with reading() as connection:
        return int(
            connection.execute("select count(*) from drawing where not deleted").fetchone()[0]
        )


def refresh(on_file: Callable[[Path], None] | None = None, *, fully: bool = False) -> int:
    """Return how many drawings in `output/` were new to the index, which has them now.

    Only folders in which something was made, moved or removed since the last call, or just before it, are
    read. `fully` reads each of their files again, and calls `on_file(path)`. What lies in an object store
    (`DRAWSCAPE_OUTPUT`) is copied from there first.

    >>> refresh()
    0
    """
    fetch_all(top := settings.output_folder(), ".svg")
    with reading() as connection:  # of one home, should the settings name another meanwhile
        seen = dict(map(tuple, connection.execute("select path, modified_ns from folder")))
        new, lost = 0, _outside_output()  # few, so that each is looked at
        for name, inner, _ in os.walk(top):
            inner[:] = [one for one in inner if not one.startswith(".")]
            folder = Path(name)
            if seen.pop(stored_path(folder), None) != folder.stat().st_mtime_ns:
                added, gone = _index_folder(folder, on_file, fully=fully)
                new, lost = new + added, lost + gone
        for place in seen:
            lost += [f"{place}/{name}" for name in _known_in(full_path(place))]
            with writing():
                connection.execute("delete from folder where path = ?", (place,))
        _find_lost(lost)
        return new


def _index_folder(
    folder: Path, on_file: Callable[[Path], None] | None, *, fully: bool
) -> tuple[int, list[str]]:
    """Return how many drawings in a folder are new to the index, and the places of those that are gone.

    Names that drawings are given come first, and the oldest: an export of 0.3 is made later.
    """
    stamp = folder.stat().st_mtime_ns
    settled = _is_past(stamp)  # now, before the look: what comes after it counts as seen
    new, known = 0, _known_in(folder)
    files = [one for one in os.scandir(folder) if _is_drawing(one.name) and one.is_file()]
    for entry in sorted(files, key=lambda one: (not _GIVEN.search(one.name), one.stat().st_mtime)):
        path, found = folder / entry.name, entry.stat()
        is_known = known.get(entry.name) == (found.st_size, found.st_mtime_ns)
        if on_file is not None:
            on_file(path)
        if (is_known and not fully) or index_file(path, fully=fully) is not None:
            known.pop(entry.name, None)
            new += not is_known
    with writing() as connection:
        row = (stored_path(folder), stamp if settled else 0)
        connection.execute("insert or replace into folder values (?, ?)", row)
    return new, [stored_path(folder / name) for name in known]


def _is_past(stamp_ns: int) -> bool:
    """Return whether what happens in a folder from now on gives it another time than `stamp_ns`.

    Clocks of file systems tick: mostly a hundred times a second and more, some once in two seconds.
    """
    tick_ns = 50_000_000 if stamp_ns % 1_000_000_000 else 2_000_000_000
    return time.time_ns() - stamp_ns > tick_ns


def index_file(path: Path, *, fully: bool = False) -> Drawing | None:
    """Return the row of the drawing in the file `path`, written; None for what is no drawing.

    That is a file that says not how it was made, an export, and a draft. `fully` also counts its figures and
    makes its thumbnail; else that is done when somebody asks.
    """
    try:
        provenance = provenance_of(path)
        if provenance.derived_from or is_draft(path):
            return None
        edited = None
        if not provenance.body:
            edited = _edited_before_0_4(path, path.read_bytes(), provenance)
            if edited is None:
                return None
        document = read_svg(path) if fully else None
        return record(path, provenance, document=document, edited=edited)
    except CatalogueError:
        raise
    except (OSError, DrawscapeError):
        return None


def provenance_of(path: Path) -> Provenance:
    """Return what a file says of its making. Raises ProvenanceError, which names the file, and OSError."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if b"</metadata>" not in head and b"<metadata" in head:
            head += file.read()
    try:
        return read_provenance(head.decode("utf-8", "replace"))
    except ProvenanceError as error:
        raise ProvenanceError(f"{path}: {error}") from None


def _is_drawing(name: str) -> bool:
    return name.endswith(".svg") and not name.startswith(".")


def _outside_output() -> list[str]:
    """Return where drawings lie that were moved out of `output/`."""
    return [row["path"] for row in _rows("path < ? or path >= ?", settings.output_folder())]


def _known_in(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of the drawings that the index has in `folder`, by name."""
    place = stored_path(folder)
    parts = ((row["path"].rpartition("/"), row) for row in _rows("path >= ? and path < ?", folder))
    return {
        n: (row["size"], row["modified_ns"]) for (inside, _, n), row in parts if inside == place
    }


def _rows(condition: str, folder: Path) -> list[sqlite3.Row]:
    """Return path, size and time of drawings, by where they lie beside all paths in `folder`."""
    place = stored_path(folder)
    query = f"select path, size, modified_ns from drawing where ({condition}) and not deleted"
    with reading() as connection:
        return connection.execute(query, (f"{place}/", f"{place}0")).fetchall()  # "0" is after "/"


def _find_lost(places: Iterable[str]) -> None:
    """Look elsewhere in the home for what no longer stands at these places; what is nowhere is deleted."""
    query = "select * from drawing where path = ? and not deleted"
    with reading() as connection:
        rows = [row for place in places for row in connection.execute(query, (place,))]
    gone = [row for row in rows if not stands(row)]
    wanted = {row["digest"]: row["size"] for row in gone}
    for folder, inner, names in os.walk(settings.home()) if wanted else ():
        inner[:] = sorted(n for n in inner if not n.startswith(".") and n != "node_modules")
        for path in (Path(folder, name) for name in sorted(names) if _is_drawing(name)):
            with suppress(OSError):
                is_long = path.stat().st_size in wanted.values()
                if is_long and wanted.pop(_digest(path.read_bytes()), None):
                    index_file(path)
    still = [(row["id"], row["path"]) for row in gone]
    with writing() as connection:
        connection.executemany("update drawing set deleted = 1 where id = ? and path = ?", still)
