"""The widgets that show one job: bar, words, trouble, picture."""

from __future__ import annotations

import threading
from html import escape
from typing import Any

import ipywidgets as widgets

from drawscape.notebook.picture import (
    Picture,
    is_blank,
    place_words,
    preview_picture,
    result_path,
    result_picture,
    size_words,
)
from drawscape.notebook.state import JobState
from drawscape.notebook.style import line, mark, write
from drawscape.notebook.text import error_line, status_words

LONGEST_SHOWN = 2000
"""Characters of a result that is no picture; the rest is in `job.result`."""

BLANK = "nothing is drawn on it"
"""Said of a finished sheet that would look as if the drawing were still to come."""


class JobDisplay:
    """Widgets that follow one job at a time; any thread may call it.

    `bar`, `words`, `trouble`, `picture` and `caption` are to be placed by the owner.
    """

    def __init__(self, verb: str = "drawing") -> None:
        self.bar = widgets.FloatProgress(value=0.0, min=0.0, max=1.0)
        self.bar.add_class("drawscape-bar")
        self.words = line("", "drawscape-status")
        self.trouble = line("", "drawscape-trouble")
        self.picture = widgets.Image(format="svg+xml")
        self.picture.layout.display = "none"  # an image without bytes is shown as a broken one
        self.picture.add_class("drawscape-picture")
        self.caption = line("", "drawscape-caption")
        self._verb = verb
        self._lock = threading.RLock()
        self._job_id: str | None = None
        self._done = False

    @property
    def parts(self) -> list[Any]:
        """All widgets from top to bottom."""
        return [self.bar, self.words, self.trouble, self.picture, self.caption]

    def begin(self, job_id: str) -> None:
        """Follow that job from now on; what an earlier one still reports is not shown any more."""
        with self._lock:
            self._job_id, self._done = job_id, False
            write(self.trouble, "")
            self.bar.value = 0.0
            self._say("waiting", "queued")
            mark(self.picture, "drawscape-stale", "")
            self.picture.add_class("drawscape-stale")

    def update(self, job: JobState) -> None:
        """Show a job's state; a late word on one that has ended changes nothing."""
        with self._lock:
            if job.id != self._job_id or self._done:
                return
            self._done = job.ended
            self.bar.value = 1.0 if job.status == "finished" else min(max(job.progress, 0.0), 1.0)
            self._show_picture(job)
            self._say(status_words(job, self._verb), job.status)

    def fail(self, words: str, details: str = "") -> None:
        """Show an error that no job made, such as a refused value or a locked queue."""
        with self._lock:
            self._job_id = None
            self.bar.value = 0.0
            self._show_trouble(details)
            self._say(words, "failed")

    def show(self, picture: Picture, caption: str = "") -> None:
        """Show `picture` as it is, with `caption` under it."""
        with self._lock:
            self.picture.remove_class("drawscape-stale")
            self.picture.layout.display = ""
            if self.picture.value != picture.data:
                with self.picture.hold_sync():
                    self.picture.format = picture.format
                    self.picture.value = picture.data
            write(self.caption, caption)

    def _say(self, words: str, status: str) -> None:
        for widget in (self.words, self.bar):
            mark(widget, "drawscape-is", status)
        write(self.words, words)

    def _show_picture(self, job: JobState) -> None:
        if job.status == "finished":
            self._show_result(job.result)
        elif job.status == "failed":
            self._show_trouble(job.error or "")
        elif picture := preview_picture(job.preview):
            self.show(picture)

    def _show_result(self, result: Any) -> None:
        picture, path = result_picture(result), result_path(result)
        place = f"{place_words(path)} · {size_words(path.stat().st_size)}" if path else ""
        caption = place or ("" if result is None else str(result)[:LONGEST_SHOWN])
        if picture is None:
            write(self.caption, caption)
        else:
            self.show(picture, f"{caption} · {BLANK}" if is_blank(picture) else caption)

    def _show_trouble(self, text: str) -> None:
        """The whole text folds out under the line that says what is wrong."""
        if text.strip() == error_line(text):
            text = ""
        folded = f"<details><summary>traceback</summary><pre>{escape(text)}</pre></details>"
        self.trouble.value = folded if text else ""
        self.trouble.layout.display = "" if text else "none"
