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


def percentiles(values: list[float]) -> dict[float, float]:
    ordered = sorted(values)
    last = len(ordered) - 1
    return {q: ordered[min(last, int(q * len(ordered)))] for q in _QUANTILES if ordered}
