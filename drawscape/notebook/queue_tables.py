"""The queue at a glance: its newest jobs in a table that keeps itself up to date."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape

import ipywidgets as widgets

from drawscape.jobs import (
    check_status,
    get_job,
    list_jobs,
    pause_queue,
    queue_is_paused,
    resume_queue,
)
from drawscape.jobs import watch as watch_jobs
from drawscape.jobs.actions import ACTIONS, offered, summary_words
from drawscape.notebook.reader import Debounce, JobState, state_of
from drawscape.notebook.style import LiveBox, line, write, write_html
from drawscape.notebook.text import duration_words, status_words, verb_of

PERIOD_S = 0.25
"""Redrawn four times a second at most, however fast the queue moves."""

KEEP_S = 2.0
"""What a saved notebook shows is no older than that."""

HEADINGS = ("job", "task", "state", "progress", "took", "actions")


def queue_table(status: str | Sequence[str] | None = None, *, limit: int = 12) -> "QueueTable":
    """Return a live table of the newest `limit` jobs, of one status or several if asked.

    Raises JobOptionError for a word that is no status.

    >>> queue_table("failed", limit=5)
    <QueueTable: the queue>
    """
    for one in [status] if isinstance(status, str) else status or ():
        check_status(one)
    return QueueTable(status, limit)


class QueueTable(LiveBox):
    """A table of jobs that follows the queue until `close()`."""

    def __init__(self, status: str | Sequence[str] | None, limit: int) -> None:
        self._status, self._limit = status, limit
        self._summary = line("", "drawscape-summary")
        self._table = widgets.HTML().add_class("drawscape-queue")
        self._throttle = Debounce(PERIOD_S, self.refresh)
        self._keeping = Debounce(KEEP_S, self._keep, slow=True)
        self._states: list[JobState] = []
        self._lock = threading.Lock()
        self._details = line("", "drawscape-trouble")
        self._pause = widgets.Button(layout={"width": "auto"}).add_class("drawscape-quiet")
        self._pause.on_click(lambda _button: self._guarded(self.pause_or_resume))
        head = widgets.HBox([self._summary, self._pause]).add_class("drawscape-head")
        super().__init__("the queue", [head, self._table, self._details])
        self.on_page_message(lambda message: self.act(message["job"], message["act"]))
        self.refresh()
        self._watch = watch_jobs(lambda _job: self._throttle.request())

    def refresh(self) -> None:
        """Read the queue and show it now."""
        with self._lock:
            jobs = list_jobs(self._status, limit=self._limit)
            states = [s for s in map(state_of, jobs) if s.status != "not_found"]
            self._table.value = table_html(states)
            self._states = states
            write(self._summary, summary_words())
            self._pause.description = "Resume" if queue_is_paused() else "Pause"
        self._keeping.request()

    def pause_or_resume(self) -> None:
        """Let no job start from now on, or let them start again; those that run go on."""
        if queue_is_paused():
            resume_queue()
        else:
            pause_queue()
        self.refresh()

    def act(self, job_id: str, action: str) -> None:
        """Do to a job what its row offers: 'sooner', 'cancel', 'retry', 'again', 'log' or 'delete'.

        What goes wrong is shown under the table.
        """
        self._guarded(lambda: ACTIONS[action](get_job(job_id)))
        self._throttle.request()

    def _guarded(self, action: Callable[[], object]) -> None:
        """Do it and show what it returns, or what went wrong."""
        try:
            details = action()
        except Exception as error:  # noqa: BLE001 - shown here, for it would reach no cell
            details = f"{type(error).__name__}: {error}"
        shown = f"<pre>{escape(details)}</pre>" if isinstance(details, str) else ""
        write_html(self._details, shown)

    def close(self) -> None:
        """Stop following and close the widget."""
        self._watch.close()
        self._throttle.drop()
        self._keeping.drop()
        super().close()

    def _keep(self) -> None:
        """Leave the table in the saved notebook, without what can only be done live."""
        self.saved.keep(table_html(self._states, is_live=False))


def table_html(jobs: Sequence[JobState], *, is_live: bool = True) -> str:
    """Return the table as HTML with nothing of a job's own taken for markup; a live one has buttons."""
    headings = HEADINGS if is_live else HEADINGS[:-1]
    head = "".join(f"<th>{name}</th>" for name in headings)
    rows = "".join(_row(job, is_live=is_live) for job in jobs)
    empty = f'<tr><td colspan="{len(headings)}">no jobs yet</td></tr>'
    return f"<table><tr>{head}</tr>{rows or empty}</table>"


def _row(job: JobState, *, is_live: bool) -> str:
    bar = f'<progress max="1" value="{_share(job):.3f}"></progress>'
    took = duration_words(job.started_at, job.ended_at)
    state = status_words(
        replace(job, started_at=None), verb_of(job.task)
    )  # the time has its column
    cells = [escape(job.id[-8:]), escape(job.name), escape(state), bar, took]
    cells += [_buttons(job)] if is_live else []
    body = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr class="drawscape-is-{escape(job.status)}" title="{escape(job.id)}">{body}</tr>'


def _buttons(job: JobState) -> str:
    job_id = escape(job.id, quote=True)
    return "".join(
        f'<button data-job="{job_id}" data-act="{act}" aria-label="{act} {job_id[-8:]}">{act}</button>'
        for act in offered(job.status)
    )


def _share(state: JobState) -> float:
    return 1.0 if state.status == "finished" else state.progress
