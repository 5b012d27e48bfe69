"""A worker beside another program: started with it, replaced when it dies, and stopped with it."""

import threading
from collections.abc import Callable

import click

from drawscape.errors import DrawscapeError
from drawscape.jobs import WorkerProcess, start_worker

Start = Callable[[int | None], WorkerProcess | None]

_FIRST_PAUSE_S = 0.5  # between two looks at the worker
_LONGEST_PAUSE_S = 30.0


class WorkerBeside:
    """Runs a worker while its block lasts, and another from `replace(slots)` whenever it has died.

    The block raises QueueError when the first does not start; one that is not `needed` is started as soon as
    that can be done. What fails, or has to be done again and again, is done less and less often.
    """

    def __init__(
        self, slots: int | None, *, replace: Start = start_worker, needed: bool = True
    ) -> None:
        self._slots, self._replace, self._needed = slots, replace, needed
        self._process: WorkerProcess | None = None
        self._trouble = ""
        self._done = threading.Event()
        self._keeper = threading.Thread(target=self._keep_one_alive, daemon=True)

    def __enter__(self) -> None:
        try:
            self._start(start_worker)
        except (DrawscapeError, OSError) as error:
            if self._needed:
                raise
            self._report(error)
        self._keeper.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._keeper.join()
        if self._process is not None:
            self._process.stop()

    def _keep_one_alive(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._done.wait(pause_s):
            busy = self._process is None or not self._process.alive
            try:
                busy = busy and self._start(self._replace)
            except (DrawscapeError, OSError) as error:
                self._report(error)
            pause_s = (
                min(2 * pause_s, _LONGEST_PAUSE_S) if busy else max(pause_s / 2, _FIRST_PAUSE_S)
            )

    def _start(self, start: Start) -> bool:
        """Return whether a worker was started: there may be one that another program has started."""
        if (started := start(self._slots)) is None:
            return False
        words = "The worker died; another one runs" if self._process else "A worker runs beside it"
        _print(f"{words} (process {started.pid}, log {started.log}).")
        self._process, self._trouble = started, ""
        return True

    def _report(self, error: Exception) -> None:
        if str(error) != self._trouble:
            self._trouble = str(error)
            _print(f"No worker runs beside it, and it is tried again: {error}")


def _print(line: str) -> None:
    click.echo(line, err=True)
