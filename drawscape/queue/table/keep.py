"""How long ended jobs stay in the table."""

from dataclasses import dataclass

DAY_S = 86_400.0


@dataclass(frozen=True)
class Keep:
    """How long ended jobs stay, in seconds, and how many at most.

    A year of a thousand jobs a day with these stays near 100,000 rows, tens of megabytes. The limit of
    `count` spares jobs that ended in the last `spared_s`: a large batch does not push out its own results.

    >>> prune_jobs(Keep(finished_s=7 * 24 * 3600))
    0
    """

    finished_s: float = 30 * DAY_S
    others_s: float = 365 * DAY_S
    count: int = 100_000
    spared_s: float = 7 * DAY_S


KEEP = Keep()
"""What is kept by default."""
