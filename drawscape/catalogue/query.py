"""Queries for drawings: by sketch, parameters, stars, tags, text, time."""

import inspect
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

from drawscape import durations
from drawscape.catalogue.database import read_rows, stored_path
from drawscape.catalogue.drawing import Drawing
from drawscape.catalogue.index import index_file, refresh, stands
from drawscape.catalogue.listing import Drawings
from drawscape.catalogue.marks import STARS, checked_words
from drawscape.errors import DrawingNotFoundError, ParameterError, UnknownNameError
from drawscape.parameters import parameters_apart
from drawscape.recipe import Sketch, as_sketch, plain
from drawscape.settings import StrPath, home
from drawscape.sketches import SKETCHES
from drawscape.sketches.registry import AnySketch, chosen

SortOrder = Literal["newest", "oldest", "stars", "ink", "minutes", "lines", "lifts", "name"]

_STARS = "coalesce((select stars from mark m where m.mark_key = drawing.mark_key), 0)"
"""The stars of a drawing; without marks it has no row."""

_ORDERS: dict[SortOrder, str] = {
    "newest": "drawn_at desc",
    "oldest": "drawn_at",
    "stars": f"{_STARS} desc, drawn_at desc",
    "ink": "ink_mm desc",
    "minutes": "seconds desc",
    "lines": "lines desc",
    "lifts": "lifts desc",
    "name": "sketch, seed",
}

_TAGGED = "mark_key {} (select mark_key from tag where tag = ?)"

_VALID = "iif(json_valid(parameters), parameters, '{}')"
"""The parameters of a drawing, unless one is infinite, which JSON cannot store."""

Condition = tuple[str, list[Any]]
"""A clause of SQL, and the values for its question marks."""

_SHORTEST_RECIPE = 4
_AFTER_DIGITS = "g"  # follows all hexadecimal digits


def parameter_names(sketch: AnySketch | None) -> set[str]:
    """Return the names of a sketch's parameters; if the sketch is gone, those of its drawings.

    Without a sketch there are none. Raises UnknownNameError for an unknown sketch.
    """
    if sketch is None:
        return set()
    if not isinstance(sketch, str) or sketch in SKETCHES:
        return {parameter.name for parameter in chosen(sketch).parameters}
    query = f"select distinct key from drawing, json_each({_VALID}) where sketch = ?"
    if sketch not in (drawn := sketch_names()):
        raise UnknownNameError("sketch", sketch, {*SKETCHES, *drawn})
    return {row[0] for row in read_rows(query, [sketch])}


def _check_parameters(sketch: str | None, names: Iterable[str]) -> None:
    """Raise UnknownNameError for a name that is neither a parameter, even of older drawings, nor a trait."""
    known = parameter_names(sketch)
    for name in sorted(set(map(str, names)) - known):
        query = f"select 1 from drawing where ? in (sketch, '') and {_setting('type', name)} is not null"
        if read_rows(f"{query} limit 1", (sketch or "",)):
            continue
        every = SKETCHES.values() if sketch is None else ()
        known |= {p.name for one in every for p in one.parameters}
        if name not in known:
            raise UnknownNameError("parameter or option", name, {*known, *OPTIONS})


