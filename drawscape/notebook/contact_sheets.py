"""Many drawings of one sketch at once: contact sheets by seed, tables of variations; sheets found again."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from drawscape.catalogue import sheet_store
from drawscape.drawing.paper import Orientation, paper_size
from drawscape.errors import UnknownNameError
from drawscape.notebook.matrix import paired_matrix, sampled_matrix, seed_matrix, value_matrix
from drawscape.notebook.sheet_cells import stored_cells, target_named
from drawscape.notebook.sheet_view import ContactSheet, sheet_words
from drawscape.notebook.target import Drawable, target_of

__all__ = ["ContactSheet", "contact_sheet", "sheet", "sheet_words", "sheets", "variations"]


def contact_sheet(
    sketch: Drawable,
    seeds: Iterable[int] = range(12),
    *,
    columns: int = 4,
    paper: str = "A5",
    orientation: Orientation | None = None,
    name: str | None = None,
    fresh: bool = False,
    job_timeout: Any = "5m",
    **values: Any,
) -> ContactSheet:
    """Return a live sheet with one drawing of `sketch` per seed, all else as in `values`.

    What stands is shown at once, the rest is queued as one batch and appears as it comes; `fresh` draws
    all anew. Called again, it shows the same sheet, running or finished. `sheet(name)` finds it by its name.
    Raises as `form` does; then nothing was queued.

    >>> contact_sheet("spiral", range(6), paper="A6")
    <ContactSheet: 6 drawings of spiral>
    """
    matrix = seed_matrix(seeds, values, columns)
    size = paper_size(paper, orientation)
    return ContactSheet.of(
        target_of(sketch), matrix, size, name=name, fresh=fresh, job_timeout=job_timeout
    )


def variations(
    sketch: Drawable,
    *,
    columns: int | None = None,
    paper: str = "A5",
    orientation: Orientation | None = None,
    paired: bool = False,
    sobol: int | None = None,
    name: str | None = None,
    fresh: bool = False,
    job_timeout: Any = "5m",
    **choices: Any,
) -> ContactSheet:
    """Return a live sheet with one drawing for each combination of the values in `choices`.

    A list, tuple, range or array is an axis, `seed` too; anything else holds for all. Of two axes the
    first runs down and the second across. With `paired` the axes run side by side, one drawing for each
    place in them; with `sobol=24` that many drawings are spread evenly over axes given as (low, high).
    Otherwise as `contact_sheet`.
    Raises as `form` does; then nothing was queued.

    >>> variations("spiral", turns=[5, 10, 20], seed=[1, 2])
    <ContactSheet: 6 drawings of spiral>
    """
    target = target_of(sketch)
    if sobol is not None:
        matrix = sampled_matrix(choices, sobol, target.parameters, columns)
    else:
        matrix = (paired_matrix if paired else value_matrix)(choices, columns)
    size = paper_size(paper, orientation)
    return ContactSheet.of(target, matrix, size, name=name, fresh=fresh, job_timeout=job_timeout)


class Sheets(list[str]):
    """The names of all sheets, the latest first; a notebook shows them as a table."""

    def __repr__(self) -> str:
        rows = []
        for name in self:
            body = sheet_store.load(name) or {"cells": [], "title": "", "made_at": 0}
            made = datetime.fromtimestamp(body["made_at"])
            rows.append(f"{name}: {len(body['cells'])} of {body['title']}, {made:%Y-%m-%d %H:%M}")
        return "\n".join(rows) or "no sheets yet"


def sheets() -> Sheets:
    """Return the names of all sheets of this home, the latest first: `sheet(name)` opens one.

    >>> _ = contact_sheet("spiral", range(2), name="two spirals")
    >>> "two spirals" in str(sheets())
    True
    """
    return Sheets(sheet_store.keys())


def sheet(name: str) -> ContactSheet:
    """Return the sheet of that name as it is now: in the middle of being drawn, or at its end.

    Raises UnknownNameError.

    >>> _ = contact_sheet("spiral", range(2), name="two spirals")
    >>> sheet("two spirals")
    <ContactSheet: 2 drawings of spiral>
    """
    body = sheet_store.load(name)
    if body is None:
        raise UnknownNameError("sheet", name, sheet_store.keys())
    seeds = body.get("seeds") or {
        "sketch": None,
        "size": (0, 0),
        "values": None,
        "job_timeout": "5m",
    }
    return ContactSheet(
        body["title"],
        stored_cells(body),
        body["columns"],
        name=name,
        target=target_named(seeds["sketch"]),
        size=tuple(seeds["size"]),
        values=seeds["values"],
        job_timeout=seeds["job_timeout"],
    )
