"""The workers of a queue on Postgres: by locked files on this machine, by the server's locks everywhere."""

import logging
import os
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from drawscape.errors import QueueError
from drawscape.queue.engines.postgres.liveness import (
    ANNOUNCE,
    CONFIRM_S,
    FORGET,
    LIVING,
    RESTART_S,
    UPTIME,
    Missing,
    WorkerInfo,
    lock_of,
)
from drawscape.queue.engines.sqlite import liveness as files

if TYPE_CHECKING:
    from drawscape.queue.engines.postgres.database import Database

_LOG = logging.getLogger("huey.drawscape")


class Workers:
    """The workers of `database`."""

    def __init__(self, database: "Database") -> None:
        self._database = database
        self._folder = database.folder / "workers"
        self._missing = Missing()

    def announce(
        self,
        worker: str,
        *,
        queue: str,
        slots: int,
        temporary: str,
        on_cut_off: Callable[[], None] = lambda: None,
    ) -> None:
        """Show that `worker` is alive, to this machine by a locked file and to all by the server's lock."""
        pid = os.getpid()
        info = files.WorkerInfo(worker, pid, slots, queue, time.time(), temporary=temporary)
        values = (worker, lock_of(worker), socket.gethostname(), pid, slots, queue)
        self._database.notices.hold(lock_of(worker), (ANNOUNCE, values), on_cut_off)
        files.announce(self._folder, info)

    def renew(self, worker: str) -> bool:
        """Return whether the locked file of `worker` had to be made again; the lock renews itself."""
        return files.renew(self._folder, worker)

    def note_trouble(self, worker: str, trouble: str | None) -> None:
        """Show why `worker` runs nothing; None: it does."""
        files.note_trouble(worker, trouble)
        with self._database.translated():
            self._database.connection.execute(
                "update job_worker set trouble = ? where id = ?",
                (trouble and trouble[:500], worker),
            )

    def retire(self, worker: str) -> None:
        """Let `worker` be gone."""
        files.retire(self._folder, worker)
        try:
            with self._database.hurried(), self._database.translated():
                self._database.notices.release(lock_of(worker))
                self._database.connection.execute("delete from job_worker where id = ?", (worker,))
        except QueueError as error:  # its lock goes with this process, and others remove the row
            _LOG.warning("worker=%s event=not_retired error=%r", worker, str(error))

    def forget_dead(self) -> None:
        """Remove what dead workers left, whose jobs have been recovered."""
        files.forget_dead(self._folder)
        with self._database.translated():
            self._database.connection.execute(FORGET)

    def is_alive(self, worker: str | None) -> bool:
        """Return whether the worker with that id is alive."""
        if worker is None:
            return False
        known = files.certainty(self._folder, worker)
        return worker in self._ids_alive() if known is None else known

    def is_dead(self, worker: str | None) -> bool:
        """Return whether the worker may be taken for dead; ask again when it is neither."""
        known = False if worker is None else files.certainty(self._folder, worker)
        if worker is None or known is not None:
            return not known
        if worker in self._ids_alive():
            self._missing.forget(worker)
            return False
        with self._database.translated():
            uptime_s = self._database.connection.execute(UPTIME).fetchone()[0]
        return uptime_s > RESTART_S and self._missing.is_confirmed(worker)

    def await_sign(self, worker: str | None) -> bool:
        """Return whether the worker lives, once that is certain."""
        while worker is not None and not self.is_alive(worker):
            if self.is_dead(worker):
                return False
            time.sleep(CONFIRM_S / 10)
        return worker is not None

    def living(self) -> list[WorkerInfo]:
        """Return the workers that are alive, oldest first."""
        with self._database.translated():
            rows = self._database.connection.execute(LIVING).fetchall()
        return [WorkerInfo(*row) for row in rows]

    def _ids_alive(self) -> set[str]:
        return {info.id for info in self.living()}
