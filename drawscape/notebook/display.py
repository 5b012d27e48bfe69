"""The widgets that show one job: bar, words, trouble, picture."""

import threading
import time
import traceback
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from drawscape.errors import DrawscapeError
from drawscape.notebook.picture import (
    Picture,
    is_blank,
    place_words,
    preview_picture,
    result_path,
    result_picture,
)
from drawscape.notebook.reader import JobState
from drawscape.notebook.style import line, mark, write, write_html
from drawscape.notebook.text import error_line, size_words, status_words

LONGEST_SHOWN = 2000
"""Characters of a result that is no picture; the rest is in `job.result`."""

LONGEST_PRINTED = 20_000
"""Characters of what was printed, from the end; the rest is in `job.logs()`."""

BLANK = "nothing is drawn on it"
"""Added for a finished sheet that would look as if the drawing were still to come."""

OLDER = "older than the settings"

QUICK_S = 0.25
"""A job that takes no longer shows its drawing only: a preview costs the page as much time as that."""

WORTH_SHOWING = 0.5
"""How far a live drawing has to be before it takes the place of the one that it is compared with."""


class JobDisplay:
    """Widgets that follow one job at a time; any thread may call it.

    `bar`, `words`, `trouble`, `frame` (with the `picture`) and `caption` are to be placed by the owner.
    `explain` may add to a traceback what only the notebook knows; `on_file` gets the file of each
    finished drawing.
    """

    def __init__(
        self,
        verb: str = "drawing",
        *,
        explain: Callable[[str], str] = lambda text: text,
        on_file: Callable[[Path | None], None] = lambda path: None,
    ) -> None:
        self.bar = widgets.FloatProgress(value=0.0, min=0.0, max=1.0).add_class("drawscape-bar")
        self.words = line("", "drawscape-status")
        self.trouble = line("", "drawscape-trouble")
        self.picture = widgets.Image(format="svg+xml")
        self.picture.layout.display = "none"  # an image without bytes is shown as a broken one
        self.picture.add_class("drawscape-picture")
        # An image is decoded anew at any change of its own: what is said of it stands at its frame.
        self.frame = widgets.Box([self.picture]).add_class("drawscape-frame")
        self.caption = line("", "drawscape-caption")
        self._caption = self._links = ""
        self._verb, self._explain, self._on_file = verb, explain, on_file
        self._lock = threading.RLock()
        self._job_id: str | None = None
        self._started_s: float | None = None
        self._done = self._keeps_former = self._has_drawing = False
        self.about: Any = None

    @property
    def parts(self) -> list[Any]:
        """All widgets from top to bottom."""
        return [self.bar, self.words, self.trouble, self.frame, self.caption]

    @property
    def has_drawing(self) -> bool:
        """Whether the picture is a drawing that was finished, not an empty sheet or a preview."""
        return self._has_drawing

    def begin(self, job_id: str, *, keep_former: bool = False, about: Any = None) -> None:
        """Follow that job from now on; what an earlier one still reports is not shown any more.

        With `keep_former` the former drawing stays until the new one is half done. While `on_file` is
        called, `about` is what was given here with the file's job.
        """
        with self._lock:
            self._job_id, self._done, self.about = job_id, False, about
            self._started_s = None
            self._keeps_former = keep_former and self._has_drawing
            write(self.trouble, "")
            self.bar.value = 0.0
            self._show_words("waiting", "queued")
            self.mark_older(older=False)
            if not self._keeps_former:
                mark(self.frame, "drawscape-stale", "yes")

    def update(self, job: JobState) -> None:
        """Show a job's state; a late report on one that has ended changes nothing."""
        with self._lock:
            if job.id != self._job_id or self._done:
                return
            self._done = job.ended
            if job.status == "started" and self._started_s is None:
                self._started_s = time.monotonic()
            self.bar.value = 1.0 if job.status == "finished" else min(max(job.progress, 0.0), 1.0)
            self._show_outcome(job)
            self._show_words(status_words(job, self._verb), job.status)

    def fail(self, words: str, details: str = "") -> None:
        """Show an error that no job made, such as a refused value or a locked queue."""
        with self._lock:
            self._job_id = None
            self.bar.value = 0.0
            self.show_details({"traceback": details})
            self._show_words(words, "failed")

    def show_error(self, error: Exception) -> None:
        """Show what was raised: one of the project's own says all by its text."""
        if isinstance(error, DrawscapeError):
            self.fail(str(error))
        else:
            details = "".join(traceback.format_exception(error))
            self.fail(f"{type(error).__name__}: {error}", details)

    def guarded(self, action: Callable[[], object]) -> Callable[..., None]:
        """Return a handler that does `action`: what it raises reaches no cell, and is shown here."""

        def handler(*_event: Any) -> None:
            try:
                action()
            except Exception as error:  # noqa: BLE001 - shown, whatever it is
                self.show_error(error)

        return handler

    def show(self, picture: Picture, caption: str = "") -> None:
        """Show `picture` as it is, with `caption` under it."""
        with self._lock:
            mark(self.frame, "drawscape-stale", "")
            self.picture.layout.display = ""
            if self.picture.value != picture.data:
                with self.picture.hold_sync():
                    self.picture.format = picture.format
                    self.picture.value = picture.data
            self._caption = caption
            self._links = file_links(picture.path)
            self.mark_older(older=False)

    def mark_older(self, *, older: bool) -> None:
        """Show whether the picture is older than the settings beside it."""
        with self._lock:
            older = older and self._has_drawing
            mark(self.frame, "drawscape-older", "than" if older else "")
            words = escape(" · ".join(filter(None, [OLDER * older, self._caption])))
            write_html(self.caption, words + self._links)

    def show_details(self, texts: Mapping[str, str], *, unfolded: bool = False) -> None:
        """Let `texts` be folded out under the words, by their titles; empty ones are left out."""
        begin = "<details open>" if unfolded else "<details>"
        folded = "".join(
            f"{begin}<summary>{escape(head)}</summary><pre>{escape(body)}</pre></details>"
            for head, body in texts.items()
            if body
        )
        write_html(self.trouble, folded)

    def _show_words(self, words: str, status: str) -> None:
        for widget in (self.words, self.bar):
            mark(widget, "drawscape-is", status)
        write(self.words, words)

    def _show_outcome(self, job: JobState) -> None:
        error = self._explain(job.error or "") if job.status == "failed" else ""
        if job.ended:
            folded = "" if error.strip() == error_line(error) else error
            self.show_details({"traceback": folded, "printed": _tail(job.printed)})
        if job.status == "finished":
            self._show_result(job.result)
        elif job.status != "failed" and self._shows_preview(job):
            picture = preview_picture(job.preview)
            if picture is not None:
                self.show(picture)

    def _shows_preview(self, job: JobState) -> bool:
        begun = time.monotonic() - (self._started_s or 0.0)
        if job.status == "started" and begun < QUICK_S:
            return False
        return not self._keeps_former or job.progress >= WORTH_SHOWING

    def _show_result(self, result: Any) -> None:
        picture, path = result_picture(result), result_path(result)
        place = f"{place_words(path)} · {size_words(path.stat().st_size)}" if path else ""
        caption = place or ("" if result is None else str(result)[:LONGEST_SHOWN])
        self._has_drawing = path is not None
        if picture is None:
            self._caption, self._links = caption, ""
            write(self.caption, caption)
        else:
            self.show(picture, f"{caption} · {BLANK}" if is_blank(picture) else caption)
        self._on_file(path)


def _tail(printed: str) -> str:
    if len(printed) <= LONGEST_PRINTED:
        return printed
    return f"... the last {LONGEST_PRINTED:,} characters:\n{printed[-LONGEST_PRINTED:]}"


def file_links(path: Path | None) -> str:
    """Return links that open and download the picture shown, as HTML; form.js makes them work."""
    if path is None:
        return ""
    name = escape(path.name, quote=True)
    link = '<a href="#" data-action="{0}" data-name="{1}">{0}</a>'
    return " · " + " · ".join(link.format(action, name) for action in ("open", "download"))
