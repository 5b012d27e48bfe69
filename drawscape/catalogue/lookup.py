"""Whether a drawing stands already: by its recipe, before it is drawn."""

import json
import sqlite3
from dataclasses import replace

from drawscape import settings
from drawscape.catalogue.database import full_path, reading, writing
from drawscape.catalogue.drawing import Drawing
from drawscape.catalogue.index import index_file, search_home
from drawscape.catalogue.record import stands
from drawscape.sheets.names import safe_name
from drawscape.sketches.inputs import digest_now
from drawscape.sketches.recipe import Recipe


def standing(recipe: Recipe) -> Drawing | None:
    """Return the drawing of `recipe` if its file stands and what it read is unchanged, else None.

    A sketch that asks the clock, has dice of its own or reads files by itself is never taken to stand.
    A file that was moved inside the home is found by its content. Raises CatalogueError.
    """
    if recipe.origin.identity.volatile:
        return None
    with reading() as connection:
        rows = connection.execute(
            "select * from drawing where request = ? order by deleted, drawn_at desc",
            (recipe.request,),
        ).fetchall()
    fitting = [row for row in rows if not row["volatile"] and _reads_the_same(row)]
    for row in fitting:
        if not row["deleted"] and stands(row):
            return Drawing.of(row)
    return _unrecorded(recipe) or next(filter(None, map(_moved, fitting)), None)


def drawn_for(request: str) -> Drawing | None:
    """Return the newest drawing of what was asked for, whatever it read: one that stands, else a deleted one.

    >>> drawn_for("nothing that was asked for") is None
    True
    """
    with reading() as connection:
        rows = connection.execute(
            "select * from drawing where request = ? order by drawn_at desc", (request,)
        ).fetchall()
    known = (row for row in rows if not row["deleted"] and stands(row))
    row = next(known, rows[0] if rows else None)
    return None if row is None else replace(Drawing.of(row), deleted=not stands(row))


def file_name(recipe: Recipe, address: str | None = None) -> str:
    """Return the name of the file of a drawing: sketch, seed, and eight digits of its address."""
    return f"{safe_name(recipe.sketch.name)}-{recipe.seed}-{(address or recipe.request)[:8]}.svg"


def _reads_the_same(row: sqlite3.Row) -> bool:
    return all(digest_now(name) == digest for name, digest in json.loads(row["reads"]).items())


def _unrecorded(recipe: Recipe) -> Drawing | None:
    """Return the drawing whose writer was killed before it wrote the row: the file has its name from it."""
    path = settings.fetched(settings.output_folder() / file_name(recipe))
    found = index_file(path) if path.is_file() else None
    same = found is not None and found.recipe == recipe.request and not found.volatile
    return found if same else None


def _moved(row: sqlite3.Row) -> Drawing | None:
    """Return the drawing of a row whose file lies elsewhere in the home now; a search is made once."""
    if row["deleted"]:
        return None
    path = search_home({row["digest"]: row["size"]}).get(row["digest"])
    if path is None:
        with writing() as connection:
            connection.execute("update drawing set deleted = 1 where id = ?", (row["id"],))
        return None
    found = index_file(path)
    return found if found is not None and full_path(row["path"]) != found.path else None
