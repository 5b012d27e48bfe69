"""The queue in numbers: for a person, and for Prometheus."""

from dataclasses import dataclass

from drawscape.queue import clock
from drawscape.queue.engines.engine import Connection, Database
from drawscape.queue.table.query import count_by_status

_SAMPLE = 1000
_LOOKED_AT = 5000  # of which some never started: canceled, or without what they depended on
_MOST_COUNTED = 100_000  # some 10 ms
_MOST_PRIORITIES = 100
_QUANTILES = (0.5, 0.9, 0.99)


@dataclass(frozen=True)
class Statistics:
    """Counts by status, ended jobs per minute, percentiles of waiting and running, all in seconds.

    `wait_s` and `run_s` map 0.5, 0.9 and 0.99 to seconds; they are empty when nothing has run.
    The two numbers of ended jobs are at most 100,000, which then stands for that many or more.
    """

    counts: dict[str, int]
    workers: int
    slots: int
    ended_last_minute: int
    ended_last_hour: int
    wait_s: dict[float, float]
    run_s: dict[float, float]
    oldest_waiting_s: float
    file_bytes: int

    def prometheus(self) -> str:
        """Return the numbers in Prometheus' text format, none of them rounded."""
        lines = ["# HELP drawscape_jobs Jobs by status.", "# TYPE drawscape_jobs gauge"]
        lines += [f'drawscape_jobs{{status="{s}"}} {n}' for s, n in self.counts.items()]
        for name, value, text in (
            ("workers", self.workers, "Workers that are alive."),
            ("slots", self.slots, "Jobs that can run at once."),
            ("oldest_waiting_seconds", self.oldest_waiting_s, "Age of the oldest queued job."),
            ("file_bytes", self.file_bytes, "Size of the queue's file."),
        ):
            lines += [f"# HELP drawscape_{name} {text}", f"# TYPE drawscape_{name} gauge"]
            lines.append(f"drawscape_{name} {value!r}")
        for name, values, text in (
            ("wait_seconds", self.wait_s, "From queued to started, recent jobs."),
            ("run_seconds", self.run_s, "From started to ended, recent jobs."),
        ):
            lines += [f"# HELP drawscape_{name} {text}", f"# TYPE drawscape_{name} summary"]
            lines += [f'drawscape_{name}{{quantile="{q:g}"}} {v!r}' for q, v in values.items()]
        return "\n".join(lines) + "\n"


def statistics(database: Database, queue: str) -> Statistics:
    """Return the numbers of `queue` now; percentiles over the last thousand jobs that ran.

    All look-ups are bounded, or read the index of what has not ended.
    """
    now = clock.now()
    connection = database.connection
    with database.translated():
        recent = connection.execute(
            "select * from (select created_at, started_at, ended_at from job where queue = ? "
            "and ended_at is not null order by ended_at desc limit ?) as recent "
            "where started_at is not null limit ?",
            (queue, _LOOKED_AT, _SAMPLE),
        ).fetchall()
        minute, hour = connection.execute(
            "select count(*) filter (where ended_at > ?), count(*) from "
            "(select ended_at from job where queue = ? and ended_at > ? "
            "order by ended_at desc limit ?) as recent",
            (now - 60, queue, now - 3600, _MOST_COUNTED),
        ).fetchone()
        oldest = _oldest_waiting(connection, queue)
    workers = database.workers.living()
    return Statistics(
        counts=count_by_status(database, queue),
        workers=len(workers),
        slots=sum(worker.slots for worker in workers),
        ended_last_minute=minute,
        ended_last_hour=hour,
        wait_s=_percentiles([max(0.0, started - created) for created, started, _ in recent]),
        run_s=_percentiles([max(0.0, ended - started) for _, started, ended in recent]),
        oldest_waiting_s=max(0.0, now - oldest) if oldest is not None else 0.0,
        file_bytes=database.size_bytes(),
    )


def _oldest_waiting(connection: Connection, queue: str) -> float | None:
    """Return when the oldest queued job was made: the first of some priority, each a look at an index."""
    groups = connection.execute("select id from job_group where queue = ?", (queue,)).fetchall()
    conditions = ("group_id is null", *(f"group_id = {group}" for (group,) in groups))
    found: list[float] = []
    for condition in conditions:
        priority = 2**62
        for _ in range(_MOST_PRIORITIES):
            row = connection.execute(
                "select created_at, priority from job where queue = ? and status = 'queued' "
                f"and {condition} and priority < ? order by priority desc, seq limit 1",
                (queue, priority),
            ).fetchone()
            if row is None:
                break
            found.append(row[0])
            priority = row[1]
    return min(found, default=None)


def _percentiles(values: list[float]) -> dict[float, float]:
    ordered = sorted(values)
    if not ordered:
        return {}
    return {q: ordered[min(len(ordered) - 1, int(q * len(ordered)))] for q in _QUANTILES}
