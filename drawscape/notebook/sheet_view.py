"""A sheet of drawings that fills as they are drawn, and comes back after a restart."""

import threading
import time
from dataclasses import replace
from typing import Any, Self

import ipywidgets as widgets

from drawscape.catalogue import sheet_store
from drawscape.durations import seconds
from drawscape.errors import DrawscapeError, JobFailed, JobTimeout
from drawscape.jobs import Batch, Job
from drawscape.jobs import watch as watch_jobs
from drawscape.notebook.gallery import Gallery
from drawscape.notebook.matrix import Matrix, seed_matrix
from drawscape.notebook.sheet_cells import (
    TROUBLES,
    SheetCell,
    attach,
    enqueue_missing,
    planned_cells,
    seeds_as_json,
    stored_cells,
)
from drawscape.notebook.sheet_gallery import cell_picture, sheet_gallery
from drawscape.notebook.standing import DrawnBefore, at_one_moment
from drawscape.notebook.style import LiveBox, line, write
from drawscape.notebook.target import Target
from drawscape.notebook.text import status_words
from drawscape.notebook.tile_grid import Tile
from drawscape.notebook.wall import ORDERS, Wall, button, sorted_ids
from drawscape.notebook.worker import ensure_worker, guard
from drawscape.sketches.provenance import address_of

MORE = 24
"""Seeds that the button adds: as many again as one looks through at a glance."""

AS_ASKED = "as asked"

_LOOK_S = 0.02


def sheet_words(statuses: list[str], before: int = 0) -> str:
    """Return how far a sheet is: '7 of 12 drawn, 4 of them before, 1 failed'."""
    words = [f"{statuses.count('finished')} of {len(statuses)} drawn"]
    words += [f"{before} of them before"] if before else []
    words += [f"{statuses.count(s)} {s.replace('_', ' ')}" for s in TROUBLES if s in statuses]
    return ", ".join(words)


