"""What is known of jobs: by id, in lists, in numbers. Reading never consumes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from drawscape.errors import JobNotFoundError
from drawscape.queue import clock
from drawscape.queue.engines.engine import Engine
from drawscape.queue.row import ENDED, OPEN, STATUSES, JobSnapshot, Status, check_status

_ALL = 2**62
_QUANTILES = (0.5, 0.9, 0.99)


def find(engine: Engine, job_id: str) -> JobSnapshot | None:
    """Return the job as it is now, or None for an unknown id."""
    rows = engine.read(engine.sql.JOB, id=job_id)
    return JobSnapshot.of(rows[0]) if rows else None


def find_all(engine: Engine, job_ids: Sequence[str]) -> dict[str, JobSnapshot]:
    """Return the jobs of `job_ids` that exist, by id."""
    rows = engine.read(engine.sql.JOBS, ids=engine.list_value(job_ids)) if job_ids else ()
    return {job.id: job for job in map(JobSnapshot.of, rows)}


def read_job(engine: Engine, job_id: str) -> JobSnapshot:
    """Return the job as it is now; raise JobNotFoundError when there is none."""
    job = find(engine, job_id)
    if job is None:
        raise JobNotFoundError(unknown_job(job_id))
    return job


def unknown_job(job_id: str) -> str:
    """Return the sentence for an id that no job has."""
    return f"no job has the id {job_id!r}, or it has been pruned"


def module_pattern(task: str | None) -> str | None:
    """Return what `like` takes for the tasks of a module."""
    return None if task is None else task.replace("_", r"\_").replace("%", r"\%") + ".%"


def newest(
    engine: Engine,
    queue: str,
    status: str | Iterable[str] | None = None,
    task: str | None = None,
    limit: int | None = None,
) -> list[JobSnapshot]:
    """Return jobs, the newest first: of a status or several, of a task or a module's.

    Raises JobOptionError for a word that is not a status.
    """
    values: dict[str, Any] = {
        "queue": queue,
        "statuses": None,
        "task": task,
        "module": module_pattern(task),
    }
    if status is not None:
        wanted = [status] if isinstance(status, str) else status
        values["statuses"] = engine.list_value([check_status(one) for one in wanted])
    rows = engine.read(engine.sql.LIST, **values, limit=_ALL if limit is None else limit)
    return [JobSnapshot.of(row) for row in rows]


def count_by_status(engine: Engine, queue: str) -> dict[str, int]:
    """Return how many jobs have each status; statuses without jobs are there with 0."""
    counts = dict.fromkeys(STATUSES, 0)
    for status, number in engine.read(engine.sql.COUNTS, queue=queue):
        counts[status] += number
    return counts


def count_batch(engine: Engine, batch: str) -> dict[str, int]:
    """Return how many jobs of a batch have each status."""
    rows = dict(engine.read(engine.sql.BATCH_COUNTS, batch=batch))
    still_open, ended = rows.pop("open"), rows.pop("ended")
    counts = {**dict.fromkeys(STATUSES, 0), **rows}
    counts[Status.QUEUED] = still_open - sum(counts[status] for status in OPEN)
    counts[Status.FINISHED] = ended - sum(counts[status] for status in ENDED)
    return counts


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


def statistics(engine: Engine, queue: str) -> Statistics:
    """Return the numbers of `queue` now; percentiles over the last thousand jobs that ran.

    All statements are bounded, or read the index of what has not ended.
    """
    now, sql = clock.now(), engine.sql
    recent = engine.read(sql.RECENT, queue=queue)
    minute, hour = engine.read(sql.ENDED_SINCE, queue=queue, minute=now - 60, hour=now - 3600)[0]
    oldest = engine.read(sql.OLDEST_WAITING, queue=queue)[0][0]
    workers = engine.workers.living()
    return Statistics(
        counts=count_by_status(engine, queue),
        workers=len(workers),
        slots=sum(worker.slots for worker in workers),
        ended_last_minute=minute,
        ended_last_hour=hour,
        wait_s=_percentiles([max(0.0, started - created) for created, started, _ in recent]),
        run_s=_percentiles([max(0.0, ended - started) for _, started, ended in recent]),
        oldest_waiting_s=max(0.0, now - oldest) if oldest is not None else 0.0,
        file_bytes=engine.size_bytes(),
    )


def _percentiles(values: list[float]) -> dict[float, float]:
    ordered = sorted(values)
    if not ordered:
        return {}
    return {q: ordered[min(len(ordered) - 1, int(q * len(ordered)))] for q in _QUANTILES}
