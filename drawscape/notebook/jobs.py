"""Jobs on boards: one that was queued by hand, followed live; the queue's newest in a table of rows."""

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from pathlib import Path

from drawscape.catalogue.marks import Marks
from drawscape.errors import ParameterError
from drawscape.job_actions import ACTIONS, offered, summary_words
from drawscape.jobs import (
    Job,
    get_job,
    list_jobs,
    pause_queue,
    queue_is_paused,
    resume_queue,
    watch,
)
from drawscape.notebook.board import Board, Cell, TileContent, control
from drawscape.notebook.cached_drawing import CachedDrawing
from drawscape.notebook.job_states import JobState, state_of
from drawscape.notebook.job_words import (
    duration_words,
    more_than_a_line,
    status_words,
    tail_of,
    verb_of,
)
from drawscape.notebook.labels import label_of
from drawscape.notebook.pictures import result_words
from drawscape.notebook.threads import Debounce

LEFT = ("stopped", "canceled")
MOST_IN_DRAGS = 10  # jobs that are read for each row of the table

PERIOD_S = 0.25  # the table is read at most four times a second


def job_view(job: Job | CachedDrawing | str) -> "JobView":
    """Return a live view of `job` (or of the job with that id): bar, words, picture.

    A CachedDrawing, as `Form.draw` may return it, is shown too.

    Raises JobNotFoundError for an unknown id, ParameterError for another type.

    >>> from drawscape.job_manager import enqueue_background_job
    >>> job_view(enqueue_background_job("workers.svg_tasks.generate_complex_svg", 40, 40))
    <JobView: the job spiral, seed 0>
    """
    found = get_job(job) if isinstance(job, str) else job
    if not isinstance(found, Job | CachedDrawing):
        raise ParameterError("job", job, "give a job or its id")
    return JobView(found)


class JobView(Board):
    """One job's bar, words, error and picture, with a button that cancels it."""

    _tells_of_worker = True

    def __init__(self, job: Job | CachedDrawing) -> None:
        self.job = job
        if isinstance(job, Job):
            cell, state = Cell("", job=job), state_of(job)
        else:
            name = Path(job.result).stem
            state = JobState("", job.status, result=job.result, description=name)
            cell = Cell("", drawing=job.drawing)
        cell.show(state)
        name = label_of(state.name)
        super().__init__(
            f"the job {name}",
            {"job": cell},
            kind="one",
            head={"title": name},
            controls=[control("cancel", "button", "Cancel")],
            selected=["job"],
            empty="",
        )

    def _on_cancel(self) -> None:
        self.job.cancel()

    def _tile(self, tile_id: str, cell: Cell, marks: Marks) -> TileContent:
        caption = result_words(cell.state.result if cell.state else None)
        return {**super()._tile(tile_id, cell, marks), "caption": caption}

    def _count(self) -> None:
        state = self._cells["job"].state
        if not state:
            return
        progress = None if state.ended else state.progress
        self._show_head(status=status_words(state, verb_of(state.task)), progress=progress)
        self._set_control("cancel", hidden=state.ended)
        if state.ended and not self.details:
            error = "" if state.status == "finished" else more_than_a_line(state.error)
            printed = self.job.logs() if state.status != "not_found" else ""
            self.details = "\n\n".join(filter(None, [error, tail_of(printed)]))


def queue_table(status: str | Sequence[str] | None = None, *, limit: int = 12) -> "QueueTable":
    """Return a live table of the newest `limit` jobs, of one status or several if asked.

    Raises JobOptionError for an unknown status.

    >>> queue_table("failed", limit=5)
    <QueueTable: the queue>
    """
    list_jobs(status, limit=limit)  # which raises before a table is made
    return QueueTable(status, limit)


def without_drags(listed: Sequence[Job]) -> list[list[Job]]:
    """Return jobs in groups, one for each row of the table.

    A live form stops its last job at each step of a drag: successive stopped jobs with one name form a group.
    """
    rows: list[list[Job]] = []
    for job in listed:
        is_left = job.status in LEFT
        before = rows[-1][0] if rows else None
        if is_left and before and before.status in LEFT and before.description == job.description:
            rows[-1].append(job)
        else:
            rows.append([job])
    return rows


class QueueTable(Board):
    """A table of jobs that follows the queue until `close()`."""

    _page_calls = "pause_or_resume"

    def __init__(self, status: str | Sequence[str] | None, limit: int) -> None:
        self._wanted, self._limit = status, limit
        self._reading = Debounce(PERIOD_S, self.refresh)
        super().__init__(
            "the queue",
            {},
            kind="rows",
            head={"title": "Queue"},
            controls=[control("pause_or_resume", "button", "Pause")],
            empty="No jobs yet: form, contact_sheet and enqueue_background_job queue some.",
        )
        self.refresh()

    def refresh(self) -> None:
        """Read the queue and show it now."""
        cells: dict[str, Cell] = {}
        for same in without_drags(list_jobs(self._wanted, limit=MOST_IN_DRAGS * self._limit)):
            state = state_of(same[0])
            if len(cells) < self._limit and state.status != "not_found":
                caption = state.name if len(same) == 1 else f"{state.name} ({len(same)} times)"
                cells[same[0].id] = Cell(caption, job=same[0], state=state)
        if self.comm is not None:  # it may have been closed meanwhile
            self.show(cells)

    def pause_or_resume(self) -> None:
        """Pause the queue, or resume it; running jobs go on."""
        resume_queue() if queue_is_paused() else pause_queue()
        self.refresh()

    def _on_job(self, job_id: str, action: str) -> None:
        """Do an action of a job's row: 'sooner', 'cancel', 'retry', 'again', 'log' or 'delete'."""
        details = ACTIONS[action](get_job(job_id))
        self.details = details if isinstance(details, str) else ""
        self._reading.request()

    def _make_static_html(self) -> str:
        heads = "".join(f"<th>{name}</th>" for name in ("job", "name", "state", "took"))
        rows = ((t["id"][-8:], t["caption"], t["words"], t["took"]) for t in self.tiles)
        body = (f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>" for row in rows)
        return f"<p>{escape(self.status)}</p><table><tr>{heads}</tr>{''.join(body)}</table>"

    def _begin(self) -> None:
        self._followings.append(watch(lambda _job: self._reading.request()))

    def _tile(self, tile_id: str, cell: Cell, marks: Marks) -> TileContent:
        state = cell.state or JobState(tile_id, "not_found")
        words = status_words(replace(state, started_at=None), verb_of(state.task))  # not how long
        return {
            "id": tile_id,
            "caption": cell.caption,
            "hint": tile_id,
            "state": state.status,
            "words": words,
            "progress": 1.0 if state.status == "finished" else round(state.progress, 3),
            "took": duration_words(state.started_at, state.ended_at),
            "actions": list(offered(state.status)),
            "picture": "",
        }

    def _count(self) -> None:
        self._show_head(status=summary_words())
        self._set_control("pause_or_resume", label="Resume" if queue_is_paused() else "Pause")
