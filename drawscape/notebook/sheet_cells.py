"""The cells of a sheet: what each asks for, the job that draws it, the drawing that stands."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drawscape.catalogue import Drawing, drawn_for, find, refresh
from drawscape.errors import DrawscapeError, JobNotFoundError
from drawscape.jobs import Batch, Job, enqueue_many, get_job
from drawscape.notebook.matrix import Cell
from drawscape.notebook.page import MARGIN
from drawscape.notebook.reader import JobState, state_of
from drawscape.notebook.standing import (
    SHEET_PRIORITY,
    at_one_moment,
    notebook_sketch,
    recipe_for,
    standing_drawing,
)
from drawscape.notebook.target import Target, target_of
from drawscape.parameters import check_arguments
from drawscape.sketches import SKETCHES

TROUBLES = ("failed", "stopped", "canceled", "not_found")

_AGAIN = frozenset({"stopped", "canceled", "not_found"})
"""What is drawn when its sheet is asked for again; what has failed would fail again, and stays shown so."""


@dataclass
class SheetCell:
    """One drawing of a sheet. `request` is the address of what is asked for, '' where there is none."""

    caption: str
    request: str = ""
    arguments: Mapping[str, Any] | None = None
    job: Job | None = None
    drawing: Drawing | None = None
    state: JobState | None = None

    @property
    def status(self) -> str:
        """The status of its job, `finished` for a drawing that stands."""
        if self.drawing is not None:
            return "finished"
        return "queued" if self.state is None else self.state.status

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.drawing is not None or (self.state is not None and self.state.ended)

    @property
    def drawn_before(self) -> bool:
        """Whether its drawing stood when it was asked for."""
        return self.drawing is not None and self.state is None and not self.drawing.deleted

    def look(self, job: Job) -> None:
        """Note how far its job is, and the drawing once it stands."""
        self.job, self.state = job, state_of(job)
        if self.state.status == "finished":
            self.drawing = self.drawing or drawing_of(self.state.result)

    def as_json(self) -> dict[str, Any]:
        """Return what is kept of it."""
        job = None if self.job is None else self.job.id
        return {"caption": self.caption, "request": self.request, "job": job}


def planned_cells(
    target: Target, cells: Iterable[Cell], size: tuple[float, float], *, fresh: bool
) -> list[SheetCell]:
    """Return the cells with their arguments checked and what stands already; nothing is queued yet."""
    planned = []
    with at_one_moment():
        for cell in cells:
            arguments = call_of(target, cell, size)
            chosen = target.with_pattern(arguments["pattern_type"]) if target.patterns else target
            recipe = recipe_for(chosen, arguments)
            stands = None if fresh else standing_drawing(recipe)
            request = recipe.request if recipe else ""
            planned.append(SheetCell(cell.caption, request, arguments, drawing=stands))
    return planned


def stored_cells(body: Mapping[str, Any]) -> list[SheetCell]:
    """Return the cells of a sheet as it was kept, with the drawings and jobs as they are now.

    A drawing that was moved inside `output/` is found, one whose file is gone shows as deleted.
    """
    cells = []
    refresh()
    with at_one_moment():
        for held in body["cells"]:
            cell = SheetCell(held["caption"], held["request"])
            cell.drawing = drawn_for(cell.request) if cell.request else None
            attach(cell, held.get("job"))
            cells.append(cell)
    return cells


def attach(cell: SheetCell, job_id: str | None) -> None:
    """Let a cell follow the job that was queued for it, if that still is there."""
    if cell.drawing is not None or not job_id:
        return
    try:
        cell.look(get_job(job_id))
    except JobNotFoundError:
        return


def enqueue_missing(
    target: Target, cells: Sequence[SheetCell], *, sheet: str, job_timeout: Any, fresh: bool
) -> Batch | None:
    """Return the batch in which what neither stands nor is under way nor has failed was queued, if any."""
    wanted = [
        cell for cell in cells
        if (cell.drawing is None or cell.drawing.deleted) and cell.arguments is not None
        and (cell.job is None or cell.status in _AGAIN or (cell.status == "finished"))
    ]  # fmt: skip
    if not wanted:
        return None
    extra = {"sheet": sheet, **({"fresh": True} if fresh else {})} if target.takes_margin else {}
    calls = [{**(cell.arguments or {}), **extra} for cell in wanted]
    batch = enqueue_many(
        target.task,
        calls,
        job_timeout=job_timeout,
        job_priority=SHEET_PRIORITY,
        batch_description=sheet or None,
    )
    for cell, job in zip(wanted, batch.jobs, strict=True):
        cell.job, cell.state, cell.drawing = job, None, None
    return batch


def seeds_as_json(
    target: Target, values: Mapping[str, Any], size: tuple[float, float], job_timeout: Any
) -> dict[str, Any] | None:
    """Return what draws further seeds of a sheet after a restart, None where JSON cannot hold it."""
    function = target.fixed.get("function")
    sketch = target.fixed.get("pattern_type") if function is None else function.__name__
    kept = {"sketch": sketch, "values": target.shown(values), "size": size}
    try:
        return dict(json.loads(json.dumps({**kept, "job_timeout": job_timeout})))
    except (TypeError, ValueError):
        return None


def target_named(sketch: str | None) -> Target | None:
    """Return the target of a sketch of this notebook, the project or the library; None for none."""
    if sketch is None:
        return None
    here = notebook_sketch(sketch)
    if here is None and sketch not in SKETCHES:
        return None
    return target_of(here or sketch)


def drawing_of(result: Any) -> Drawing | None:
    """Return the drawing in the file that a job's result names, None for any other result."""
    if not isinstance(result, str) or not result.endswith(".svg"):
        return None
    try:
        return find(result)
    except (DrawscapeError, OSError):
        return None


def call_of(target: Target, cell: Cell, size: tuple[float, float]) -> dict[str, Any]:
    """Return the arguments of the job for a cell, checked. Raises ParameterError, UnknownNameError."""
    values, chosen = dict(cell.values), target
    if target.patterns and "pattern_type" in values:
        chosen = target.with_pattern(values.pop("pattern_type"))
    if "seed" in values:
        chosen.check_seed()
    streams = values.pop("streams", None)
    seed = {"seed": int(values.pop("seed", 0))} if chosen.has_seed else {}
    seed |= {"streams": streams} if streams else {}
    page = dict(zip(("width", "height"), size, strict=True)) if target.has_page else {}
    page |= {side: values.pop(side) for side in page if side in values}
    if chosen.takes_margin and "margin" in values:
        page["margin"] = MARGIN.check(values.pop("margin"))
    checked = check_arguments(chosen.parameters, values)
    return chosen.arguments({**page, **seed, **checked})
