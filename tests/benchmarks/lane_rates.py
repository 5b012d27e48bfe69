"""What lanes and a limit cost on the engine of the present queue: claims, and what a worker drains."""

import statistics
import sys
import time

from queue_world import JOBS, drain_rate, running
from tables import Row

Groups = tuple[dict[str, object], ...]

ORDINARY = ({},)
LANES = ({"job_lane": "fast"}, {"job_lane": "slow"}, {"job_limit_key": "plotter", "job_limit": 100})
AIM = ">= 0.80"


def fill(jobs, groups):
    """Queue the jobs in equal parts; return how many there are."""
    from drawscape.jobs import enqueue_many

    for options in groups:
        enqueue_many("benchtasks.noop", [{}] * (jobs // len(groups)), **options)
    return jobs - jobs % len(groups)


def claims(jobs, groups=ORDINARY):
    """Return acknowledgements with the next claim, by one client, as jobs a second."""
    from drawscape.jobs import default_queue
    from drawscape.queue.engines.sqlite import NORMAL, SqliteEngine
    from drawscape.queue.row import ClaimRequest, Outcome
    from drawscape.queue.store import acknowledge

    jobs = fill(jobs, groups)
    # As a worker writes, which does not wait for the disk.
    table = SqliteEngine(default_queue().database.target, synchronous=NORMAL)
    bench = ClaimRequest("background", "bench")
    held, done = table.claim(bench), 0
    began = time.perf_counter()
    while held is not None and done < jobs:  # others may wait, too
        [accepted], [held] = acknowledge(table, [(held, Outcome("finished"))], [bench])
        done += accepted
    took_s = time.perf_counter() - began
    if done < jobs:
        raise SystemExit(f"{done} of {jobs} jobs were acknowledged")
    return done / took_s


def drained(jobs, groups=ORDINARY):
    """Return how many jobs a second a worker of two slots runs."""
    from drawscape.jobs import count_queued

    jobs = fill(jobs, groups)
    worker = [sys.executable, "-m", "huey.bin.huey_consumer", "workers.huey", "-q", "-w", "2"]
    with running(worker):
        return drain_rate(lambda: jobs - count_queued(), jobs)


def rows(clear):
    """Return what each measure gives in three lanes with a limit, beside ordinary jobs, in alternation."""
    measures = {
        "claims": lambda groups: claims(JOBS, groups),
        "drain, two slots": lambda groups: drained(JOBS, groups),
    }
    found = []
    for what, measure in measures.items():
        pairs = []
        for _ in range(3):
            clear()
            without = measure(ORDINARY)
            clear()
            pairs.append((without, measure(LANES)))
        without, within = (statistics.median(rates) for rates in zip(*pairs, strict=True))
        found.append(
            Row(
                f"{what}, in three lanes with a limit",
                f"{within:,.0f}/s",
                f"without {without:,.0f}/s",
                f"{within / without:.2f}",
                AIM,
            )
        )
    clear()
    return found
