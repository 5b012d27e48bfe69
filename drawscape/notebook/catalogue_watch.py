"""Looks whether anybody has drawn or marked something, and lets galleries and sheets show it."""

import threading
import weakref
from pathlib import Path
from typing import Any, Protocol

from drawscape.catalogue.database import data_version
from drawscape.errors import CatalogueError
from drawscape.settings import home

LOOK_S = 0.5
"""How often to look: what others do shows within a second."""


class View(Protocol):
    """What shows drawings."""

    @property
    def comm(self) -> Any:
        """None once it is closed."""

    def catalogue_changed(self) -> None:
        """Show what there is now. It is called once when the view begins to follow, too."""

    def catalogue_failed(self, words: str) -> None:
        """Show why the catalogue cannot be read."""


class _Watch:
    """One thread for all views of the kernel, which ends with the last of them."""

    def __init__(self) -> None:
        self._views: weakref.WeakKeyDictionary[View, tuple[Path, int | None]] = (
            weakref.WeakKeyDictionary()
        )
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, view: View) -> None:
        with self._lock:
            self._views[view] = (home(), None)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="drawscape-catalogue", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        try:
            while self._look():
                pause.wait(LOOK_S)
        finally:
            with self._lock:
                if self._thread is threading.current_thread():
                    self._thread = None  # what a view raised is printed; the next one begins again

    def _look(self) -> bool:
        """Let the views show what has changed; return whether any is left."""
        with self._lock:
            for view, (place, _) in list(self._views.items()):
                if view.comm is None or place != home():
                    del self._views[view]
            seen = {view: version for view, (_, version) in self._views.items()}
            if not seen:
                self._thread = None
                return False
        for view, version in seen.items():
            try:
                now = data_version()
                if now != version:
                    view.catalogue_changed()
                with self._lock:
                    if view in self._views:
                        self._views[view] = (home(), now)
            except CatalogueError as error:
                view.catalogue_failed(str(error))
        return True


_watch = _Watch()


def follow_catalogue(view: View) -> None:
    """Call `view.catalogue_changed` within a second of what anybody draws or marks, until it is closed."""
    _watch.add(view)
