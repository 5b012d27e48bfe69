"""Many drawings of one sketch: contact sheets by seed, tables of variations, and sheets by their name."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from drawscape.catalogue import latest_for, refresh, sheet_store
from drawscape.catalogue.drawing import short
from drawscape.drawing.document import Orientation
from drawscape.errors import JobNotFoundError, ParameterError, UnknownNameError
from drawscape.jobs import get_job
from drawscape.notebook.board import Board, Cell, control, enqueue_missing, plan
from drawscape.notebook.draw_target import SketchLike, Values, at_one_moment, target_of
from drawscape.notebook.form_settings import Settings
from drawscape.notebook.job_states import state_of
from drawscape.notebook.labels import label_of
from drawscape.parameters import Parameter, parameters_apart
from drawscape.recipe import address_of

Axes = dict[str, list[Any]]
"""Values by parameter."""

MOST_CELLS = 400  # a typing error in a range must not fill the queue; real sheets have fewer

_COLUMNS = Parameter("columns", "int", low=1)


@parameters_apart("vary", lambda sketch: target_of(sketch).names)
def contact_sheet(
    sketch: SketchLike,
    seeds: Iterable[int] | int = range(12),
    *,
    columns: int = 4,
    paper: str = "A5",
    orientation: Orientation | None = None,
    name: str | None = None,
    fresh: bool = False,
    job_timeout: Any = "5m",
    vary: Values | None = None,
    **values: Any,
) -> "ContactSheet":
    """Return a live sheet with one drawing of `sketch` per seed, all else as in `values`.

    `seeds` is a list, a range or a count. Existing drawings are shown at once. The rest is queued as one
    batch and appears when drawn; `fresh` draws all again. A second call shows the same sheet, running or
    finished. `sheet(name)` finds it by its name. `vary` holds parameters whose names are options here.
    Raises as `form` does, and ParameterError for the name of another sketch's sheet; then nothing was queued.

    >>> contact_sheet("spiral", range(6), paper="A6")
    <ContactSheet: 6 drawings of spiral>
    """
    cells = seed_cells(seeds, vary or {})
    across = min(_COLUMNS.check(columns), len(cells))
    first = Settings.of(target_of(sketch), paper, orientation)
    return _sheet_of(first, cells, across, name, fresh, job_timeout)


@parameters_apart("vary", lambda sketch: target_of(sketch).names)
def variations(
    sketch: SketchLike,
    *,
    columns: int | None = None,
    paper: str = "A5",
    orientation: Orientation | None = None,
    name: str | None = None,
    fresh: bool = False,
    job_timeout: Any = "5m",
    vary: Values | None = None,
    **choices: Any,
) -> "ContactSheet":
    """Return a live sheet with one drawing for each combination of the values in `choices`.

    A list, tuple, range or array is an axis, `seed` too; anything else holds for all. Of two axes the
    first runs down and the second across. `vary` holds parameters whose names are options here. Otherwise
    as `contact_sheet`.
    Raises as `form` does, and ParameterError without an axis; then nothing was queued.

    >>> variations("spiral", turns=[5, 10, 20], seed=[1, 2])
    <ContactSheet: 6 drawings of spiral>
    >>> variations("schotter", vary={"columns": [6, 12]})
    <ContactSheet: 2 drawings of schotter>
    """
    first, given = Settings.of(target_of(sketch), paper, orientation), vary or {}
    axes = {name: _limited(name, value) for name, value in given.items() if _is_axis(value)}
    fixed = {name: value for name, value in given.items() if name not in axes}
    if not axes:
        raise ParameterError("variations", dict(fixed), "give a list of values for a parameter")
    cells = _value_cells(axes, fixed)
    across = len(list(axes.values())[-1]) if len(axes) > 1 else min(4, len(cells))
    across = across if columns is None else _COLUMNS.check(columns)
    return _sheet_of(first, cells, across, name, fresh, job_timeout)


def _sheet_of(
    first: Settings,
    cells: list[Cell],
    columns: int,
    name: str | None,
    fresh: bool,
    job_timeout: Any,
) -> "ContactSheet":
    """Return the sheet of `cells`: existing and running drawings are shown, the rest is queued."""
    target = first.target
    plan(first, cells, fresh=fresh)
    if name is None:
        requests = [cell.request for cell in cells]
        name = f"{target.title.replace(' ', '-')}-{address_of({'cells': requests})[:6]}"
    former = sheet_store.load(name)
    if former and former["title"] != target.title:
        raise ParameterError(
            "name", name, f"is the name of a sheet of {former['title']}; give another one"
        )
    if former and not fresh:
        jobs = {one["request"]: one["job"] for one in former["cells"]}
        for cell in cells:
            _attach(cell, jobs.get(cell.request))
    enqueue_missing(target, cells, sheet=name, job_timeout=job_timeout, fresh=fresh)
    made = ContactSheet(target.title, cells, columns, name)
    made.save()
    return made


def sheets() -> list[str]:
    """Return the names of all sheets of this home, the latest first: `sheet(name)` opens one.

    >>> _ = contact_sheet("spiral", range(2), name="two spirals")
    >>> "two spirals" in sheets()
    True
    """
    return sheet_store.keys()


def sheet(name: str) -> "ContactSheet":
    """Return the sheet of that name as it is now, finished or not.

    Raises UnknownNameError.

    >>> _ = contact_sheet("spiral", range(2), name="two spirals")
    >>> sheet("two spirals")
    <ContactSheet: 2 drawings of spiral>
    """
    body = sheet_store.load(name)
    if body is None:
        raise UnknownNameError("sheet", name, sheet_store.keys())
    return ContactSheet(body["title"], _stored_cells(body["cells"]), body["columns"], name)


class ContactSheet(Board):
    """A grid of drawings: a Board that is kept by its name.

    `drawings` are those that exist, `chosen` those that are chosen.
    """

    _page_calls = f"{Board._page_calls} cancel"

    def __init__(self, title: str, cells: Sequence[Cell], columns: int, name: str) -> None:
        self.name, self._title = name, title
        controls = [
            control(
                "cancel",
                "button",
                "Stop the rest",
                tooltip="Cancel the drawings that are not finished",
            ),
        ]
        super().__init__(
            f"{len(cells)} drawings of {title}",
            {str(number): cell for number, cell in enumerate(cells)},
            columns=columns,
            controls=controls,
            head={"title": title, "name": name},
        )

    def save(self) -> None:
        """Keep the sheet under its name."""
        cells = [
            {"caption": c.caption, "request": c.request, "job": c.job.id if c.job else None}
            for c in self._cells.values()
        ]
        sheet_store.save(self.name, {"title": self._title, "columns": self.columns, "cells": cells})

    def cancel(self) -> int:
        """Cancel the drawings that are not finished; return how many were canceled."""
        waiting = {c.job.id: c.job for c in self._cells.values() if c.job and not c.ended}
        # The last first, or the worker would begin jobs that are canceled next.
        return sum(bool(job.cancel()) for job in reversed(waiting.values()))


def _stored_cells(held: Sequence[Values]) -> list[Cell]:
    """Return the cells of a sheet as it was kept, with the drawings and jobs as they are now.

    A drawing that was moved inside `output/` is found; one whose file is gone shows as deleted.
    """
    refresh()
    cells = [Cell(one["caption"], request=one["request"]) for one in held]
    with at_one_moment():
        for cell, one in zip(cells, held):
            cell.drawing = latest_for(cell.request)
            _attach(cell, one["job"])
    return cells


def _attach(cell: Cell, job_id: str | None) -> None:
    """Set the job that was queued for a cell, if it still exists."""
    with suppress(JobNotFoundError):
        if not cell.drawing and job_id:
            cell.job = get_job(job_id)
            cell.show(state_of(cell.job))


def seed_cells(seeds: Iterable[int] | int, fixed: Values) -> list[Cell]:
    """Return one cell per seed, all else as in `fixed`. Raises ParameterError for none or many."""
    if isinstance(seeds, int) and seeds is not True:
        seeds = range(seeds)
    if isinstance(seeds, int) or not _is_axis(seeds):
        raise ParameterError("seeds", seeds, "give a list or range of whole numbers, or how many")
    if "seed" in fixed:
        raise ParameterError("seed", fixed["seed"], "a contact sheet takes seeds=, a list or range")
    return _value_cells({"seed": _limited("seeds", seeds)}, fixed)


def _value_cells(axes: Axes, fixed: Values) -> list[Cell]:
    """Return one cell per combination, the last axis changing fastest. Raises ParameterError for too many."""
    cells = []
    for row in _limited("variations", itertools.product(*axes.values())):
        chosen = dict(zip(axes, row))
        words = ", ".join(f"{label_of(name)} {short(value)}" for name, value in chosen.items())
        cells.append(Cell(words, {**fixed, **chosen}))
    return cells


def _is_axis(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping))


def _limited(name: str, values: Iterable[Any]) -> list[Any]:
    taken = list(itertools.islice(values, MOST_CELLS + 1))
    if not taken:
        raise ParameterError(name, [], "give at least one value")
    if len(taken) > MOST_CELLS:
        raise ParameterError(name, f"{taken[:3]}...", f"a sheet has up to {MOST_CELLS} drawings")
    return [value.item() if hasattr(value, "item") else value for value in taken]
