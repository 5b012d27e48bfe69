"""What `bench_scale` asks of our job table alone: age, another's transaction, churn, a storm of progress."""

import statistics
import threading
import time

from lane_rates import claims
from lane_rates import rows as lane_rows
from queue_world import SCALE, full, sized
from scale_peers import execute
from tables import Row


def age(url: str) -> list[Row]:
    """Return what many rows do to the claim, in alternation with an empty table."""
    jobs = full(3000)
    rows = []
    for what, status, number in (
        ("1,000,000 finished rows", "finished", full(1e6)),
        ("100,000 waiting rows", "queued", full(1e5)),
    ):
        execute(url, "truncate job, job_dependency, job_batch")
        before = claims(jobs)
        ended = "extract(epoch from now())" if status == "finished" else "null"
        execute(
            url,
            "insert into job (id, queue, task, payload, status, priority, created_at, ended_at) "
            "select 'old' || n, 'background', 'benchtasks.noop', decode(repeat('00', 120), 'hex'), "
            f"'{status}', -1, 0, {ended} from generate_series(1, {number}) as n",
        )
        execute(url, "vacuum analyze job")
        after = claims(jobs)
        rows.append(
            Row(f"claims beside {what}", f"{after:,.0f}/s", "", f"{after / before:.2f}", "0.85")
        )
    return rows


def lanes(url: str) -> list[Row]:
    """Return what lanes and a limit do to claims, and to what a worker drains."""
    clear = "truncate job, job_dependency, job_batch, job_group"
    return lane_rows(lambda: execute(url, clear), is_durable=True)


def churn(url: str) -> Row:
    """Return the claims' rate in the last fifth of a long time, an hour at full size, beside the first."""
    execute(url, "truncate job, job_dependency, job_batch")
    seconds = 3600 * SCALE**2
    until, found = time.monotonic() + seconds, []
    while time.monotonic() < until or len(found) < 5:
        found.append(claims(sized(2000)))
        execute(url, "delete from job where status = 'finished'")
    part = max(1, len(found) // 5)
    first, last = statistics.median(found[:part]), statistics.median(found[-part:])
    return Row(
        f"churn for {seconds / 60:.1f} min: last fifth beside the first",
        f"{last:,.0f}/s",
        "",
        f"{last / first:.2f}",
        "0.85",
    )


def storm(url: str) -> Row:
    """Return how much progress eight threads write a second."""
    from drawscape.job_manager import default_queue, enqueue_many
    from drawscape.queue.row import ClaimRequest
    from drawscape.queue.store import note_progress

    execute(url, "truncate job, job_dependency, job_batch")
    enqueue_many("benchtasks.noop", [{}] * 8)
    table, each = default_queue().database, sized(2000)

    def write() -> None:
        held = table.claim(ClaimRequest("background", "bench"))
        for number in range(each):
            note_progress(table, held, number / each, f"step {number}", None)

    threads = [threading.Thread(target=write) for _ in range(8)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Row("progress, 8 writers", f"{8 * each / (time.perf_counter() - began):,.0f}/s")