@parameters_apart("where", parameter_names)
def drawings(
    sketch: AnySketch | None = None,
    *,
    stars: Any = None,
    tag: str | None = None,
    text: str | None = None,
    since: datetime | timedelta | str | float | None = None,
    sheet: str | None = None,
    seed: Any = None,
    deleted: bool = False,
    without_tag: str | None = None,
    plotted: bool | None = None,
    order: SortOrder = "newest",
    where: Mapping[str, Any] | None = None,
    **parameters: Any,
) -> Drawings:
    """Return the drawings that match all arguments, as a list that reads each drawing when it is used.

    `stars`, `seed` and a parameter of the sketch are a value, a list of values, or `(low, high)`. Both ends
    are included, and None means no bound: `turns=(5, None)`. `text` is searched in sketch, parameters, file,
    note, name and tags. `since` is a time, or how long ago: `'3d'`. With `deleted`, drawings without a file
    are included. `without_tag` excludes a tag. `plotted` selects drawings that a machine has plotted, or
    has not. `where` holds parameters and traits of the sketch. Keywords do the same, unless the
    name is an option here.
    Orders: newest, oldest, stars, ink, minutes, lines, lifts, name.
    Raises UnknownNameError for another order, sketch or parameter. Raises ParameterError for
    a wrong range, impossible stars, a `text` that is not a string, and a keyword that is also an option here.

    >>> [drawing.seed for drawing in drawings("harmonograph", seed=[0, 1, 2], order="ink")]
    [0]
    """
    sketch = name_of(sketch)
    if order not in _ORDERS:
        raise UnknownNameError("order", order, _ORDERS)
    for end in [stars] if _is_one(stars) else stars:
        if end is not None and (isinstance(end, str) or STARS.check(end) != end):
            raise ParameterError("stars", stars, "give numbers from 0 to 5")
    words = {"sketch": sketch, "sheet": sheet, "tag": tag, "text": text, "without_tag": without_tag}
    for name, word in words.items():
        if word is not None:
            checked_words(name, word)
    refresh()
    _check_parameters(sketch, where or ())
    asked: list[tuple[Any, Callable[[Any], Condition]]] = [
        (sketch, partial(_compared, "sketch")),
        (sheet, partial(_compared, "sheet")),
        (stars, partial(_compared, "stars", column=_STARS)),
        (seed, partial(_compared, "seed")),
        (tag, lambda tag: (_TAGGED.format("in"), [tag])),
        (text or None, _containing),
        (without_tag, lambda tag: (_TAGGED.format("not in"), [tag])),
        (since, lambda since: ("drawn_at >= ?", [_moment(since)])),
        (plotted, _plotted),
    ]
    conditions = [
        ("1 = 1" if deleted else "deleted = 0", []),
        *(condition(wanted) for wanted, condition in asked if wanted is not None),
        *(_parameter(name, value) for name, value in (where or {}).items()),
    ]
    clauses = " and ".join(clause for clause, _ in conditions)
    query = f"select id from drawing where {clauses} order by {_ORDERS[order]}, id desc"
    rows = read_rows(query, [value for _, values in conditions for value in values])
    return Drawings([row[0] for row in rows])


def _plotted(wanted: bool) -> Condition:
    from drawscape.machine.plot import plotted_drawings

    names = json.dumps(sorted(stored_path(Path(file)) for file in plotted_drawings()))
    return f"path {'' if wanted else 'not '}in (select value from json_each(?))", [names]


OPTIONS = inspect.signature(drawings).parameters.keys() - {"sketch", "parameters"}


def name_of(sketch: AnySketch | None) -> str | None:
    """Return the name of a sketch in its drawings; any other value is returned unchanged."""
    return as_sketch(sketch).name if callable(sketch) or isinstance(sketch, Sketch) else sketch


def sketch_names() -> list[str]:
    """Return the names of all sketches that were drawn, in alphabetical order."""
    return [row[0] for row in read_rows("select distinct sketch from drawing order by sketch")]


def find(drawing: StrPath) -> Drawing:
    """Return the drawing with that recipe (or the start of one), that name, or that file.

    Raises DrawingNotFoundError when no drawing matches, or several do.

    >>> find(drawings("harmonograph")[0].recipe).sketch
    'harmonograph'
    """
    text = os.fspath(drawing)
    if text.endswith(".svg") or os.sep in text:
        return _in_file(Path(text))
    found = _called(text)
    if found is None or not found.path.is_file():
        refresh()
        found = _called(text)
    if found is None:
        raise DrawingNotFoundError(
            f"no drawing has the recipe or name {text!r}; `drawscape drawings list` shows all"
        )
    return found