class ContactSheet(LiveBox):
    """A grid of drawings. `drawings` are those that stand, `chosen` those that are chosen.

    Keys: arrows move, 0 to 5 rate, Space enlarges, v looks closely, Enter opens a form, c compares the
    chosen, b breeds from them, x rejects.
    """

    def __init__(
        self,
        title: str,
        cells: list[SheetCell],
        columns: int,
        *,
        name: str = "",
        target: Target | None = None,
        size: tuple[float, float] = (0.0, 0.0),
        values: dict[str, Any] | None = None,
        job_timeout: Any = "5m",
    ) -> None:
        self.name = name
        self.batch: Batch | None = None
        """The batch that was queued for what did not stand; None when all stood."""
        self._title, self._cells, self._columns = title, cells, columns
        self._target, self._size, self._values = target, size, values
        self._job_timeout = job_timeout
        self._lock = threading.RLock()
        self._wall = Wall(columns=columns)
        self._bar = widgets.FloatProgress(value=0.0, min=0.0, max=1.0).add_class("drawscape-bar")
        self._words = line("", "drawscape-status")
        super().__init__(f"{len(cells)} drawings of {title}", self._rows())
        self._show_all()
        with self._lock:
            self._watch = self._follow()
        guard()

    @classmethod
    def of(
        cls,
        target: Target,
        matrix: Matrix,
        size: tuple[float, float],
        *,
        name: str | None,
        fresh: bool,
        job_timeout: Any,
    ) -> Self:
        """Return the sheet of `matrix`: what stands or is under way is shown, the rest is queued."""
        cells = planned_cells(target, matrix.cells, size, fresh=fresh)
        requests = [cell.request for cell in cells]
        if name is None and all(requests):
            name = f"{target.title.replace(' ', '-')}-{address_of({'cells': requests})[:6]}"
        cells = cells if fresh or not name else _continued(name, cells)
        by_seed = all(c.caption == f"seed {c.values.get('seed')}" for c in matrix.cells)
        first = matrix.cells[0].values
        values = {k: v for k, v in first.items() if k != "seed"} if by_seed else None
        if any(not cell.ended for cell in cells):
            ensure_worker()
        batch = enqueue_missing(
            target, cells, sheet=name or "", job_timeout=job_timeout, fresh=fresh
        )
        sheet = cls(
            target.title,
            cells,
            matrix.columns,
            name=name or "",
            target=target,
            size=size,
            values=values,
            job_timeout=job_timeout,
        )
        sheet.batch = batch
        sheet.save()
        return sheet

    @property
    def status(self) -> str:
        """The words above the grid."""
        return str(self._words.value)

    @property
    def jobs(self) -> list[Job]:
        """The jobs that draw, or drew, what did not stand."""
        return [cell.job for cell in self._cells if cell.job is not None]

    @property
    def drawings(self) -> list[Any]:
        """The drawings that stand, in the order of the cells."""
        return [cell.drawing for cell in self._cells if cell.drawing is not None]

    @property
    def chosen(self) -> list[Any]:
        """The drawings that are chosen."""
        return self._wall.chosen

    def save(self) -> None:
        """Keep the sheet under its name."""
        if self.name:
            cells = [cell.as_json() for cell in self._cells]
            body = {"title": self._title, "columns": self._columns, "cells": cells}
            if self._target is not None and self._values is not None:
                body["seeds"] = seeds_as_json(
                    self._target, self._values, self._size, self._job_timeout
                )
            sheet_store.save(self.name, {**body, "made_at": time.time()})

    def wait(self, timeout: Any = None, *, raise_on_failure: bool = False) -> Gallery:
        """Return the drawings as a gallery that lasts, once all have ended.

        One that failed shows why in its place; with `raise_on_failure` it raises JobFailed.
        Raises JobTimeout after `timeout`.
        """
        limit_s = None if timeout is None else time.monotonic() + seconds(timeout, "timeout")
        for cell in list(self._cells):
            while not cell.ended and cell.job is not None:
                self._changed(cell.job)
                if limit_s is not None and time.monotonic() > limit_s and not cell.ended:
                    raise JobTimeout(f"{self.status} within the time given")
                if not cell.ended:
                    time.sleep(_LOOK_S)
        bad = [cell for cell in self._cells if cell.status in TROUBLES]
        if bad and raise_on_failure:
            why = bad[0].state.error if bad[0].state else ""
            raise JobFailed(
                f"{len(bad)} of {len(self._cells)} jobs did not finish; {bad[0].caption}: {why}"
            )
        return sheet_gallery(self._cells, self._columns)

    def cancel(self) -> int:
        """Cancel what is not drawn yet; return how many drawings that were."""
        waiting = [cell.job for cell in self._cells if not cell.ended and cell.job is not None]
        # The last first: else the worker would begin what is to be cancelled next.
        return sum(bool(job.cancel()) for job in reversed(waiting))

    def more(self, count: int = MORE) -> None:
        """Draw the next `count` seeds, too. Raises DrawscapeError on a sheet that has no seeds."""
        if self._target is None or self._values is None or not self._target.has_seed:
            raise DrawscapeError(
                "run the cell that makes this sheet first: it knows the sketch and the seeds"
            )
        last = max(int(cell.caption.rpartition(" ")[2]) for cell in self._cells)
        matrix = seed_matrix(range(last + 1, last + 1 + count), self._values, self._columns)
        new = planned_cells(self._target, matrix.cells, self._size, fresh=False)
        ensure_worker()
        enqueue_missing(
            self._target, new, sheet=self.name, job_timeout=self._job_timeout, fresh=False
        )
        self._watch.close()
        with self._lock:
            self._cells = [*self._cells, *new]
            self._show_all()
            self._watch = self._follow()
        self.save()

    def sort(self, order: str) -> None:
        """Put the tiles in the order of a figure ('ink', 'minutes', 'lines', 'stars', ...) or 'as asked'."""
        ids = [str(number) for number in range(len(self._cells))]
        if order != AS_ASKED:
            known = {i: c.drawing for i, c in zip(ids, self._cells, strict=True) if c.drawing}
            ids = sorted_ids(ids, known, order)
        self._wall.grid.order = ids

    def _rows(self) -> list[Any]:
        def show_error(text: str) -> None:
            write(self._wall.note, text)

        self._cancel = button("Stop the rest", "stop", self.cancel, show_error)
        self._cancel.tooltip = "Cancel what is not drawn yet"
        self._more = button(f"{MORE} more", "more", self.more, show_error)
        has_seeds = self._values is not None and self._target is not None and self._target.has_seed
        self._more.layout.display = "" if has_seeds else "none"
        order = widgets.Dropdown(
            options=(AS_ASKED, *ORDERS), layout={"width": "110px"}, tooltip="Order"
        )
        order.observe(lambda change: self.sort(change["new"]), names="value")
        title = self._title + (f" · {self.name}" if self.name else "")
        head = widgets.HBox(
            [line(title, "drawscape-title"), self._words, self._cancel, self._more, order]
        ).add_class("drawscape-head")
        return [head, self._bar, *self._wall.parts]

    def _follow(self) -> Any:
        self._by_id = {
            cell.job.id: number
            for number, cell in enumerate(self._cells)
            if cell.job is not None and not cell.ended
        }
        return watch_jobs(self._changed, list(self._by_id))

    def _changed(self, job: Job) -> None:
        with self._lock:
            number = self._by_id.get(job.id)
            if number is None:
                return
            self._cells[number].look(job)
            self._wall.grid.update(self._tile(number))
            self._count()
            if all(cell.status == "finished" for cell in self._cells):
                self._watch.close()  # what has failed may be tried again

    def _show_all(self) -> None:
        with at_one_moment():
            self._wall.grid.show(self._tile(number) for number in range(len(self._cells)))
            self._count()

    def _count(self) -> None:
        statuses = [cell.status for cell in self._cells]
        ended = sum(cell.ended for cell in self._cells)
        self._bar.value = ended / len(self._cells)
        write(self._words, sheet_words(statuses, sum(cell.drawn_before for cell in self._cells)))
        self._cancel.disabled = ended == len(self._cells)
        if ended == len(self._cells):  # what a saved notebook shows of it
            self.saved.keep(sheet_gallery(self._cells, self._columns)._repr_html_())

    def _tile(self, number: int) -> Tile:
        cell = self._cells[number]
        if cell.drawing is not None:
            tile = self._wall.tile(str(number), cell.caption, cell.drawing)
            before = f"{DrawnBefore(cell.drawing).words} · " if cell.drawn_before else ""
            return replace(tile, hint=f"{before}{tile.hint}")
        picture, words = cell_picture(cell), cell.caption
        if cell.state is not None and cell.status != "finished":
            words = f"{cell.caption}: {status_words(cell.state)}"
        data, kind = (b"", "webp") if picture is None else (picture.data, picture.format)
        return Tile(str(number), data, words, 0, cell.status, kind)


def _continued(name: str, cells: list[SheetCell]) -> list[SheetCell]:
    """Return the cells with the jobs that were queued for them before, and what was added to the sheet."""
    body = sheet_store.load(name)
    if body is None:
        return cells
    jobs = {held["request"]: held.get("job") for held in body["cells"]}
    for cell in cells:
        attach(cell, jobs.get(cell.request))
    requests = [cell.request for cell in cells]
    kept = [held["request"] for held in body["cells"]]
    if kept[: len(requests)] != requests:
        return cells
    return [*cells, *stored_cells({"cells": body["cells"][len(requests) :]})]
