"""The index made again from the files: new ones are found, moved ones known by their content."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from drawscape import settings
from drawscape.catalogue.database import full_path, reading, stored_path, writing
from drawscape.catalogue.drawing import Drawing
from drawscape.catalogue.figures import figures_of
from drawscape.catalogue.record import Entry, digest_of, record, stands
from drawscape.catalogue.salvage import salvage
from drawscape.catalogue.thumbnail import thumbnail_of
from drawscape.errors import DrawscapeError, ProvenanceError
from drawscape.output_store import fetch_all
from drawscape.sketches.provenance import Provenance, read_provenance
from drawscape.svg.read import read_svg

_HEAD = 65_536
"""Bytes at a file's begin that hold its metadata: at most 4 kB of source and the parameters."""


def rebuild(on_file: Callable[[Path], None] | None = None) -> int:
    """Make the rows of all drawings again, figures and thumbnails included; return how many there are.

    Those are the drawings in `output/`, and what lies elsewhere as far as the catalogue knows of it. Marks,
    sheets and the settings of forms stay as they are; a damaged catalogue is moved away, and they are read
    out of it as far as it can be read. `on_file(path)` is called for each file.

    >>> rebuild() >= 1
    True
    """
    salvage()
    with writing() as connection:
        connection.execute("delete from folder")
    fetch_all(settings.output_folder(), ".svg")
    _note_gone()
    elsewhere = map(full_path, _outside_output())
    for path in (*_svg_files(settings.output_folder()), *elsewhere):
        if on_file is not None:
            on_file(path)
        index_file(path, fully=True)
    with reading() as connection:
        return int(
            connection.execute("select count(*) from drawing where not deleted").fetchone()[0]
        )


def refresh() -> int:
    """Return how many drawings in `output/` were new to the index, which has them now.

    Only folders in which something was made, moved or removed since the last look, or just before it, are
    read. What lies in an object store (`DRAWSCAPE_OUTPUT`) is copied from there first.

    >>> refresh()
    0
    """
    fetch_all(settings.output_folder(), ".svg")
    new, lost = 0, _outside_output()
    for folder in _changed_folders(lost):
        stamp = folder.stat().st_mtime_ns
        settled = _is_past(stamp)  # now, before the look: what comes after it counts as seen
        known = _known_in(folder)
        names = {
            e.name: e.stat() for e in os.scandir(folder) if _is_drawing(e.name) and e.is_file()
        }
        drawn = set()
        for name in names:
            found = (names[name].st_size, names[name].st_mtime_ns)
            if known.get(name) == found or index_file(folder / name) is not None:
                drawn.add(name)
                new += known.get(name) != found
        lost += [stored_path(folder / name) for name in known.keys() - drawn]
        with writing() as connection:
            row = (stored_path(folder), stamp if settled else 0)
            connection.execute("insert or replace into folder values (?, ?)", row)
    _note_gone(lost)
    return new


def _is_past(stamp_ns: int) -> bool:
    """Return whether what happens in a folder from now on gives it another time than `stamp_ns`.

    Clocks of file systems tick: mostly a hundred times a second and more, some once in two seconds.
    """
    tick_ns = 50_000_000 if stamp_ns % 1_000_000_000 else 2_000_000_000
    return time.time_ns() - stamp_ns > tick_ns


def index_file(path: Path, *, fully: bool = False) -> Drawing | None:
    """Return the row of the drawing in the file `path`, written; None when the file says not how it was made.

    `fully` also counts its figures and makes its thumbnail; else that is done when somebody asks.
    """
    try:
        provenance = provenance_of(path)
        document = read_svg(path) if fully else None
    except (OSError, DrawscapeError):
        return None
    figures = None if document is None else figures_of(document)
    thumbnail = None if document is None else thumbnail_of(document)
    return record(
        path, Entry(provenance, provenance.request, figures, thumbnail), digest=digest_of(path)
    )


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


def search_home(wanted: Mapping[str, int]) -> dict[str, Path]:
    """Return the files anywhere in the home of these digests, by digest; `wanted` holds their sizes, too."""
    found: dict[str, Path] = {}
    sizes = set(wanted.values())
    for path in _svg_files(settings.home()) if wanted else ():
        try:
            digest = digest_of(path) if path.stat().st_size in sizes else ""
        except OSError:
            continue
        if digest in wanted:
            found.setdefault(digest, path)
    return found


def _svg_files(top: Path) -> Iterator[Path]:
    for folder, inner, names in os.walk(top):
        inner[:] = sorted(n for n in inner if not n.startswith(".") and n != "node_modules")
        yield from (Path(folder, name) for name in sorted(names) if _is_drawing(name))


def _is_drawing(name: str) -> bool:
    return name.endswith(".svg") and not name.startswith(".")


def _changed_folders(lost: list[str]) -> Iterator[Path]:
    """Yield the folders of `output/` to look into; what lay in those that are gone is added to `lost`."""
    with reading() as connection:
        seen = dict(
            tuple(row) for row in connection.execute("select path, modified_ns from folder")
        )
    for folder, inner, _ in os.walk(settings.output_folder()):
        inner[:] = [name for name in inner if not name.startswith(".")]
        path = Path(folder)
        if seen.pop(stored_path(path), None) != path.stat().st_mtime_ns:
            yield path
    for gone in seen:
        lost += [f"{gone}/{name}" for name in _known_in(full_path(gone))]
        with writing() as connection:
            connection.execute("delete from folder where path = ?", (gone,))


def _outside_output() -> list[str]:
    """Return where drawings lie that were moved out of `output/`: few, so that each is looked at."""
    top = stored_path(settings.output_folder())
    with reading() as connection:
        rows = connection.execute(
            "select path from drawing where (path < ? or path >= ?) and not deleted",
            (f"{top}/", f"{top}0"),  # "0" comes after "/"
        ).fetchall()
    return [row["path"] for row in rows]


def _known_in(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of the drawings that the index has in `folder`, by name."""
    inside = f"{stored_path(folder)}/"
    with reading() as connection:
        rows = connection.execute(
            "select path, size, modified_ns from drawing where path >= ? and path < ? and not deleted",
            (inside, inside[:-1] + "0"),  # "0" comes after "/"
        ).fetchall()
    names = ((row["path"][len(inside) :], row) for row in rows)
    return {n: (row["size"], row["modified_ns"]) for n, row in names if "/" not in n}


def _note_gone(places: Sequence[str] | None = None) -> None:
    """Look for what is no longer at its place, of all or these, elsewhere in the home; else it is deleted."""
    with reading() as connection:
        if places is None:
            rows = connection.execute("select * from drawing where not deleted").fetchall()
        else:
            rows = [
                row
                for place in places
                for row in connection.execute(
                    "select * from drawing where path = ? and not deleted", (place,)
                )
            ]
    gone = [row for row in rows if not stands(row)]
    for path in search_home({row["digest"]: row["size"] for row in gone}).values():
        index_file(path)
    still = [(row["id"], row["path"]) for row in gone]
    with writing() as connection:
        connection.executemany("update drawing set deleted = 1 where id = ? and path = ?", still)
