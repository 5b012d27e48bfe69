"""Many drawings of one sketch at once: contact sheets by seed, tables of variations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import ipywidgets as widgets

from drawscape.drawing.paper import Orientation, paper_size
from drawscape.jobs import Batch, enqueue_many
from drawscape.jobs import watch as watch_jobs
from drawscape.notebook.gallery import Gallery
from drawscape.notebook.job_state import JobState, state_of
from drawscape.notebook.matrix import Cell, Matrix, seed_matrix, value_matrix
from drawscape.notebook.page import MARGIN
from drawscape.notebook.picture import empty_sheet, preview_picture, result_picture
from drawscape.notebook.style import LiveBox, line, mark, write
from drawscape.notebook.target import Drawable, Target, target_of
from drawscape.notebook.text import status_words
from drawscape.notebook.worker import ensure_worker
from drawscape.parameters import check_arguments


def contact_sheet(
    sketch: Drawable,
    seeds: Iterable[int] = range(12),
    *,
    columns: int = 4,
    paper: str = "A5",
    orientation: Orientation | None = None,
    job_timeout: Any = "5m",
    **values: Any,
) -> ContactSheet:
    """Return a live sheet with one drawing of `sketch` per seed, all else as in `values`.

    The drawings are queued as one batch and appear as they come.
    Raises as `form` does; then nothing was queued.
    """
    matrix = seed_matrix(seeds, values, columns)
    size = paper_size(paper, orientation)
    return ContactSheet(target_of(sketch), matrix, size, job_timeout)


def variations(
    sketch: Drawable,
    *,
    columns: int | None = None,
    paper: str = "A5",
    orientation: Orientation | None = None,
    job_timeout: Any = "5m",
    **choices: Any,
) -> ContactSheet:
    """Return a live sheet with one drawing for each combination of the values in `choices`.

    A list, tuple, range or array is an axis, `seed` too; anything else holds for all. Of two axes the
    first runs down and the second across.
    Raises as `form` does; then nothing was queued.
    """
    matrix = value_matrix(choices, columns)
    size = paper_size(paper, orientation)
    return ContactSheet(target_of(sketch), matrix, size, job_timeout)


class ContactSheet(LiveBox):
    """A grid of drawings that fills as the jobs of `batch` finish."""

    def __init__(
        self, target: Target, matrix: Matrix, size: tuple[float, float], job_timeout: Any
    ) -> None:
        self._title, self._matrix = target.title, matrix
        calls = [_call(target, cell, size) for cell in matrix.cells]
        ensure_worker()
        self.batch: Batch = enqueue_many(target.task, calls, job_timeout=job_timeout)
        self._tiles = [Tile(cell.caption, size) for cell in matrix.cells]
        self._by_id = dict(zip((job.id for job in self.batch.jobs), self._tiles, strict=True))
        self._bar = widgets.FloatProgress(value=0.0, min=0.0, max=1.0)
        self._bar.add_class("drawscape-bar")
        self._words = line("", "drawscape-status")
        self._cancel = widgets.Button(description="Cancel")
        super().__init__(f"{len(self._tiles)} drawings of {target.title}", self._rows())
        self._watch = watch_jobs(self._changed, list(self._by_id))

    @property
    def status(self) -> str:
        """The words above the grid."""
        return str(self._words.value)

    def wait(self, timeout: Any = None) -> Gallery:
        """Return the drawings as a gallery that lasts, once all are done.

        Raises JobFailed when one did not finish, JobTimeout after `timeout`.
        """
        results = self.batch.wait(timeout)
        captions = [cell.caption for cell in self._matrix.cells]
        return Gallery([result_picture(r) for r in results], captions, self._matrix.columns)

    def cancel(self) -> int:
        """Cancel what is not drawn yet; return how many drawings that were."""
        return self.batch.cancel()

    def _rows(self) -> list[Any]:
        self._cancel.add_class("drawscape-cancel")
        self._cancel.on_click(self._cancel_clicked)
        head = widgets.HBox([line(self._title, "drawscape-title"), self._words, self._cancel])
        head.add_class("drawscape-head")
        grid = widgets.GridBox([tile.widget for tile in self._tiles])
        grid.layout.grid_template_columns = f"repeat({self._matrix.columns}, minmax(0, 1fr))"
        grid.add_class("drawscape-grid")
        return [head, self._bar, grid]

    def _changed(self, job: Any) -> None:
        state = state_of(job)
        self._by_id[state.id].update(state)
        ended = [tile for tile in self._tiles if tile.status in ("finished", *TROUBLES)]
        self._bar.value = len(ended) / len(self._tiles)
        write(self._words, sheet_words([tile.status for tile in self._tiles]))
        if len(ended) == len(self._tiles):
            self._cancel.disabled = True
            self._watch.close()

    def _cancel_clicked(self, _button: Any) -> None:
        try:
            self.cancel()
        except Exception as error:  # noqa: BLE001 - shown here, for it would reach no cell
            write(self._words, f"{type(error).__name__}: {error}")


TROUBLES = ("failed", "stopped", "canceled", "not_found")


def sheet_words(statuses: list[str]) -> str:
    """Return how far a sheet is: '7 of 12 drawn, 1 failed'."""
    words = [f"{statuses.count('finished')} of {len(statuses)} drawn"]
    words += [f"{statuses.count(s)} {s.replace('_', ' ')}" for s in TROUBLES if s in statuses]
    return ", ".join(words)


class Tile:
    """One drawing of a sheet, with its caption."""

    def __init__(self, caption: str, size: tuple[float, float]) -> None:
        self.status = "queued"
        self._caption = caption
        self._image = widgets.Image(value=empty_sheet(*size).data, format="svg+xml")
        self._image.add_class("drawscape-picture")
        self._words = line(caption, "drawscape-caption")
        self.widget = widgets.VBox([self._image, self._words])
        self.widget.add_class("drawscape-tile")

    def update(self, state: JobState) -> None:
        """Show a job's state."""
        self.status = state.status
        done = state.status == "finished"
        picture = result_picture(state.result) if done else preview_picture(state.preview)
        if picture is not None:
            self._image.value = picture.data
        mark(self.widget, "drawscape-is", state.status)
        words = self._caption if done else f"{self._caption}: {status_words(state)}"
        write(self._words, words)


def _call(target: Target, cell: Cell, size: tuple[float, float]) -> dict[str, Any]:
    values, chosen = dict(cell.values), target
    if target.patterns and "pattern_type" in values:
        chosen = target.with_pattern(values.pop("pattern_type"))
    if "seed" in values:
        chosen.check_seed()
    seed = {"seed": int(values.pop("seed", 0))} if chosen.has_seed else {}
    page = dict(zip(("width", "height"), size, strict=True)) if target.has_page else {}
    page |= {side: values.pop(side) for side in page if side in values}
    if chosen.takes_margin and "margin" in values:
        page["margin"] = MARGIN.check(values.pop("margin"))
    checked = check_arguments(chosen.parameters, values)
    return chosen.arguments({**page, **seed, **checked})
