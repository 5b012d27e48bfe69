"""The numbers of a queue."""

from dataclasses import dataclass


@dataclass(frozen=True)
class QueueStatistics:
    """Counts by status, ended jobs per minute and hour, and times in seconds.

    `median_wait_s` says how long recent jobs were queued before they started; None when nothing has run.
    The time of a `job_delay` or of dependencies does not count. `oldest_waiting_s` is the longest wait of
    the jobs that are first of their priority. The two numbers of ended jobs are at most 100,000, which
    then stands for that many or more.
    """

    counts: dict[str, int]
    workers: int
    slots: int
    ended_last_minute: int
    ended_last_hour: int
    median_wait_s: float | None
    oldest_waiting_s: float
    file_bytes: int
