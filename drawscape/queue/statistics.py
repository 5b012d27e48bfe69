"""The numbers of a queue."""

from dataclasses import dataclass

_QUANTILES = (0.5, 0.9, 0.99)


@dataclass(frozen=True)
class QueueStatistics:
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


def percentiles(values: list[float]) -> dict[float, float]:
    ordered = sorted(values)
    last = len(ordered) - 1
    return {q: ordered[min(last, int(q * len(ordered)))] for q in _QUANTILES if ordered}
