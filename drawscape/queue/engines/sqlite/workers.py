"""The workers of a queue's file, by their locks."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from drawscape.queue.engines.engine import Renewal
from drawscape.queue.engines.sqlite import liveness


class Workers:
    """The workers whose lock files lie in `folder`."""

    lease_s: float | None = None

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def announce(
        self,
        worker: str,
        *,
        queue: str,
        lanes: tuple[str, ...],
        slots: int,
        temporary: str,
        on_renewal: Callable[[Renewal], None],
    ) -> None:
        """Show that `worker` is alive for as long as this process lives; nothing cuts it off from a file."""
        info = liveness.WorkerInfo(
            worker, os.getpid(), slots, queue, time.time(), temporary=temporary, lanes=lanes
        )
        liveness.announce(self._folder, info)

    def renew(self, worker: str) -> bool:
        """Return whether the lock of `worker` had to be taken again."""
        return liveness.renew(self._folder, worker)

    def note_trouble(self, worker: str, trouble: str | None) -> None:
        """Show why `worker` runs nothing; None: it does."""
        liveness.note_trouble(worker, trouble)

    def retire(self, worker: str) -> None:
        """Release the lock of `worker`."""
        liveness.retire(self._folder, worker)

    def forget_dead(self) -> None:
        """Remove the files of dead workers, whose jobs have been recovered."""
        liveness.forget_dead(self._folder)

    def is_alive(self, worker: str | None) -> bool:
        """Return whether the worker with that id is alive."""
        return worker is not None and liveness.is_alive(self._folder, worker)

    def is_dead(self, worker: str | None) -> bool:
        """Return whether the worker may be taken for dead; ask again when it is neither."""
        return worker is None or liveness.is_dead(self._folder, worker)

    def await_sign(self, worker: str | None) -> bool:
        """Return whether the worker lives, once that is certain."""
        return worker is not None and liveness.await_sign(self._folder, worker)

    def living(self) -> list[liveness.WorkerInfo]:
        """Return the workers that are alive, oldest first."""
        return liveness.living(self._folder)
