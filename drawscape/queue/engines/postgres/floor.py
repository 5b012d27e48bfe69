"""The number up to which no ordinary job waits, for claims that would pass over many rows that are dead.

While anybody holds a transaction open the server keeps what was deleted or changed since, and the index of
queued jobs an entry for every job that was claimed: each look passes over all of them. So where that takes
long, a look begins behind them.
"""

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drawscape.queue.engines.postgres.notices import REQUEUED

if TYPE_CHECKING:
    from drawscape.queue.engines.postgres.database import Database

LONG_S = 0.0001
"""A look that takes longer is worth a floor; it passes over a thousand rows that are dead or of a lane."""

_SHARE = 20
"""A look for the floor takes a twentieth of the time between two of them, at most."""

_SOONEST_S, _LATEST_S = 0.01, 1.0
_MOST = 16

# The first of each priority; as long as there are not many priorities, the least of them is the least of all.
_LOWEST = """
with recursive lead as (
    (select priority, seq from job where queue = ? and status = 'queued' and group_id is null
    order by priority desc, seq limit 1)
    union all
    select following.* from lead, lateral (
        select priority, seq from job where queue = ? and status = 'queued' and group_id is null
        and priority < lead.priority order by priority desc, seq limit 1
    ) as following
)
select min(seq), count(*), extract(epoch from clock_timestamp() - statement_timestamp())::float8,
    coalesce(pg_sequence_last_value(pg_get_serial_sequence('job', 'seq')::regclass), 0)
from (select * from lead limit ?) as leads
"""


@dataclass
class _Known:
    """`seq` holds until `until` (monotonic seconds), or until something is queued again."""

    seq: int = 0
    newest: int = 0
    until: float = 0.0
    requeued: int = 0


class Floor:
    """The floors of a database's queues, for all threads of a process."""

    def __init__(self, database: "Database") -> None:
        self._database = database
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def of(self, queue: str) -> int:
        """Return a number: an ordinary job that waits in `queue` has a higher one.

        One that is queued again has it within a moment, by a notice. A job whose insert is committed later
        than that of others which were numbered after it is found with the next look, a second later at most.
        """
        known = self._known.get(queue) or _Known()
        if (
            known.requeued == self._database.notices.seen(REQUEUED)
            and time.monotonic() < known.until
        ):
            return known.seq
        if not self._lock.acquire(blocking=False):
            return 0
        try:
            self._known[queue] = known = self._look(queue, known)
        finally:
            self._lock.release()
        return known.seq

    def _look(self, queue: str, before: _Known) -> _Known:
        requeued = self._database.notices.seen(REQUEUED)
        row = self._database.connection.execute(_LOWEST, (queue, queue, _MOST)).fetchone()
        lowest, priorities, took_s, newest = row
        seq = 0
        if took_s > LONG_S and priorities < _MOST:
            # Whoever was given a number before the last look has committed it by now.
            seq = before.newest if lowest is None else min(before.newest, lowest - 1)
        pause_s = max(_SOONEST_S, min(_LATEST_S, _SHARE * took_s)) if took_s > LONG_S else _LATEST_S
        return _Known(seq, newest, time.monotonic() + pause_s, requeued)