def _called(text: str) -> Drawing | None:
    """Return the drawing of that name, else by the start of its recipe; of several files the best."""
    by_name = _found(
        "select * from drawing where mark_key in "
        "(select mark_key from mark where name = ? and name <> '') "
        "order by edited, deleted, drawn_at desc",
        (text,),
    )
    if len({one.mark_key for one in by_name}) > 1:
        raise DrawingNotFoundError(f"several drawings have the name {text!r}; give a recipe")
    if by_name or len(text) < _SHORTEST_RECIPE:
        return by_name[0] if by_name else None
    by_recipe = _found(
        "select * from drawing where recipe >= ? and recipe < ? "
        "order by edited, deleted, drawn_at desc",
        (text, text + _AFTER_DIGITS),
    )
    recipes = {one.recipe for one in by_recipe}
    if len(recipes) > 1:
        raise DrawingNotFoundError(
            f"{len(recipes)} drawings have a recipe that begins with {text!r}"
        )
    return by_recipe[0] if by_recipe else None


def _found(query: str, values: Sequence[str]) -> list[Drawing]:
    return [Drawing.of(row) for row in read_rows(query, values)]


def _in_file(path: Path) -> Drawing:
    full = path if path.is_absolute() or path.exists() else home() / path
    rows = read_rows(
        "select * from drawing where path = ? order by deleted, drawn_at desc", (stored_path(full),)
    )
    if rows and not rows[0]["deleted"] and stands(rows[0]):
        return Drawing.of(rows[0])
    found = index_file(full)
    if found is not None:
        return found
    if not rows:
        raise DrawingNotFoundError(
            f"{path} does not say how it was made; give an SVG file that Drawscape drew"
        )
    return replace(Drawing.of(rows[0]), deleted=not full.is_file())


def _is_one(wanted: Any) -> bool:
    return not isinstance(wanted, (tuple, list, range, set, frozenset))


def _compared(name: str, wanted: Any, *, column: str = "") -> Condition:
    """Return the condition that `column` (default: `name`) is a value, one of several, or in a range."""
    column, is_one = column or name, _is_one(wanted)
    values = [plain(value) for value in ([wanted] if is_one else wanted)]
    for value in values:
        if isinstance(value, (list, dict)) or (
            isinstance(value, int) and not -(2**63) <= value < 2**63
        ):
            raise ParameterError(name, wanted, "give a value, a list of values, or (low, high)")
        if isinstance(value, str):
            checked_words(name, value)
    if isinstance(wanted, tuple):
        if len(wanted) != 2:
            raise ParameterError(name, wanted, "give (low, high), with None for no bound")
        given = [one for one in zip((">=", "<="), values) if one[1] is not None]
        clause = " and ".join(f"{column} {sign} ?" for sign, _ in given)
        return clause or "1 = 1", [end for _, end in given]
    if is_one:
        return f"{column} is ?", values  # None, too
    return f"{column} in ({', '.join('?' * len(values))})", values


def _containing(text: str) -> Condition:
    like = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    columns = ("sketch", "parameters", "traits", "path", "coalesce(sheet, '')")
    own = " or ".join(f"{column} like ? escape '\\'" for column in columns)
    marked = (
        "mark_key in (select mark_key from mark "
        "where note like ? escape '\\' or name like ? escape '\\')"
    )
    tagged = "mark_key in (select mark_key from tag where tag like ? escape '\\')"
    return f"({own} or {marked} or {tagged})", [like] * (len(columns) + 3)


def _moment(since: datetime | timedelta | str | float) -> float:
    if isinstance(since, datetime):
        return durations.moment(since, "since")
    return time.time() - durations.seconds(since, "since")


def _parameter(name: str, wanted: Any) -> Condition:
    clause, values = _compared(name, wanted, column=_setting("extract", name))
    there = f"{_setting('type', name)} is not null"  # None is a value, not a missing parameter
    return f"{clause} and {there}", [int(v) if isinstance(v, bool) else v for v in values]


def _setting(what: str, name: str) -> str:
    """Return the expression for a parameter, else a trait: its value (`extract`) or `type`."""
    path = "'$.\"" + name.replace("'", "''").replace('"', "") + "\"'"
    return f"coalesce(json_{what}({_VALID}, {path}), json_{what}(traits, {path}))"
